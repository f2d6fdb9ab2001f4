/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_CLOCKSOURCE_H
#define __ASM_UM_CLOCKSOURCE_H

#include <asm/vdso/clocksource.h>

#endif
