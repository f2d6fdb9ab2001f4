/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the processor can do, for the kernel and for /proc/cpuinfo: features
 * that code at CPL 3 can use.  Fixed at boot.
 */
#ifndef __ASM_UM_CPUFEATURE_H
#define __ASM_UM_CPUFEATURE_H

#include <asm/cpufeatures.h>
#include <asm/processor.h>

#ifndef __ASSEMBLY__

extern const char * const x86_cap_flags[NCAPINTS * 32];

#define cpu_has(c, bit)		((c)->x86_capability[(bit) / 32] >> ((bit) % 32) & 1)
#define boot_cpu_has(bit)	cpu_has(&boot_cpu_data, bit)
#define this_cpu_has(bit)	boot_cpu_has(bit)
#define static_cpu_has(bit)	boot_cpu_has(bit)
#define cpu_feature_enabled(bit) boot_cpu_has(bit)

#define set_cpu_cap(c, bit)	((c)->x86_capability[(bit) / 32] |= 1U << ((bit) % 32))
#define clear_cpu_cap(c, bit)	((c)->x86_capability[(bit) / 32] &= ~(1U << ((bit) % 32)))

/* Fills boot_cpu_data; setup_arch(). */
void um_cpu_init(void);

#endif /* !__ASSEMBLY__ */
#endif /* __ASM_UM_CPUFEATURE_H */
