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
 * - From time to time the same memory is mapped again, without any.  What is
 *   needed then comes back by page faults that the host serves by itself, without
 *   a signal.  (MADV_DONTNEED would leave empty tables behind, and to look through
 *   one costs 1.5 us for each GiB.)
 *
 * The host drops translations one by one (INVLPG, 0.15 us each) up to 33, and
 * all at once (0.2 us) beyond.  It counts from the first changed entry to the
 * last, so one far page on the list makes both calls, and getpid(), 40 % cheaper.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <asm/boot.h>
#include <asm/hostmem.h>
#include <asm/layout.h>
#include <asm/page.h>
#include "ops.h"

/* Traps */
#define TURN		512	/* between two looks at the pieces that may be touched */
#define TRIM		4096	/* between two trims; one costs 50 us with the faults after it */

/*
 * A piece on the list costs 0.1 us a trap, so 50 us a turn; a copy by the host 0.7 us
 * more than one by us.
 */
#define WORTH_TOUCHING	96	/* copies a turn */
#define MAX_TOUCHED	16

static struct piece {
	unsigned short turn;	/* that copies are of */
	unsigned short copies;
} *pieces __ro_after_init;

static unsigned int touched[MAX_TOUCHED], nr_touched;
static unsigned int traps;
static unsigned short turn;

static void count(struct piece *p)
{
	if (p->turn != turn)
		*p = (struct piece){ .turn = turn };
	if (p->copies < USHRT_MAX)
		p->copies++;
}

static bool mprotect_direct(unsigned long phys)
{
	unsigned int piece = phys / HUGE_SIZE, i;

	count(&pieces[piece]);
	for (i = 0; i < nr_touched; i++)
		if (touched[i] == piece)
			return true;
	if (pieces[piece].copies < WORTH_TOUCHING || nr_touched == MAX_TOUCHED)
		return false;
	touched[nr_touched++] = piece;
	return true;
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

static void mprotect_enter(void)
{
	unsigned int i, n = 0;

	if (likely(++traps % TURN))
		return;
	for (i = 0; i < nr_touched; i++) {
		const struct piece *p = &pieces[touched[i]];

		if (p->turn == turn && p->copies >= WORTH_TOUCHING)
			touched[n++] = touched[i];
		else
			forget(touched[i] * HUGE_SIZE, HUGE_SIZE);
	}
	nr_touched = n;
	turn++;
	if (traps % TRIM)
		return;
	forget(0, boot_info->size);
	/* The far page, in the page table that is there anyway. */
	READ_ONCE(*(char *)(PAGE_OFFSET + min(boot_info->size, NEAR_SIZE) - 1));
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
	.open	= mprotect_open,
	.hide	= mprotect_hide,
};
