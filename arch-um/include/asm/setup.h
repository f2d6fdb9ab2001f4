/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_SETUP_H
#define __ASM_UM_SETUP_H

/* In the first stage's hands already, so longer than most ports' */
#define COMMAND_LINE_SIZE 4096

#ifdef __KERNEL__
#include <linux/compiler.h>

/* A panic ends the process. */
void panic_init(void);

/*
 * Bad input at start-up: say on the host's stderr what is wrong and what to
 * do, in one line, and end the process with status 1.  Before user code runs.
 */
__noreturn __printf(1, 2) void um_die(const char *fmt, ...);
#endif

#endif
