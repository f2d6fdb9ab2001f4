// SPDX-License-Identifier: GPL-2.0
/* The FS and GS bases: by arch_prctl, by instruction, and each thread's own. */
#include "tap.h"
#include <asm/prctl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>

static long arch(int op, unsigned long value)
{
	return syscall(SYS_arch_prctl, op, value);
}

static unsigned long get_fs(void)
{
	unsigned long base = 1;

	must(!arch(ARCH_GET_FS, (unsigned long)&base));
	return base;
}

static unsigned long get_gs(void)
{
	unsigned long base = 1;

	must(!arch(ARCH_GET_GS, (unsigned long)&base));
	return base;
}

static unsigned long gs_word(void)
{
	unsigned long value;

	asm volatile("mov %%gs:0, %0" : "=r"(value));
	return value;
}

static unsigned long fs_word(void)
{
	unsigned long value;

	asm volatile("mov %%fs:0, %0" : "=r"(value));
	return value;
}

static unsigned long cells[16];
static bool has_fsgsbase;

static unsigned long rdgsbase(void)
{
	unsigned long base;

	asm volatile("rdgsbase %0" : "=r"(base));
	return base;
}

static void try_rdgsbase(void *arg)
{
	(void)arg;
	rdgsbase();
}

static void wrgsbase(unsigned long base)
{
	asm volatile("wrgsbase %0" : : "r"(base));
}

static void prctl_bases(void)
{
	unsigned long fs = get_fs(), seen, nr = SYS_arch_prctl, set = ARCH_SET_FS;
	unsigned long *to = &cells[0];

	ok(fs && fs_word() == fs, "ARCH_GET_FS gives what the C library set");
	cells[0] = 1111;
	cells[1] = 2222;
	ok(!arch(ARCH_SET_GS, (unsigned long)&cells[0]) && gs_word() == 1111 &&
	   get_gs() == (unsigned long)&cells[0], "ARCH_SET_GS sets the base");
	ok(!arch(ARCH_SET_GS, (unsigned long)&cells[1]) && gs_word() == 2222,
	   "ARCH_SET_GS sets the base once more");
	/* Between these two system calls nothing may use thread-local variables. */
	asm volatile("syscall; mov %%fs:0, %%rbx; mov %[fs], %%rsi; mov %[set], %%edi; "
		     "mov %[nr], %%eax; syscall; mov %%rbx, %[seen]"
		     : [seen] "=m"(seen), "+a"(nr), "+D"(set), "+S"(to)
		     : [fs] "m"(fs), [set] "i"(ARCH_SET_FS), [nr] "i"(SYS_arch_prctl)
		     : "rbx", "rcx", "r11", "memory");
	ok(seen == 1111 && get_fs() == fs, "ARCH_SET_FS sets the base there and back");
	errno = 0;
	ok(arch(ARCH_SET_GS, 0x8000000000000000) == -1 && errno == EPERM,
	   "ARCH_SET_GS of a non-canonical base: EPERM");
	errno = 0;
	ok(arch(ARCH_SET_FS, 0xffff800000000000) == -1 && errno == EPERM,
	   "ARCH_SET_FS of a kernel address: EPERM");
	errno = 0;
	ok(arch(0x1fff, 0) == -1 && errno == EINVAL, "arch_prctl of an unknown operation: EINVAL");
	errno = 0;
	ok(arch(ARCH_GET_GS, 8) == -1 && errno == EFAULT, "ARCH_GET_GS to a bad pointer: EFAULT");
}

static volatile int gate, bad;

static void *own_gs(void *arg)
{
	long me = (long)arg;

	cells[me] = me * 1000;
	must(!arch(ARCH_SET_GS, (unsigned long)&cells[me]));
	__atomic_add_fetch(&gate, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 300; i++) {
		if (i % 3)
			sched_yield();
		else
			for (volatile int j = 0; j < 20000; j++)
				;
		if (gs_word() != (unsigned long)me * 1000)
			__atomic_add_fetch(&bad, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static int inherits(void *arg)
{
	(void)arg;
	must(gs_word() == 2222 && fs_word() == get_fs());
	cells[1] = 3333;
	must(gs_word() == 3333);
	must(!arch(ARCH_SET_GS, (unsigned long)&cells[0]));
	return 0;
}

static void *new_thread_gs(void *arg)
{
	(void)arg;
	return (void *)gs_word();
}

static volatile unsigned long gs_in_handler;

static void on_signal(int sig)
{
	(void)sig;
	gs_in_handler = gs_word();
	arch(ARCH_SET_GS, (unsigned long)&cells[0]);
}

static void switches(void)
{
	pthread_t t[4];
	void *seen;

	arch(ARCH_SET_GS, (unsigned long)&cells[1]);
	ok(!in_child(inherits, NULL) && gs_word() == 2222,
	   "fork keeps the bases, and the child changes only its own");
	must(!pthread_create(&t[0], NULL, new_thread_gs, NULL) && !pthread_join(t[0], &seen));
	ok((unsigned long)seen == 2222, "a new thread has its creator's GS base");
	for (long i = 0; i < 4; i++)
		must(!pthread_create(&t[i], NULL, own_gs, (void *)(i + 4)));
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	ok(!bad && gate == 4, "four threads keep their GS bases");
	ok(gs_word() == 2222, "the first thread keeps its GS base beside four others");
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	ok(gs_in_handler == 2222 && gs_word() == 1111,
	   "a handler sees and can change the base: the frame does not hold it");
}

/* Selectors of data segments mean nothing in 64-bit code, but hold what was loaded. */
static int keeps_selectors(void *arg)
{
	unsigned short own = *(unsigned short *)arg, ds, es;

	asm volatile("mov %0, %%ds; mov %0, %%es" : : "r"(own));
	for (int i = 0; i < 300; i++) {
		sched_yield();
		asm volatile("mov %%ds, %0; mov %%es, %1" : "=r"(ds), "=r"(es));
		if (ds != own || es != own)
			return 1;
	}
	return 0;
}

static void selectors(void)
{
	static unsigned short user_ds = 0x2b, null;
	pid_t other = spawn(keeps_selectors, &user_ds);

	ok(!in_child(keeps_selectors, &null), "a program does not see another's selectors");
	ok(wait_for(other) == 0, "a program keeps its selectors beside another's");
}

static volatile bool stop;

static void *hold_base(void *arg)
{
	unsigned long base = (unsigned long)arg;

	wrgsbase(base);
	__atomic_add_fetch(&gate, 1, __ATOMIC_SEQ_CST);
	while (!stop)
		if (rdgsbase() != base)
			__atomic_add_fetch(&bad, 1, __ATOMIC_SEQ_CST);
	if (get_gs() != base)
		__atomic_add_fetch(&bad, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void instructions(void)
{
	unsigned long fs, base;
	pthread_t t[4];

	has_fsgsbase = !catch_fault(try_rdgsbase, NULL);
	ok(has_fsgsbase || !(getauxval(AT_HWCAP2) & 2),
	   "HWCAP2 promises rdfsbase only where it works");
	if (!has_fsgsbase) {
		skip("rdfsbase and its kin", "not in this processor");
		return;
	}
	asm volatile("rdfsbase %0" : "=r"(fs));
	ok(fs == get_fs(), "rdfsbase reads the base that the kernel knows");
	wrgsbase((unsigned long)&cells[1]);
	ok(gs_word() == 2222 && get_gs() == (unsigned long)&cells[1],
	   "the kernel knows what wrgsbase wrote");
	arch(ARCH_SET_GS, (unsigned long)&cells[0]);
	ok(rdgsbase() == (unsigned long)&cells[0], "rdgsbase reads what ARCH_SET_GS has set");
	/* Bases that no mapping holds are allowed. */
	wrgsbase(0x123456789000);
	sched_yield();
	ok(rdgsbase() == 0x123456789000, "a base of no mapping is kept over a system call");
	gate = 0;
	for (long i = 0; i < 4; i++)
		must(!pthread_create(&t[i], NULL, hold_base, (void *)(0x10000000000 * (i + 1))));
	must(eventually(gate == 4));
	/* Each of them takes its turns while this one sleeps. */
	sleep_ms(100);
	stop = true;
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	ok(!bad, "four threads keep bases that they set themselves, without system calls");
	asm volatile("mov %%fs:0, %0; rdfsbase %1" : "=r"(fs), "=r"(base));
	ok(fs == base, "the FS base is still the thread's");
}

int main(void)
{
	prctl_bases();
	selectors();
	switches();
	instructions();
	return tap_done();
}
