/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_SETUP_H
#define __ASM_UM_SETUP_H

/* In the first stage's hands already, so longer than most ports' */
#define COMMAND_LINE_SIZE 4096

#ifdef __KERNEL__
#include <linux/types.h>

/* What init gets as its environment (init/main.c), up to a NULL */
extern const char *envp_init[];

/* Has the command line an option that begins so?  ("rw" and "rw..." are not told apart.) */
bool um_has_option(const char *begins);

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
