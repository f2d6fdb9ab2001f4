// SPDX-License-Identifier: GPL-2.0
/*
 * Signals of the guest.  The frame on the user's stack is that of Linux on
 * x86-64, bit by bit: programs look into it, change it and build their own.
 *
 * From high to low addresses:
 *	128 bytes	red zone of the interrupted function
 *	xstate		64-byte aligned
 *	rt_sigframe	at 16n + 8, as if the handler had been called
 */
#include <linux/entry-common.h>
#include <linux/errno.h>
#include <linux/ptrace.h>
#include <linux/rseq.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <asm/elf.h>
#include <asm/fpu.h>
#include <asm/processor.h>
#include <asm/sigframe.h>
#include <asm/sighandling.h>
#include <asm/syscall.h>
#include <asm/ucontext.h>
#include <asm/unistd.h>
#include <asm/user_context.h>

#define RED_ZONE	128
#define XSTATE_ALIGN	64
#define FRAME_ALIGN	16

/* Bytes of stack that the largest frame takes, for AT_MINSIGSTKSZ. */
unsigned long get_sigframe_size(void)
{
	return round_up(sizeof(struct rt_sigframe) + FRAME_ALIGN - 1 +
			xstate_frame_size() + XSTATE_ALIGN - 1, FRAME_ALIGN);
}

struct frame_place {
	struct rt_sigframe __user *frame;
	void __user *xstate;
};

static int find_place(struct frame_place *place, struct ksignal *ksig, unsigned long user_sp)
{
	unsigned long below = user_sp - RED_ZONE;
	unsigned long sp = sigsp(below, ksig);
	bool altstack = sp != below || on_sig_stack(user_sp);

	sp = round_down(sp - xstate_frame_size(), XSTATE_ALIGN);
	place->xstate = (void __user *)sp;
	sp = round_down(sp - sizeof(struct rt_sigframe), FRAME_ALIGN) - 8;
	place->frame = (struct rt_sigframe __user *)sp;

	/* An alternate stack is not to be left at its lower end. */
	if (altstack && !__on_sig_stack(sp))
		return -EFAULT;
	return 0;
}

static void save_context(struct sigcontext *sc, const struct pt_regs *regs)
{
	sc->r8 = regs->r8;
	sc->r9 = regs->r9;
	sc->r10 = regs->r10;
	sc->r11 = regs->r11;
	sc->r12 = regs->r12;
	sc->r13 = regs->r13;
	sc->r14 = regs->r14;
	sc->r15 = regs->r15;
	sc->di = regs->di;
	sc->si = regs->si;
	sc->bp = regs->bp;
	sc->bx = regs->bx;
	sc->dx = regs->dx;
	sc->ax = regs->ax;
	sc->cx = regs->cx;
	sc->sp = regs->sp;
	sc->ip = regs->ip;
	sc->flags = regs->flags;
	sc->cs = regs->cs;
	sc->ss = regs->ss;
	sc->err = current->thread.error_code;
	sc->trapno = current->thread.trap_nr;
	sc->cr2 = current->thread.cr2;
}

static int restore_context(struct pt_regs *regs, const struct sigcontext *sc,
			   unsigned long uc_flags)
{
	struct pt_regs new = *regs;

	new.r8 = sc->r8;
	new.r9 = sc->r9;
	new.r10 = sc->r10;
	new.r11 = sc->r11;
	new.r12 = sc->r12;
	new.r13 = sc->r13;
	new.r14 = sc->r14;
	new.r15 = sc->r15;
	new.di = sc->di;
	new.si = sc->si;
	new.bp = sc->bp;
	new.bx = sc->bx;
	new.dx = sc->dx;
	new.ax = sc->ax;
	new.cx = sc->cx;
	new.sp = sc->sp;
	new.ip = sc->ip;
	new.flags = (regs->flags & ~FIX_EFLAGS) | (sc->flags & FIX_EFLAGS);
	new.orig_ax = -1;		/* not in a system call any more */
	new.cs = sc->cs | 3;
	new.ss = sc->ss | 3;
	/* Frames from before ss was saved have nothing useful in it (asm/ucontext.h). */
	if (!(uc_flags & UC_STRICT_RESTORE_SS) && user_64bit_mode(&new))
		new.ss = __USER_DS;
	if (!user_context_ok(&new))
		return -EINVAL;
	*regs = new;
	return 0;
}

static int setup_frame(struct ksignal *ksig, struct pt_regs *regs)
{
	unsigned long handler = (unsigned long)ksig->ka.sa.sa_handler;
	bool siginfo = ksig->ka.sa.sa_flags & SA_SIGINFO;
	const sigset_t *mask = sigmask_to_save();
	struct rt_sigframe frame = { };
	struct frame_place place;
	struct ucontext *uc = &frame.uc;

	/* The C library brings the way back; there is none in the vdso. */
	if (!(ksig->ka.sa.sa_flags & SA_RESTORER))
		return -EFAULT;
	if (!user_ip_ok(handler) || find_place(&place, ksig, regs->sp))
		return -EFAULT;

	frame.pretcode = (char __user *)ksig->ka.sa.sa_restorer;
	uc->uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS;
	if (user_64bit_mode(regs))
		uc->uc_flags |= UC_STRICT_RESTORE_SS;
	uc->uc_stack.ss_sp = (void __user *)current->sas_ss_sp;
	uc->uc_stack.ss_flags = current->sas_ss_flags;
	uc->uc_stack.ss_size = current->sas_ss_size;
	save_context(&uc->uc_mcontext, regs);
	uc->uc_mcontext.fpstate = (unsigned long)place.xstate;
	uc->uc_mcontext.oldmask = mask->sig[0];
	uc->uc_sigmask = *mask;
	if (siginfo)
		copy_siginfo_to_external(&frame.info, &ksig->info);

	if (xstate_to_frame(place.xstate) ||
	    copy_to_user(place.frame, &frame,
			 siginfo ? sizeof(frame) : offsetof(struct rt_sigframe, info)))
		return -EFAULT;

	regs->di = ksig->sig;
	regs->si = (unsigned long)&place.frame->info;
	regs->dx = (unsigned long)&place.frame->uc;
	regs->ax = 0;			/* no vector registers, should it be variadic */
	regs->ip = handler;
	regs->sp = (unsigned long)place.frame;
	regs->cs = __USER_CS;		/* handlers are 64-bit code */
	return 0;
}

/* Go back to the system call instruction: two bytes, syscall. */
static void restart(struct pt_regs *regs, unsigned long nr)
{
	regs->ax = nr;
	regs->ip -= 2;
}

/* What becomes of an interrupted system call when a handler runs first. */
static void interrupted_by_handler(struct ksignal *ksig, struct pt_regs *regs)
{
	if (syscall_get_nr(current, regs) == -1)
		return;
	switch (syscall_get_error(current, regs)) {
	case -ERESTARTSYS:
		if (ksig->ka.sa.sa_flags & SA_RESTART)
			restart(regs, regs->orig_ax);
		else
			regs->ax = -EINTR;
		break;
	case -ERESTARTNOINTR:
		restart(regs, regs->orig_ax);
		break;
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		regs->ax = -EINTR;
		break;
	}
}

/* The same when no handler runs. */
static void interrupted(struct pt_regs *regs)
{
	if (syscall_get_nr(current, regs) == -1)
		return;
	switch (syscall_get_error(current, regs)) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
		restart(regs, regs->orig_ax);
		break;
	case -ERESTART_RESTARTBLOCK:
		restart(regs, __NR_restart_syscall);
		break;
	}
}

static void handle_signal(struct ksignal *ksig, struct pt_regs *regs)
{
	bool stepping = test_thread_flag(TIF_SINGLESTEP);
	int err;

	interrupted_by_handler(ksig, regs);

	/*
	 * A trap flag that a debugger set does not belong in the frame.  The
	 * debugger is told at the handler's first instruction instead.
	 */
	if (stepping || current->thread.stepping)
		user_disable_single_step(current);

	rseq_signal_deliver(ksig, regs);
	err = setup_frame(ksig, regs);
	if (!err) {
		/* A trap flag of the program's own must not trap in its SIGTRAP handler. */
		regs->flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF);
		fpu_reset(current);
	}
	signal_setup_done(err, ksig, stepping);
}

/* Interrupts are on; a signal is pending, or something made it look so. */
void arch_do_signal_or_restart(struct pt_regs *regs)
{
	struct ksignal ksig;

	if (get_signal(&ksig)) {
		handle_signal(&ksig, regs);
		return;
	}
	interrupted(regs);
	restore_saved_sigmask();
}

SYSCALL_DEFINE0(rt_sigreturn)
{
	struct pt_regs *regs = current_pt_regs();
	/* the handler's ret took pretcode off */
	struct rt_sigframe __user *frame = (void __user *)(regs->sp - sizeof(long));
	struct ucontext uc;

	current->restart_block.fn = do_no_restart_syscall;
	if (copy_from_user(&uc, &frame->uc, sizeof(uc)))
		goto bad_frame;
	set_current_blocked(&uc.uc_sigmask);
	if (restore_altstack(&frame->uc.uc_stack) ||
	    restore_context(regs, &uc.uc_mcontext, uc.uc_flags) ||
	    xstate_from_frame((void __user *)uc.uc_mcontext.fpstate))
		goto bad_frame;
	return regs->ax;

bad_frame:
	force_sig(SIGSEGV);
	return 0;
}
