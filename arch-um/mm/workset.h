/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Working sets: which pages an address space used in its last slices.
 *
 * A slice lasts from the moment when an address space gets the host map to the
 * moment when another one does.  Interrupts are off in everything but the
 * creation and the end of an address space.
 */
#ifndef __UM_MM_WORKSET_H
#define __UM_MM_WORKSET_H

#include <linux/types.h>

struct mm_struct;

/* User code of @mm asked for the page at @addr by a fault; @write: to write to it. */
void workset_note(struct mm_struct *mm, unsigned long addr, bool write);

/* A slice of @mm begins: choose the pages that it will most likely use. */
void workset_choose(struct mm_struct *mm);

/* Position in a walk over the chosen pages, by ascending addresses; begins as { }. */
struct workset_walk {
	unsigned int at;
};

#define WORKSET_END	(~0UL)

/*
 * After a fork @mm writes to a page that it shares now.  The next chosen page at
 * @addr or above that it wrote to in earlier slices, WORKSET_END: none.
 */
unsigned long workset_written(struct mm_struct *mm, unsigned long addr);

/* The first chosen page at @addr or above, WORKSET_END: there is none.  Ascending in one walk. */
unsigned long workset_from(struct mm_struct *mm, struct workset_walk *walk, unsigned long addr);

#endif
