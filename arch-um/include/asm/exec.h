/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_EXEC_H
#define __ASM_UM_EXEC_H

unsigned long arch_align_stack(unsigned long sp);

#endif
