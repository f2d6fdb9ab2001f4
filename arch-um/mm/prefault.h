/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __UM_MM_PREFAULT_H
#define __UM_MM_PREFAULT_H

#include <linux/mm_types.h>

/* Holds @vma variables of a program or library?  mmap lock held. */
bool is_program_data(struct vm_area_struct *vma);

/*
 * A fault on @addr in @vma, whose entry was @before, has been dealt with: do the
 * same for pages whose turn will most likely come.  mmap lock held, and kept.
 */
void prefault(struct vm_area_struct *vma, unsigned long addr, bool write, pte_t before);

#endif
