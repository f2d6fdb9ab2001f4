// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel mappings of scattered pages (vmalloc, modules) in the host.
 *
 * The generic code fills swapper_pg_dir and reports the range; here it becomes
 * host mappings, in the windows of guard/windows.c.
 *
 * Each run of pages that lie together is one mapping of the host, of the 65,530
 * that it gives a process.  Any program can have the kernel make as many as there
 * are pages (scatter the free ones, then semget(), seccomp()...), and the generic
 * code asks for none of them: it tells (flush_cache_vmap()), so nothing here can
 * fail.  So only what the kernel uses all the time is mapped for good: modules, and
 * the first LOW_SIZE of vmalloc, which boot fills; both as windows of the guard's.
 * All the rest is a cache.  The kernel's touch (vmap_touched()) maps and opens what
 * lies in the same CHUNK, and the run that it is part of; the next exit to user code
 * hides that again, by one call for each; and what is mapped stays so until all of
 * it together has more mappings than its budget.  Then whole pieces of PIECE_SIZE are
 * dropped, one after the other.
 *
 * So vmalloc has as much memory as there is, and needs no mapping to be had for it.
 * A program that made the kernel have it in single pages pays with its own time: what
 * others use is not opened and hidden with it, as a window would be.
 *
 * User code has a budget, too (hostmap.c), and both together are less than the host
 * gives.  So the host refuses a mapping only when it has no memory.  Then all pieces
 * go, and only the run that was touched is mapped.
 */
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>
#include <asm/boot.h>
#include <asm/cacheflush.h>
#include <asm/guard.h>
#include <asm/host.h>
#include <asm/hostmap.h>
#include <asm/hostmem.h>
#include <asm/physmem.h>
#include <asm/tlbflush.h>
#include <asm/trap.h>

#define LOW_SIZE	SZ_4M
#define LOW_END		(VMALLOC_START + LOW_SIZE)
#define PIECE_SIZE	PMD_SIZE
#define PIECES		((VMALLOC_END - LOW_END) / PIECE_SIZE)
#define CHUNK		SZ_64K
#define OPEN_RANGES	256U
#define TRIES		8			/* for one page */
#define BUDGET_MIN	2048U

/* All of this with interrupts off. */
static u16 mappings[PIECES];		/* of the host that the piece takes, at most */
static struct {
	unsigned long start, end;
} opened[OPEN_RANGES];
static unsigned int nr_opened, oldest;
static unsigned long total, budget __ro_after_init = BUDGET_MIN;
static unsigned long touched;		/* last, since something was hidden or dropped */
static unsigned int hand;		/* the piece that is dropped next, if it is mapped */

/* Holes continue each other's offsets, so the host makes one of neighbours. */
static int map_hole(unsigned long start, unsigned long end)
{
	unsigned long base = start < VMALLOC_START ? MODULES_VADDR : VMALLOC_START;

	return host_map(start, end - start, HOST_PROT_NONE, boot_info->empty, start - base);
}

static int __init vmap_init(void)
{
	budget = max(boot_info->max_maps / 2, BUDGET_MIN);
	return 0;
}
early_initcall(vmap_init);

static unsigned long kernel_pfn(unsigned long addr)
{
	pte_t pte = guest_entry(&init_mm, addr);

	return pte_present(pte) ? pte_pfn(pte) : 0;
}

static int try_map(unsigned long start, unsigned long end, unsigned long pfn)
{
	return pfn ? host_map_populate(start, end - start, HOST_PROT_RWX, boot_info->memfd,
				       PFN_PHYS(pfn)) :
		     map_hole(start, end);
}

/* The end, up to @end, of the run or hole that begins at @start; *@pfn: 0 for a hole. */
static unsigned long run_end(unsigned long start, unsigned long end, unsigned long *pfn)
{
	unsigned long addr, next;

	*pfn = kernel_pfn(start);
	for (addr = start + PAGE_SIZE; addr < end; addr += PAGE_SIZE) {
		next = kernel_pfn(addr);
		if (*pfn ? next != *pfn + PHYS_PFN(addr - start) : next)
			break;
	}
	return addr;
}

/* Pieces */

static unsigned long piece_start(unsigned int piece)
{
	return LOW_END + piece * PIECE_SIZE;
}

static void drop_piece(unsigned int piece)
{
	unsigned long start = piece_start(piece);

	if (!mappings[piece])
		return;
	if (map_hole(start, start + PIECE_SIZE))
		panic("the host does not let go of kernel mappings");
	total -= mappings[piece];
	mappings[piece] = 0;
}

static void drop_others(unsigned int piece, unsigned long limit)
{
	unsigned int n;

	for (n = 0; total > limit && n < PIECES; n++) {
		if (hand != piece)
			drop_piece(hand);
		hand = (hand + 1) % PIECES;
	}
}

static void hide(unsigned long start, unsigned long end)
{
	if (host_protect(start, end - start, HOST_PROT_NONE))
		drop_piece((start - LOW_END) / PIECE_SIZE);
}

static void note_open(unsigned long start, unsigned long end)
{
	if (!guard_gate_size())
		return;
	if (nr_opened < OPEN_RANGES) {
		opened[nr_opened].start = start;
		opened[nr_opened++].end = end;
		return;
	}
	hide(opened[oldest].start, opened[oldest].end);
	opened[oldest].start = start;
	opened[oldest].end = end;
	oldest = (oldest + 1) % OPEN_RANGES;
}

/* Map what is in [@start, @end) of a piece, open.  Each run may cut a hole in two. */
static int fill(unsigned int piece, unsigned long start, unsigned long end)
{
	unsigned long at, next, pfn;
	int err;

	for (at = start; at < end; at = next) {
		next = run_end(at, end, &pfn);
		if (!pfn)
			continue;
		err = try_map(at, next, pfn);
		if (err)
			return err;
		if (mappings[piece] < 2 * PTRS_PER_PTE) {
			mappings[piece] += 2;
			total += 2;
		}
	}
	note_open(start, end);
	if (unlikely(total > budget))
		drop_others(piece, budget);
	return 0;
}

/* From the first of its mappings to the last: then the host has none to split. */
static int open_range(unsigned long start, unsigned long end)
{
	int err;

	while (start < end && !kernel_pfn(start))
		start += PAGE_SIZE;
	while (end > start && !kernel_pfn(end - PAGE_SIZE))
		end -= PAGE_SIZE;
	err = host_protect(start, end - start, HOST_PROT_RWX);
	if (!err)
		note_open(start, end);
	return err;
}

/* The run that @addr is in, within its piece. */
static void find_run(unsigned int piece, unsigned long addr, unsigned long *start,
		     unsigned long *end)
{
	unsigned long first = piece_start(piece), pfn;

	addr &= PAGE_MASK;
	*end = run_end(addr, first + PIECE_SIZE, &pfn);
	for (*start = addr; *start > first; *start -= PAGE_SIZE)
		if (kernel_pfn(*start - PAGE_SIZE) + 1 != kernel_pfn(*start))
			break;
}

/* @bus: there is no mapping at all; else it may be hidden. */
static bool bring(unsigned int piece, unsigned long addr, bool bus)
{
	unsigned long start, end, run, run_end;

	find_run(piece, addr, &run, &run_end);
	start = min(run, max(round_down(addr, CHUNK), piece_start(piece)));
	end = max(run_end, min(round_down(addr, CHUNK) + CHUNK, piece_start(piece + 1)));
	if (mappings[piece] && !bus && !open_range(start, end))
		return true;
	if (!fill(piece, start, end))
		return true;
	drop_others(PIECES, 0);
	return !fill(piece, run, run_end);
}

/*
 * The kernel had no access to @addr.  True: that is memory of its own that was hidden
 * or not mapped, and can be had now.  @bus: SIGBUS, else SIGSEGV.
 */
bool vmap_touched(unsigned long addr, bool bus)
{
	static unsigned int again;
	unsigned long flags;
	bool good;

	if (addr < LOW_END || addr >= VMALLOC_END || !kernel_pfn(addr))
		return false;
	flags = arch_local_irq_save();
	again = addr == touched ? again + 1 : 0;
	touched = addr;
	/* again and again, though it was brought: the host has no memory for the page */
	good = again < TRIES && bring((addr - LOW_END) / PIECE_SIZE, addr, bus);
	arch_local_irq_restore(flags);
	return good;
}

/* On the way to user mode, interrupts off. */
void vmap_hide(void)
{
	touched = 0;
	while (nr_opened) {
		nr_opened--;
		hide(opened[nr_opened].start, opened[nr_opened].end);
	}
	oldest = 0;
}

/* What was filled in is going to be used.  What goes may be a part of what is mapped. */
static void sync_pieces(unsigned long start, unsigned long end, bool filled)
{
	unsigned long next, flags;

	for (; start < end; start = next) {
		unsigned int piece = (start - LOW_END) / PIECE_SIZE;

		next = min(piece_start(piece + 1), end);
		flags = arch_local_irq_save();
		touched = 0;
		if (!filled || fill(piece, start, next))
			drop_piece(piece);
		arch_local_irq_restore(flags);
	}
}

/* What is mapped for good */

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
static void sync_window(unsigned long start, unsigned long end)
{
	unsigned long next, pfn;

	guard_window_top(end);
	if (!guard_open_window(start)) {
		hostmap_drop();
		if (!guard_open_window(start))
			panic("the host cannot open a kernel mapping");
	}
	for (; start < end; start = next) {
		next = run_end(start, end, &pfn);
		map_run(start, next, pfn);
	}
}

static void vmap_sync(unsigned long start, unsigned long end, bool filled)
{
	unsigned int nr;

	for (nr = 0; nr < GUARD_WINDOWS; nr++) {
		unsigned long s = start & PAGE_MASK, e = PAGE_ALIGN(end);

		/* a range may reach over the ring, which is none of ours */
		if (nr == GUARD_RING || !guard_window_cut(nr, &s, &e))
			continue;
		if (s < LOW_END)
			sync_window(s, min(e, LOW_END));
		if (e > LOW_END)
			sync_pieces(max(s, LOW_END), e, filled);
	}
}

void vmap_filled(unsigned long start, unsigned long end)
{
	if (start < end)
		vmap_sync(start, end, true);
}
EXPORT_SYMBOL(vmap_filled);

void vmap_flush(unsigned long start, unsigned long end)
{
	/* a flush of everything only drops what nobody may use any more */
	if (end != -1UL)
		vmap_sync(start, end, false);
}
EXPORT_SYMBOL(vmap_flush);
