/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_TIMEX_H
#define __ASM_UM_TIMEX_H

#include <asm/tsc.h>

typedef unsigned long cycles_t;

static inline cycles_t get_cycles(void)
{
	return rdtsc();
}
#define get_cycles get_cycles

#endif /* __ASM_UM_TIMEX_H */
