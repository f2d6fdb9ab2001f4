// SPDX-License-Identifier: GPL-2.0
/*
 * The host map: the process's one user address space as a software TLB.
 *
 * Guest page tables are the truth.  The host's mappings of user space are a
 * cache of one mm's tables, the owner's, which is the mm whose user code ran
 * last.  A shadow tree records what the host maps: per page the physical
 * address and the rights, 0 for nothing.  As a cache it may lose anything at
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
#include <asm/boot.h>
#include <asm/fpu.h>
#include <asm/hostmap.h>
#include <asm/tlbflush.h>
#include <asm/hostmem.h>
#include <asm/trap.h>

#define RIGHTS		(HOSTMAP_READ | HOSTMAP_WRITE | HOSTMAP_EXEC)
#define ENTRIES		512

/* Shadow tree: three levels of pointers, then entries; geometry as in the guest's tables. */
static void **root[ENTRIES];

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

/* Shadow entries of the 2 MiB around @addr, or NULL. */
static unsigned long *shadow(unsigned long addr, bool create)
{
	void **table = (void **)root;
	int shift;

	for (shift = PGDIR_SHIFT; shift > PAGE_SHIFT; shift -= 9) {
		void **entry = &table[(addr >> shift) % ENTRIES];

		if (!*entry) {
			if (!create)
				return NULL;
			*entry = (void *)get_zeroed_page(GFP_ATOMIC | __GFP_NOWARN);
			if (!*entry)
				return NULL;
		}
		table = *entry;
	}
	return (unsigned long *)table;
}

static void free_shadow(void **table, int shift)
{
	int i;

	for (i = 0; i < ENTRIES; i++) {
		if (!table[i])
			continue;
		if (shift > PMD_SHIFT)
			free_shadow(table[i], shift - 9);
		free_page((unsigned long)table[i]);
		table[i] = NULL;
	}
}

/* The host ran out of mappings (vm.max_map_count) or memory: begin anew. */
static void drop_all(void)
{
	host_unmap(0, TASK_SIZE);
	free_shadow((void **)root, PGDIR_SHIFT);
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

/* Does a table of the shadow exist for @addr?  If not, the next address that may have one. */
static unsigned long skip_hole(unsigned long addr)
{
	void **table = (void **)root;
	int shift;

	for (shift = PGDIR_SHIFT; shift > PAGE_SHIFT; shift -= 9) {
		table = table[(addr >> shift) % ENTRIES];
		if (!table)
			return (addr | ((1UL << shift) - 1)) + 1;
	}
	return addr;
}

/* Note in the shadow what @run has done to the page at @addr, whose entry is @entry. */
static unsigned long after(const struct run *run, unsigned long addr, unsigned long entry)
{
	switch (run->op) {
	case UNMAP:
		return 0;
	case PROTECT:
		return (entry & PAGE_MASK) | (run->entry & RIGHTS);
	default:
		return run->entry + (addr - run->start);
	}
}

static int finish_run(struct run *run)
{
	unsigned long addr, next, *table;
	int err;

	if (run->op == NOTHING)
		return 0;
	if (run->op == MAP && !worth_mapping(run)) {
		run->op = NOTHING;
		return 0;
	}
	err = run_host_call(run);
	if (err)
		return err;
	for (addr = run->start; addr < run->end; addr = next) {
		if (run->op == UNMAP) {		/* may reach over any holes */
			next = skip_hole(addr);
			if (next != addr)
				continue;
		}
		table = shadow(addr, true);
		if (!table)
			return -ENOMEM;
		next = min((addr | ~PMD_MASK) + 1, run->end);
		for (; addr < next; addr += PAGE_SIZE) {
			unsigned long *entry = &table[(addr >> PAGE_SHIFT) % ENTRIES];

			*entry = after(run, addr, *entry);
		}
	}
	run->op = NOTHING;
	return 0;
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

/* Make [@start, @end) agree with @mm; with @fill, map what is present there. */
static int sync_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool fill)
{
	struct run run = { .op = NOTHING };
	unsigned long addr, next;

	for (addr = start; addr < end; addr = next) {
		unsigned long *have;
		pte_t *pte;
		int err;

		if (!fill) {
			next = skip_hole(addr);
			if (next != addr)
				continue;
		}
		next = min((addr | ~PMD_MASK) + 1, end);
		have = shadow(addr, false);
		pte = guest_pte(mm, addr & PMD_MASK);
		if (!have && !pte)
			continue;
		for (; addr < next; addr += PAGE_SIZE) {
			unsigned int i = (addr >> PAGE_SHIFT) % ENTRIES;
			unsigned long h = have ? have[i] : 0;

			err = add_page(&run, addr, h, pte && (h || fill) ? wanted(pte[i]) : 0);
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
	unsigned long *table;

	if (owner != current->mm || nr_notes)
		return 0;
	table = shadow(addr, false);
	return table ? table[(addr >> PAGE_SHIFT) % ENTRIES] & RIGHTS : 0;
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
		err = sync_range(mm, 0, TASK_SIZE, false);
		if (err)
			return err;
		owner = mm;
	}
	for (i = 0; i < nr_notes; i++) {
		err = sync_range(mm, notes[i].start, min(notes[i].end, TASK_SIZE), notes[i].fill);
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
	if (err) {
		/* below the host's vm.mmap_min_addr, or the host has no memory left */
		pr_warn_ratelimited("%s[%d]: the host refuses a mapping: error %d\n",
				    current->comm, task_pid_nr(current), err);
		drop_all();
		force_fatal_sig(SIGBUS);
	}
}
