// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that are looked after together with the one that a fault is about.
 *
 * A trap costs more than what the generic code does about a page, so a fault also
 * does what would most likely be the next ones' work:
 *
 * - of text and constants the generic code maps what lies around in 64 KiB and is in
 *   the page cache; here it does so in 256 KiB;
 * - the variables of a program or library are a few pages, and the dynamic linker
 *   writes to most of them: the first access copies all;
 * - after a fork the first write to a page that both have now copies all those
 *   that were written to after earlier forks, too: a shell does the same again and
 *   again;
 * - what is touched page by page, as a heap that grows, is touched further.
 *
 * Nothing is read from a disk for it.
 */
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/userfaultfd_k.h>
#include <asm/hostmap.h>
#include "prefault.h"
#include "workset.h"

#define TEXT_WINDOW	(256UL << 10)
#define TEXT_CHUNK	(64UL << 10)	/* what the generic code maps, its fault_around_bytes */
#define BLOCK		(64UL << 10)	/* folios that the generic code makes of anonymous memory */
#define IN_A_ROW	4
#define SPARE		64		/* pages */
#define DATA_PAGES	16		/* variables that take more are many programs' heap */
#define MOST_WRITTEN	64		/* pages of one fork */

bool is_program_data(struct vm_area_struct *vma)
{
	VMA_ITERATOR(vmi, vma->vm_mm, vma->vm_start);
	struct vm_area_struct *before;

	if (!vma->vm_file || !(vma->vm_flags & VM_WRITE) || vma->vm_flags & VM_SHARED ||
	    vma_pages(vma) > DATA_PAGES || userfaultfd_armed(vma))
		return false;
	/* behind the text or the constants of the same file */
	before = vma_prev(&vmi);
	return before && before->vm_file == vma->vm_file;
}

static bool is_cached(struct vm_area_struct *vma, unsigned long addr)
{
	struct folio *folio = filemap_get_folio(vma->vm_file->f_mapping,
						linear_page_index(vma, addr));
	bool cached;

	if (IS_ERR(folio))
		return false;
	cached = folio_test_uptodate(folio) && !folio_test_locked(folio);
	folio_put(folio);
	return cached;
}

#ifdef CONFIG_MEMCG
static bool group_can_spare(struct mm_struct *mm)
{
	struct mem_cgroup *memcg = get_mem_cgroup_from_mm(mm);
	struct page_counter *c;
	bool room = true;

	for (c = memcg ? &memcg->memory : NULL; c && room; c = c->parent)
		room = page_counter_read(c) + SPARE <= READ_ONCE(c->max);
	mem_cgroup_put(memcg);
	return room;
}
#else
static bool group_can_spare(struct mm_struct *mm)
{
	return true;
}
#endif

/* Is there memory for what nobody has asked for, in the machine and in the control group? */
static bool can_spare(struct mm_struct *mm)
{
	return global_zone_page_state(NR_FREE_PAGES) >= 2 * totalreserve_pages + SPARE &&
	       group_can_spare(mm);
}

/* Without leave to drop the lock.  False: better no more. */
static bool fault_in(struct vm_area_struct *vma, unsigned long addr, unsigned int flags)
{
	return !fatal_signal_pending(current) &&
	       !(handle_mm_fault(vma, addr, flags, NULL) & VM_FAULT_ERROR);
}

static void text_around(struct vm_area_struct *vma, unsigned long addr)
{
	unsigned long start = round_down(addr, TEXT_WINDOW), at;

	for (at = start; at < start + TEXT_WINDOW; at += TEXT_CHUNK) {
		unsigned long first = max(at, vma->vm_start);

		if (addr - at < TEXT_CHUNK || first >= min(at + TEXT_CHUNK, vma->vm_end))
			continue;
		if (pte_none(guest_entry(vma->vm_mm, first)) && is_cached(vma, first) &&
		    !fault_in(vma, first, 0))
			return;
	}
}

static void data_around(struct vm_area_struct *vma)
{
	unsigned long at;

	for (at = vma->vm_start; at < vma->vm_end; at += PAGE_SIZE) {
		pte_t pte = guest_entry(vma->vm_mm, at);

		if (pte_none(pte) ? !is_cached(vma, at) : !pte_present(pte) || pte_write(pte))
			continue;
		if (!fault_in(vma, at, FAULT_FLAG_WRITE))
			break;
		workset_note(vma->vm_mm, at, true);
	}
	hostmap_bring();
}

static void written_again(struct mm_struct *mm)
{
	unsigned long at = 0;
	unsigned int n;

	for (n = 0; n < MOST_WRITTEN; at += PAGE_SIZE) {
		struct vm_area_struct *vma;
		pte_t pte;

		at = workset_written(mm, at);
		if (at == WORKSET_END)
			break;
		pte = guest_entry(mm, at);
		if (!pte_present(pte) || pte_write(pte))
			continue;
		vma = vma_lookup(mm, at);
		if (!vma || (vma->vm_flags & (VM_WRITE | VM_SHARED)) != VM_WRITE ||
		    userfaultfd_armed(vma))
			continue;
		if (!can_spare(mm))
			break;
		if (!fault_in(vma, at, FAULT_FLAG_WRITE))
			break;
		n++;
	}
	if (n)
		hostmap_bring();
}

/*
 * A heap that grows by 132 KiB has an end within a block of 64 KiB each time, and what
 * is touched there first keeps the block from being one folio.  Where four pages have
 * been touched in a row, four more are.  Not at the price of what others need: only
 * from memory that is free.
 */
static void anon_after(struct vm_area_struct *vma, unsigned long addr)
{
	unsigned long start = max(round_down(addr, BLOCK), vma->vm_start);
	unsigned long end = min(round_down(addr, BLOCK) + BLOCK, vma->vm_end);
	unsigned long at;
	unsigned int n;

	if (vma->vm_flags & (VM_NOHUGEPAGE | VM_LOCKONFAULT))
		return;
	for (n = 1, at = addr; n < IN_A_ROW; n++) {
		at -= PAGE_SIZE;
		if (at < start || !pte_present(guest_entry(vma->vm_mm, at)))
			return;
	}
	for (at = addr + PAGE_SIZE; n-- && at < end && can_spare(vma->vm_mm); at += PAGE_SIZE) {
		if (!pte_none(guest_entry(vma->vm_mm, at)) ||
		    !fault_in(vma, at, FAULT_FLAG_WRITE))
			return;
		hostmap_also(at);
	}
}

void prefault(struct vm_area_struct *vma, unsigned long addr, bool write, pte_t before)
{
	if (userfaultfd_armed(vma))
		return;
	if (write && pte_none(before) && vma_is_anonymous(vma)) {
		anon_after(vma, addr & PAGE_MASK);
	} else if (write) {
		if (is_program_data(vma))
			data_around(vma);
		if (pte_present(before) && !pte_write(before) && !(vma->vm_flags & VM_SHARED))
			written_again(vma->vm_mm);
	} else if (pte_none(before) && vma->vm_file && vma->vm_ops && vma->vm_ops->map_pages &&
		   !(vma->vm_flags & VM_WRITE)) {
		text_around(vma, addr);
	}
}
