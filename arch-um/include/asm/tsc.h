/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The time stamp counter.  Used by the kernel and by the vdso.
 */
#ifndef __ASM_UM_TSC_H
#define __ASM_UM_TSC_H

#include <linux/compiler.h>
#include <linux/types.h>

static __always_inline u64 rdtsc(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return (u64)high << 32 | low;
}

/*
 * Not before what precedes it in the program: lfence waits for all earlier
 * instructions (Intel SDM volume 2, "RDTSC"; on AMD the host's kernel makes it
 * dispatch-serializing).
 */
static __always_inline u64 rdtsc_ordered(void)
{
	u32 low, high;

	asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (u64)high << 32 | low;
}

#ifndef BUILD_VDSO
/* As measured against the host's clock; 0 until time_init(). */
extern unsigned int tsc_khz;
#endif

#endif /* __ASM_UM_TSC_H */
