// SPDX-License-Identifier: GPL-2.0
/*
 * Large pages of programs.
 *
 * Each run of pages that follow each other in memory is a host mapping, and each
 * fault three host calls.  So anonymous memory comes in blocks of 64 KiB from the
 * start (Documentation/admin-guide/mm/transhuge.rst): one fault and one mapping
 * instead of 16.  Where memory is short or in pieces, it comes in single pages.
 */
#include <linux/sched.h>
#include <linux/mm.h>
#include <linux/compaction.h>
#include <linux/init.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <asm/page.h>

/*
 * The processor keeps no free pages of its own: it would hand out first those that
 * came back last, in no useful order.  The buddy allocator puts them together again,
 * and hands out pages that follow each other.  (A write to vm.min_free_kbytes and its
 * like brings the generic limits back, which only costs time.)
 */
static int __init ordered_pages_init(void)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		struct per_cpu_pages *pcp = this_cpu_ptr(zone->per_cpu_pageset);

		pcp->batch = 1;
		pcp->high_min = pcp->high_max = 0;
	}
	drain_all_pages(NULL);
	return 0;
}
late_initcall(ordered_pages_init);	/* after those that compute the limits anew */

static int __init large_pages_init(void)
{
	if (!strstr(saved_command_line, "thp_anon="))
		huge_anon_orders_always |= BIT(ilog2(SZ_64K) - PAGE_SHIFT);
	/* It would wake an idle guest twice a second; allocations of blocks compact themselves. */
	kcompactd_stop(0);
	return 0;
}
late_initcall(large_pages_init);
