/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_MMU_CONTEXT_H
#define __ASM_UM_MMU_CONTEXT_H

#include <linux/mm_types.h>
#include <asm/layout.h>

static inline int arch_dup_mmap(struct mm_struct *oldmm, struct mm_struct *mm)
{
	return 0;
}

static inline void arch_exit_mmap(struct mm_struct *mm)
{
}

/*
 * A mapping that reaches into the hole has no page for anybody.  That is not what
 * keeps user code out of it (mm/hostmap.c), but the generic code would try again and
 * again to fault in what mm/uaccess.c refuses.
 */
static inline bool arch_vma_access_permitted(struct vm_area_struct *vma, bool write, bool execute,
					     bool foreign)
{
	return vma->vm_end <= HOLE || vma->vm_start >= HOLE_END;
}

/*
 * Nothing to switch: the host map follows current->mm on the way to user mode
 * (hostmap_commit()), so kernel threads and short visits cost no host call.
 */
static inline void switch_mm(struct mm_struct *prev, struct mm_struct *next,
			     struct task_struct *tsk)
{
}

#define activate_mm(prev, next)	switch_mm(prev, next, NULL)

/* The host map must not take a new mm at the same address for the old one. */
void hostmap_forget(struct mm_struct *mm);

int init_new_context(struct task_struct *task, struct mm_struct *mm);
#define init_new_context init_new_context
void destroy_context(struct mm_struct *mm);
#define destroy_context destroy_context

#include <asm-generic/mmu_context.h>

#endif
