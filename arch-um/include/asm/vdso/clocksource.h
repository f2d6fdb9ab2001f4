/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_VDSO_CLOCKSOURCE_H
#define __ASM_UM_VDSO_CLOCKSOURCE_H

/* Clock sources that user code can read by itself. */
#define VDSO_ARCH_CLOCKMODES	VDSO_CLOCKMODE_TSC

#endif
