// SPDX-License-Identifier: GPL-2.0
/*
 * Jumps into every byte of the gate, with registers that look like its own
 * system calls, with stack pointers of all kinds, with odd flags; and the same
 * at random from many processes at once, with timers.
 */
#include "hostile.h"

/* More than the gate's code and its two constants. */
#define GATE_USED	0xa0UL

static char own_stack[65536] __attribute__((aligned(64)));

enum { ZERO, RANDOM, OPEN, HIDE, OPEN_LESS, OPEN_MORE, EXIT_GROUP, SHUT_DOWN, HANG_UP, SETS };

static void fill(struct jump *j, int set)
{
	memset(j, 0, sizeof(*j));
	switch (set) {
	case RANDOM:
		random_registers(j);
		break;
	case OPEN: case HIDE: case OPEN_LESS: case OPEN_MORE:
		j->ax = SYS_mprotect;
		j->di = PAGE_OFFSET;
		j->si = set == OPEN_LESS ? HUGE_SIZE : MEMORY;
		j->dx = set == HIDE ? 0 : 7;
		if (set == OPEN_MORE) {
			j->di = GATE_TEXT;
			j->si = VMALLOC_END - GATE_TEXT;
		}
		j->r8 = SIGALRM;
		j->r9 = j->r10 = GATE_DATA + 0x4000;
		break;
	case EXIT_GROUP:	/* were it the host's, the machine would be gone */
		j->ax = SYS_exit_group;
		j->r8 = SIGIO;
		break;
	case SHUT_DOWN:		/* what asks a guest to end in order */
		j->di = j->r8 = SIGTERM;
		break;
	case HANG_UP:
		j->di = SIGHUP;
		j->r8 = SIGINT;
		break;
	}
}

static unsigned long stack_pointer(int i)
{
	switch (i) {
	case 0: return (unsigned long)own_stack + sizeof(own_stack) - 4096;
	case 1: return GATE_DATA;
	case 2: return GATE_DATA + GATE_STACK_SIZE / 2 + 8;
	case 3: return GATE_DATA + GATE_STACK_SIZE;
	case 4: return GATE_EXIT_FRAME + 15 * 8;
	case 5: return 0;
	case 6: return 1UL << 63;
	case 7: return PAGE_OFFSET + (1 << 20);
	case 8: return GATE_END - 8;
	default: return 0;
	}
}
#define STACKS 9

static const unsigned long flags[] = {
	0x202, 0x202 | FLAG_AC, 0x202 | FLAG_NT, 0x202 | FLAG_DF,
	0x202 | FLAG_TF, 0x202 | FLAG_TF | FLAG_AC | FLAG_NT | FLAG_DF,
};

static int attack(void *arg)
{
	struct jump j;

	attempts_begin();
	for (int set = 0; set < SETS; set++)
		for (int stack = 0; stack < STACKS; stack++)
			for (size_t f = 0; f < ARRAY_SIZE(flags); f++) {
				/* steps take long: not with every stack, nor outside the code */
				if (flags[f] & FLAG_TF &&
				    (stack % 3 || (unsigned long)arg >= GATE_TEXT + GATE_USED))
					continue;
				fill(&j, set);
				j.flags = flags[f];
				j.sp = stack_pointer(stack);
				j.ip = (unsigned long)arg;
				attempt(&j);
			}
	return 0;
}

static volatile int *stop;

static int attack_at_random(void *arg)
{
	struct itimerval often = { { 0, 100 }, { 0, 100 } };
	struct jump j;

	for (long n = (long)arg; n > 0; n--)
		some();
	attempts_begin();
	signal(SIGVTALRM, SIG_IGN);
	signal(SIGPROF, SIG_IGN);
	setitimer(ITIMER_PROF, &often, NULL);
	while (!*stop) {
		fill(&j, some() % SETS);
		j.flags = flags[some() % ARRAY_SIZE(flags)];
		j.sp = stack_pointer(some() % STACKS);
		j.ip = GATE_TEXT + some() % GATE_USED;
		attempt(&j);
	}
	return 0;
}

static void alarm_does_nothing(int sig)
{
	(void)sig;
}

/* Interrupts all the time, and address spaces that come and go. */
static int noise(void *arg)
{
	struct itimerval often = { { 0, 100 }, { 0, 100 } };

	(void)arg;
	signal(SIGALRM, alarm_does_nothing);
	setitimer(ITIMER_REAL, &often, NULL);
	while (!*stop)
		must(!in_child(alive_exec, NULL));
	return 0;
}

int main(int argc, char **argv)
{
	bool good = true, found = false;
	pid_t pids[8];

	become(argc, argv);
	for (unsigned long at = GATE_TEXT; at < GATE_TEXT + GATE_USED; at += 8)
		found |= *(volatile unsigned long *)at == MEMORY;
	ok(found, "the gate opens as much memory as these attacks expect");
	for (unsigned long at = GATE_TEXT; at < GATE_END; at += at < GATE_TEXT + GATE_USED ? 1 : 61)
		good &= survives(attack, (void *)at);
	ok(good, "jumps to every byte of the gate's code, and some of the rest, do no harm");
	ok(alive(), "the machine goes on after jumps into the gate");

	stop = map_shared(PAGE);
	for (int i = 0; i < 7; i++)
		pids[i] = spawn(attack_at_random, (void *)(long)(i * 1000));
	pids[7] = spawn(noise, NULL);
	sleep_ms(2000);
	*stop = 1;
	good = true;
	for (int i = 0; i < 8; i++) {
		int how = wait_for(pids[i]);

		good &= i < 7 ? how == 0 || how == -SIGSEGV : how == 0;
	}
	ok(good, "attacks of eight processes at once, with interrupts, do no harm");
	ok(alive(), "the machine goes on after attacks of eight processes");
	return tap_done();
}
