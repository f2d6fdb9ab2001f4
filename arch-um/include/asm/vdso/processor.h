/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_VDSO_PROCESSOR_H
#define __ASM_UM_VDSO_PROCESSOR_H

#ifndef __ASSEMBLY__

#define cpu_relax()		asm volatile("rep; nop" ::: "memory")

#endif /* !__ASSEMBLY__ */
#endif
