// SPDX-License-Identifier: GPL-2.0
/*
 * Traps: what user code and the host's signals ask of the kernel.
 *
 * Nothing in a frame of user mode is trusted.  User code can write the frame's
 * place and jump to the gate, so a frame means no more than "this task, with
 * these registers, had this trap", which it could have had anyway.
 */
#include <linux/audit.h>
#include <linux/entry-common.h>
#include <linux/perf_event.h>
#include <linux/ptrace.h>
#include <linux/sched/debug.h>
#include <linux/sched/signal.h>
#include <linux/syscalls.h>
#include <asm/boot.h>
#include <asm/fpu.h>
#include <asm/host.h>
#include <asm/hostmap.h>
#include <asm/irq.h>
#include <asm/sigcontext.h>
#include <asm/syscall.h>
#include <asm/trap.h>

/* Trap numbers in sigcontext.trapno: Intel SDM volume 3, table 6-1 */
#define TRAP_DB		1
#define TRAP_BP		3
#define TRAP_PF		14
#define TRAP_AC		17

struct host_frame user_frame __ro_after_init;

/* Bits of rflags that come back from a frame; IF shows as set. */
#define FLAGS_USER	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF |	\
			 X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF |	\
			 X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_AC | X86_EFLAGS_ID)

static void load_regs(struct pt_regs *regs, const struct sigcontext_64 *sc)
{
	regs->r15 = sc->r15;
	regs->r14 = sc->r14;
	regs->r13 = sc->r13;
	regs->r12 = sc->r12;
	regs->bp = sc->bp;
	regs->bx = sc->bx;
	regs->r11 = sc->r11;
	regs->r10 = sc->r10;
	regs->r9 = sc->r9;
	regs->r8 = sc->r8;
	regs->ax = sc->ax;
	regs->cx = sc->cx;
	regs->dx = sc->dx;
	regs->si = sc->si;
	regs->di = sc->di;
	regs->orig_ax = -1;
	regs->ip = sc->ip;
	regs->cs = sc->cs == __USER32_CS ? __USER32_CS : __USER_CS;
	regs->flags = (sc->flags & FLAGS_USER) | X86_EFLAGS_FIXED | X86_EFLAGS_IF;
	regs->sp = sc->sp;
	regs->ss = __USER_DS;
}

/* Which interrupt a host signal is; 0 for one that the interrupted code caused. */
static unsigned int signal_irq(int signo)
{
	switch (signo) {
	case SIGALRM:
		return IRQ_PENDING_TIMER;
	case SIGIO:
		return IRQ_PENDING_FD;
	case SIGWINCH:
		return IRQ_PENDING_WINCH;
	case SIGTERM:
	case SIGINT:
	case SIGHUP:
		return IRQ_PENDING_SHUTDOWN;
	default:
		return 0;
	}
}

static void do_syscall(struct pt_regs *regs)
{
	long nr = regs->ax;

	regs->orig_ax = nr;
	regs->ax = -ENOSYS;
	nr = syscall_enter_from_user_mode(regs, nr);
	if (likely((unsigned long)nr < NR_syscalls))
		regs->ax = sys_call_table[nr](regs->di, regs->si, regs->dx,
					      regs->r10, regs->r8, regs->r9);
	else if (nr != -1)
		regs->ax = sys_ni_syscall();
	syscall_exit_to_user_mode(regs);
}

/* An exception of user code that is a signal of the guest, no more. */
static void do_exception(struct pt_regs *regs, int signo, const siginfo_t *info,
			 const struct sigcontext_64 *sc)
{
	unsigned long trapno = sc->trapno, error = sc->err, cr2 = sc->cr2;
	int code = info->si_code;
	irqentry_state_t state = irqentry_enter(regs);

	local_irq_enable();
	current->thread.trap_nr = trapno;
	current->thread.error_code = error;
	switch (signo) {
	case SIGSEGV:
		if (trapno == TRAP_PF) {
			page_fault(regs, cr2, error);
		} else {
			/* general protection and its like: no address */
			force_sig(SIGSEGV);
		}
		break;
	case SIGBUS:
		if (trapno == TRAP_PF) {
			current->thread.cr2 = cr2;
			force_sig_fault(SIGBUS, BUS_ADRERR, (void __user *)cr2);
		} else if (trapno == TRAP_AC) {
			force_sig_fault(SIGBUS, BUS_ADRALN, NULL);
		} else {
			force_sig(SIGBUS);
		}
		break;
	case SIGILL:
		force_sig_fault(SIGILL, ILL_ILLOPN, (void __user *)regs->ip);
		break;
	case SIGFPE:
		force_sig_fault(SIGFPE, code > 0 ? code : 0, (void __user *)regs->ip);
		break;
	case SIGTRAP:
		if (trapno == TRAP_DB)
			um_send_sigtrap(regs, TRAP_TRACE);
		else
			force_sig(SIGTRAP);
		break;
	case SIGSYS:
		/* int 0x80, sysenter or a vsyscall address: no such system calls here */
		force_sig_fault(SIGSEGV, SEGV_MAPERR, (void __user *)regs->ip);
		break;
	default:
		/* no signal of the host's: a forged frame */
		force_sig(SIGSEGV);
	}
	local_irq_disable();
	irqentry_exit(regs, state);
}

/* A system call by the instruction that 64-bit code uses? */
static bool is_syscall(const struct pt_regs *regs, const siginfo_t *info)
{
	return info->si_code == SYS_SECCOMP && info->si_arch == AUDIT_ARCH_X86_64 &&
	       regs->cs == __USER_CS && regs->ip < TASK_SIZE;
}

/*
 * From user mode.  @hint and @handler_sp come from registers that user code
 * may have set; they only make the kernel look for interrupts.
 */
asmlinkage noinstr void trap_user(int hint, unsigned long handler_sp)
{
	const struct sigcontext_64 *sc = user_frame.mcontext;
	const siginfo_t *info = user_frame.info;
	struct pt_regs *regs = current_pt_regs();
	int signo = info->si_signo;
	unsigned int irq = signal_irq(signo);

	fpu_live = true;
	irq_raise(irq | signal_irq(hint));
	/*
	 * A signal that interrupted the gate left its frame below the first
	 * one, and only the last one's number is known: look at everything.
	 */
	if (handler_sp != user_frame.sp)
		irq_raise(IRQ_PENDING_TIMER | IRQ_PENDING_FD);
	if (irq_busy_sources)
		irq_raise(IRQ_PENDING_FD);

	/*
	 * Interrupted in the gate or in the exit path: the user's registers
	 * are in pt_regs still.  The extended state was loaded already, so the
	 * frame holds it.
	 */
	if (irq && sc->ip >= GATE_TEXT)
		return;

	load_regs(regs, sc);
	guard_trim();
	if (irq)
		return;		/* trap_exit() handles what is pending */
	if (signo == SIGSYS && is_syscall(regs, info))
		do_syscall(regs);
	else
		do_exception(regs, signo, info, sc);
}

static void kernel_regs(struct pt_regs *regs, const struct sigcontext_64 *sc)
{
	load_regs(regs, sc);
	regs->cs = 0;
}

static void __noreturn kernel_fault(int signo, const siginfo_t *info,
				    const struct sigcontext_64 *sc)
{
	static bool dying;
	struct pt_regs regs;

	if (dying)
		host_exit(1);
	dying = true;
	kernel_regs(&regs, sc);
	bust_spinlocks(1);
	pr_emerg("Kernel fault: host signal %d, trap %d, error %#x, address %#lx\n", signo,
		 (int)sc->trapno, (unsigned int)sc->err, (unsigned long)sc->cr2);
	if (signo == SIGSYS)
		pr_emerg("The host refused system call %d\n", info->si_syscall);
	show_regs(&regs);
	dying = false;
	panic("Kernel fault at %pS", (void *)regs.ip);
}

/*
 * From kernel mode, on the interrupted code's stack.  Everything here is the
 * host's own word.
 */
asmlinkage noinstr void trap_kernel(int signo, void *siginfo, void *ucontext)
{
	struct sigcontext_64 *sc = ucontext + sizeof(unsigned long) * 5; /* uc_mcontext */
	unsigned int irq = signal_irq(signo);
	unsigned long ip = sc->ip;

	if (irq) {
		irq_raise(irq);
		if (ip >= (unsigned long)exit_window && ip < (unsigned long)exit_user)
			sc->ip = (unsigned long)(ip < (unsigned long)exit_armed ?
						 exit_again : exit_disarm);
		else if (ip >= (unsigned long)host_poll_window &&
			 ip < (unsigned long)host_poll_window_end)
			sc->ip = (unsigned long)host_poll_interrupted;
		else if (READ_ONCE(irq_enabled))
			irq_run_pending();
		return;
	}
	if ((signo == SIGSEGV || signo == SIGBUS) && guard_open_window(sc->cr2))
		return;
	if (fixup_exception(&ip)) {
		sc->ip = ip;
		return;
	}
	kernel_fault(signo, siginfo, sc);
}

/* xrstor refused current's state: a forged frame, or ptrace wrote nonsense. */
asmlinkage void trap_bad_xstate(void)
{
	fpu_reset(current);
	local_irq_enable();
	force_sig(SIGSEGV);
	local_irq_disable();
	/* the exit work looks at the signal */
	irq_raise(IRQ_PENDING_FD);
}

/*
 * Last C code before user mode.  Returns the extended state to load, with
 * interrupts off and nothing pending that was known.
 */
asmlinkage noinstr void *trap_exit(void)
{
	struct pt_regs *regs = current_pt_regs();

	arch_local_irq_disable();
	do {
		while (READ_ONCE(irq_pending)) {
			irqentry_state_t state = irqentry_enter(regs);

			irq_dispatch(regs);
			irqentry_exit(regs, state);
		}
		lock_before_user();
		hostmap_commit();
		if (unlikely(task_sigpending(current)))
			irq_raise(IRQ_PENDING_FD);
	} while (READ_ONCE(irq_pending));
	guard_hide_windows();
	return fpu_live ? user_frame.xsave : current->thread.xsave;
}

asmlinkage void ret_from_fork(struct task_struct *prev, int (*fn)(void *), void *arg)
{
	schedule_tail(prev);
	if (fn)
		fn(arg);	/* returns only after kernel_execve() */
	syscall_exit_to_user_mode(current_pt_regs());
}

void trap_scrub(void)
{
	/* what is live would be lost with it */
	if (fpu_live)
		fpu_sync(current);
	memset((void *)GATE_DATA, 0, GATE_STACK_SIZE);
}
