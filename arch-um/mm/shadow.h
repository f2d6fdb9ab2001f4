/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The shadow: what the host maps of user space, page by page.
 *
 * Interrupts are off in everything that touches it.
 */
#ifndef __UM_MM_SHADOW_H
#define __UM_MM_SHADOW_H

#include <linux/bitmap.h>
#include <linux/rbtree.h>
#include <linux/types.h>

/* A page's entry: its frame number, and HOSTMAP_* rights below; 0 for nothing.  PHYS_MAX fits. */
#define ENTRY_SHIFT	3
#define ENTRY_RIGHTS	((1U << ENTRY_SHIFT) - 1)
#define ENTRY_NEXT	(1U << ENTRY_SHIFT)	/* from a page to the one behind it in memory */

#define LEAF_PAGES	512UL

/* The 2 MiB at @base.  Each leaf in the tree has at least one page, or is swept soon. */
struct leaf {
	struct rb_node node;
	unsigned long base;
	unsigned int nr;			/* pages that are mapped */
	DECLARE_BITMAP(mapped, LEAF_PAGES);
	u32 entry[LEAF_PAGES];
};

struct leaf *shadow_find(unsigned long addr);
/*
 * NULL if there are as many as the host may have page tables, or if there is no memory
 * and the reserve is used up: shadow_clear() mends both.
 */
struct leaf *shadow_make(unsigned long addr);
/* The first leaf that ends above @addr; the one after @leaf.  In the order of addresses, NULL: none. */
struct leaf *shadow_first(unsigned long addr);
struct leaf *shadow_next(struct leaf *leaf);
/* Free leaves without pages, if @leaf (or any that a walk may be at) is not needed any more. */
void shadow_sweep(void);
unsigned int shadow_leaves(void);	/* how many there are */
/* Mappings that the host has for what is in it: runs of pages that follow each other in memory. */
unsigned long shadow_runs(void);
/* Nothing is mapped any more. */
void shadow_clear(void);

#endif
