// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel mappings of scattered pages (vmalloc, modules) in the host.
 *
 * The generic code fills swapper_pg_dir and reports the range; here it becomes
 * host mappings, in the windows of guard/windows.c.
 */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include <asm/boot.h>
#include <asm/cacheflush.h>
#include <asm/guard.h>
#include <asm/host.h>
#include <asm/hostmap.h>
#include <asm/hostmem.h>
#include <asm/physmem.h>
#include <asm/tlbflush.h>

static unsigned long kernel_pfn(unsigned long addr)
{
	pte_t pte = guest_entry(&init_mm, addr);

	return pte_present(pte) ? pte_pfn(pte) : 0;
}

static int try_map(unsigned long start, unsigned long end, unsigned long pfn)
{
	return pfn ? host_map_populate(start, end - start, HOST_PROT_RWX, boot_info->memfd,
				       PFN_PHYS(pfn)) :
		     host_map(start, end - start, HOST_PROT_NONE, boot_info->empty, 0);
}

static void map_run(unsigned long start, unsigned long end, unsigned long pfn)
{
	int err = try_map(start, end, pfn);

	if (err == -HOST_ENOMEM) {
		hostmap_drop();
		err = try_map(start, end, pfn);
	}
	if (err)
		panic("the host refuses a kernel mapping: error %d", err);
}

/*
 * Make the host's mappings of [@start, @end) agree with swapper_pg_dir.  New
 * mappings are open; the whole window is opened first, so that the next exit
 * hides all of it.  User code may have all mappings that the host allows: it gives
 * them back, and can have them again.
 */
static void kmap_sync(unsigned long start, unsigned long end)
{
	unsigned long addr, run, pfn, run_pfn;

	guard_window_top(end);
	if (!guard_open_window(start)) {
		hostmap_drop();
		if (!guard_open_window(start))
			panic("the host cannot open a kernel mapping");
	}
	for (run = start, run_pfn = kernel_pfn(start), addr = start + PAGE_SIZE; addr < end;
	     addr += PAGE_SIZE) {
		pfn = kernel_pfn(addr);
		if (run_pfn ? pfn == run_pfn + PHYS_PFN(addr - run) : !pfn)
			continue;
		map_run(run, addr, run_pfn);
		run = addr;
		run_pfn = pfn;
	}
	map_run(run, end, run_pfn);
}

void kmap_filled(unsigned long start, unsigned long end)
{
	if (start < end)
		kmap_sync(start & PAGE_MASK, PAGE_ALIGN(end));
}
EXPORT_SYMBOL(kmap_filled);

void kmap_flush(unsigned long start, unsigned long end)
{
	unsigned int nr;

	for (nr = 0; nr < GUARD_WINDOWS; nr++) {
		unsigned long s = 0, e = -1UL, all;

		guard_window_cut(nr, &s, &e);
		all = e - s;
		s = start & PAGE_MASK;
		e = end;
		/* a flush of everything only drops what nobody may use any more */
		if (guard_window_cut(nr, &s, &e) && e - s < all)
			kmap_sync(s, PAGE_ALIGN(e));
	}
}
EXPORT_SYMBOL(kmap_flush);
