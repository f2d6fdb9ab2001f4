// SPDX-License-Identifier: GPL-2.0
/*
 * Protection keys, which the guest does not have: but where the host's kernel uses
 * them any program can execute wrpkru, and from then on what the host and the guest
 * kernel do for this program would happen under its value.  Skipped where the
 * instruction does not exist; `make pku` has a processor with it.
 */
#include "hostile.h"
#include <cpuid.h>
#include <elf.h>
#include <linux/types.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#define FEATURE_PKRU	0x200		/* bit of XCR0 */
#define SPIN		3000000L	/* ticks come in that time */

/* Access and write of key 0 denied, of all others, of all; and what hosts set themselves. */
static const unsigned int values[] = {
	0, 1, 2, 3, 0xfffffffc, 0xffffffff, 0xaaaaaaaa, 0x55555555, 0x55555554, 0xfffffffd,
};

static unsigned int rdpkru(void)
{
	unsigned int value, edx;

	asm volatile("rdpkru" : "=a"(value), "=d"(edx) : "c"(0));
	return value;
}

/* A system call, whose frame the host writes under VALUE. */
static long call_under(unsigned int value)
{
	long ret;

	asm volatile("wrpkru\n\tmov %1, %%eax\n\tsyscall"
		     : "=a"(ret) : "i"(SYS_getppid), "0"(value), "c"(0), "d"(0)
		     : "r11", "memory");
	return ret;
}

/* A store, which the host's kernel denies. */
static void store_under(unsigned int value, unsigned long *to)
{
	asm volatile("wrpkru\n\tmov %1, (%1)"
		     : : "a"(value), "r"(to), "c"(0), "d"(0) : "memory");
}

/* No memory at all for some ticks, so interrupts come under VALUE. */
static unsigned long spin_under(unsigned int value)
{
	unsigned long left = SPIN, kept = 0x5eed5eed5eed5eed;

	asm volatile("movq %3, %%xmm9\n\twrpkru\n"
		     "1:	dec %1\n\tjnz 1b\n\t"
		     "movq %%xmm9, %0"
		     : "=r"(kept), "+r"(left)
		     : "a"(value), "r"(kept), "c"(0), "d"(0) : "xmm9", "memory");
	return kept;
}

static int each_value(void *arg)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	unsigned long *fresh = map_anon(64 * PAGE, PROT_READ | PROT_WRITE);
	static unsigned long old;

	(void)arg;
	signal(SIGALRM, alive_alarm);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int n = 0; n < 3; n++)
		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			unsigned long *page = fresh + (n * ARRAY_SIZE(values) + i) * PAGE / 8;

			must(call_under(values[i]) == getppid());
			store_under(values[i], &old);
			must(old == (unsigned long)&old);
			store_under(values[i], page);
			must(*page == (unsigned long)page);
			must(spin_under(values[i]) == 0x5eed5eed5eed5eed);
		}
	return 0;
}

/* Into the gate, whose code reads and writes under VALUE. */
static int into_the_gate(void *arg)
{
	static unsigned char jump[] = {
		0x0f, 0x01, 0xef,			/* wrpkru */
		0x49, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0,	/* mov $..., %r11 */
		0xb8, SYS_mprotect, 0, 0, 0,		/* mov $SYS_mprotect, %eax */
		0xba, 7, 0, 0, 0,			/* mov $7, %edx */
		0x41, 0xff, 0xe3,			/* jmp *%r11 */
	};
	unsigned char *code = mmap(NULL, PAGE, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct jump j = { .flags = 0x202, .ip = (unsigned long)code, .di = PAGE_OFFSET,
			  .si = MEMORY };

	must(code != MAP_FAILED);
	attempts_begin();
	for (unsigned long at = GATE_TEXT + (unsigned long)arg % 4; at < GATE_TEXT + 0xa0; at += 4) {
		memcpy(jump + 5, &at, sizeof(at));
		memcpy(code, jump, sizeof(jump));
		j.ax = values[(at / 4 + (unsigned long)arg) % ARRAY_SIZE(values)];
		/* when this iretq faults, QEMU 7.2 tells the host that its kernel had executed it */
		if (*(unsigned char *)at == 0xcf || *(unsigned short *)at == 0xcf48)
			continue;
		j.sp = at % 2 ? LANDING_SP : GATE_DATA + 0x100;
		attempt(&j);
	}
	return 0;
}

/* What signal frames say, and what rt_sigreturn takes. */
static volatile unsigned long frame_features, frame_size;
static volatile int forge;

static void on_signal(int sig, siginfo_t *si, void *ctx)
{
	unsigned char *state = (unsigned char *)((ucontext_t *)ctx)->uc_mcontext.fpregs;
	unsigned long *bv = (unsigned long *)(state + 512);

	(void)sig;
	(void)si;
	frame_features = *(unsigned long *)(state + 464 + 8) | *bv;
	frame_size = *(unsigned int *)(state + 464 + 16);
	if (!forge)
		return;
	/* a value of PKRU that would hide everything */
	memset(state + 576 + 256, 0xff, frame_size - 576 - 256);
	*bv |= forge & 1 ? FEATURE_PKRU : 0;
	*(unsigned long *)(state + 464 + 8) |= forge & 2 ? FEATURE_PKRU : 0;
}

static int signal_frames(void *arg)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

	forge = (long)arg;
	must(!sigaction(SIGUSR1, &sa, NULL));
	for (int i = 0; i < 3; i++) {
		asm volatile("wrpkru" : : "a"(0xfffffffc), "c"(0), "d"(0) : "memory");
		raise(SIGUSR1);
		must(!(frame_features & FEATURE_PKRU));
	}
	return 0;
}

static int tracee(void *arg)
{
	(void)arg;
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	call_under(3);
	return 7;
}

/* NT_X86_XSTATE: not there, and not to be set. */
static bool debuggers(void)
{
	static unsigned char state[8192];
	struct iovec iov = { state, sizeof(state) };
	pid_t pid = spawn(tracee, NULL);
	int status;
	bool good;

	must(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	good = !ptrace(PTRACE_GETREGSET, pid, NT_X86_XSTATE, &iov) &&
	       !(*(unsigned long *)(state + 464) & FEATURE_PKRU) &&
	       !(*(unsigned long *)(state + 512) & FEATURE_PKRU);
	memset(state + 576 + 256, 0xff, iov.iov_len - 576 - 256);
	*(unsigned long *)(state + 512) |= FEATURE_PKRU;
	good &= ptrace(PTRACE_SETREGSET, pid, NT_X86_XSTATE, &iov) == -1;
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	return good & (wait_for(pid) == 7);
}

/* Nobody learns another program's value. */
static int leaves_a_value(void *arg)
{
	for (;;) {
		asm volatile("wrpkru" : : "a"(0x5eed5ee0), "c"(0), "d"(0) : "memory");
		sched_yield();
	}
	return arg != NULL;
}

static bool sees_no_value(void)
{
	pid_t pid = spawn(leaves_a_value, NULL);
	bool good = true;

	for (int i = 0; i < 50; i++) {
		good &= rdpkru() != 0x5eed5ee0;
		sched_yield();
	}
	kill(pid, SIGKILL);
	wait_status(pid);
	return good;
}

int main(int argc, char **argv)
{
	unsigned int a, b, c = 0, d;
	bool good = true;

	become(argc, argv);
	__get_cpuid_count(7, 0, &a, &b, &c, &d);
	if (!(c & bit_OSPKE)) {
		skip("wrpkru", "this processor or its host has no protection keys");
		return tap_done();
	}
	ok(!file_line("/proc/cpuinfo", "flags\t\t: pku") && syscall(SYS_pkey_alloc, 0, 0) == -1,
	   "the guest has no protection keys");
	ok(!in_child(each_value, NULL) && alive(),
	   "system calls, faults and ticks work under each value");
	/* each byte of it, and each value, but not with each other: jumps that loop take their time */
	for (unsigned long i = 0; i < ARRAY_SIZE(values); i++)
		good &= survives(into_the_gate, (void *)i);
	ok(good && alive(), "jumps into the gate under each value do no harm");
	ok(!in_child(signal_frames, NULL) && alive(), "signal frames hold no value");
	good = survives(signal_frames, (void *)1) && survives(signal_frames, (void *)2) &&
	       survives(signal_frames, (void *)3);
	ok(good && alive(), "rt_sigreturn takes no value");
	ok(debuggers() && alive(), "debuggers see no value and set none");
	ok(sees_no_value() && alive(), "a value does not outlive its program's turn");
	return tap_done();
}
