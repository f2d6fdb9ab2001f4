/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_CURRENT_H
#define __ASM_UM_CURRENT_H

#include <asm/cpu_state.h>

/* One processor, one thread: a plain variable, changed by __switch_to(). */
#define current (um_cpu.current_task)

#endif
