// SPDX-License-Identifier: GPL-2.0
/*
 * Gate data shows nothing of another process: not of one whose registers are full
 * of a secret, nor of one that writes it there.
 */
#include "hostile.h"
#include <sched.h>

/* Only this program's complement of it is ever in the spy's registers. */
#define SECRET		0x5ec2e7d00d1e5eadUL
static volatile unsigned long not_secret = ~SECRET;

static volatile int *stop;

/* General and vector registers hold the secret, and traps of all kinds come. */
static int keeper(void *arg)
{
	unsigned long secret = ~not_secret;
	bool avx = __builtin_cpu_supports("avx");
	struct itimerval often = { { 0, 300 }, { 0, 300 } };

	(void)arg;
	signal(SIGPROF, SIG_IGN);
	setitimer(ITIMER_PROF, &often, NULL);
	while (!*stop) {
		long ax = SYS_sched_yield;
		char *fresh = map_anon(PAGE, PROT_READ | PROT_WRITE);

		asm volatile("mov %[s], %%r8\n\tmov %[s], %%r9\n\tmov %[s], %%r10\n\t"
			     "mov %[s], %%r12\n\tmov %[s], %%r13\n\tmov %[s], %%r14\n\t"
			     "mov %[s], %%r15\n\tmov %[s], %%rdx\n\tmov %[s], %%rsi\n\t"
			     "movq %[s], %%xmm0\n\tpunpcklqdq %%xmm0, %%xmm0\n\t"
			     "movdqa %%xmm0, %%xmm1\n\tmovdqa %%xmm0, %%xmm7\n\t"
			     "movdqa %%xmm0, %%xmm15\n\t"
			     "test %[avx], %[avx]\n\tjz 1f\n\t"
			     "vinsertf128 $1, %%xmm0, %%ymm0, %%ymm3\n\t"
			     "vinsertf128 $1, %%xmm0, %%ymm0, %%ymm14\n"
			     "1:	movb $1, (%[fresh])\n\t"
			     "syscall"
			     : "+a"(ax) : [s] "b"(secret), [avx] "D"((long)avx), [fresh] "r"(fresh)
			     : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
			       "r15", "xmm0", "xmm1", "xmm3", "xmm7", "xmm14", "xmm15", "memory");
		munmap(fresh, PAGE);
	}
	return 0;
}

/* Wherever gate data can be written to, for somebody else to find. */
static int messenger(void *arg)
{
	(void)arg;
	while (!*stop) {
		for (unsigned long at = GATE_DATA; at <= GATE_DATA_END - 8; at += 8)
			*(volatile unsigned long *)at = ~not_secret;
		sched_yield();
	}
	return 0;
}

/* Looks at every word, aligned or not, as long as others run. */
static int spy(void *arg)
{
	struct itimerval often = { { 0, 500 }, { 0, 500 } };
	unsigned long looks = 0;

	(void)arg;
	if (!getuid())
		must(!setgid(1001) && !setuid(1001));
	signal(SIGPROF, SIG_IGN);
	setitimer(ITIMER_PROF, &often, NULL);
	for (; !*stop; looks++) {
		for (unsigned long at = GATE_DATA; at <= GATE_DATA_END - 8; at += 4)
			if (~*(volatile unsigned long *)at == not_secret) {
				printf("# found at gate data + %#lx\n", at - GATE_DATA);
				return 1;
			}
		if (looks % 2)
			sched_yield();
	}
	return looks > 100 ? 0 : 2;
}

/* The spy's eyes are good: it sees its own secret. */
static int own_eyes(void *arg)
{
	unsigned long secret = ~not_secret;
	long ax = SYS_getpid;

	(void)arg;
	asm volatile("mov %1, %%r15\n\tsyscall" : "+a"(ax) : "r"(secret)
		     : "rcx", "r11", "r15", "memory");
	for (unsigned long at = GATE_DATA; at <= GATE_DATA_END - 8; at += 4)
		if (~*(volatile unsigned long *)at == not_secret)
			return 0;
	return 1;
}

static void spies_find_nothing(int (*of)(void *), int ms, const char *what)
{
	pid_t others[3], spies[2];
	bool good = true;

	*stop = 0;
	for (int i = 0; i < 2; i++)
		spies[i] = spawn(spy, NULL);
	for (int i = 0; i < 3; i++)
		others[i] = spawn(of, NULL);
	sleep_ms(ms);
	*stop = 1;
	for (int i = 0; i < 2; i++)
		good &= !wait_for(spies[i]);
	ok(good, "two spies find nothing of three others that %s", what);
	for (int i = 0; i < 3; i++)
		good &= !wait_for(others[i]);
	ok(good && alive(), "the machine goes on after three processes that %s", what);
}

int main(int argc, char **argv)
{
	become(argc, argv);
	stop = map_shared(PAGE);
	ok(!in_child(own_eyes, NULL), "a program finds in gate data what it left there itself");
	spies_find_nothing(keeper, 1500, "have a secret in all registers");
	spies_find_nothing(messenger, 700, "fill gate data with a secret");
	return tap_done();
}
