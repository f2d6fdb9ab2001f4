/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_MMU_H
#define __ASM_UM_MMU_H

typedef struct mm_context {
	unsigned long vdso;		/* user address of the vdso, 0: none */
	struct workset *workset;	/* mm/workset.c */
} mm_context_t;

#endif
