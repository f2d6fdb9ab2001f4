/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_SWITCH_TO_H
#define __ASM_UM_SWITCH_TO_H

struct task_struct;
struct task_struct *__switch_to(struct task_struct *prev, struct task_struct *next);

/* kernel/slice.c: @prev stops running, by its own will or not.  Part of __switch_to(). */
void slice_ends(struct task_struct *prev);

/* trap/entry.S: returns @prev, on the stack of @next. */
struct task_struct *switch_stacks(struct task_struct *prev, struct task_struct *next);

/* What it pushes on the stack that it leaves, where thread.sp points to. */
struct switch_frame {
	unsigned long r15, r14, r13, r12, bx, bp, ip;
};

#define switch_to(prev, next, last) ((last) = __switch_to(prev, next))

#endif
