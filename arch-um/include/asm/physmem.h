/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_PHYSMEM_H
#define __ASM_UM_PHYSMEM_H

/* Setting up memory, in the order of the calls.  During boot, in setup_arch() and mem_init(). */
void physmem_init(void);		/* physmem.c: memblock knows the memory */
void paging_init(void);			/* init.c: zones */
void physmem_back_reserved(void);	/* physmem.c: what memblock gave out is there */

#endif
