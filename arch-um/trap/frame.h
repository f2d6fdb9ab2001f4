/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames of host signals: whether one is the host's, and what it says.
 *
 * User code can write the place of the frames that come from user mode, and jump to
 * the gate.  Such a frame lacks the mark of the host's and is not looked at.  Apart
 * from that a frame holds user registers, and none of them is trusted.
 */
#ifndef TRAP_FRAME_H
#define TRAP_FRAME_H

#include <linux/signal_types.h>
#include <linux/types.h>
#include <asm/cpu_state.h>
#include <asm/sigcontext.h>

struct pt_regs;

/*
 * The mark that tells the host's frames from forged ones.
 *
 * When the host switches to the alternate signal stack it notes in the frame's
 * uc_stack which stack that is.  The stack's upper end decides where the frame
 * goes; its lower end means nothing to the host, so it is a random number here.
 * User code cannot ask the host for it, and the frame that shows it is wiped
 * before any user code runs.  A wrong guess is a SIGSEGV; there are 2^46.
 */
extern unsigned long frame_mark;

/* Of the frame at the fixed place: it stands right before the registers. */
static __always_inline stack_t *frame_stack(void)
{
	return (stack_t *)um_cpu.user_frame.mcontext - 1;
}

static __always_inline bool frame_is_genuine(void)
{
	return (unsigned long)frame_stack()->ss_sp == frame_mark;
}

/* rt_sigreturn sets the alternate stack to what the frame says. */
static __always_inline void frame_wipe_mark(void)
{
	*frame_stack() = (stack_t){ .ss_flags = SS_DISABLE };
}

/* The registers in a frame, from the ucontext that a handler gets. */
static __always_inline struct sigcontext_64 *frame_regs(void *ucontext)
{
	return ucontext + sizeof(unsigned long) * 5;	/* uc_mcontext */
}

/* What a frame says of its reason. */
struct trap_cause {
	int signo, code;
	unsigned long trapno, error, cr2;
	/* SIGSYS: of the refused call */
	unsigned long call_addr;
	unsigned int arch;
	int nr;
};

/*
 * All that is needed of a frame, read once: it is user code's to write to as soon as
 * another task runs.  @regs: as a system call or an exception finds them.
 */
void frame_read(struct trap_cause *cause, const siginfo_t *info, const struct sigcontext_64 *sc);
void frame_to_regs(struct pt_regs *regs, const struct sigcontext_64 *sc);

/* Which interrupt (IRQ_PENDING_*) a host signal is; 0 for one that the interrupted code caused. */
unsigned int frame_irq(int signo);

#endif
