// SPDX-License-Identifier: GPL-2.0
/*
 * Forged frames: signal frames in gate data, exit frames, and those that
 * rt_sigreturn takes; and stack pointers into gate data when real traps come.
 */
#include "hostile.h"

static unsigned char *frame;		/* the last trap's siginfo, ucontext... in gate data */
static unsigned char template[GATE_STACK_SIZE];
static size_t frame_size;

/* Offsets in struct rt_sigframe: arch/x86/include/asm/sigframe.h, uapi/asm/ucontext.h */
#define UC		8
#define UC_STACK	(UC + 16)
#define MCONTEXT	(UC + 40)
#define INFO		(UC + 304)
/* and in struct sigcontext_64, in words */
enum { R8, R15 = 7, DI, SI, BP, BX, DX, AX, CX, SP, IP, FLAGS, CS, ERR, TRAPNO, OLDMASK, CR2, FP };

/* Where does the host put frames? Where an r15 turns up that no other register has. */
static bool find_frame(void)
{
	unsigned long magic = some();
	long ret = SYS_getpid;

	memset(template, 1, sizeof(template));	/* a page fault now would be the last trap */
	asm volatile("mov %1, %%r15\n\tnot %%r15\n\tsyscall" : "+a"(ret) : "r"(magic) : "r15", "rcx", "r11",
		     "memory");
	for (unsigned long at = GATE_DATA_END - 1024; at > GATE_DATA + 1024; at -= 8) {
		if (at >= GATE_EXIT_FRAME || ~*(volatile unsigned long *)at != magic)
			continue;
		frame = (unsigned char *)at - 8 * R15 - MCONTEXT;
		frame_size = GATE_EXIT_FRAME - (unsigned long)frame;
		memcpy(template, frame, frame_size);
		return *(int *)(template + INFO) == SIGSYS;
	}
	return false;
}

static const unsigned long kernel_places[] = {
	PAGE_OFFSET, PAGE_OFFSET + 0x1e, PAGE_OFFSET + 0x4e, PAGE_OFFSET + 0x1000,
	PAGE_OFFSET + MEMORY - 8, GATE_TEXT, GATE_TEXT + 0x40, GATE_DATA, VMALLOC_START,
	MODULES_VADDR, AIO_BASE, 1UL << 63, -4096UL, 0, 0x800000000000, TASK_SIZE - 1,
};

static unsigned long a_place(void)
{
	return kernel_places[some() % ARRAY_SIZE(kernel_places)];
}

static const unsigned long selectors[] = {
	0x33, 0x23, 0x10, 0x18, 0x2b, 0, 3, 0x33 | 0x2b0000, 0x7, 0xffff, 0x13,
};

static void forge_signal(int signo)
{
	static const int calls[] = { SYS_getpid, SYS_sched_yield, SYS_rt_sigreturn, SYS_mprotect,
				     SYS_reboot, 1000, -1, INT_MIN, 0x40000000 | SYS_getpid };
	unsigned long *mc = (unsigned long *)(frame + MCONTEXT);
	unsigned int *info = (unsigned int *)(frame + INFO);
	unsigned int *header;

	memcpy(frame, template, frame_size);
	info[0] = signo;
	if (some() % 2)
		info[2] = some();		/* si_code */
	if (some() % 2)
		mc[AX] = calls[some() % ARRAY_SIZE(calls)];
	mc[IP] = some() % 2 ? (unsigned long)attempt_came_back : a_place();
	mc[SP] = some() % 2 ? LANDING_SP : a_place();
	mc[CR2] = a_place();
	mc[TRAPNO] = some() % 20;
	mc[ERR] = some() % 32;
	if (some() % 2)
		mc[FLAGS] = some();
	if (some() % 2)
		mc[CS] = selectors[some() % ARRAY_SIZE(selectors)];
	if (some() % 2)
		mc[FP] = a_place();
	if (some() % 2) {
		header = (unsigned int *)((unsigned long)mc[FP] == 0 ? frame : frame + 1024);
		for (size_t i = 0; i < (frame_size - 1024) / 4; i++)
			header[i] = some();
	}
	if (some() % 2) {
		unsigned long *stack = (unsigned long *)(frame + UC_STACK);

		stack[0] = some() % 2 ? GATE_DATA : some() % GATE_DATA;
		stack[1] = 1U << 31;
		stack[2] = GATE_EXIT_FRAME - stack[0];
	}
}

/* Through the gate's first instruction, the one after, and its system call. */
static int forged_signals(void *arg)
{
	static const unsigned long entries[] = { 0, 9, 0x12, 0x2d };
	struct jump j;

	for (long n = (long)arg; n > 0; n--)
		some();
	attempts_begin();
	for (int n = 0; n < 400; n++) {
		int signo = n % 70 - 1;

		memset(&j, 0, sizeof(j));
		j.ip = GATE_TEXT + entries[some() % ARRAY_SIZE(entries)];
		j.sp = some() % 2 ? (unsigned long)frame : a_place();
		j.flags = some() % 2 ? 0x202 : 0x202 | FLAG_NT | FLAG_AC;
		j.ax = SYS_mprotect;
		j.di = j.ip == GATE_TEXT ? (unsigned long)signo : PAGE_OFFSET;
		j.si = MEMORY;
		j.dx = 7;
		j.r8 = signo;
		j.r9 = (unsigned long)frame + INFO;
		j.r10 = (unsigned long)frame + UC;
		forge_signal(signo);
		attempt(&j);
	}
	return 0;
}

static int forged_exits(void *arg)
{
	static const unsigned long bits[] = { 0x202, 0x3202, 0x20202, 0x4202, 0x302, 0x40202, 0x2,
					      0x1a0202, 0 };
	static const unsigned long entries[] = { 0x40, 0x49, 0x61, 0x68, 0x72, 0x89 };
	struct jump j;

	for (long n = (long)arg; n > 0; n--)
		some();
	attempts_begin();
	max_steps = 3;
	for (int n = 0; n < 400; n++) {
		memset(&j, 0, sizeof(j));
		j.ip = GATE_TEXT + entries[some() % ARRAY_SIZE(entries)];
		j.flags = 0x202;
		j.sp = j.ip == GATE_TEXT + 0x89 ? GATE_EXIT_FRAME + 15 * 8 : a_place();
		j.ax = SYS_mprotect;
		j.di = PAGE_OFFSET;
		j.si = MEMORY;
		attempting = 1;
		steps = 0;
		if (sigsetjmp(attempt_end, 0))
			continue;
		exit_frame(some() % 2 ? (unsigned long)attempt_came_back : a_place(),
			   selectors[some() % ARRAY_SIZE(selectors)],
			   bits[some() % ARRAY_SIZE(bits)],
			   some() % 2 ? LANDING_SP : a_place(),
			   some() % 2 ? 0x2b : selectors[some() % ARRAY_SIZE(selectors)]);
		hostile_jump(&j);
	}
	return 0;
}

/* What rt_sigreturn loads, changed by a signal handler. */
static volatile int change;

static void on_change(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;
	greg_t *g = uc->uc_mcontext.gregs;
	unsigned int *state = (unsigned int *)uc->uc_mcontext.fpregs;
	unsigned long *csgsfsss = (unsigned long *)&g[REG_CSGSFS];

	(void)sig;
	(void)si;
	switch (change % 10) {
	case 0: g[REG_RIP] = a_place(); break;
	case 1: g[REG_RSP] = a_place(); break;
	case 2: g[REG_RIP] = a_place(); g[REG_RSP] = a_place(); break;
	case 3: *(unsigned short *)csgsfsss = selectors[some() % ARRAY_SIZE(selectors)]; break;
	case 4: ((unsigned short *)csgsfsss)[3] = selectors[some() % ARRAY_SIZE(selectors)]; break;
	case 5: g[REG_EFL] = some(); break;
	case 6: uc->uc_mcontext.fpregs = (void *)a_place(); break;
	case 7:
		for (int i = 0; i < 116; i++)
			state[i] = some();
		break;
	case 8:		/* the XSAVE header */
		for (int i = 128; i < 144; i++)
			state[i] = some();
		break;
	default:
		uc->uc_stack.ss_sp = (void *)a_place();
		uc->uc_stack.ss_size = some();
		uc->uc_flags = some();
		state[116 + some() % 4] = some();	/* the software bytes */
	}
}

static int forged_returns(void *arg)
{
	struct sigaction sa = { .sa_sigaction = on_change, .sa_flags = SA_SIGINFO | SA_NODEFER };

	for (long n = (long)arg; n > 0; n--)
		some();
	attempts_begin();
	must(!sigaction(SIGUSR1, &sa, NULL));
	for (change = 0; change < 400; change++) {
		attempting = 1;
		if (!sigsetjmp(attempt_end, 0))
			raise(SIGUSR1);
	}
	return 0;
}

/* rt_sigreturn with no frame at all. */
static int bare_return(void *arg)
{
	asm volatile("mov %0, %%rsp\n\tmov $15, %%eax\n\tsyscall" : : "r"(arg));
	return 97;
}

/*
 * Real traps with a stack pointer into gate data: a system call, a page that
 * is not there yet, a breakpoint, and as long as ROUNDS take.
 */
unsigned long saved_sp;

static void traps_on(unsigned long sp, volatile char *fresh, unsigned long rounds)
{
	long ax = SYS_getpid;

	asm volatile("mov %%rsp, saved_sp(%%rip)\n"
		     "	mov %[sp], %%rsp\n"
		     "	syscall\n"
		     "	movb $1, (%[fresh])\n"
		     "	int3\n"
		     "1:	dec %[rounds]\n"
		     "	jnz 1b\n"
		     "	mov saved_sp(%%rip), %%rsp\n"
		     : "+a"(ax), [rounds] "+r"(rounds)
		     : [sp] "r"(sp), [fresh] "r"(fresh) : "rcx", "r11", "memory");
	must(ax == getpid());
}

static volatile int interrupts;

static void on_interrupt(int sig)
{
	(void)sig;
	interrupts++;
}

static int stack_in_gate_data(void *arg)
{
	struct itimerval often = { { 0, 200 }, { 0, 200 } };
	stack_t ss = { .ss_size = 64 << 10 };
	struct sigaction sa = { .sa_handler = on_interrupt, .sa_flags = SA_ONSTACK };
	char *pages = map_anon(4096 * PAGE, PROT_READ | PROT_WRITE);
	int n = 0;

	(void)arg;
	madvise(pages, 4096 * PAGE, MADV_NOHUGEPAGE);
	ss.ss_sp = map_anon(ss.ss_size, PROT_READ | PROT_WRITE);
	must(!sigaltstack(&ss, NULL) && !sigaction(SIGTRAP, &sa, NULL));
	for (unsigned long sp = GATE_DATA; sp <= GATE_DATA_END; sp += 16)
		traps_on(sp, pages + n++ * PAGE, 1);
	must(interrupts == n);
	must(!sigaction(SIGALRM, &sa, NULL));
	setitimer(ITIMER_REAL, &often, NULL);
	for (unsigned long sp = GATE_DATA; sp <= GATE_DATA_END; sp += 1024)
		traps_on(sp, pages + n++ * PAGE, 3000000);
	must(interrupts > n);
	return 0;
}

/* Without a stack of its own, a handler would have its frame in gate data. */
static int handler_in_gate_data(void *arg)
{
	signal(SIGTRAP, on_interrupt);
	traps_on((unsigned long)arg, map_anon(PAGE, PROT_READ | PROT_WRITE), 1);
	return 97;
}

int main(int argc, char **argv)
{
	bool good = true;

	become(argc, argv);
	ok(find_frame(), "the place of the host's signal frames is known");
	for (long n = 0; n < 16; n++)
		good &= survives(forged_signals, (void *)(n * 100));
	ok(good && alive(), "forged signal frames do no harm");
	good = true;
	for (long n = 0; n < 16; n++)
		good &= survives(forged_exits, (void *)(n * 100));
	ok(good && alive(), "forged exit frames do no harm");
	good = true;
	for (long n = 0; n < 16; n++)
		good &= survives(forged_returns, (void *)(n * 100));
	ok(good && alive(), "rt_sigreturn with frames that were changed does no harm");
	good = true;
	for (size_t i = 0; i < ARRAY_SIZE(kernel_places); i++)
		good &= in_child(bare_return, (void *)kernel_places[i]) == -SIGSEGV;
	ok(good && alive(), "rt_sigreturn from the kernel's memory: SIGSEGV");
	ok(!in_child(stack_in_gate_data, NULL) && alive(),
	   "traps with a stack in gate data do no harm");
	good = true;
	for (unsigned long sp = GATE_DATA; sp <= GATE_DATA_END; sp += 0x800)
		good &= in_child(handler_in_gate_data, (void *)sp) == -SIGSEGV;
	ok(good && alive(), "no handler gets a frame in gate data: SIGSEGV");
	return tap_done();
}
