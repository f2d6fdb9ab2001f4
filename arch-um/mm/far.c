// SPDX-License-Identifier: GPL-2.0
/*
 * Far memory: see far.h.
 *
 * Pages of programs and files can lie anywhere, and are a hundred times as many
 * as the kernel has of its own.  The guard pays on each trap for each 2 MiB of
 * them that the kernel has touched lately (guard/mprotect.c).  So their bytes are
 * moved by the host, by pread() and pwrite() on the memory file, which maps
 * nothing and takes less time than the fault of a first touch.
 *
 * Far is a piece of 2 MiB whose pages the generic allocator gives to movable
 * users alone, as far as it can; what else lies there, or is reached by other
 * ways than these, is touched as ever.  So this is never wrong, only dear.
 */
#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pageblock-flags.h>
#include <asm/boot.h>
#include <asm/far.h>
#include <asm/guard.h>
#include <asm/host.h>
#include <asm/hostmap.h>

static unsigned long *never __ro_after_init;	/* one bit for each 2 MiB */
static bool active __ro_after_init;

static char bounce[PAGE_SIZE] __page_aligned_bss;

static bool is_far(const void *p)
{
	unsigned long phys = __pa(p);

	return active && phys < boot_info->size && !test_bit(phys / HUGE_SIZE, never) &&
	       get_pageblock_migratetype(pfn_to_page(PHYS_PFN(phys))) == MIGRATE_MOVABLE &&
	       !guard_direct(phys);
}

/*
 * False: the host did not do it, or not all of it (RLIMIT_FSIZE, no memory): it
 * has to be done by a touch.
 */
static bool host_reads(void *to, const void *far, unsigned long n)
{
	return host_pread(boot_info->memfd, to, n, __pa(far)) == n;
}

static bool host_writes(void *far, const void *from, unsigned long n)
{
	return host_pwrite(boot_info->memfd, from, n, __pa(far)) == n;
}

/* Of one page at most. */
static bool through_bounce(void *to, const void *from, unsigned long n)
{
	unsigned long flags;
	bool done;

	local_irq_save(flags);
	done = host_reads(bounce, from, n) && host_writes(to, bounce, n);
	local_irq_restore(flags);
	return done;
}

void far_copy(void *to, const void *from, unsigned long n)
{
	bool far = is_far(to);

	if (is_far(from) ? (far ? through_bounce(to, from, n) : host_reads(to, from, n)) :
			   far && host_writes(to, from, n))
		return;
	memcpy(to, from, n);
}

/* A loop of rep stosq or movsq: the kernel has no vector registers. */
void clear_page(void *page)
{
	unsigned long n = PAGE_SIZE / 8;

	if (is_far(page) && host_writes(page, empty_zero_page, PAGE_SIZE))
		return;
	asm volatile("rep stosq" : "+D"(page), "+c"(n) : "a"(0UL) : "memory");
}
EXPORT_SYMBOL(clear_page);

void copy_page(void *to, const void *from)
{
	far_copy(to, from, PAGE_SIZE);
}
EXPORT_SYMBOL(copy_page);

void copy_user_page(void *to, void *from, unsigned long vaddr, struct page *page)
{
	unsigned long flags;

	local_irq_save(flags);
	if (hostmap_shows(vaddr, __pa(from)))
		from = (void *)(vaddr & PAGE_MASK);
	far_copy(to, from, PAGE_SIZE);
	local_irq_restore(flags);
}
EXPORT_SYMBOL(copy_user_page);

void __init far_never(unsigned long phys)
{
	__set_bit(phys / HUGE_SIZE, never);
}

void __init far_init(void)
{
	unsigned long pieces = boot_info->size / HUGE_SIZE;

	never = memblock_alloc(BITS_TO_LONGS(pieces) * sizeof(long), sizeof(long));
	if (!never)
		panic("no memory for the map of far memory");
}

/* The generic allocator has its pages now. */
static int __init far_start(void)
{
	active = guard_gate_size();
	return 0;
}
early_initcall(far_start);
