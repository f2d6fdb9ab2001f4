/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The end of the machine (kernel/reboot.c), in whatever way: power off, halt,
 * restart, panic, bad input at the start.
 *
 * What a driver has to do before that it registers here; the end knows no driver by
 * name.
 */
#ifndef __ASM_UM_END_H
#define __ASM_UM_END_H

#include <linux/compiler.h>
#include <linux/notifier.h>

/* The event of a notifier */
enum um_end {
	UM_END_EXIT,		/* the process ends */
	UM_END_RESTART,		/* the next kernel takes over the process and what is open */
};

/* Priorities: the order in which it is done */
#define UM_END_OUTPUT	30	/* what was to be shown is shown */
#define UM_END_ANSWERS	20	/* clients that wait for an answer get one */
#define UM_END_FILES	10	/* files of the host that go with the machine */

/*
 * @nb is called once, in any context.  It may wait in the host, and must not sleep.
 * During boot.
 */
void um_end_register(struct notifier_block *nb);

/* What the process exits with after a power off; after a halt too, if it is not 0. */
extern int uml_exitcode;
extern bool uml_exitcode_written;

/* Some output did not get to where it should have: no status of success.  Any context. */
void um_output_lost(void);

/*
 * The host asks for the guest's end by the signal @signo (SIGPIPE: nobody reads its
 * console any more): in order, or at once if it is asked for again.  Any context.
 */
void um_end_request(int signo);

/* Tell whoever started linux, in one line on the host's stderr.  Any context. */
__printf(1, 2) void um_tell(const char *fmt, ...);

/* Is the kernel in a panic whose message alone says what there is to say? */
bool um_panic_says_all(void);

/*
 * Bad input at start-up: say on the host's stderr what is wrong and what to
 * do, in one line, and end the process with status 1.  Before user code runs.
 */
__noreturn __printf(1, 2) void um_die(const char *fmt, ...);

#endif /* __ASM_UM_END_H */
