// SPDX-License-Identifier: GPL-2.0
/*
 * Traps: what user code and the host's signals ask of the kernel.
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
#include <asm/cpu_state.h>
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
#include <asm/user_context.h>
#include "frame.h"

static bool is_vsyscall(unsigned long call_addr)
{
	return !is_user_address(call_addr);
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
	if (unlikely(current->thread.debug))
		debug_syscall(regs);
	syscall_exit_to_user_mode(regs);
}

/*
 * SI_KERNEL: general protection and its like, which have no address.  Where the
 * host emulates (a vsyscall with a bad stack), trap number and address are
 * those of an earlier fault.
 */
static bool is_page_fault(const struct trap_cause *cause)
{
	return cause->signo == SIGSEGV && cause->trapno == X86_TRAP_PF && cause->code != SI_KERNEL;
}

/* An exception of user code that is a signal of the guest, no more. */
static void do_exception(struct pt_regs *regs, const struct trap_cause *cause)
{
	irqentry_state_t state = irqentry_enter(regs);

	local_irq_enable();
	/* frames and debuggers see the last exception that became a signal */
	if (cause->signo != SIGSYS && !is_page_fault(cause)) {
		current->thread.trap_nr = cause->trapno;
		current->thread.error_code = cause->error;
	}
	switch (cause->signo) {
	case SIGSEGV:
		if (is_page_fault(cause))
			page_fault(regs, cause->cr2, cause->error);
		else
			force_sig(SIGSEGV);
		break;
	case SIGBUS:
		if (cause->trapno == X86_TRAP_PF) {
			current->thread.cr2 = cause->cr2;
			force_sig_fault(SIGBUS, BUS_ADRERR, (void __user *)cause->cr2);
		} else if (cause->trapno == X86_TRAP_AC) {
			force_sig_fault(SIGBUS, BUS_ADRALN, NULL);
		} else {
			force_sig(SIGBUS);
		}
		break;
	case SIGILL:
		force_sig_fault(SIGILL, ILL_ILLOPN, (void __user *)regs->ip);
		break;
	case SIGFPE:
		force_sig_fault(SIGFPE, max(cause->code, 0), (void __user *)regs->ip);
		break;
	case SIGTRAP:
		if (cause->trapno == X86_TRAP_DB)
			debug_trap(regs, cause->code == TRAP_BRKPT);
		else
			force_sig(SIGTRAP);
		break;
	case SIGSYS:
		if (is_vsyscall(cause->call_addr)) {
			/* The host has done its return; as on x86 without vsyscalls it was a bad jump. */
			regs->ip = cause->call_addr;
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
static bool is_syscall(const struct pt_regs *regs, const struct trap_cause *cause)
{
	return cause->signo == SIGSYS && cause->code == SYS_SECCOMP &&
	       cause->arch == AUDIT_ARCH_X86_64 && regs->cs == __USER_CS &&
	       is_user_address(regs->ip) && !is_vsyscall(cause->call_addr);
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
	const struct host_frame *frame = &um_cpu.user_frame;
	struct pt_regs *regs = current_pt_regs();
	struct trap_cause cause;
	unsigned int irq;

	if (unlikely(!frame_is_genuine()))
		return true;
	frame_wipe_mark();
	frame_read(&cause, frame->info, frame->mcontext);
	um_cpu.fpu_live = true;
	irq = frame_irq(cause.signo);
	irq_raise(irq | frame_irq(last_signo));
	/*
	 * A signal that interrupted the gate left its frame below the first
	 * one, and only the last one's number is known: poll everything.
	 */
	if (handler_sp != frame->sp)
		irq_raise(IRQ_PENDING_TIMER | IRQ_PENDING_FD);
	/* the host blocks interrupts in an interrupt's handler, and this one never returns */
	if (frame_irq(last_signo) || handler_sp != frame->sp)
		host_signals_unblock();
	irq_leave_user();

	/*
	 * The user's registers are in pt_regs still.  The extended state was
	 * loaded already, so the frame holds it.
	 */
	if (irq && in_exit_path(((struct sigcontext_64 *)frame->mcontext)->ip))
		return false;

	frame_to_regs(regs, frame->mcontext);
	guard_enter();
	if (irq)
		return false;	/* trap_exit() handles what is pending */
	if (is_syscall(regs, &cause))
		do_syscall(regs);
	else
		do_exception(regs, &cause);
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

static void __noreturn kernel_fault(const struct trap_cause *cause,
				    const struct sigcontext_64 *sc)
{
	static bool dying;
	struct pt_regs regs;

	if (dying)
		host_exit(1);
	dying = true;
	frame_to_regs(&regs, sc);
	regs.cs = 0;
	bust_spinlocks(1);
	pr_emerg("Kernel fault: host signal %d, trap %d, error %#x, address %#lx\n", cause->signo,
		 (int)cause->trapno, (unsigned int)cause->error, cause->cr2);
	if (cause->signo == SIGSYS)
		pr_emerg("The host refused system call %d\n", cause->nr);
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
	struct sigcontext_64 *sc = frame_regs(ucontext);
	unsigned int irq = frame_irq(signo);
	unsigned long ip = sc->ip;
	struct trap_cause cause;

	/*
	 * On the alternate stack: the exit path had just armed it, or user code
	 * jumped into the gate and it is not disarmed yet.  Let it be off when
	 * the interrupted code goes on.  Interrupts are off in both.
	 */
	if (sc == um_cpu.user_frame.mcontext)
		frame_wipe_mark();
	if (irq) {
		irq_raise(irq);
		if (ip >= (unsigned long)exit_window && ip < (unsigned long)exit_user)
			sc->ip = (unsigned long)exit_again;
		else if (ip >= (unsigned long)host_poll_window &&
			 ip < (unsigned long)host_poll_window_end)
			sc->ip = (unsigned long)host_poll_interrupted;
		else if (READ_ONCE(um_cpu.irq_enabled))
			irq_run_pending();
		return;
	}
	/*
	 * Only this code goes with an address.  Within an open window the host
	 * denies nothing: what is not there is a SIGBUS.
	 */
	frame_read(&cause, siginfo, sc);
	if (signo == SIGSEGV && cause.code == SEGV_ACCERR && guard_touched(cause.cr2))
		return;
	if ((signo == SIGSEGV || signo == SIGBUS) && vmap_touched(cause.cr2, signo == SIGBUS))
		return;
	if (fixup_exception(&ip)) {
		sc->ip = ip;
		return;
	}
	kernel_fault(&cause, sc);
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
		while (READ_ONCE(um_cpu.irq_pending) || unlikely(um_is_stopped())) {
			irqentry_state_t state = irqentry_enter(regs);

			irq_dispatch(regs);
			if (unlikely(um_is_stopped())) {
				local_irq_enable();
				um_stop_wait();
				local_irq_disable();
			}
			irqentry_exit(regs, state);
		}
		hostmap_commit();
		if (unlikely(task_sigpending(current)))
			irq_raise(IRQ_PENDING_FD);
	} while (READ_ONCE(um_cpu.irq_pending));
	if (unlikely(current->thread.debug))
		debug_arm(regs);
	guard_leave();
	vmap_hide();
	irq_enter_user();
	return um_cpu.fpu_live ? um_cpu.user_frame.xsave : current->thread.xsave;
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
	if (um_cpu.fpu_live)
		fpu_sync(current);
	/*
	 * All of it, for user code can write anywhere in it: also what lies beyond the
	 * exit frame, which is all that an exit writes to that page.
	 */
	memset((void *)GATE_DATA, 0, GATE_DATA_SIZE);
}
