/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_CURRENT_H
#define __ASM_UM_CURRENT_H

/* One processor, one thread: a plain variable, changed by __switch_to(). */
extern struct task_struct *current_task;
#define current current_task

#endif
