/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_PHYSMEM_H
#define __ASM_UM_PHYSMEM_H

void physmem_init(void);
void physmem_back_reserved(void);
void paging_init(void);

#endif
