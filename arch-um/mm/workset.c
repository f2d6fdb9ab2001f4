// SPDX-License-Identifier: GPL-2.0
/*
 * Working sets: see workset.h.
 *
 * Nothing tells whether user code touches a page that is mapped; only a fault
 * tells that it wants one that is not.  So a page that is brought back again and
 * again is left out from time to time, to see whether it is missed: seldom if
 * that was so before, often if it is new.  What was not missed is forgotten.
 *
 * A page that is brought back costs a third of one that faults in, so a guess
 * may be wrong twice for each time that it is right.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/mmu_context.h>
#include "workset.h"

#define FIRST_ROOM	28		/* pages; with the header 256 bytes */
#define MOST_PAGES	508		/* 4 KiB */

/* In the low bits of a page's address */
#define TRUST		0x003UL		/* how often it was missed when it was left out */
#define CHOSEN		0x004UL		/* brought back for this slice */
#define MISSED		0x008UL		/* there was a fault on it in this slice */
#define WRITTEN		0x010UL		/* the fault was a write */
#define BITS		0xfffUL

/* One slice of so many is spent without the page, by its trust. */
static const unsigned char left_out[] = { 3, 6, 12, 16 };

struct workset {
	unsigned int nr, room, slice;
	unsigned long page[];		/* ascending */
};

/* The first index whose page is not below @addr. */
static unsigned int search(const struct workset *ws, unsigned long addr)
{
	unsigned int low = 0, high = ws->nr;

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if ((ws->page[mid] & ~BITS) < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* A hint: where there is no memory for it, the page is not remembered. */
static struct workset *make_room(struct mm_struct *mm)
{
	struct workset *old = mm->context.workset, *ws;
	unsigned int room = old ? min(2 * old->room + 4, MOST_PAGES) : FIRST_ROOM;

	if (old && old->room >= MOST_PAGES)
		return NULL;
	ws = kmalloc(struct_size(ws, page, room), GFP_NOWAIT | __GFP_NOWARN);
	if (!ws)
		return NULL;
	if (old) {
		memcpy(ws, old, struct_size(old, page, old->nr));
		kfree(old);
	} else {
		*ws = (struct workset){ };
	}
	ws->room = room;
	mm->context.workset = ws;
	return ws;
}

void workset_note(struct mm_struct *mm, unsigned long addr, bool write)
{
	struct workset *ws = mm->context.workset;
	unsigned long bits = MISSED | (write ? WRITTEN : 0);
	unsigned int i;

	addr &= PAGE_MASK;
	if (ws) {
		i = search(ws, addr);
		if (i < ws->nr && (ws->page[i] & ~BITS) == addr) {
			ws->page[i] |= bits;
			return;
		}
	}
	if (!ws || ws->nr == ws->room) {
		ws = make_room(mm);
		if (!ws)
			return;
		i = search(ws, addr);
	}
	memmove(&ws->page[i + 1], &ws->page[i], (ws->nr - i) * sizeof(ws->page[0]));
	ws->page[i] = addr | CHOSEN | bits;	/* no trust yet */
	ws->nr++;
}

void workset_choose(struct mm_struct *mm)
{
	struct workset *ws = mm->context.workset;
	unsigned int i, nr = 0;

	if (!ws)
		return;
	ws->slice++;
	for (i = 0; i < ws->nr; i++) {
		unsigned long page = ws->page[i], trust = page & TRUST;

		if (!(page & (CHOSEN | MISSED)))
			continue;	/* not missed */
		if (!(page & CHOSEN) && trust < ARRAY_SIZE(left_out) - 1)
			trust++;
		page = (page & (~BITS | WRITTEN)) | trust;
		/* spread over the slices */
		if ((ws->slice + (page >> PAGE_SHIFT)) % left_out[trust])
			page |= CHOSEN;
		ws->page[nr++] = page;
	}
	ws->nr = nr;
}

unsigned long workset_from(struct mm_struct *mm, struct workset_walk *walk, unsigned long addr)
{
	struct workset *ws = mm->context.workset;

	if (!ws)
		return WORKSET_END;
	while (walk->at < ws->nr && ((ws->page[walk->at] & ~BITS) < addr ||
				     !(ws->page[walk->at] & CHOSEN)))
		walk->at++;
	return walk->at < ws->nr ? ws->page[walk->at] & ~BITS : WORKSET_END;
}

unsigned long workset_written(struct mm_struct *mm, unsigned long addr)
{
	struct workset *ws = mm->context.workset;
	unsigned int i = ws ? search(ws, addr) : 0;

	for (; ws && i < ws->nr; i++)
		if ((ws->page[i] & (CHOSEN | WRITTEN)) == (CHOSEN | WRITTEN))
			return ws->page[i] & ~BITS;
	return WORKSET_END;
}

/* The child of a fork will do as its parent did, until it does something else. */
int init_new_context(struct task_struct *task, struct mm_struct *mm)
{
	bool of_fork = mm->context.workset;	/* the parent's, copied; it may be freed by now */
	struct workset *of_parent, *ws;
	unsigned int i, room;

	mm->context.workset = NULL;
	if (!of_fork)
		return 0;
	room = current->mm->context.workset->room;
	ws = kmalloc(struct_size(ws, page, room), GFP_KERNEL | __GFP_NOWARN);
	if (!ws)
		return 0;
	/* that may have slept: another thread may have made the set larger */
	of_parent = current->mm->context.workset;
	ws->room = room;
	ws->slice = of_parent->slice;
	ws->nr = min(of_parent->nr, room);
	for (i = 0; i < ws->nr; i++)
		ws->page[i] = (of_parent->page[i] & (~BITS | WRITTEN)) | CHOSEN;
	mm->context.workset = ws;
	return 0;
}

void destroy_context(struct mm_struct *mm)
{
	hostmap_forget(mm);
	kfree(mm->context.workset);
}
