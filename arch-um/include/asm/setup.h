/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_SETUP_H
#define __ASM_UM_SETUP_H

/* In the first stage's hands already, so longer than most ports' */
#define COMMAND_LINE_SIZE 4096

#ifdef __KERNEL__
#include <linux/types.h>

/* A panic ends the process (reboot.c). */
void panic_init(void);

/* Read what initrd= names (initrd.c). */
#ifdef CONFIG_BLK_DEV_INITRD
void um_initrd_load(void);
#else
static inline void um_initrd_load(void) { }
#endif

/* Nothing can be opened any more but what hotplug= allows (confine.c). */
extern bool um_confined;
#endif

#endif
