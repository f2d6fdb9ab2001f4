/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Extended state as it goes to and comes from the outside: signal frames,
 * ptrace, core dumps.  asm/fpu.h says who has it.
 */
#ifndef __ASM_UM_XSTATE_H
#define __ASM_UM_XSTATE_H

/*
 * Protection keys' register, a bit of XCR0 and of the header's xfeatures.  The guest
 * has none, and its value is nowhere loaded or shown: under what a program chose by
 * wrpkru the kernel could not touch its own memory.  The host sets its own value
 * whenever it delivers a signal, so before each entry from user mode.
 */
#define XSTATE_PKRU	0x200

#ifndef __ASSEMBLY__
#include <linux/types.h>

struct task_struct;
struct _xstate;

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
#endif /* __ASM_UM_XSTATE_H */
