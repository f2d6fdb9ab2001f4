/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The TLB is the host map: see mm/hostmap.c.  A flush only notes the range;
 * the host's mappings follow before user code runs and before the kernel uses
 * one of them.
 */
#ifndef __ASM_UM_TLBFLUSH_H
#define __ASM_UM_TLBFLUSH_H

#include <linux/mm_types.h>

void hostmap_stale(struct mm_struct *mm, unsigned long start, unsigned long end);
void vmap_flush(unsigned long start, unsigned long end);

static inline void flush_tlb_mm(struct mm_struct *mm)
{
	hostmap_stale(mm, 0, TASK_SIZE);
}

#define flush_tlb_range(vma, start, end)	hostmap_stale((vma)->vm_mm, start, end)
#define flush_tlb_page(vma, addr) \
	hostmap_stale((vma)->vm_mm, (addr) & PAGE_MASK, ((addr) & PAGE_MASK) + PAGE_SIZE)
#define flush_tlb_kernel_range(start, end)	vmap_flush(start, end)

static inline void flush_tlb_all(void)
{
	vmap_flush(0, -1UL);
}

#endif
