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

/*
 * The timer, between time.c and the code that takes the host's signals and
 * waits when the guest is idle.  Interrupts are off in both.
 */
void um_timer_interrupt(void);		/* SIGALRM came, or the idle wait timed out */
s64 um_next_timer_ns(void);		/* until the next event; 0: now, -1: there is none */

#endif /* __ASM_UM_TIMEX_H */
