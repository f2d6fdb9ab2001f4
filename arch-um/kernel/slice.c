// SPDX-License-Identifier: GPL-2.0
/*
 * How long a task runs while others wait.
 *
 * A switch of address spaces costs as much as hundreds of those on bare hardware
 * (mm/hostmap.c), and the generic 3 ms are meant for these.  A task that uses its slice
 * up, so one that computes, gets a longer one, and goes back to the usual one when it
 * sleeps.  A task with a shorter slice that wakes up need not wait for the end of a
 * longer one (PREEMPT_SHORT of kernel/sched/features.h), so what waits for people or
 * for packets is served as soon as without.
 *
 * Nor is a task worth a switch that has just been woken by the running one, because a
 * pipe has room for it again: it would fill that and sleep.  So what a task that sleeps
 * had to claim of processor time (its lag) is not kept for it; where nothing is to
 * be made up for, the running task goes on to the end of its slice (RUN_TO_PARITY).
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/time64.h>
#include <asm/switch_to.h>

extern unsigned int sysctl_sched_base_slice;	/* kernel/sched/sched.h; ns */

#define USUAL_SLICE	(15 * NSEC_PER_MSEC)
#define LONG_SLICE	(60 * NSEC_PER_MSEC)

void slice_ends(struct task_struct *prev)
{
	struct sched_entity *se = &prev->se;

	if (prev->policy != SCHED_NORMAL && prev->policy != SCHED_BATCH)
		return;
	if (!se->on_rq && se->vlag > 0)
		se->vlag = 0;
	/* what sched_setattr() has set since stays */
	if (se->slice != LONG_SLICE)
		prev->thread.long_slice = false;
	if (se->custom_slice && !prev->thread.long_slice)
		return;
	if (READ_ONCE(prev->__state) != TASK_RUNNING) {
		se->custom_slice = 0;
		prev->thread.long_slice = false;
	} else if (se->sum_exec_runtime - se->prev_sum_exec_runtime >= USUAL_SLICE) {
		se->slice = LONG_SLICE;
		se->custom_slice = 1;
		prev->thread.long_slice = true;
	}
}

static int __init slice_init(void)
{
	sysctl_sched_base_slice = USUAL_SLICE;
	return 0;
}
late_initcall(slice_init);
