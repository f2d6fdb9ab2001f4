// SPDX-License-Identifier: GPL-2.0
/*
 * Physical memory: one file in memory, mapped at PAGE_OFFSET.
 *
 * Nothing of it is touched before the guest uses it, so that the host gives
 * only what is needed.  It is taken in pieces of 2 MiB, each made a huge page
 * of the host at once: the guard's cost is counted in page-table entries.  Pieces
 * that stay free for some seconds go back to the host.
 */
#define pr_fmt(fmt) "memory: " fmt

#include <linux/bitmap.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/page_reporting.h>
#include <linux/scatterlist.h>
#include <asm/boot.h>
#include <asm/far.h>
#include <asm/host.h>
#include <asm/hostmem.h>
#include <asm/physmem.h>

static unsigned long *backed __ro_after_init;	/* one bit for each 2 MiB */

static void back(unsigned long piece)
{
	int err;

	if (likely(test_bit(piece, backed)))
		return;
	set_bit(piece, backed);
	err = host_populate_huge(PAGE_OFFSET + piece * HUGE_SIZE, HUGE_SIZE);
	if (err == -HOST_ENOMEM)
		panic("the host has no memory left: mem=%luM was too much",
		      boot_info->size >> 20);
}

void arch_alloc_page(struct page *page, int order)
{
	unsigned long start = page_to_phys(page), end = start + (PAGE_SIZE << order), piece;

	for (piece = start / HUGE_SIZE; piece <= (end - 1) / HUGE_SIZE; piece++)
		back(piece);
}

/*
 * The generic code has taken these pages off the free lists for as long as this
 * lasts.  They are whole pieces, unless somebody has written to the parameter
 * page_reporting_order: what is less than a piece stays.
 */
static int give_back(struct page_reporting_dev_info *dev, struct scatterlist *sgl,
		     unsigned int nents)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sg(sgl, sg, nents, i) {
		phys_addr_t start = page_to_phys(sg_page(sg)), end = start + sg->length, at;

		for (at = round_up(start, HUGE_SIZE); at + HUGE_SIZE <= end; at += HUGE_SIZE) {
			int err;

			if (!test_and_clear_bit(at / HUGE_SIZE, backed))
				continue;
			err = host_punch_hole(boot_info->memfd, at, HUGE_SIZE);
			if (err)
				return err;
		}
	}
	return 0;
}

static struct page_reporting_dev_info reporting = {
	.report	= give_back,
	.order	= ilog2(HUGE_SIZE) - PAGE_SHIFT,
};

static int __init reporting_init(void)
{
	int err = page_reporting_register(&reporting);

	if (err)
		pr_warn("what the guest frees does not go back to the host: error %d\n", err);
	return 0;
}
late_initcall(reporting_init);

/* What memblock has given out so far. */
void __init physmem_back_reserved(void)
{
	phys_addr_t start, end;
	u64 i;

	for_each_reserved_mem_range(i, &start, &end) {
		unsigned long piece;

		for (piece = start / HUGE_SIZE; piece <= (end - 1) / HUGE_SIZE; piece++) {
			back(piece);
			far_never(piece * HUGE_SIZE);
		}
	}
}

void __init physmem_init(void)
{
	unsigned long pieces = boot_info->size / HUGE_SIZE;

	memblock_add(0, boot_info->size);
	/* Tables of all memory lie near, or only as much farther as they must. */
	memblock_set_current_limit(max(NEAR_SIZE, boot_info->size / 16));
	memblock_reserve(0, boot_info->used);
	backed = memblock_alloc(BITS_TO_LONGS(pieces) * sizeof(long), sizeof(long));
	if (!backed)
		panic("no memory for the map of host memory");
	far_init();
}
