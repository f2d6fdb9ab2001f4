/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the guards and what they have in common.
 */
#ifndef __UM_GUARD_OPS_H
#define __UM_GUARD_OPS_H

#include <asm/guard.h>

/* Kernel address space that the gate does not open. */
struct window {
	unsigned long start, end;
	int prot;		/* while it is open */
	bool kept;		/* its host mappings outlive a restart of the machine */
	unsigned long top;	/* end of what is mapped */
	bool open;		/* all of it */
	bool hide;		/* some of it may be */
};

/* A guard.  Where a function is NULL there is nothing to do. */
struct guard_ops {
	unsigned long (*init)(void);		/* returns what guard_gate_size() says */
	void (*enter)(void);
	bool (*direct)(unsigned long phys);	/* NULL: always */
	void (*foreseen)(unsigned int faults);
	/* All of a window; 0 or -errno.  NULL: windows are open for ever. */
	int (*open)(const struct window *w);
	int (*hide)(const struct window *w);
};

extern const struct guard_ops guard_none, guard_mprotect;
extern const struct guard_ops *guard;

/* After a restart: what was open is hidden now. */
void windows_hidden(void);

#endif
