// SPDX-License-Identifier: GPL-2.0
/*
 * The host map: the process's one user address space as a software TLB.
 *
 * Guest page tables are the truth.  The host's mappings of user space are a
 * cache of one mm's tables, the owner's, which is the mm whose user code ran
 * last.  The shadow records what the host maps: per page the physical address
 * and the rights, 0 for nothing.  As a cache it may lose anything at
 * any time; user code then faults and it is filled again.
 *
 * Changes are not carried out where they are reported (hostmap_stale(),
 * hostmap_filled()) but noted, and done all at once on the way back to user
 * mode (hostmap_commit()).  That is safe because nothing but user code and
 * mm/uaccess.c looks through these mappings: user code does not run before
 * the commit, and uaccess asks hostmap_rights(), which denies everything while
 * a change is outstanding.  It saves calls: a broken copy-on-write is one
 * mmap() instead of munmap() and mmap(), a switch there and back is none.
 *
 * Interrupts are off in everything that touches the shadow or the notes.
 */
#include <linux/mm.h>
#include <linux/mmu_context.h>
#include <linux/ratelimit.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include <asm/boot.h>
#include <asm/fpu.h>
#include <asm/hostmap.h>
#include <asm/tlbflush.h>
#include <asm/hostmem.h>
#include <asm/trap.h>

#define RIGHTS		(HOSTMAP_READ | HOSTMAP_WRITE | HOSTMAP_EXEC)
#define ENTRIES		512UL		/* pages of a leaf */

/* The shadow: what the host maps in the 2 MiB at index << PMD_SHIFT.  Each has at least one page. */
struct leaf {
	DECLARE_BITMAP(mapped, ENTRIES);
	unsigned long entry[ENTRIES];
};
static DEFINE_XARRAY(shadow);
static struct kmem_cache *leaf_cache;
static bool leaf_empty;			/* some leaf lost its last page */

static struct mm_struct *owner;		/* whose tables the shadow agrees with, but for the notes */

struct note {
	unsigned long start, end;
	bool fill;			/* map what is present, not only correct what is mapped */
};

#define NOTES 8
static struct note notes[NOTES];
static unsigned int nr_notes;

pte_t *guest_pte(struct mm_struct *mm, unsigned long addr)
{
	p4d_t *p4d = p4d_offset(pgd_offset(mm, addr), addr);
	pud_t *pud;
	pmd_t *pmd;

	if (p4d_none(*p4d))
		return NULL;
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud))
		return NULL;
	pmd = pmd_offset(pud, addr);
	if (pmd_none(*pmd))
		return NULL;
	return pte_offset_kernel(pmd, addr);
}

/*
 * What the host should map for @pte.  Accessed and dirty bits have no hardware
 * behind them: an old page is not mapped and a clean one not writable, so that
 * the access faults and sets the bit.
 */
static unsigned long wanted(pte_t pte)
{
	unsigned long v = pte_val(pte), rights = HOSTMAP_READ;

	if ((v & (_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED)) !=
	    (_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED))
		return 0;
	if ((v & (_PAGE_RW | _PAGE_DIRTY)) == (_PAGE_RW | _PAGE_DIRTY))
		rights |= HOSTMAP_WRITE;
	if (!(v & _PAGE_NX))
		rights |= HOSTMAP_EXEC;
	return (v & PTE_PFN_MASK) | rights;
}

bool guest_pte_allows(unsigned long addr, unsigned long error)
{
	pte_t *pte = guest_pte(current->mm, addr);
	unsigned long want = pte ? wanted(*pte) : 0;

	if (error & X86_PF_WRITE)
		return want & HOSTMAP_WRITE;
	if (error & X86_PF_INSTR)
		return want & HOSTMAP_EXEC;
	return want;
}

static unsigned int leaf_index(unsigned long addr)
{
	return (addr >> PAGE_SHIFT) % ENTRIES;
}

static struct leaf *find_leaf(unsigned long addr)
{
	return xa_load(&shadow, addr >> PMD_SHIFT);
}

static struct leaf *make_leaf(unsigned long addr)
{
	struct leaf *leaf = find_leaf(addr);

	if (leaf)
		return leaf;
	leaf = kmem_cache_zalloc(leaf_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (leaf && xa_err(xa_store(&shadow, addr >> PMD_SHIFT, leaf, GFP_ATOMIC | __GFP_NOWARN))) {
		kmem_cache_free(leaf_cache, leaf);
		leaf = NULL;
	}
	return leaf;
}

/* A program that goes leaves its addresses for good: the next one has others. */
static void free_empty_leaves(void)
{
	struct leaf *leaf;
	unsigned long index;

	if (likely(!leaf_empty))
		return;
	leaf_empty = false;
	xa_for_each(&shadow, index, leaf) {
		if (bitmap_empty(leaf->mapped, ENTRIES)) {
			xa_erase(&shadow, index);
			kmem_cache_free(leaf_cache, leaf);
		}
	}
}

/* The host ran out of mappings (vm.max_map_count) or memory: begin anew. */
static void drop_all(void)
{
	struct leaf *leaf;
	unsigned long index;

	host_unmap(0, TASK_SIZE);
	xa_for_each(&shadow, index, leaf)
		kmem_cache_free(leaf_cache, leaf);
	xa_destroy(&shadow);
}

void hostmap_drop(void)
{
	unsigned long flags;

	local_irq_save(flags);
	drop_all();
	local_irq_restore(flags);
}

/* Adjacent pages for which the same host call is due. */
struct run {
	enum { NOTHING, UNMAP, PROTECT, MAP } op;
	unsigned long start, end;
	unsigned long entry;		/* shadow entry of the page at start, afterwards */
	bool replaces;			/* MAP over something that is mapped */
};

/*
 * A mapping that nobody asked for is worth its host call if it is long enough:
 * a call costs half of what a fault costs, and half of the pages around a
 * fault are never touched.
 */
#define WORTH_MAPPING	(4 * PAGE_SIZE)

static unsigned long faulted;		/* page that user code waits for */

static bool worth_mapping(const struct run *run)
{
	return run->replaces || run->end - run->start >= WORTH_MAPPING ||
	       (faulted >= run->start && faulted < run->end);
}

static int run_host_call(const struct run *run)
{
	unsigned long len = run->end - run->start;

	switch (run->op) {
	case UNMAP:
		return host_unmap(run->start, len);
	case PROTECT:
		return host_protect(run->start, len, run->entry & RIGHTS);
	case MAP:
		return host_map_populate(run->start, len, run->entry & RIGHTS, boot_info->memfd,
					 run->entry & PAGE_MASK);
	default:
		return 0;
	}
}

static void note_unmapped(const struct run *run)
{
	unsigned long index, end = run->end >> PAGE_SHIFT;
	struct leaf *leaf;

	/* may reach over any holes */
	xa_for_each_range(&shadow, index, leaf, run->start >> PMD_SHIFT, (run->end - 1) >> PMD_SHIFT) {
		unsigned long first = index * ENTRIES;
		unsigned int from = max(run->start >> PAGE_SHIFT, first) - first;
		unsigned int n = min(end - first, ENTRIES) - from;

		bitmap_clear(leaf->mapped, from, n);
		memset(leaf->entry + from, 0, n * sizeof(leaf->entry[0]));
		leaf_empty |= bitmap_empty(leaf->mapped, ENTRIES);
	}
}

static int note_mapped(const struct run *run)
{
	unsigned long addr, next, *entry;
	struct leaf *leaf;

	for (addr = run->start; addr < run->end; addr = next) {
		next = min((addr | ~PMD_MASK) + 1, run->end);
		leaf = make_leaf(addr);
		if (!leaf)
			return -ENOMEM;
		bitmap_set(leaf->mapped, leaf_index(addr), (next - addr) >> PAGE_SHIFT);
		for (; addr < next; addr += PAGE_SIZE) {
			entry = &leaf->entry[leaf_index(addr)];
			if (run->op == PROTECT)
				*entry = (*entry & PAGE_MASK) | (run->entry & RIGHTS);
			else
				*entry = run->entry + (addr - run->start);
		}
	}
	return 0;
}

static int finish_run(struct run *run)
{
	int err = 0;

	if (run->op == NOTHING)
		return 0;
	if (run->op != MAP || worth_mapping(run)) {
		err = run_host_call(run);
		if (!err && run->op == UNMAP)
			note_unmapped(run);
		else if (!err)
			err = note_mapped(run);
	}
	run->op = NOTHING;
	return err;
}

static int add_page(struct run *run, unsigned long addr, unsigned long have, unsigned long want)
{
	int op, err;

	if (have == want)
		/* munmap() may reach over pages that are not mapped */
		return have || run->op != UNMAP ? finish_run(run) : 0;
	if (!want)
		op = UNMAP;
	else if (have && !((have ^ want) & PAGE_MASK))
		op = PROTECT;
	else
		op = MAP;

	if (op == run->op &&
	    (op == UNMAP ||
	     (addr == run->end && op == PROTECT && !((want ^ run->entry) & RIGHTS)) ||
	     (addr == run->end && op == MAP && want == run->entry + (addr - run->start)))) {
		run->end = addr + PAGE_SIZE;
		run->replaces |= have;
		return 0;
	}
	err = finish_run(run);
	*run = (struct run){
		.op = op, .start = addr, .end = addr + PAGE_SIZE, .entry = want, .replaces = have,
	};
	return err;
}

/* Make what is mapped in [@start, @end) agree with @mm. */
static int sync_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct run run = { .op = NOTHING };
	struct leaf *leaf;
	unsigned long index;
	int err;

	xa_for_each_range(&shadow, index, leaf, start >> PMD_SHIFT, (end - 1) >> PMD_SHIFT) {
		unsigned long base = index << PMD_SHIFT;
		unsigned int i = start > base ? leaf_index(start) : 0;
		unsigned int last = min((end - base) >> PAGE_SHIFT, ENTRIES);
		pte_t *pte = guest_pte(mm, base);

		for_each_set_bit_from(i, leaf->mapped, last) {
			err = add_page(&run, base + i * PAGE_SIZE, leaf->entry[i],
				       pte ? wanted(pte[i]) : 0);
			if (err)
				return err;
		}
	}
	return finish_run(&run);
}

/* The same, and map what is present there. */
static int fill_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct run run = { .op = NOTHING };
	unsigned long addr, next;
	int err;

	for (addr = start; addr < end; addr = next) {
		struct leaf *leaf = find_leaf(addr);
		pte_t *pte = guest_pte(mm, addr & PMD_MASK);

		next = min((addr | ~PMD_MASK) + 1, end);
		if (!leaf && !pte)
			continue;
		for (; addr < next; addr += PAGE_SIZE) {
			unsigned int i = leaf_index(addr);

			err = add_page(&run, addr, leaf ? leaf->entry[i] : 0,
				       pte ? wanted(pte[i]) : 0);
			if (err)
				return err;
		}
	}
	return finish_run(&run);
}

static void add_note(unsigned long start, unsigned long end, bool fill)
{
	struct note *n;
	unsigned long flags;

	local_irq_save(flags);
	for (n = notes; n < notes + nr_notes; n++) {
		if (n->fill == fill && start <= n->end && end >= n->start) {
			n->start = min(n->start, start);
			n->end = max(n->end, end);
			goto out;
		}
	}
	if (nr_notes == NOTES) {
		/* Too many: correct everything, and let the rest fault in again. */
		notes[0] = (struct note){ .start = 0, .end = TASK_SIZE };
		nr_notes = 1;
		if (!fill)
			goto out;
	}
	notes[nr_notes++] = (struct note){ .start = start, .end = end, .fill = fill };
out:
	local_irq_restore(flags);
}

void hostmap_stale(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	if (mm == owner)
		add_note(start & PAGE_MASK, min(PAGE_ALIGN(end), TASK_SIZE), false);
}

void hostmap_filled(struct mm_struct *mm, unsigned long addr, unsigned long pages)
{
	addr &= PAGE_MASK;
	if (mm == current->mm)
		add_note(addr, addr + pages * PAGE_SIZE, true);
}

/* Pages that are mapped around a fault on one that the guest has. */
#define AROUND (16 * PAGE_SIZE)

void hostmap_want(unsigned long addr)
{
	faulted = addr & PAGE_MASK;
	add_note(round_down(addr, AROUND), round_down(addr, AROUND) + AROUND, true);
}

void hostmap_forget(struct mm_struct *mm)
{
	if (mm == owner)
		owner = NULL;
}

unsigned int hostmap_rights(unsigned long addr)
{
	struct leaf *leaf;

	if (owner != current->mm || nr_notes)
		return 0;
	leaf = find_leaf(addr);
	return leaf ? leaf->entry[leaf_index(addr)] & RIGHTS : 0;
}

static int commit_notes(struct mm_struct *mm)
{
	unsigned int i;
	int err;

	/*
	 * Another mm: one pass over all that is mapped keeps what both agree
	 * on, replaces what differs and drops what the new one lacks.
	 */
	if (owner != mm) {
		err = sync_range(mm, 0, TASK_SIZE);
		if (err)
			return err;
		owner = mm;
	}
	for (i = 0; i < nr_notes; i++) {
		unsigned long end = min(notes[i].end, TASK_SIZE);

		err = (notes[i].fill ? fill_range : sync_range)(mm, notes[i].start, end);
		if (err)
			return err;
	}
	return 0;
}

void hostmap_commit(void)
{
	struct mm_struct *mm = current->mm;
	int err;

	if (likely(owner == mm && !nr_notes))
		return;
	if (owner != mm)
		trap_scrub();
	err = commit_notes(mm);
	if (err == -ENOMEM) {
		drop_all();
		err = commit_notes(mm);
		if (err == -ENOMEM)
			drop_all();
	}
	nr_notes = 0;
	free_empty_leaves();
	if (err) {
		/* below the host's vm.mmap_min_addr, or the host has no memory left */
		pr_warn_ratelimited("%s[%d]: the host refuses a mapping: error %d\n",
				    current->comm, task_pid_nr(current), err);
		drop_all();
		force_fatal_sig(SIGBUS);
	}
}

static int __init hostmap_init(void)
{
	leaf_cache = kmem_cache_create("hostmap_leaf", sizeof(struct leaf), 0, SLAB_PANIC, NULL);
	return 0;
}
early_initcall(hostmap_init);	/* before the first usermode helper */
