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

#include <linux/types.h>

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

#endif /* __ASM_UM_FPU_H */
