// SPDX-License-Identifier: GPL-2.0
/*
 * The host map: the process's one user address space as a software TLB.
 *
 * Guest page tables are the truth.  The host's mappings of user space are a
 * cache of one mm's tables, the owner's, which is the mm whose user code ran
 * last.  The shadow (shadow.h) records what the host maps.  As a cache it may
 * lose anything at any time; user code then faults and it is filled again.
 *
 * A host call costs about the same for one page and for a dozen that follow each
 * other in memory, and a fault costs three calls.  So what is counted is runs and
 * traps.  At a switch of address spaces what differs is dropped, in as few calls
 * as possible; nothing is replaced but what the new one is known to use
 * (workset.h).  The cost of a switch is thus what both use in their slices, not
 * what they own.
 *
 * Changes are not carried out where they are reported (hostmap_stale(),
 * hostmap_filled()) but noted, and done all at once on the way back to user
 * mode (hostmap_commit()).  That is safe because nothing but user code and
 * mm/uaccess.c looks through these mappings: user code does not run before
 * the commit, and uaccess asks hostmap_rights(), which denies everything while
 * a change is outstanding.  It saves calls: a broken copy-on-write is one
 * mmap() instead of munmap() and mmap(), a switch there and back is none.
 *
 * Programs may have mappings in the hole that the kernel lies in (layout.h), but
 * never a page that is mapped here, and no call reaches over it: find_table() finds
 * nothing there, add_page() ends a run before it, and run_host_call() makes sure.
 *
 * Interrupts are off in everything that touches the shadow or the notes.  What is only
 * a hint (the page that is waited for, streams) may get lost.
 */
#include <linux/mm.h>
#include <linux/mmu_context.h>
#include <linux/ratelimit.h>
#include <linux/sched/signal.h>
#include <asm/boot.h>
#include <asm/cpu_state.h>
#include <asm/guard.h>
#include <asm/hostmap.h>
#include <asm/tlbflush.h>
#include <asm/hostmem.h>
#include <asm/trap.h>
#include <asm/user_context.h>
#include "shadow.h"
#include "workset.h"

static struct hostmap_state *const map = &um_cpu.hostmap;

/* The guest's entries of 2 MiB: a table, or one entry for all of it. */
struct table {
	pte_t *pte;
	pmd_t *pmd;
	pte_t huge;			/* *pmd, if that is the one */
};

static struct table find_table(struct mm_struct *mm, unsigned long addr)
{
	struct table none = { };
	p4d_t *p4d = p4d_offset(pgd_offset(mm, addr), addr);
	pud_t *pud;
	pmd_t *pmd;

	if ((mm != &init_mm && !is_user_address(addr)) || p4d_none(*p4d))
		return none;
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud))
		return none;
	pmd = pmd_offset(pud, addr);
	if (pmd_none(*pmd))
		return none;
	if (pmd_leaf(*pmd))
		return (struct table){ .pmd = pmd, .huge = pmd_pte(*pmd) };
	return (struct table){ .pte = (pte_t *)pmd_page_vaddr(*pmd) };
}

static pte_t table_entry(const struct table *t, unsigned int i)
{
	if (t->pte)
		return READ_ONCE(t->pte[i]);
	return pte_none(t->huge) ? t->huge : __pte(pte_val(t->huge) + i * PAGE_SIZE);
}

/* What a processor does when it walks to the page. */
static void table_set_young(const struct table *t, unsigned int i)
{
	if (t->pte)
		set_pte(&t->pte[i], pte_mkyoung(t->pte[i]));
	else
		set_pmd(t->pmd, pmd_mkyoung(*t->pmd));
}

static unsigned int leaf_index(unsigned long addr)
{
	return (addr >> PAGE_SHIFT) % LEAF_PAGES;
}

pte_t guest_entry(struct mm_struct *mm, unsigned long addr)
{
	struct table t = find_table(mm, addr);

	return table_entry(&t, leaf_index(addr));
}

/*
 * What the host should map for @pte.  No hardware sets its dirty bit: a clean page
 * is not writable, so that a write faults and sets it.
 */
static u32 wanted(pte_t pte)
{
	unsigned long v = pte_val(pte);
	u32 rights = HOSTMAP_READ;

	if ((v & (_PAGE_PRESENT | _PAGE_USER)) != (_PAGE_PRESENT | _PAGE_USER))
		return 0;
	if ((v & (_PAGE_RW | _PAGE_DIRTY)) == (_PAGE_RW | _PAGE_DIRTY))
		rights |= HOSTMAP_WRITE;
	if (!(v & _PAGE_NX))
		rights |= HOSTMAP_EXEC;
	return pte_pfn(pte) << ENTRY_SHIFT | rights;
}

bool guest_entry_allows(unsigned long addr, unsigned long error)
{
	u32 want = wanted(guest_entry(current->mm, addr));

	if (error & X86_PF_WRITE)
		return want & HOSTMAP_WRITE;
	if (error & X86_PF_INSTR)
		return want & HOSTMAP_EXEC;
	return want;
}

/*
 * The host gives a process so many mappings (vm.max_map_count), and refuses even calls
 * that would leave it with fewer once it has them all.  So user code gets half of
 * them, less a margin for what is mapped all the time; vmap.c has the other half.
 */
#define MARGIN		4096UL
#define RUNS_MIN	1024UL

static unsigned long runs;		/* of the host's mappings, at most */

static bool too_many_runs(void)
{
	unsigned long most = boot_info->max_maps / 2;

	most = most > MARGIN + RUNS_MIN ? most - MARGIN : RUNS_MIN;
	if (likely(runs <= most))
		return false;
	runs = shadow_runs();
	/* counting takes time: not again soon */
	return runs > most / 4 * 3;
}

/* The host ran out of memory, or user code has as much of it as it may: begin anew. */
static void drop_all(void)
{
	if (host_unmap(0, HOLE) || host_unmap(HOLE_END, TASK_SIZE - HOLE_END))
		panic("the host does not let go of user mappings");
	shadow_clear();
	runs = 0;
}

void hostmap_drop(void)
{
	unsigned long flags;

	local_irq_save(flags);
	drop_all();
	local_irq_restore(flags);
}

/* Pages that are mapped around one that is wanted, if they are there and follow it in memory. */
#define AROUND		(16 * PAGE_SIZE)

/*
 * Pages that somebody waits for, or most likely will: bits of the AROUND bytes
 * at @start.
 */
static struct {
	unsigned long start;
	unsigned int pages;
} asked;

static unsigned int also;		/* pages beside the one that user code waits for, likewise */

static bool is_asked(unsigned long addr)
{
	return addr - asked.start < AROUND && asked.pages & 1U << (addr - asked.start) / PAGE_SIZE;
}

static void ask(unsigned long addr)
{
	unsigned long start = round_down(addr, AROUND);

	if (asked.start != start) {
		asked.start = start;
		asked.pages = 0;
	}
	asked.pages |= 1U << (addr - start) / PAGE_SIZE;
}

#define MAX_EMPTIED 64

/* Adjacent pages for which the same host call is due. */
struct run {
	enum { NOTHING, UNMAP, PROTECT, MAP } op;
	unsigned long start, end;
	u32 entry;			/* of the page at start, afterwards */
	bool due;			/* MAP over something that is mapped, or of what is asked for */
	unsigned long worth;		/* MAP of other pages, too, if there are so many bytes of them; or 0 */
};

/*
 * A mapping that nobody asked for is worth its host call if it is long enough:
 * a call costs half of what a fault costs, and half of the pages around a
 * fault are never touched.
 */
#define WORTH_MAPPING	(4 * PAGE_SIZE)
#define WORTH_IN_STREAM	(2 * PAGE_SIZE)

/*
 * A stream (find_stream()) that maps as much at once passes by: all of it is going to
 * be used, and none of it is part of a working set.
 */
#define PASSING_BY	(256UL << 10)

/*
 * Page faults that the host counts when it fills in a run: one for each page that
 * can be written to, and one for each 64 KiB of others (do_fault_around()).
 */
static unsigned int host_faults(const struct run *run)
{
	if (run->entry & HOSTMAP_WRITE)
		return (run->end - run->start) / PAGE_SIZE;
	return (round_up(run->end, AROUND) - round_down(run->start, AROUND)) / AROUND;
}

static int run_host_call(const struct run *run)
{
	unsigned long len = run->end - run->start;

	BUG_ON(run->start < HOLE_END && run->end > HOLE);
	/* it may lie within one that becomes three */
	runs += 2;
	if (too_many_runs())
		return -ENOMEM;
	switch (run->op) {
	case UNMAP:
		return host_unmap(run->start, len);
	case PROTECT:
		return host_protect(run->start, len, run->entry & ENTRY_RIGHTS);
	case MAP:
		guard_foreseen(host_faults(run));
		return host_map_populate(run->start, len, run->entry & ENTRY_RIGHTS,
					 boot_info->memfd,
					 PFN_PHYS((unsigned long)run->entry >> ENTRY_SHIFT));
	default:
		return 0;
	}
}

static unsigned int emptied;		/* leaves that lost their last page; at least */

static void note_unmapped(const struct run *run)
{
	struct leaf *leaf;

	/* may reach over any holes */
	for (leaf = shadow_first(run->start); leaf && leaf->base < run->end;
	     leaf = shadow_next(leaf)) {
		unsigned int from = run->start > leaf->base ? leaf_index(run->start) : 0;
		unsigned int n = min((run->end - leaf->base) >> PAGE_SHIFT, LEAF_PAGES) - from;

		bitmap_clear(leaf->mapped, from, n);
		memset(leaf->entry + from, 0, n * sizeof(leaf->entry[0]));
		leaf->nr = bitmap_weight(leaf->mapped, LEAF_PAGES);
		emptied += !leaf->nr;
	}
}

static int note_mapped(const struct run *run)
{
	unsigned long addr, next;
	u32 entry = run->entry;

	for (addr = run->start; addr < run->end; addr = next) {
		struct leaf *leaf = shadow_make(addr);
		unsigned int i = leaf_index(addr), end;

		if (!leaf)
			return -ENOMEM;
		next = min((addr | ~PMD_MASK) + 1, run->end);
		end = i + ((next - addr) >> PAGE_SHIFT);
		if (run->op == PROTECT) {
			for (; i < end; i++)
				leaf->entry[i] = (leaf->entry[i] & ~ENTRY_RIGHTS) |
						 (entry & ENTRY_RIGHTS);
			continue;
		}
		bitmap_set(leaf->mapped, i, end - i);
		leaf->nr = bitmap_weight(leaf->mapped, LEAF_PAGES);
		for (; i < end; i++, entry += ENTRY_NEXT)
			leaf->entry[i] = entry;
	}
	return 0;
}

static int finish_run(struct run *run)
{
	int err = 0;

	if (run->op == NOTHING)
		return 0;
	if (run->op != MAP || run->due || (run->worth && run->end - run->start >= run->worth)) {
		err = run_host_call(run);
		if (!err && run->op == UNMAP)
			note_unmapped(run);
		else if (!err)
			err = note_mapped(run);
	}
	run->op = NOTHING;
	return err;
}

/* munmap() may reach over pages that are not mapped, but not over the kernel. */
static bool continues_unmap(const struct run *run, unsigned long addr)
{
	return (run->start < HOLE) == (addr < HOLE);
}

static int add_page(struct run *run, unsigned long addr, u32 have, u32 want)
{
	int op, err;

	if (have == want)
		return have || run->op != UNMAP ? finish_run(run) : 0;
	if (!want)
		op = UNMAP;
	else if (have && have >> ENTRY_SHIFT == want >> ENTRY_SHIFT)
		op = PROTECT;
	else
		op = MAP;

	if (op == run->op &&
	    ((op == UNMAP && continues_unmap(run, addr)) ||
	     (addr == run->end && op == PROTECT && !((want ^ run->entry) & ENTRY_RIGHTS)) ||
	     (addr == run->end && op == MAP &&
	      want == run->entry + ((addr - run->start) >> PAGE_SHIFT << ENTRY_SHIFT)))) {
		run->end = addr + PAGE_SIZE;
		run->due |= have || is_asked(addr);
		return 0;
	}
	err = finish_run(run);
	*run = (struct run){
		.op = op, .start = addr, .end = addr + PAGE_SIZE, .entry = want,
		.due = have || is_asked(addr), .worth = run->worth,
	};
	return err;
}

/*
 * Make what is mapped in [@start, @end) agree with @mm.  What the generic code has
 * made old goes, too, so that it learns whether it is used.
 */
static int sync_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct run run = { .op = NOTHING };
	struct leaf *leaf;
	int err;

	for (leaf = shadow_first(start); leaf && leaf->base < end; leaf = shadow_next(leaf)) {
		unsigned int i = start > leaf->base ? leaf_index(start) : 0;
		unsigned int last = min((end - leaf->base) >> PAGE_SHIFT, LEAF_PAGES);
		struct table t = find_table(mm, leaf->base);

		for_each_set_bit_from(i, leaf->mapped, last) {
			pte_t pte = table_entry(&t, i);

			err = add_page(&run, leaf->base + i * PAGE_SIZE, leaf->entry[i],
				       pte_young(pte) ? wanted(pte) : 0);
			if (err)
				return err;
		}
	}
	return finish_run(&run);
}

/* One page of a range whose pages are to be mapped if that is worth it. */
static int fill_page(struct run *run, unsigned long addr, const struct leaf *leaf,
		     const struct table *t)
{
	unsigned int i = leaf_index(addr);
	pte_t pte = table_entry(t, i);
	u32 want = wanted(pte);

	if (want && !pte_young(pte) && is_asked(addr))
		table_set_young(t, i);
	return add_page(run, addr, leaf ? leaf->entry[i] : 0, want);
}

/* Make it agree, and map what is present there. */
static int fill_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct run run = {
		.op = NOTHING,
		.worth = end - start >= PASSING_BY ? WORTH_IN_STREAM : WORTH_MAPPING,
	};
	unsigned long addr, next;
	int err;

	for (addr = start; addr < end; addr = next) {
		struct leaf *leaf = shadow_find(addr);
		struct table t = find_table(mm, addr);

		next = min((addr | ~PMD_MASK) + 1, end);
		if (!leaf && !t.pte && pte_none(t.huge))
			continue;
		for (; addr < next; addr += PAGE_SIZE) {
			err = fill_page(&run, addr, leaf, &t);
			if (err)
				return err;
		}
	}
	return finish_run(&run);
}

/* Pages that may stay at a switch: each is looked at in the next one, too, for 5 to 10 ns. */
#define MOST_KEPT 4096

/*
 * @mm gets the host map.  What both agree on stays, what differs goes, but for
 * what bring_back() replaces anyway.
 */
static int drop_others(struct mm_struct *mm)
{
	struct run run = { .op = NOTHING };
	struct workset_walk walk = { };
	unsigned long chosen = workset_from(mm, &walk, 0);
	unsigned int kept = 0;
	struct leaf *leaf;
	int err;

	for (leaf = shadow_first(0); leaf; leaf = shadow_next(leaf)) {
		struct table t = find_table(mm, leaf->base);
		unsigned int i;

		for_each_set_bit(i, leaf->mapped, LEAF_PAGES) {
			unsigned long addr = leaf->base + i * PAGE_SIZE;
			u32 have = leaf->entry[i];
			pte_t pte = table_entry(&t, i);
			u32 want = kept < MOST_KEPT ? wanted(pte) : 0;

			/* a child begins with what its parent has just used */
			if (want && have >> ENTRY_SHIFT == want >> ENTRY_SHIFT && !pte_young(pte))
				table_set_young(&t, i);
			if (have != want && want) {
				if (chosen < addr)
					chosen = workset_from(mm, &walk, addr);
				if (chosen == addr)
					want = have;
				else if (have >> ENTRY_SHIFT != want >> ENTRY_SHIFT)
					want = 0;
			}
			kept += want != 0;
			err = add_page(&run, addr, have, want);
			if (err)
				return err;
		}
	}
	return finish_run(&run);
}

/* Map all chosen pages of @mm, each with what follows it in memory close by. */
static int bring_back(struct mm_struct *mm)
{
	struct workset_walk walk = { };
	unsigned long addr = workset_from(mm, &walk, 0);

	while (addr != WORKSET_END) {
		unsigned long start = round_down(addr, AROUND), end = start + AROUND;
		struct table t = find_table(mm, start);
		struct leaf *leaf = shadow_find(start);
		struct run run = { .op = NOTHING };
		int err;

		asked.pages = 0;
		for (; addr < end; addr = workset_from(mm, &walk, addr + 1))
			ask(addr);
		if (!pte_none(t.huge)) {
			start = round_down(start, PMD_SIZE);
			end = start + PMD_SIZE;
		}
		for (; start < end; start += PAGE_SIZE) {
			err = fill_page(&run, start, leaf, &t);
			if (err)
				return err;
		}
		err = finish_run(&run);
		if (err)
			return err;
	}
	return 0;
}

static void add_note(unsigned long start, unsigned long end, bool fill)
{
	struct hostmap_note *n;
	unsigned long flags;

	local_irq_save(flags);
	for (n = map->notes; n < map->notes + map->nr_notes; n++) {
		if (n->fill == fill && start <= n->end && end >= n->start) {
			n->start = min(n->start, start);
			n->end = max(n->end, end);
			goto out;
		}
	}
	if (map->nr_notes == HOSTMAP_NOTES) {
		/* Too many: correct everything, and let the rest fault in again. */
		map->notes[0] = (struct hostmap_note){ .start = 0, .end = TASK_SIZE };
		map->nr_notes = 1;
		if (!fill)
			goto out;
	}
	map->notes[map->nr_notes++] = (struct hostmap_note){
		.start = start, .end = end, .fill = fill,
	};
out:
	local_irq_restore(flags);
}

void hostmap_stale(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	if (mm == map->owner)
		add_note(start & PAGE_MASK, min(PAGE_ALIGN(end), TASK_SIZE), false);
}

void hostmap_filled(struct mm_struct *mm, unsigned long addr, unsigned long pages)
{
	addr &= PAGE_MASK;
	if (mm == current->mm)
		add_note(addr, addr + pages * PAGE_SIZE, true);
}

/*
 * Programs that walk through more memory than they had in their last slices fault on
 * one block after the other.  Where one fault follows from where another's mapping
 * ended, that maps twice as much.
 */
static struct stream {
	unsigned long next, size;	/* bytes */
} streams[4];
static unsigned int oldest_stream;

static struct stream *find_stream(unsigned long start)
{
	struct stream *s;

	for (s = streams; s < streams + ARRAY_SIZE(streams); s++) {
		if (s->next - start > s->size)
			continue;
		if (s->next == start) {
			s->size = min(2 * s->size, PMD_SIZE);
			s->next += s->size;
		}
		return s;
	}
	s = &streams[oldest_stream++ % ARRAY_SIZE(streams)];
	*s = (struct stream){ .next = start + AROUND, .size = AROUND };
	return s;
}

void hostmap_want(unsigned long addr, bool write)
{
	unsigned long start = round_down(addr, AROUND);
	struct stream *stream;

	map->faulted = addr & PAGE_MASK;
	if (!pte_none(find_table(current->mm, addr).huge)) {
		start = round_down(addr, PMD_SIZE);
		add_note(start, start + PMD_SIZE, true);
		workset_note(current->mm, addr, write);
		return;
	}
	stream = find_stream(start);
	add_note(start, stream->next, true);
	if (stream->size < PASSING_BY)
		workset_note(current->mm, addr, write);
}

void hostmap_also(unsigned long addr)
{
	also |= 1U << addr % AROUND / PAGE_SIZE;
}

void hostmap_bring(void)
{
	map->bring = true;
}

void hostmap_forget(struct mm_struct *mm)
{
	if (mm == map->owner)
		map->owner = NULL;
}

/* The shadow's entry for @addr, 0 where it is outdated. */
static u32 shown(unsigned long addr)
{
	struct leaf *leaf;
	unsigned int i;

	if (map->owner != current->mm)
		return 0;
	for (i = 0; i < map->nr_notes; i++)
		if (addr >= map->notes[i].start && addr < map->notes[i].end)
			return 0;
	leaf = shadow_find(addr);
	return leaf ? leaf->entry[leaf_index(addr)] : 0;
}

unsigned int hostmap_rights(unsigned long addr)
{
	return shown(addr) & ENTRY_RIGHTS;
}

bool hostmap_shows(unsigned long addr, unsigned long phys)
{
	u32 entry = shown(addr);

	return entry && entry >> ENTRY_SHIFT == PHYS_PFN(phys);
}

static int switch_owner(struct mm_struct *mm)
{
	int err;

	workset_choose(mm);
	err = drop_others(mm) ?: bring_back(mm);
	if (!err)
		map->owner = mm;
	return err;
}

static int commit_notes(struct mm_struct *mm)
{
	unsigned int i;
	int err;

	asked.pages = 0;
	ask(map->faulted);
	asked.pages |= also;
	for (i = 0; i < map->nr_notes; i++) {
		unsigned long end = min(map->notes[i].end, TASK_SIZE);

		err = (map->notes[i].fill ? fill_range : sync_range)(mm, map->notes[i].start, end);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Each try asks for less of the host and of the guest's own memory than the one
 * before; the last one for a single page.
 */
static int commit(struct mm_struct *mm)
{
	int err = 0;

	if (map->owner != mm)
		err = switch_owner(mm);
	else if (map->bring)
		err = bring_back(mm);
	map->bring = false;
	if (!err)
		err = commit_notes(mm);
	if (err != -ENOMEM)
		return err;
	drop_all();
	map->owner = mm;
	err = commit_notes(mm);
	if (err != -ENOMEM)
		return err;
	drop_all();
	return fill_range(mm, map->faulted, map->faulted + PAGE_SIZE);
}

void hostmap_commit(void)
{
	struct mm_struct *mm = current->mm;
	int err;

	if (likely(map->owner == mm && !map->nr_notes && !map->bring))
		return;
	if (map->owner != mm)
		trap_scrub();
	err = commit(mm);
	map->nr_notes = 0;
	also = 0;
	/* now and then: it walks over all leaves */
	if (emptied > MAX_EMPTIED + shadow_leaves() / 4) {
		emptied = 0;
		shadow_sweep();
	}
	if (err) {
		/* below the host's vm.mmap_min_addr, or the host has no memory left */
		pr_warn_ratelimited("%s[%d]: the host refuses a mapping: error %d\n",
				    current->comm, task_pid_nr(current), err);
		drop_all();
		force_fatal_sig(SIGBUS);
	}
}
