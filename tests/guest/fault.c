// SPDX-License-Identifier: GPL-2.0
/* Faults and traps: which signal, with which code and address, and what may be done then. */
#include "tap.h"
#include <sys/resource.h>
#include <ucontext.h>

#define WILD	((char *)0x123456789a10)

/* trapno and error code of the x86 exceptions, as the frame shows them */
#define TRAPNO	fault_context.uc_mcontext.gregs[REG_TRAPNO]
#define ERRCODE	fault_context.uc_mcontext.gregs[REG_ERR]
#define CR2	fault_context.uc_mcontext.gregs[REG_CR2]
#define RIP	fault_context.uc_mcontext.gregs[REG_RIP]

static bool is_fault(int sig, int got, int code, void *addr)
{
	if (sig == got && fault_info.si_signo == sig && fault_info.si_code == code &&
	    fault_info.si_addr == addr)
		return true;
	printf("# signal %d code %d address %p, not %d %d %p\n", got, fault_info.si_code,
	       fault_info.si_addr, sig, code, addr);
	return false;
}

static bool page_fault(long error)
{
	if (TRAPNO == 14 && (ERRCODE & 0x17) == error && CR2 == (long)fault_info.si_addr)
		return true;
	printf("# trap %lld error %#llx cr2 %#llx\n", TRAPNO, ERRCODE, CR2);
	return false;
}

static void memory(void)
{
	char *p = map_anon(2 * PAGE, PROT_READ);
	int sig;

	/* error code: 1 page there, 2 write, 4 user, 16 instruction fetch */
	sig = try_read(NULL);
	ok(is_fault(SIGSEGV, sig, SEGV_MAPERR, NULL) && page_fault(4), "read of NULL");
	sig = try_read(WILD);
	ok(is_fault(SIGSEGV, sig, SEGV_MAPERR, WILD) && page_fault(4), "read of a wild address");
	sig = try_write(WILD);
	ok(is_fault(SIGSEGV, sig, SEGV_MAPERR, WILD) && page_fault(6), "write to a wild address");
	sig = try_call(WILD);
	ok(is_fault(SIGSEGV, sig, SEGV_MAPERR, WILD) && page_fault(20) && RIP == (long)WILD,
	   "jump to a wild address");
	must(p[0] == 0);
	sig = try_write(p + 7);
	ok(is_fault(SIGSEGV, sig, SEGV_ACCERR, p + 7) && page_fault(7),
	   "write to read-only memory");
	sig = try_call(p);
	ok(is_fault(SIGSEGV, sig, SEGV_ACCERR, p) && page_fault(21), "jump into data");
	munmap(p + PAGE, PAGE);
	sig = try_read(p + PAGE);
	ok(is_fault(SIGSEGV, sig, SEGV_MAPERR, p + PAGE), "read of the first byte after a mapping");
	munmap(p, PAGE);
	sig = try_read((void *)0x8000000000000000);
	ok(is_fault(SIGSEGV, sig, SI_KERNEL, NULL) && TRAPNO == 13,
	   "read of a non-canonical address");
	sig = try_read((void *)0xffffffff81000000);
	ok(sig == SIGSEGV && fault_info.si_code != SI_USER, "read of a kernel address");
	sig = try_write((void *)0xffffffffff600000);
	ok(sig == SIGSEGV && fault_info.si_code != SI_USER, "read of the vsyscall page");
}

static void divide(void *divisor)
{
	int a = 0x80000000, d = 0;

	asm volatile("cltd; idivl %2" : "+a"(a), "+d"(d) : "r"((int)(long)divisor) : "cc");
}

static void undefined(void *arg)
{
	(void)arg;
	asm volatile("ud2");
}

static void privileged(void *arg)
{
	(void)arg;
	asm volatile("hlt");
}

static void breakpoint(void *arg)
{
	(void)arg;
	asm volatile("int3");
}

static void single_step(void *arg)
{
	(void)arg;
	asm volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop; nop" : : : "cc", "memory");
}

static void port(void *arg)
{
	(void)arg;
	asm volatile("outb %%al, $0x80" : : "a"(0));
}

static void soft_interrupt(void *arg)
{
	(void)arg;
	asm volatile("int $0x83");
}

static unsigned char byte_at_rip(int offset)
{
	return ((unsigned char *)RIP)[offset];
}

static void instructions(void)
{
	int sig;

	sig = catch_fault(divide, (void *)0L);
	ok(is_fault(SIGFPE, sig, FPE_INTDIV, (void *)RIP) && TRAPNO == 0 && byte_at_rip(0) == 0xf7,
	   "division by zero: SIGFPE at its address");
	sig = catch_fault(divide, (void *)1L);
	ok(sig == 0, "division by one raises no signal");
	sig = catch_fault(undefined, NULL);
	ok(is_fault(SIGILL, sig, ILL_ILLOPN, (void *)RIP) && TRAPNO == 6 && byte_at_rip(0) == 0x0f,
	   "ud2: SIGILL at its address");
	sig = catch_fault(privileged, NULL);
	ok(is_fault(SIGSEGV, sig, SI_KERNEL, NULL) && TRAPNO == 13 && byte_at_rip(0) == 0xf4,
	   "hlt: SIGSEGV");
	sig = catch_fault(port, NULL);
	ok(is_fault(SIGSEGV, sig, SI_KERNEL, NULL) && TRAPNO == 13, "port output: SIGSEGV");
	sig = catch_fault(soft_interrupt, NULL);
	ok(is_fault(SIGSEGV, sig, SI_KERNEL, NULL) && TRAPNO == 13,
	   "an interrupt instruction that is not allowed: SIGSEGV");
	sig = catch_fault(breakpoint, NULL);
	ok(is_fault(SIGTRAP, sig, SI_KERNEL, NULL) && TRAPNO == 3 && byte_at_rip(-1) == 0xcc,
	   "int3: SIGTRAP at the address after it");
	sig = catch_fault(single_step, NULL);
	ok(sig == SIGTRAP && fault_info.si_code == TRAP_TRACE && TRAPNO == 1 &&
	   byte_at_rip(-1) == 0x90, "a trap flag set by popf: SIGTRAP after one instruction");
	sig = catch_fault(breakpoint, NULL);
	ok(sig == SIGTRAP && fault_info.si_code == SI_KERNEL,
	   "a trap flag does not stay set after its trap");
}

/* Unmasks one exception (its bit in the status word) and provokes it. */
static void x87(void *which)
{
	unsigned short cw = 0x37f & ~(long)which;
	double zero = 0, one = 1;

	asm volatile("fnclex; fldcw %0" : : "m"(cw));
	if ((long)which == 4)
		asm volatile("fldl %0; fdivl %1; fwait; fstp %%st" : : "m"(one), "m"(zero));
	else
		asm volatile("fldl %0; fdivl %0; fwait; fstp %%st" : : "m"(zero));
}

static void sse(void *which)
{
	static volatile double zero = 0, one = 1, huge = 1e300, tiny = 1e-300;
	unsigned int mxcsr = 0x1f80 & ~((long)which << 7);
	double result = one;

	asm volatile("ldmxcsr %0" : : "m"(mxcsr));
	if ((long)which == 1)
		result = zero / zero;
	else if ((long)which == 4)
		result = one / zero;
	else if ((long)which == 8)
		result = huge * huge;
	else if ((long)which == 16)
		result = tiny * tiny;
	else if ((long)which == 32)
		result = one / (huge + 3);
	asm volatile("" : : "x"(result));
}

static void floating(void)
{
	static const struct {
		long bit;
		int code;
		const char *name;
	} kinds[] = {
		{ 1, FPE_FLTINV, "invalid" }, { 4, FPE_FLTDIV, "division by zero" },
		{ 8, FPE_FLTOVF, "overflow" }, { 16, FPE_FLTUND, "underflow" },
		{ 32, FPE_FLTRES, "inexact" },
	};
	unsigned int mxcsr = 0x1f80;
	int sig;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		sig = catch_fault(sse, (void *)kinds[i].bit);
		asm volatile("ldmxcsr %0" : : "m"(mxcsr));
		ok(is_fault(SIGFPE, sig, kinds[i].code, (void *)RIP) && TRAPNO == 19, "SSE: %s",
		   kinds[i].name);
	}
	for (size_t i = 0; i < 2; i++) {
		sig = catch_fault(x87, (void *)kinds[i].bit);
		asm volatile("fninit");
		ok(sig == SIGFPE && fault_info.si_code == kinds[i].code && TRAPNO == 16, "x87: %s",
		   kinds[i].name);
	}
	sig = catch_fault(sse, (void *)2L);
	asm volatile("ldmxcsr %0" : : "m"(mxcsr));
	ok(sig == 0, "masked SSE and x87 exceptions do not trap");
}

/* A handler that goes on behind the instruction that failed. */
static volatile int skipped;

static void skip_ud2(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;

	(void)sig;
	(void)si;
	skipped++;
	uc->uc_mcontext.gregs[REG_RIP] += 2;
	uc->uc_mcontext.gregs[REG_RAX] = 4711;
}

/* A handler that makes the failing access possible. */
static char *lazy;

static void map_lazily(int sig, siginfo_t *si, void *ctx)
{
	(void)sig;
	(void)ctx;
	skipped++;
	must((char *)si->si_addr >= lazy && (char *)si->si_addr < lazy + 64 * PAGE);
	mprotect((void *)((long)si->si_addr & -PAGE), PAGE, PROT_READ | PROT_WRITE);
}

static void repaired(void)
{
	struct sigaction sa = { .sa_sigaction = skip_ud2, .sa_flags = SA_SIGINFO };
	long rax = 1;
	bool good = true;

	sigaction(SIGILL, &sa, NULL);
	asm volatile("ud2" : "+a"(rax));
	ok(skipped == 1 && rax == 4711, "a handler moves rip and sets rax");
	signal(SIGILL, SIG_DFL);

	lazy = map_anon(64 * PAGE, PROT_NONE);
	sa.sa_sigaction = map_lazily;
	sigaction(SIGSEGV, &sa, NULL);
	skipped = 0;
	for (int i = 63; i >= 0; i--)
		*(volatile int *)(lazy + i * PAGE + 8) = i;
	for (int i = 0; i < 64; i++)
		good &= *(volatile int *)(lazy + i * PAGE + 8) == i;
	ok(good && skipped == 64, "a handler lets in one page at a time");
	signal(SIGSEGV, SIG_DFL);
	munmap(lazy, 64 * PAGE);
}

static void no_core(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
}

static int die_by_fault(void *arg)
{
	no_core();
	((void (*)(void *))arg)(NULL);
	return 1;
}

static int die_ignoring(void *arg)
{
	no_core();
	signal(SIGSEGV, SIG_IGN);
	read_byte(arg);
	return 1;
}

static int die_blocking(void *arg)
{
	sigset_t set;

	no_core();
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	read_byte(arg);
	return 1;
}

static void fault_again(int sig)
{
	(void)sig;
	read_byte(NULL);
}

static int die_in_handler(void *arg)
{
	no_core();
	signal(SIGSEGV, fault_again);
	read_byte(arg);
	return 1;
}

static int die_without_stack(void *arg)
{
	no_core();
	(void)arg;
	signal(SIGUSR1, fault_again);
	asm volatile("mov $8, %%rsp; mov %0, %%edi; mov %1, %%esi; mov %2, %%eax; syscall; hlt"
		     : : "r"(getpid()), "i"(SIGUSR1), "i"(SYS_kill) : "memory");
	return 1;
}

static void wreck_frame(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;

	(void)sig;
	(void)si;
	uc->uc_mcontext.gregs[REG_RIP] = 0x8000000000000000;
}

static int die_by_return(void *arg)
{
	struct sigaction sa = { .sa_sigaction = wreck_frame, .sa_flags = SA_SIGINFO };

	(void)arg;
	no_core();
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	return 1;
}

static void deadly(void)
{
	ok(in_child(die_by_fault, read_byte) == -SIGSEGV,
	   "a bad read without a handler kills by SIGSEGV");
	ok(in_child(die_by_fault, divide) == -SIGFPE,
	   "a division by zero without a handler kills by SIGFPE");
	ok(in_child(die_by_fault, undefined) == -SIGILL, "ud2 without a handler kills by SIGILL");
	ok(in_child(die_by_fault, breakpoint) == -SIGTRAP,
	   "int3 without a handler kills by SIGTRAP");
	ok(in_child(die_by_fault, abort) == -SIGABRT, "abort() kills by SIGABRT");
	ok(in_child(die_ignoring, NULL) == -SIGSEGV,
	   "a fault whose signal is ignored kills all the same");
	ok(in_child(die_blocking, NULL) == -SIGSEGV,
	   "a fault whose signal is blocked kills all the same");
	ok(in_child(die_in_handler, NULL) == -SIGSEGV, "a fault in the fault's handler kills");
	ok(in_child(die_without_stack, NULL) == -SIGSEGV, "a signal without a stack kills");
	ok(in_child(die_by_return, NULL) == -SIGSEGV, "a handler's return to nowhere kills");
}

int main(void)
{
	memory();
	instructions();
	floating();
	repaired();
	deadly();
	return tap_done();
}
