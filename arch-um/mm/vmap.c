// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel mappings of scattered pages (vmalloc, modules) in the host.
 *
 * The generic code fills swapper_pg_dir and reports the range; here it becomes
 * host mappings.  Between them, and where nothing is mapped, lies a mapping of
 * an empty file: an access there is a fault (SIGBUS), but the window has no
 * holes, so one mprotect() covers it.
 */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include <asm/boot.h>
#include <asm/cacheflush.h>
#include <asm/host.h>
#include <asm/hostmap.h>
#include <asm/hostmem.h>
#include <asm/physmem.h>
#include <asm/tlbflush.h>
#include <asm/trap.h>

static const struct { unsigned long start, end; } areas[] = {
	{ MODULES_VADDR, MODULES_END },
	{ AIO_BASE, AIO_END },
	{ VMALLOC_START, VMALLOC_END },
};

void __init kmap_init(void)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(areas); i++) {
		/* the rings outlive a restart of the machine (host/keep.c) */
		if (boot_info->reboots && areas[i].start == AIO_BASE)
			continue;
		err = host_map(areas[i].start, areas[i].end - areas[i].start, HOST_PROT_NONE,
			       boot_info->empty, 0);
		if (err)
			panic("cannot reserve kernel address space: error %d", err);
	}
}

static unsigned long kernel_pfn(unsigned long addr)
{
	pte_t *pte = guest_pte(&init_mm, addr);

	return pte && pte_present(*pte) ? pte_pfn(*pte) : 0;
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
	int i;

	for (i = 0; i < ARRAY_SIZE(areas); i++) {
		unsigned long s = max(start & PAGE_MASK, areas[i].start);
		unsigned long e = min(end, areas[i].end);

		/* a flush of everything only drops what nobody may use any more */
		if (s < e && e - s < areas[i].end - areas[i].start)
			kmap_sync(s, PAGE_ALIGN(e));
	}
}
EXPORT_SYMBOL(kmap_flush);
