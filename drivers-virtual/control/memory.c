// SPDX-License-Identifier: GPL-2.0
/*
 * mconsole's config mem=: the guest gives memory back to the host, or takes it again.
 *
 * What is given back is free memory, and what reclaim makes free of page cache, in
 * pieces of the host's huge pages.  It is held here as allocated, so that the guest's
 * size shrinks, and its contents go.
 */
#define pr_fmt(fmt) "memory: " fmt

#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <asm/boot.h>
#include <asm/host.h>
#include <asm/hotplug.h>
#include <asm/layout.h>

#define PIECE_ORDER	(ilog2(HUGE_SIZE) - PAGE_SHIFT)
#define PIECE_PAGES	(1 << PIECE_ORDER)
#define KEEP_PAGES	(SZ_16M / PAGE_SIZE)	/* for the guest to go on with */

/* One mconsole command at a time has these. */
static LIST_HEAD(held);
static unsigned long nr_held;		/* pieces */

static unsigned long memory_now(void)
{
	return boot_info->size - nr_held * HUGE_SIZE;
}

static bool give_back_piece(void)
{
	struct page *page;

	if (si_mem_available() < KEEP_PAGES + PIECE_PAGES)
		return false;
	page = alloc_pages(GFP_HIGHUSER | __GFP_RETRY_MAYFAIL | __GFP_NOWARN, PIECE_ORDER);
	if (!page)
		return false;
	if (host_punch_hole(boot_info->memfd, page_to_phys(page), HUGE_SIZE)) {
		__free_pages(page, PIECE_ORDER);
		return false;
	}
	adjust_managed_page_count(page, -PIECE_PAGES);
	list_add(&page->lru, &held);
	nr_held++;
	return true;
}

static void take_piece(void)
{
	struct page *page = list_first_entry(&held, struct page, lru);

	list_del(&page->lru);
	nr_held--;
	adjust_managed_page_count(page, PIECE_PAGES);
	__free_pages(page, PIECE_ORDER);
}

/* =SIZE, =-SIZE or =+SIZE */
static int memory_config(char *arg, struct seq_buf *why)
{
	char *text = arg + 1, *end, sign = *text == '-' || *text == '+' ? *text++ : 0;
	unsigned long long size = memparse(text, &end);
	unsigned long goal;

	if (*arg != '=' || end == text || *end || size > boot_info->size) {
		seq_buf_printf(why, "mem%s: write a size, as in mem=-64M, mem=+64M or mem=256M; the guest has been given %luM",
			       arg, boot_info->size >> 20);
		return -EINVAL;
	}
	size = round_up(size, HUGE_SIZE);
	goal = size;
	if (sign == '-')
		goal = memory_now() - min_t(unsigned long, size, memory_now());
	else if (sign)
		goal = memory_now() + size;
	while (nr_held && memory_now() < goal)
		take_piece();
	while (memory_now() > goal && give_back_piece())
		cond_resched();
	if (memory_now() > goal)
		seq_buf_printf(why, "the guest needs the rest: it has %luM now", memory_now() >> 20);
	else if (memory_now() < goal)
		seq_buf_printf(why, "that is all that it was given: it has %luM now",
			       memory_now() >> 20);
	return 0;
}

static int memory_get(const char *unit, struct seq_buf *answer)
{
	seq_buf_printf(answer, "%luM", memory_now() >> 20);
	return 0;
}

static int memory_remove(const char *unit, struct seq_buf *why)
{
	seq_buf_puts(why, "mem: write config mem=-SIZE for what the guest should give back");
	return -EINVAL;
}

static struct um_device_kind memory_kind = {
	.name	= "mem",
	.config	= memory_config,
	.remove	= memory_remove,
	.get	= memory_get,
};

static int __init memory_init(void)
{
	um_device_kind_register(&memory_kind);
	return 0;
}
device_initcall(memory_init);
