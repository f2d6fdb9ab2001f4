// SPDX-License-Identifier: GPL-2.0
/*
 * System calls by every instruction and from every kind of code. Were one the
 * host's, exit_group would end the machine and getpid would tell another number.
 */
#include "hostile.h"

static unsigned char *low;		/* below 2 GiB, for 32-bit code */
#define LOW_SIZE	(16 * PAGE)

static const unsigned char syscall_insn[] = { 0x0f, 0x05 }, sysenter_insn[] = { 0x0f, 0x34 },
	int80_insn[] = { 0xcd, 0x80 };
static const unsigned char *const insns[] = { syscall_insn, sysenter_insn, int80_insn };
static const char *const insn_names[] = { "syscall", "sysenter", "int 0x80" };

/* In 64-bit code: exit_group and exit by the numbers of either table, and others. */
static const int numbers[] = { 231, 60, 252, 1, 11, 59, 20, 39, 2, 57, 10, 125, 9, 90, 192, 15, 173,
			       1000, INT_MAX, -1 };

/* INSN at AT, then an instruction that traps; registers and stack are well. */
static int one_call(unsigned char *at, const unsigned char *insn, int nr)
{
	struct jump j = { .ax = nr, .flags = 0x202, .sp = (unsigned long)low + LOW_SIZE - 256,
			  .ip = (unsigned long)at, .bp = (unsigned long)low + LOW_SIZE - 512 };

	memcpy(at, insn, 2);
	at[2] = 0x0f;		/* ud2 */
	at[3] = 0x0b;
	return attempt(&j);
}

static int by_instruction(void *arg)
{
	const unsigned char *insn = arg;

	attempts_begin();
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		pid_t pid = fork();
		int status;

		must(pid >= 0);
		if (!pid) {
			one_call(low, insn, numbers[i]);
			_exit(0);
		}
		while (waitpid(pid, &status, 0) < 0)
			must(errno == EINTR);
	}
	return 0;
}

/* Far jump to SELECTOR, where the instruction waits. */
static int from_segment(void *arg)
{
	static struct {
		unsigned int offset;
		unsigned short selector;
	} __attribute__((packed)) target;
	static const unsigned char ljmp[] = { 0xff, 0x2d, 0, 0, 0, 0 };	/* ljmp *0(%rip) */
	static const unsigned short segments[] = { 0x23, 0x33, 0x2b, 0x10, 0x7, 0xf };
	const unsigned char *insn = arg;
	unsigned char *code = low + PAGE;

	attempts_begin();
	for (size_t i = 0; i < ARRAY_SIZE(numbers) * ARRAY_SIZE(segments); i++) {
		pid_t pid = fork();
		struct jump j = { .ax = numbers[i / ARRAY_SIZE(segments)], .flags = 0x202,
				  .sp = (unsigned long)low + LOW_SIZE - 256,
				  .bp = (unsigned long)low + LOW_SIZE - 512,
				  .ip = (unsigned long)low };
		int status;

		must(pid >= 0);
		if (!pid) {
			target.offset = (unsigned int)(unsigned long)code;
			target.selector = segments[i % ARRAY_SIZE(segments)];
			memcpy(low, ljmp, sizeof(ljmp));
			memcpy(low + sizeof(ljmp), &target, sizeof(target));
			memcpy(code, insn, 2);
			code[2] = 0x0f;
			code[3] = 0x0b;
			attempt(&j);
			_exit(0);
		}
		while (waitpid(pid, &status, 0) < 0)
			must(errno == EINTR);
	}
	return 0;
}

/* Numbers that are none, and the half of rax that does not count. */
static void odd_numbers(void)
{
	static const unsigned long none[] = { 1000, 0x40000000 | SYS_getpid, 0x40000000, 0x7fffffff,
					      0xffffffff, -1UL, -2UL, 1UL << 63 | 1000, 500 };
	bool good = true;
	long ret;

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		asm volatile("syscall" : "=a"(ret) : "0"(none[i]), "D"(0), "S"(0), "d"(0)
			     : "rcx", "r11", "memory");
		good &= ret == -ENOSYS;
	}
	ok(good, "calls with numbers beyond the table: ENOSYS");
	asm volatile("syscall" : "=a"(ret) : "0"(0xabcd000000000000 | SYS_getpid)
		     : "rcx", "r11", "memory");
	ok(ret == getpid(), "only the lower half of rax is the number");
}

static void vsyscall(void *at)
{
	struct jump j = { .flags = 0x202, .sp = LANDING_SP - 8, .ip = (unsigned long)at };

	*(unsigned long *)j.sp = (unsigned long)attempt_came_back;
	attempt(&j);
	j.sp = GATE_DATA + 0x100;
	attempt(&j);
	j.sp = PAGE_OFFSET;
	attempt(&j);
	j.sp = 0;
	attempt(&j);
}

static int vsyscalls(void *arg)
{
	(void)arg;
	attempts_begin();
	for (unsigned long at = 0xffffffffff600000; at < 0xffffffffff601000; at += 0x80)
		vsyscall((void *)at);
	return 0;
}

/* An instruction in a page made at run time. */
static bool calls_guest(unsigned char *at)
{
	long ret = SYS_getppid;

	at[0] = 0x0f;
	at[1] = 0x05;
	at[2] = 0xc3;
	asm volatile("call *%1" : "+a"(ret) : "r"(at)
		     : "rcx", "r11", "memory");
	return ret == getppid();
}

static bool still_mine(void)
{
	char pid[32], self[32] = "";

	snprintf(pid, sizeof(pid), "%d", getpid());
	return readlink("/proc/self", self, sizeof(self) - 1) > 0 && !strcmp(pid, self);
}

int main(int argc, char **argv)
{
	become(argc, argv);
	low = mmap((void *)0x10000000, LOW_SIZE, 7, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	must(low != MAP_FAILED && (unsigned long)low < 1UL << 31);
	ok(calls_guest(low) && still_mine(), "code made at run time calls the guest's kernel");
	for (int i = 0; i < 3; i++) {
		ok(!in_child(by_instruction, (void *)insns[i]) && alive(),
		   "%s in 64-bit code does not leave the guest",
		   insn_names[i]);
		ok(!in_child(from_segment, (void *)insns[i]) && alive(),
		   "%s in other segments does not leave the guest",
		   insn_names[i]);
	}
	odd_numbers();
	ok(survives(vsyscalls, NULL) && alive(), "calls of the vsyscall page do no harm");
	return tap_done();
}
