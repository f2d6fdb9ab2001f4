/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Far memory: pages of programs and files, which the kernel does not touch where
 * the guard makes that dear.  See mm/far.c.
 */
#ifndef __ASM_UM_FAR_H
#define __ASM_UM_FAR_H

#include <linux/types.h>

/*
 * As memcpy(), with one of the two in kernel memory of any kind and the other
 * likewise, or where user code has it mapped.  Preemption off.
 */
void far_copy(void *to, const void *from, unsigned long n);

/* Boot, with memblock. */
void far_init(void);
/* The 2 MiB at @phys hold what the kernel uses all the time. */
void far_never(unsigned long phys);

#endif
