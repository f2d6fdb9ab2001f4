// SPDX-License-Identifier: GPL-2.0
/*
 * Random jumps into the gate, with random registers, flags and stacks, and with
 * random bytes where its exit frame and the host's signal frames lie.
 *   gate UID SEED SECONDS
 */
#include "../hostile/hostile.h"
#include "fuzz.h"

static unsigned long place(void)
{
	static const unsigned long places[] = {
		GATE_TEXT, GATE_DATA, GATE_DATA + GATE_STACK_SIZE, GATE_EXIT_FRAME, PAGE_OFFSET,
		VMALLOC_START, MODULES_VADDR, AIO_BASE, TASK_SIZE, KERNEL_BASE, 0, 1UL << 63,
		-PAGE, 0xffffffffff600000,
	};

	return ONE_OF(places) + below(3) * below(PAGE);
}

static unsigned long value(void)
{
	switch (below(8)) {
	case 0: return 0;
	case 1: return below(512);
	case 2: return place();
	case 3: return MEMORY;
	case 4: return SYS_mprotect;
	case 5: return LANDING_SP;
	case 6: return below(2) ? 7 : SIGSYS;
	default: return rnd();
	}
}

static unsigned long flags(void)
{
	static const unsigned long bits[] = { 1, 4, 0x10, 0x40, 0x80, FLAG_DF, 0x800, FLAG_NT,
					      FLAG_AC, 0x200000 };
	unsigned long flags = 0x202;

	for (int i = 0; i < 3; i++)
		flags |= ONE_OF(bits);
	return below(8) ? flags : flags | FLAG_TF;
}

static int jumps(void *arg)
{
	struct jump j;

	fuzz_seed(((unsigned long *)arg)[0], ((unsigned long *)arg)[1]);
	attempts_begin();
	for (int n = 0; n < 2000; n++) {
		for (unsigned long *r = &j.ax; r <= &j.r15; r++)
			*r = value();
		j.flags = flags();
		j.sp = below(2) ? LANDING_SP : value();
		j.ip = GATE_TEXT + (below(8) ? below(0xa0) : below(PAGE));
		if (!below(4))
			for (int i = below(200); i > 0; i--)
				((volatile unsigned long *)GATE_DATA)[below(GATE_DATA_SIZE / 8)] = value();
		attempt(&j);
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long seed[2] = { argc > 3 ? strtoul(argv[2], NULL, 0) : 1, 0 };
	double end = fuzz_now() + (argc > 3 ? atof(argv[3]) : 1);
	bool good = true;

	become(argc, argv);
	for (; fuzz_now() < end && good; seed[1]++) {
		pid_t pids[3];

		for (int i = 0; i < 3; i++) {
			unsigned long part[2] = { seed[0], seed[1] * 3 + i };

			pids[i] = spawn(jumps, part);
		}
		for (int i = 0; i < 3; i++) {
			int tries = 0;

			while (!waitpid(pids[i], NULL, WNOHANG) && ++tries < 3000)
				sleep_ms(2);
			kill(pids[i], SIGKILL);		/* it may have begun again, and again */
			waitpid(pids[i], NULL, 0);
		}
		good = seed[1] % 16 || alive();
	}
	printf("# %lu rounds\n", seed[1]);
	ok(good && alive(), "random jumps into the gate do no harm");
	return tap_done();
}
