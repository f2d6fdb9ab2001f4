// SPDX-License-Identifier: GPL-2.0
/*
 * guard=mprotect: kernel memory is PROT_NONE while user code runs.
 *
 * The gate opens and hides one window on every trap, by one mprotect() of one
 * mapping: physical memory, which begins with the kernel image.  All of it, for
 * kernel stacks may lie anywhere, and the host cannot deliver a signal on a
 * stack that is hidden.  What such a call costs is the number of page-table
 * entries that are filled in, 0.05 us for each 2 MiB, not the size.  So the
 * host's page tables are themselves the list of what the kernel has touched
 * lately, and that list is kept short in three ways:
 *
 * - Pages of programs and files, which can be anywhere, are not touched: the host
 *   copies (mm/far.c).  Such a call takes 0.7 us more than a touch does.  A piece
 *   of 2 MiB that is wanted more often than it costs is put on the list, and
 *   taken off again when that is over.
 * - What the kernel allocates for itself lies close together: the generic
 *   allocator keeps it apart from movable pages, by pieces of the same size.
 * - When what has been touched since then costs more than to begin anew, the same
 *   memory is mapped again, without any.  What is needed comes back by page faults
 *   that the host serves by itself, without a signal.  (MADV_DONTNEED would leave
 *   empty tables behind, and to look through one costs 1.5 us for each GiB.)
 *   The host counts its page faults, so it is known how many pieces there are.
 *
 * The host drops translations one by one (INVLPG, 0.15 us each) up to 33, and
 * all at once (0.2 us) beyond.  It counts from the first changed entry to the
 * last, so one far page on the list makes both calls, and getpid(), 40 % cheaper.
 */
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <asm/boot.h>
#include <asm/host.h>
#include <asm/hostmem.h>
#include <asm/layout.h>
#include <asm/page.h>
#include "ops.h"

#define LOOK		128	/* traps between two checks of the list */
#define TURN		4	/* checks of the list between two of the pieces */

/* ns */
#define PIECE_COST	100	/* of a piece on the list, at each trap */
#define TRIM_COST	3000	/* of beginning the list anew, and */
#define FAULT_COST	2000	/* of each piece that comes back on it */

/*
 * A piece on the list costs 50 us a turn; a copy by the host costs 0.7 us more than
 * one by the kernel.
 */
#define WORTH_TOUCHING	96	/* copies in a turn that make a piece worth its place on the list */
#define MAX_TOUCHED	16

static struct piece {
	unsigned short turn;	/* in which copies were counted */
	unsigned short copies;
} *pieces __ro_after_init;

static unsigned int touched[MAX_TOUCHED], nr_touched;
static unsigned int traps, looks;
static unsigned short turn;

static struct {
	unsigned long faults;		/* the host's count at the last check */
	unsigned int foreseen;		/* faults since then that were not of kernel memory */
	unsigned int needed;		/* pieces that came back at once after the last trim */
	unsigned int more;		/* pieces that came back later */
	unsigned long cost;		/* what the latter have cost, ns */
	bool trimmed;			/* since the last check */
} list;

static void count(struct piece *p)
{
	if (p->turn != turn)
		*p = (struct piece){ .turn = turn };
	if (p->copies < USHRT_MAX)
		p->copies++;
}

static bool is_touched(unsigned int piece)
{
	unsigned int i;

	for (i = 0; i < nr_touched; i++)
		if (touched[i] == piece)
			return true;
	if (pieces[piece].copies < WORTH_TOUCHING || nr_touched == MAX_TOUCHED)
		return false;
	touched[nr_touched++] = piece;
	return true;
}

/* Any context: interrupts allocate zeroed pages, too. */
static bool mprotect_direct(unsigned long phys)
{
	unsigned int piece = phys / HUGE_SIZE;
	unsigned long flags = arch_local_irq_save();
	bool direct;

	count(&pieces[piece]);
	direct = is_touched(piece);
	arch_local_irq_restore(flags);
	return direct;
}

/*
 * Map [@phys, @phys + @size) again.  Refused (ENOMEM) while user code has as many
 * mappings as the host allows: then nothing has changed, and the list is longer
 * than it need be until the next trim.
 */
static void forget(unsigned long phys, unsigned long size)
{
	host_map(PAGE_OFFSET + phys, size, HOST_PROT_RWX, boot_info->memfd, phys);
}

static void trim(void)
{
	forget(0, boot_info->size);
	/* The far page, in the page table that is there anyway. */
	READ_ONCE(*(char *)(PAGE_OFFSET + min(boot_info->size, NEAR_SIZE) - 1));
	list.more = list.cost = 0;
	list.trimmed = true;
}

static void review_list(void)
{
	unsigned long faults = host_minor_faults();
	unsigned int new = faults - list.faults;

	new -= min(new, list.foreseen);
	list.faults = faults;
	list.foreseen = 0;
	if (list.trimmed) {
		list.needed = new;
		list.trimmed = false;
		return;
	}
	list.more += new;
	list.cost += (unsigned long)list.more * LOOK * PIECE_COST;
	if (list.cost > TRIM_COST + (unsigned long)list.needed * FAULT_COST)
		trim();
}

static void review_touched(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr_touched; i++) {
		const struct piece *p = &pieces[touched[i]];

		if (p->turn == turn && p->copies >= WORTH_TOUCHING)
			touched[n++] = touched[i];
		else
			forget(touched[i] * HUGE_SIZE, HUGE_SIZE);
	}
	nr_touched = n;
	turn++;
}

static void mprotect_enter(void)
{
	if (likely(++traps % LOOK))
		return;
	if (++looks % TURN == 0)
		review_touched();
	review_list();
}

static void mprotect_foreseen(unsigned int faults)
{
	list.foreseen += faults;
}

static int mprotect_open(const struct window *w)
{
	return host_protect(w->start, w->top - w->start, w->prot);
}

static int mprotect_hide(const struct window *w)
{
	return host_protect(w->start, w->top - w->start, HOST_PROT_NONE);
}

static unsigned long __init mprotect_init(void)
{
	pieces = memblock_alloc(boot_info->size / HUGE_SIZE * sizeof(*pieces), SMP_CACHE_BYTES);
	if (!pieces)
		panic("no memory for the guard");
	if (boot_info->reboots)
		windows_hidden();
	if (!boot_info->huge)
		pr_warn("guard: this host gives no huge pages (MADV_COLLAPSE, Linux 6.1): traps will be slow\n");
	return boot_info->size;
}

const struct guard_ops guard_mprotect = {
	.init	= mprotect_init,
	.enter	= mprotect_enter,
	.direct	= mprotect_direct,
	.foreseen = mprotect_foreseen,
	.open	= mprotect_open,
	.hide	= mprotect_hide,
};
