/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guard: what keeps user code from the kernel's memory.  See guard/.
 *
 * On a trap the gate opens physical memory.  All other kernel memory lies in
 * windows that stay hidden until the kernel touches one.
 */
#ifndef __ASM_UM_GUARD_H
#define __ASM_UM_GUARD_H

#include <linux/types.h>

/* Chooses the guard and sets the gate's constants.  Boot, once memblock knows memory. */
void guard_init(void);

/* Bytes at PAGE_OFFSET that the gate opens and hides on each trap; 0: it does neither. */
unsigned long guard_gate_size(void);

/* The way in from user mode, and the way out.  Interrupts off. */
void guard_enter(void);
void guard_leave(void);

/* System call @nr begins: what it needed the last times will be open. */
void guard_syscall(int nr);

/*
 * The kernel was denied access to @addr.  True: its window was hidden, and is
 * open now.  It may have been opened since, by an interrupt that the host
 * delivered before.
 */
bool guard_touched(unsigned long addr);

/*
 * Is it cheaper to touch this piece of physical memory, in which the kernel has
 * nothing of its own, than to have the host copy?
 */
bool guard_direct(unsigned long phys);

/* The host will count so many page faults that are not of kernel memory. */
void guard_foreseen(unsigned int faults);

/* Windows */

/* Reserve the host's address space for all of them.  Boot. */
void guard_reserve_windows(void);

enum guard_window { GUARD_MODULES, GUARD_RING, GUARD_VMALLOC, GUARD_WINDOWS };

/* Cuts [@*start, @*end) to what lies in window @nr.  False: nothing. */
bool guard_window_cut(enum guard_window nr, unsigned long *start, unsigned long *end);

/* Something is mapped up to @addr: the window that holds it reaches that far. */
void guard_window_top(unsigned long addr);

/* Open the window that @addr lies in until the way out.  False: the host refuses. */
bool guard_open_window(unsigned long addr);

#endif
