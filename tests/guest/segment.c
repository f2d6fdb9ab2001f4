// SPDX-License-Identifier: GPL-2.0
/*
 * Segments: a kernel may refuse code of another mode with a signal, but it must
 * neither hang nor let registers go astray.
 */
#include "tap.h"
#include <asm/ldt.h>
#include <sched.h>
#include <sys/syscall.h>

/* Room below 4 GiB, for code that runs with 32-bit addresses, and its stack. */
#define LOW_SIZE	(16 * PAGE)
static char *low;

/* A far call through memory to SELECTOR:low; what it leaves in eax. */
static volatile unsigned int result;
static unsigned short code_segment;

static void far_call(void *arg)
{
	struct {
		unsigned int offset;
		unsigned short selector;
	} __attribute__((packed)) target = { (unsigned int)(unsigned long)low, (long)arg };
	unsigned int eax = 0x1000;

	/*
	 * 32-bit code pushes and pops four bytes and the far return takes
	 * eight, so the stack has to be below 4 GiB too.
	 */
	asm volatile("mov %%rsp, %%r12\n\t"
		     "mov %[stack], %%rsp\n\t"
		     "lcall *(%[target])\n\t"
		     "mov %%r12, %%rsp"
		     : "+a"(eax)
		     : [stack] "r"(low + LOW_SIZE - 256), [target] "r"(&target)
		     : "rbx", "rcx", "rdx", "r12", "memory", "cc");
	result = eax;
}

/*
 * What runs in 32-bit mode: inc %eax is 40, which in 64-bit mode would be a
 * prefix. Then back: lret with a 32-bit frame.
 */
static const unsigned char code32[] = {
	0x40, 0x40, 0x40,		/* inc %eax, three times */
	0x53,				/* push %ebx */
	0xbb, 0x00, 0x00, 0x01, 0x00,	/* mov $0x10000, %ebx */
	0x01, 0xd8,			/* add %ebx, %eax */
	0x5b,				/* pop %ebx */
	0xcb,				/* lret */
};

static void other_mode(void)
{
	unsigned long r[2] = { 1, 2 };
	int sig;

	asm volatile("mov %%cs, %0" : "=r"(code_segment));
	ok((code_segment & 3) == 3, "the program runs in user mode (cs %#x)", code_segment);
	memcpy(low, code32, sizeof(code32));
	for (int i = 0; i < 3; i++) {
		result = 0;
		sig = catch_fault(far_call, (void *)0x23L);
		if (!sig)
			ok(result == 0x11003, "32-bit code runs (%#x)", result);
		else
			ok(sig == SIGSEGV || sig == SIGILL, "32-bit code is refused by signal %d",
			   sig);
	}
	asm volatile("mov %%rsp, %0; mov %%cs, %w1" : "=r"(r[0]), "=r"(r[1]));
	ok((unsigned short)r[1] == code_segment && r[0] > 0x10000,
	   "the program is back in 64-bit mode");
}

static void spin_32(void *arg)
{
	(void)arg;
	far_call((void *)0x23L);
}

static volatile int alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
	/* jmp . becomes nops, then the way back */
	memset(low, 0x90, 2);
}

/* A signal that interrupts 32-bit code, and a fault in it. */
static int interrupted(void *arg)
{
	static const unsigned char code[] = { 0xeb, 0xfe, 0x40, 0xcb };	/* jmp .; inc %eax; lret */
	int sig;

	(void)arg;
	memcpy(low, code, sizeof(code));
	signal(SIGALRM, on_alarm);
	ualarm(20000, 0);
	sig = catch_fault(spin_32, NULL);
	must(sig == SIGSEGV || sig == SIGILL || (sig == 0 && alarms == 1 && result == 0x1001));
	return 0;
}

static int faulting(void *arg)
{
	/* xor %ebx, %ebx; mov (%ebx), %eax; lret */
	static const unsigned char code[] = { 0x31, 0xdb, 0x8b, 0x03, 0xcb };
	int sig;

	(void)arg;
	memcpy(low, code, sizeof(code));
	sig = catch_fault(spin_32, NULL);
	must(sig == SIGSEGV || sig == SIGILL);
	return 0;
}

static void set_ds(void *arg)
{
	asm volatile("mov %w0, %%ds" : : "r"(arg));
}

static void set_ss(void *arg)
{
	unsigned short ss;

	asm volatile("mov %%ss, %0; mov %w1, %%ss; nop; mov %0, %%ss" : "=&r"(ss) : "r"(arg));
}

static void set_gs(void *arg)
{
	asm volatile("mov %w0, %%gs" : : "r"(arg));
}

static void selectors(void)
{
	static const long bad[] = { 0x10, 0x18, 0x1000, 0xfffc, 0x33 };
	bool good = true;
	int sig;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		sig = catch_fault(far_call, (void *)bad[i]);
		good &= bad[i] == 0x33 ? sig == 0 || sig == SIGSEGV || sig == SIGILL :
			sig == SIGSEGV || sig == SIGILL;
	}
	ok(good, "far calls to other segments are refused or come back");
	good = true;
	for (size_t i = 0; i < 4; i++) {
		good &= catch_fault(set_ds, (void *)bad[i]) == SIGSEGV;
		good &= catch_fault(set_ss, (void *)bad[i]) == SIGSEGV;
		good &= catch_fault(set_gs, (void *)bad[i]) == SIGSEGV;
	}
	ok(good, "selectors of the kernel, beyond the table, of an empty LDT: SIGSEGV");
	sig = catch_fault(set_ds, (void *)0x2bL);
	ok(sig == 0 || sig == SIGSEGV, "the user's data segment in ds is taken or refused");
	getpid();
	sched_yield();
	ok(catch_fault(set_ds, (void *)0L) == 0, "no segment in ds is taken");
}

static int own_segment(void *arg)
{
	struct user_desc d = { .entry_number = 0, .base_addr = (unsigned long)low, .limit = 0xfff,
			       .seg_32bit = 1, .contents = 0, .useable = 1 };
	unsigned int word = 0;
	int sig;

	(void)arg;
	if (syscall(SYS_modify_ldt, 1, &d, sizeof(d))) {
		must(errno == ENOSYS || errno == EINVAL || errno == EPERM);
		return 10;
	}
	*(unsigned int *)(low + 16) = 0x600df00d;
	sig = catch_fault(set_gs, (void *)7L);
	must(sig == 0);
	asm volatile("mov %%gs:16, %0" : "=r"(word));
	must(word == 0x600df00d);
	sched_yield();
	asm volatile("mov %%gs:16, %0" : "=r"(word));
	must(word == 0x600df00d);
	return 11;
}

int main(void)
{
	int ldt;

	low = mmap((void *)0x10000000, LOW_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	must(low != MAP_FAILED && (unsigned long)low < 0x80000000);
	other_mode();
	ok(in_child(interrupted, NULL) == 0, "a signal interrupts 32-bit code, or it is refused");
	ok(in_child(faulting, NULL) == 0, "a fault in 32-bit code, or it is refused");
	selectors();
	ldt = in_child(own_segment, NULL);
	ok(ldt == 10 || ldt == 11, "a segment of one's own %s", ldt == 11 ? "works" : "is refused");
	return tap_done();
}
