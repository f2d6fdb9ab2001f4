/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel knows of its one processor, which is the host's thread.
 *
 * All of it is hidden while user code runs.  A machine of several processors would
 * have one of these for each.
 */
#ifndef __ASM_UM_CPU_STATE_H
#define __ASM_UM_CPU_STATE_H

#include <linux/types.h>
#include <asm/host_frame.h>

struct mm_struct;
struct task_struct;

/* A change of the page tables that the host's mappings do not show yet. */
struct hostmap_note {
	unsigned long start, end;
	bool fill;			/* map what is present, not only correct what is mapped */
};

#define HOSTMAP_NOTES 16

/* The host map (mm/hostmap.c), apart from its shadow.  Interrupts off. */
struct hostmap_state {
	struct mm_struct *owner;	/* whose tables the shadow agrees with, but for the notes */
	unsigned long faulted;		/* page that user code waits for */
	bool bring;			/* map what the working set has chosen, without a switch */
	unsigned int nr_notes;
	struct hostmap_note notes[HOSTMAP_NOTES];
};

struct cpu_state {
	/*
	 * 1 from the last step of an exit to the first step of the next entry.  Written
	 * by trap/entry.S alone, which decides by it whose registers it has been given.
	 */
	int in_user;
	/*
	 * 1: kernel code may be interrupted.  A signal that finds 0 leaves its bit in
	 * irq_pending for the one who sets it again (asm/irqflags.h).
	 */
	int irq_enabled;
	unsigned int irq_pending;	/* IRQ_PENDING_*; signal handlers set bits at any time */
	/*
	 * current's extended state is in user_frame, not in thread.xsave (asm/fpu.h): from
	 * an entry until somebody asks for it or another task runs.
	 */
	bool fpu_live;
	/* Changed together by __switch_to(). */
	struct task_struct *current_task;
	unsigned long kernel_sp;	/* on entry from user mode: task_pt_regs(current) */
	struct host_frame user_frame;
	struct hostmap_state hostmap;
};

extern struct cpu_state um_cpu;

#endif
