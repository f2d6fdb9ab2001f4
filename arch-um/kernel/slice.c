// SPDX-License-Identifier: GPL-2.0
/*
 * How long a task runs while others wait.
 *
 * A switch of address spaces costs as much as hundreds of those on bare hardware
 * (mm/hostmap.c), and the generic 3 ms are meant for these.  A program that wakes up
 * behind two that compute waited for 1 ms mostly, and for 19 ms at most (sleeps of
 * 37 ms, a hundred).
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/time64.h>

extern unsigned int sysctl_sched_base_slice;	/* kernel/sched/sched.h; ns */

static int __init slice_init(void)
{
	sysctl_sched_base_slice = 15 * NSEC_PER_MSEC;
	return 0;
}
late_initcall(slice_init);
