/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Extended state of user code.
 *
 * When user code traps, the host's signal frame holds its extended state, and
 * it stays there ("live") until somebody asks for it or another task runs.
 * thread.xsave holds a task's state in the standard XSAVE format, with the
 * software bytes that a signal frame has (FP_XSTATE_MAGIC1, sizes, features).
 * The kernel itself is compiled to leave these registers alone.
 */
#ifndef __ASM_UM_FPU_H
#define __ASM_UM_FPU_H

/*
 * Protection keys' register, a bit of XCR0 and of the header's xfeatures.  The guest
 * has none, and its value is nowhere loaded or shown: under what a program chose by
 * wrpkru the kernel could not touch its own memory.  The host sets its own value
 * whenever it delivers a signal, so before each entry from user mode.
 */
#define XSTATE_PKRU	0x200

#ifndef __ASSEMBLY__
#include <linux/types.h>

struct _xstate;
struct task_struct;

/* Bytes of the XSAVE area, without FP_XSTATE_MAGIC2; from the host's own frame. */
extern unsigned int fpu_xstate_size;
extern u64 fpu_xfeatures;		/* XCR0 as far as the host puts it in frames; without PKRU */
extern u32 fpu_mxcsr_mask;

/*
 * Make @t->thread.xsave the truth: fetches the live state if @t is current.
 * Afterwards it may be read and changed; it is loaded when @t next enters user
 * mode.  Process context, @t is current or stopped.
 */
void fpu_sync(struct task_struct *t);

/* Same, but the contents become the initial state (exec). */
void fpu_reset(struct task_struct *t);

/*
 * Force @t->thread.xsave (just written from outside) into a form that xrstor
 * accepts: features the host lacks, reserved header bits and MXCSR bits are
 * cleared, the software bytes are set.
 */
void fpu_sanitize(struct task_struct *t);

void fpu_init(void);

/* @prev stops running; part of __switch_to(). */
void fpu_switch_out(struct task_struct *prev);

/* To and from the outside: signal frames, ptrace, core dumps */

/* Bits of XCR0 and of the header's xfeatures */
#define XSTATE_X87	0x1ULL
#define XSTATE_SSE	0x2ULL

/*
 * The state of @t, to be read: fetched, and with the initial values in place
 * of what the processor left out.  Like fpu_sync(): @t is current or stopped.
 */
const struct _xstate *xstate_read(struct task_struct *t);

/*
 * Would xrstor load @x, but for what fpu_sanitize() clears?  0 or -EINVAL.
 * @x: fpu_xstate_size bytes.
 */
int xstate_check(const struct _xstate *x);

/* current's state to and from a signal frame; 0 or -EFAULT, or -EINVAL for a bad one. */
int xstate_to_frame(void __user *to);
int xstate_from_frame(void __user *from);

/* Bytes of it in the frame. */
unsigned int xstate_frame_size(void);

#endif /* !__ASSEMBLY__ */
#endif /* __ASM_UM_FPU_H */
