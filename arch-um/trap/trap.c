// SPDX-License-Identifier: GPL-2.0
/*
 * Traps: what user code and the host's signals ask of the kernel.
 *
 * User code can write the place of signal frames and jump to the gate.  Such a
 * frame lacks the mark of the host's and is not looked at.  Apart from that a
 * frame holds user registers, and none of them is trusted.
 */
#include <linux/audit.h>
#include <linux/entry-common.h>
#include <linux/nospec.h>
#include <linux/perf_event.h>
#include <linux/ptrace.h>
#include <linux/sched/debug.h>
#include <linux/sched/signal.h>
#include <linux/syscalls.h>
#include <asm/boot.h>
#include <asm/drivers.h>
#include <asm/fpu.h>
#include <asm/guard.h>
#include <asm/host.h>
#include <asm/host_irq.h>
#include <asm/hostmap.h>
#include <asm/irq.h>
#include <asm/sigcontext.h>
#include <asm/syscall.h>
#include <asm/trap.h>
#include <asm/trapnr.h>

struct host_frame user_frame __ro_after_init;

/*
 * The mark that tells the host's frames from forged ones.
 *
 * When the host switches to the alternate signal stack it notes in the frame's
 * uc_stack which stack that is.  The stack's upper end decides where the frame
 * goes; its lower end means nothing to the host, so it is a random number here.
 * User code cannot ask the host for it, and the frame that shows it is wiped
 * before any user code runs.  A wrong guess is a SIGSEGV; there are 2^46.
 */
static unsigned long frame_mark __ro_after_init;

static int __init frame_mark_init(void)
{
	stack_t *armed = (stack_t *)host_stack_armed;

	if (host_getrandom(&frame_mark, sizeof(frame_mark)) != sizeof(frame_mark))
		panic("the host gives no random numbers");
	frame_mark = frame_mark % (GATE_DATA - 1) + 1;
	armed->ss_sp = (void __user *)frame_mark;
	armed->ss_size = GATE_DATA + GATE_STACK_SIZE - frame_mark;
	return 0;
}
early_initcall(frame_mark_init);

/* Of the frame at the fixed place: it stands right before the registers. */
static __always_inline stack_t *frame_stack(void)
{
	return (stack_t *)user_frame.mcontext - 1;
}

/* rt_sigreturn sets the alternate stack to what the frame says. */
static __always_inline void wipe_mark(void)
{
	*frame_stack() = (stack_t){ .ss_flags = SS_DISABLE };
}

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
		return IRQ_PENDING_TERM;
	case SIGINT:
		return IRQ_PENDING_INT;
	case SIGHUP:
		return IRQ_PENDING_HUP;
	case SIGCONT:
		return IRQ_PENDING_CONT;
	default:
		return 0;
	}
}

static bool is_vsyscall(unsigned long call_addr)
{
	return call_addr >= TASK_SIZE;
}

static void do_syscall(struct pt_regs *regs)
{
	int nr = regs->ax;	/* the upper half of rax does not count */

	guard_syscall(nr);
	regs->orig_ax = regs->ax;
	regs->ax = -ENOSYS;
	nr = syscall_enter_from_user_mode(regs, nr);
	if (likely((unsigned int)nr < NR_syscalls)) {
		nr = array_index_nospec((unsigned int)nr, NR_syscalls);
		regs->ax = sys_call_table[nr](regs->di, regs->si, regs->dx,
					      regs->r10, regs->r8, regs->r9);
	} else if (nr != -1) {
		regs->ax = sys_ni_syscall();
	}
	syscall_exit_to_user_mode(regs);
}

/*
 * SI_KERNEL: general protection and its like, which have no address.  Where the
 * host emulates (a vsyscall with a bad stack), trap number and address are
 * those of an earlier fault.
 */
static bool is_page_fault(int signo, unsigned long trapno, int code)
{
	return signo == SIGSEGV && trapno == X86_TRAP_PF && code != SI_KERNEL;
}

/* An exception of user code that is a signal of the guest, no more. */
static void do_exception(struct pt_regs *regs, int signo, const siginfo_t *info,
			 const struct sigcontext_64 *sc)
{
	/* all that is needed of the frame: it is user code's to write to when another task runs */
	unsigned long trapno = sc->trapno, error = sc->err, cr2 = sc->cr2;
	unsigned long call_addr = (unsigned long)info->si_call_addr;
	int code = info->si_code;
	irqentry_state_t state = irqentry_enter(regs);

	local_irq_enable();
	/* frames and debuggers see the last exception that became a signal */
	if (signo != SIGSYS && !is_page_fault(signo, trapno, code)) {
		current->thread.trap_nr = trapno;
		current->thread.error_code = error;
	}
	switch (signo) {
	case SIGSEGV:
		if (is_page_fault(signo, trapno, code))
			page_fault(regs, cr2, error);
		else
			force_sig(SIGSEGV);
		break;
	case SIGBUS:
		if (trapno == X86_TRAP_PF) {
			current->thread.cr2 = cr2;
			force_sig_fault(SIGBUS, BUS_ADRERR, (void __user *)cr2);
		} else if (trapno == X86_TRAP_AC) {
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
		if (trapno == X86_TRAP_DB)
			um_send_sigtrap(regs, TRAP_TRACE);
		else
			force_sig(SIGTRAP);
		break;
	case SIGSYS:
		if (is_vsyscall(call_addr)) {
			/* The host has done its return; as on x86 without vsyscalls it was a bad jump. */
			regs->ip = call_addr;
			regs->sp -= sizeof(long);
			page_fault(regs, regs->ip, X86_PF_USER | X86_PF_INSTR);
		} else {
			/* int 0x80 or sysenter: no such system calls here */
			force_sig_fault(SIGSEGV, SEGV_MAPERR, (void __user *)regs->ip);
		}
		break;
	}
	local_irq_disable();
	irqentry_exit(regs, state);
}

/* A system call by the instruction that 64-bit code uses? */
static bool is_syscall(const struct pt_regs *regs, const siginfo_t *info)
{
	return info->si_code == SYS_SECCOMP && info->si_arch == AUDIT_ARCH_X86_64 &&
	       regs->cs == __USER_CS && regs->ip < TASK_SIZE &&
	       !is_vsyscall((unsigned long)info->si_call_addr);
}

/*
 * Between in_user = 1 and user code.  A program that jumped there by itself
 * finds itself back at its last trap if it is interrupted; anywhere else it is
 * as any code.
 */
static bool in_exit_path(unsigned long ip)
{
	unsigned long gate = ip - GATE_TEXT;

	return (ip >= (unsigned long)exit_user && ip < (unsigned long)exit_user_end) ||
	       (gate >= gate_exit - gate_start && gate < gate_end - gate_start);
}

/*
 * From user mode.  @last_signo and @handler_sp come from registers that user
 * code may have set, if it was not the host that called the gate: true then,
 * and nothing was done.
 */
asmlinkage noinstr bool trap_user(int last_signo, unsigned long handler_sp)
{
	const struct sigcontext_64 *sc = user_frame.mcontext;
	const siginfo_t *info = user_frame.info;
	struct pt_regs *regs = current_pt_regs();
	int signo = info->si_signo;
	unsigned int irq = signal_irq(signo);

	if (unlikely((unsigned long)frame_stack()->ss_sp != frame_mark))
		return true;
	wipe_mark();
	fpu_live = true;
	irq_raise(irq | signal_irq(last_signo));
	/*
	 * A signal that interrupted the gate left its frame below the first
	 * one, and only the last one's number is known: poll everything.
	 */
	if (handler_sp != user_frame.sp)
		irq_raise(IRQ_PENDING_TIMER | IRQ_PENDING_FD);
	/* the host blocks interrupts in an interrupt's handler, and this one never returns */
	if (signal_irq(last_signo) || handler_sp != user_frame.sp)
		host_signals_unblock();
	irq_leave_user();

	/*
	 * The user's registers are in pt_regs still.  The extended state was
	 * loaded already, so the frame holds it.
	 */
	if (irq && in_exit_path(sc->ip))
		return false;

	load_regs(regs, sc);
	guard_enter();
	if (irq)
		return false;	/* trap_exit() handles what is pending */
	if (signo == SIGSYS && is_syscall(regs, info))
		do_syscall(regs);
	else
		do_exception(regs, signo, info, sc);
	return false;
}

/*
 * User code jumped into the gate.  Its registers are not known any more; what
 * is left are those of its last trap.
 */
asmlinkage noinstr void trap_forged(void)
{
	struct pt_regs *regs = current_pt_regs();
	irqentry_state_t state;

	regs->orig_ax = -1;
	regs->ip = GATE_TEXT;
	regs->cs = __USER_CS;
	state = irqentry_enter(regs);
	local_irq_enable();
	fpu_reset(current);
	force_sig_fault(SIGSEGV, SEGV_ACCERR, (void __user *)GATE_TEXT);
	local_irq_disable();
	irqentry_exit(regs, state);
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

	/*
	 * On the alternate stack: the exit path had just armed it, or user code
	 * jumped into the gate and it is not disarmed yet.  Let it be off when
	 * the interrupted code goes on.  Interrupts are off in both.
	 */
	if (sc == user_frame.mcontext)
		wipe_mark();
	if (irq) {
		irq_raise(irq);
		if (ip >= (unsigned long)exit_window && ip < (unsigned long)exit_user)
			sc->ip = (unsigned long)exit_again;
		else if (ip >= (unsigned long)host_poll_window &&
			 ip < (unsigned long)host_poll_window_end)
			sc->ip = (unsigned long)host_poll_interrupted;
		else if (READ_ONCE(irq_enabled))
			irq_run_pending();
		return;
	}
	/*
	 * Only this code goes with an address.  Within an open window the host
	 * denies nothing: what is not there is a SIGBUS.
	 */
	if (signo == SIGSEGV && ((siginfo_t *)siginfo)->si_code == SEGV_ACCERR &&
	    guard_touched(sc->cr2))
		return;
	if ((signo == SIGSEGV || signo == SIGBUS) && kmap_touched(sc->cr2, signo == SIGBUS))
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
		while (READ_ONCE(irq_pending) || unlikely(um_is_stopped())) {
			irqentry_state_t state = irqentry_enter(regs);

			irq_dispatch(regs);
			if (unlikely(um_is_stopped())) {
				local_irq_enable();
				um_stop_wait();
				local_irq_disable();
			}
			irqentry_exit(regs, state);
		}
		kmap_settle();
		hostmap_commit();
		if (unlikely(task_sigpending(current)))
			irq_raise(IRQ_PENDING_FD);
	} while (READ_ONCE(irq_pending));
	guard_leave();
	kmap_hide();
	irq_enter_user();
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
	/*
	 * All of it, for user code can write anywhere in it: also what lies beyond the
	 * exit frame, which is all that an exit writes to that page.
	 */
	memset((void *)GATE_DATA, 0, GATE_DATA_SIZE);
}
