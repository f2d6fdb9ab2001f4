/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest page tables, in the hardware's x86-64 format with four levels, though
 * no hardware walks them: the host's mappings of user space are a cache of
 * them, kept by mm/hostmap.c.
 */
#ifndef __ASM_UM_PGTABLE_H
#define __ASM_UM_PGTABLE_H

#include <asm/page.h>

/* Intel SDM volume 3, 4-level paging */
#define _PAGE_PRESENT	_AC(0x001, UL)
#define _PAGE_RW	_AC(0x002, UL)
#define _PAGE_USER	_AC(0x004, UL)
#define _PAGE_ACCESSED	_AC(0x020, UL)
#define _PAGE_DIRTY	_AC(0x040, UL)
#define _PAGE_PSE	_AC(0x080, UL)
#define _PAGE_PROTNONE	_AC(0x100, UL)	/* present for the kernel, not for the user */
#define _PAGE_SPECIAL	_AC(0x200, UL)
#define _PAGE_UFFD_WP	_AC(0x400, UL)	/* userfaultfd wants to know of writes; in swap entries, too */
#define _PAGE_NX	(_AC(1, UL) << 63)
#define _PAGE_SWP_EXCLUSIVE	_AC(0x004, UL)	/* in a swap entry only */

#define PTE_PFN_MASK	_AC(0x000ffffffffff000, UL)
#define _PAGE_CHG_MASK	(PTE_PFN_MASK | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_SPECIAL | _PAGE_UFFD_WP)

#define _PAGE_TABLE	(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY)
#define _PAGE_BASE	(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED)

#define PAGE_NONE		__pgprot(_PAGE_PROTNONE | _PAGE_ACCESSED | _PAGE_NX)
#define PAGE_READONLY		__pgprot(_PAGE_BASE | _PAGE_NX)
#define PAGE_READONLY_EXEC	__pgprot(_PAGE_BASE)
#define PAGE_SHARED		__pgprot(_PAGE_BASE | _PAGE_RW | _PAGE_NX)
#define PAGE_SHARED_EXEC	__pgprot(_PAGE_BASE | _PAGE_RW)
#define PAGE_KERNEL	__pgprot(_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_NX)
#define PAGE_KERNEL_EXEC	__pgprot(_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY)
#define PAGE_KERNEL_RO		__pgprot(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_NX)
#define PAGE_KERNEL_ROX		__pgprot(_PAGE_PRESENT | _PAGE_ACCESSED)

#define PGDIR_SHIFT	39
#define PUD_SHIFT	30
#define PMD_SHIFT	21
#define PTRS_PER_PGD	512
#define PTRS_PER_PUD	512
#define PTRS_PER_PMD	512
#define PTRS_PER_PTE	512
#define PGDIR_SIZE	(_AC(1, UL) << PGDIR_SHIFT)
#define PGDIR_MASK	(~(PGDIR_SIZE - 1))
#define PUD_SIZE	(_AC(1, UL) << PUD_SHIFT)
#define PUD_MASK	(~(PUD_SIZE - 1))
#define PMD_SIZE	(_AC(1, UL) << PMD_SHIFT)
#define PMD_MASK	(~(PMD_SIZE - 1))
#define HPAGE_SHIFT	PMD_SHIFT
#define HPAGE_SIZE	PMD_SIZE
#define HPAGE_MASK	PMD_MASK

#define MAX_PTRS_PER_PTE	PTRS_PER_PTE
#define USER_PTRS_PER_PGD	((TASK_SIZE + PGDIR_SIZE - 1) / PGDIR_SIZE)
#define FIRST_USER_ADDRESS	0UL
#define PFN_PTE_SHIFT		PAGE_SHIFT
#define MAX_PHYSMEM_BITS	46
#define MODULES_LEN		(MODULES_END - MODULES_VADDR)

/* MAP_32BIT: kernel/syscalls.c */
#define HAVE_ARCH_UNMAPPED_AREA
#define HAVE_ARCH_UNMAPPED_AREA_TOPDOWN

#ifndef __ASSEMBLY__
#include <asm-generic/pgtable-nop4d.h>
#include <linux/mm_types.h>

extern pgd_t swapper_pg_dir[PTRS_PER_PGD];
extern char empty_zero_page[PAGE_SIZE];

#define ZERO_PAGE(vaddr)	virt_to_page(empty_zero_page)

#define pte_ERROR(e) pr_err("%s:%d: bad pte %016lx\n", __FILE__, __LINE__, pte_val(e))
#define pmd_ERROR(e) pr_err("%s:%d: bad pmd %016lx\n", __FILE__, __LINE__, pmd_val(e))
#define pud_ERROR(e) pr_err("%s:%d: bad pud %016lx\n", __FILE__, __LINE__, pud_val(e))
#define pgd_ERROR(e) pr_err("%s:%d: bad pgd %016lx\n", __FILE__, __LINE__, pgd_val(e))

/* Upper levels */

#define __p4d(x)		((p4d_t) { __pgd(x) })

static inline void set_pmd(pmd_t *pmdp, pmd_t pmd)
{
	WRITE_ONCE(*pmdp, pmd);
}

static inline void set_pmd_at(struct mm_struct *mm, unsigned long addr, pmd_t *pmdp, pmd_t pmd)
{
	set_pmd(pmdp, pmd);
}
#define set_pmd_at set_pmd_at

static inline void set_pud(pud_t *pudp, pud_t pud)
{
	WRITE_ONCE(*pudp, pud);
}

static inline void set_p4d(p4d_t *p4dp, p4d_t p4d)
{
	WRITE_ONCE(*p4dp, p4d);
}

#define TABLE_BAD(v)	(((v) & ~(PTE_PFN_MASK | _PAGE_ACCESSED)) != (_PAGE_TABLE & ~_PAGE_ACCESSED))

static inline int pmd_none(pmd_t pmd)		{ return !pmd_val(pmd); }
/* A huge entry that is being changed (pmd_mkinvalid()) is still there. */
static inline int pmd_present(pmd_t pmd)	{ return pmd_val(pmd) & (_PAGE_PRESENT | _PAGE_PSE); }
static inline int pmd_bad(pmd_t pmd)		{ return TABLE_BAD(pmd_val(pmd)); }
static inline void pmd_clear(pmd_t *pmdp)	{ set_pmd(pmdp, __pmd(0)); }
static inline int pud_none(pud_t pud)		{ return !pud_val(pud); }
static inline int pud_present(pud_t pud)	{ return pud_val(pud) & _PAGE_PRESENT; }
static inline int pud_bad(pud_t pud)		{ return TABLE_BAD(pud_val(pud)); }
static inline void pud_clear(pud_t *pudp)	{ set_pud(pudp, __pud(0)); }
static inline int p4d_none(p4d_t p4d)		{ return !pgd_val(p4d.pgd); }
static inline int p4d_present(p4d_t p4d)	{ return pgd_val(p4d.pgd) & _PAGE_PRESENT; }
static inline int p4d_bad(p4d_t p4d)		{ return TABLE_BAD(pgd_val(p4d.pgd)); }
static inline void p4d_clear(p4d_t *p4dp)	{ set_p4d(p4dp, __p4d(0)); }

#define pmd_pfn(pmd)		((pmd_val(pmd) & PTE_PFN_MASK) >> PAGE_SHIFT)
#define pmd_page(pmd)		pfn_to_page(pmd_pfn(pmd))
#define pmd_page_vaddr(pmd)	((unsigned long)__va(pmd_val(pmd) & PTE_PFN_MASK))
#define pud_pfn(pud)		((pud_val(pud) & PTE_PFN_MASK) >> PAGE_SHIFT)
#define pud_page(pud)		pfn_to_page(pud_pfn(pud))
#define pud_pgtable(pud)	((pmd_t *)__va(pud_val(pud) & PTE_PFN_MASK))
#define p4d_page(p4d)		pfn_to_page((pgd_val((p4d).pgd) & PTE_PFN_MASK) >> PAGE_SHIFT)

static inline pud_t *p4d_pgtable(p4d_t p4d)
{
	return __va(pgd_val(p4d.pgd) & PTE_PFN_MASK);
}

static inline pud_t *pud_offset(p4d_t *p4d, unsigned long address)
{
	return p4d_pgtable(*p4d) + ((address >> PUD_SHIFT) & (PTRS_PER_PUD - 1));
}
#define pud_offset pud_offset

/* Entries */

#define pfn_pte(pfn, prot)	__pte(((phys_addr_t)(pfn) << PAGE_SHIFT) | pgprot_val(prot))
#define pfn_pmd(pfn, prot)	__pmd(((phys_addr_t)(pfn) << PAGE_SHIFT) | pgprot_val(prot))
#define mk_pte(page, prot)	pfn_pte(page_to_pfn(page), prot)
#define pte_pfn(pte)		((pte_val(pte) & PTE_PFN_MASK) >> PAGE_SHIFT)
#define pte_page(pte)		pfn_to_page(pte_pfn(pte))
#define pte_none(pte)		(!pte_val(pte))
#define pte_present(pte)	(pte_val(pte) & (_PAGE_PRESENT | _PAGE_PROTNONE))
#define pte_accessible(mm, pte)	(pte_val(pte) & _PAGE_PRESENT)
#define pte_clear(mm, addr, ptep)	set_pte(ptep, __pte(0))

static inline void set_pte(pte_t *ptep, pte_t pte)
{
	WRITE_ONCE(*ptep, pte);
}

static inline bool pte_write(pte_t pte)		{ return pte_val(pte) & _PAGE_RW; }
static inline bool pte_dirty(pte_t pte)		{ return pte_val(pte) & _PAGE_DIRTY; }
static inline bool pte_young(pte_t pte)		{ return pte_val(pte) & _PAGE_ACCESSED; }
static inline bool pte_special(pte_t pte)	{ return pte_val(pte) & _PAGE_SPECIAL; }
static inline bool pte_exec(pte_t pte)		{ return !(pte_val(pte) & _PAGE_NX); }

static inline pte_t pte_set_flags(pte_t pte, unsigned long set)
{
	return __pte(pte_val(pte) | set);
}

static inline pte_t pte_clear_flags(pte_t pte, unsigned long clear)
{
	return __pte(pte_val(pte) & ~clear);
}

static inline pte_t pte_wrprotect(pte_t pte)	{ return pte_clear_flags(pte, _PAGE_RW); }
static inline pte_t pte_mkclean(pte_t pte)	{ return pte_clear_flags(pte, _PAGE_DIRTY); }
static inline pte_t pte_mkold(pte_t pte)	{ return pte_clear_flags(pte, _PAGE_ACCESSED); }
static inline pte_t pte_mkdirty(pte_t pte)	{ return pte_set_flags(pte, _PAGE_DIRTY); }
static inline pte_t pte_mkyoung(pte_t pte)	{ return pte_set_flags(pte, _PAGE_ACCESSED); }
static inline pte_t pte_mkspecial(pte_t pte)	{ return pte_set_flags(pte, _PAGE_SPECIAL); }
static inline pte_t pte_mkwrite_novma(pte_t pte) { return pte_set_flags(pte, _PAGE_RW); }

static inline pte_t pte_modify(pte_t pte, pgprot_t prot)
{
	return __pte((pte_val(pte) & _PAGE_CHG_MASK) | (pgprot_val(prot) & ~_PAGE_CHG_MASK) |
		     (pgprot_val(prot) & _PAGE_ACCESSED));
}

/* Huge entries: bits as in the others, and _PAGE_PSE */

#define pmd_leaf(pmd)		(!!(pmd_val(pmd) & _PAGE_PSE))
#define mk_pmd(page, prot)	pfn_pmd(page_to_pfn(page), prot)
#define pmd_pte(pmd)		__pte(pmd_val(pmd))
#define pte_pmd(pte)		__pmd(pte_val(pte))

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
static inline int pmd_trans_huge(pmd_t pmd)	{ return pmd_leaf(pmd); }
#endif

static inline int pmd_dirty(pmd_t pmd)		{ return pte_dirty(pmd_pte(pmd)); }
#define pmd_dirty pmd_dirty
static inline int pmd_young(pmd_t pmd)		{ return pte_young(pmd_pte(pmd)); }
#define pmd_young pmd_young
static inline int pmd_write(pmd_t pmd)		{ return pte_write(pmd_pte(pmd)); }
#define pmd_write pmd_write

static inline pmd_t pmd_wrprotect(pmd_t pmd)	{ return pte_pmd(pte_wrprotect(pmd_pte(pmd))); }
static inline pmd_t pmd_mkclean(pmd_t pmd)	{ return pte_pmd(pte_mkclean(pmd_pte(pmd))); }
static inline pmd_t pmd_mkold(pmd_t pmd)	{ return pte_pmd(pte_mkold(pmd_pte(pmd))); }
static inline pmd_t pmd_mkdirty(pmd_t pmd)	{ return pte_pmd(pte_mkdirty(pmd_pte(pmd))); }
static inline pmd_t pmd_mkyoung(pmd_t pmd)	{ return pte_pmd(pte_mkyoung(pmd_pte(pmd))); }
static inline pmd_t pmd_mkwrite_novma(pmd_t pmd) { return pte_pmd(pte_mkwrite_novma(pmd_pte(pmd))); }
static inline pmd_t pmd_mkhuge(pmd_t pmd)	{ return __pmd(pmd_val(pmd) | _PAGE_PSE); }

/* What the host maps of it goes, but it is neither none nor a table. */
static inline pmd_t pmd_mkinvalid(pmd_t pmd)
{
	return __pmd(pmd_val(pmd) & ~(_PAGE_PRESENT | _PAGE_PROTNONE));
}

/* No hardware sets bits behind our back. */
#define pmdp_establish generic_pmdp_establish

static inline pmd_t pmd_modify(pmd_t pmd, pgprot_t prot)
{
	return pmd_mkhuge(pte_pmd(pte_modify(pmd_pte(pmd), prot)));
}

/*
 * Swap entries: not present, not PROTNONE.
 *	bit  2		_PAGE_SWP_EXCLUSIVE
 *	bits 3-7	type
 *	bit  10		_PAGE_UFFD_WP
 *	bits 12-63	offset
 */
#define __swp_type(x)		(((x).val >> 3) & 0x1f)
#define __swp_offset(x)		((x).val >> PAGE_SHIFT)
#define __swp_entry(type, off)	((swp_entry_t) { (((type) & 0x1f) << 3) | ((off) << PAGE_SHIFT) })
#define __pte_to_swp_entry(pte)	((swp_entry_t) { pte_val(pte) })
#define __swp_entry_to_pte(x)	__pte((x).val)

static inline bool pte_swp_exclusive(pte_t pte)
{
	return pte_val(pte) & _PAGE_SWP_EXCLUSIVE;
}

static inline pte_t pte_swp_mkexclusive(pte_t pte)
{
	return pte_set_flags(pte, _PAGE_SWP_EXCLUSIVE);
}

static inline pte_t pte_swp_clear_exclusive(pte_t pte)
{
	return pte_clear_flags(pte, _PAGE_SWP_EXCLUSIVE);
}

#ifdef CONFIG_HAVE_ARCH_USERFAULTFD_WP
static inline int pte_uffd_wp(pte_t pte)	{ return !!(pte_val(pte) & _PAGE_UFFD_WP); }
static inline pte_t pte_clear_uffd_wp(pte_t pte) { return pte_clear_flags(pte, _PAGE_UFFD_WP); }
static inline pte_t pte_mkuffd_wp(pte_t pte)
{
	return pte_wrprotect(pte_set_flags(pte, _PAGE_UFFD_WP));
}

static inline int pmd_uffd_wp(pmd_t pmd)	{ return pte_uffd_wp(pmd_pte(pmd)); }
static inline pmd_t pmd_clear_uffd_wp(pmd_t pmd) { return pte_pmd(pte_clear_uffd_wp(pmd_pte(pmd))); }
static inline pmd_t pmd_mkuffd_wp(pmd_t pmd)	{ return pte_pmd(pte_mkuffd_wp(pmd_pte(pmd))); }

static inline int pte_swp_uffd_wp(pte_t pte)	{ return pte_uffd_wp(pte); }
static inline pte_t pte_swp_clear_uffd_wp(pte_t pte) { return pte_clear_uffd_wp(pte); }
static inline pte_t pte_swp_mkuffd_wp(pte_t pte) { return pte_set_flags(pte, _PAGE_UFFD_WP); }
static inline int pmd_swp_uffd_wp(pmd_t pmd)	{ return pmd_uffd_wp(pmd); }
static inline pmd_t pmd_swp_clear_uffd_wp(pmd_t pmd) { return pmd_clear_uffd_wp(pmd); }
static inline pmd_t pmd_swp_mkuffd_wp(pmd_t pmd)
{
	return pte_pmd(pte_swp_mkuffd_wp(pmd_pte(pmd)));
}
#endif

/* The host map follows: what was filled in is mapped before user code runs. */

struct vm_fault;
void hostmap_filled(struct mm_struct *mm, unsigned long addr, unsigned long pages);

#define update_mmu_cache_range(vmf, vma, addr, ptep, nr) hostmap_filled((vma)->vm_mm, addr, nr)
#define update_mmu_cache(vma, addr, ptep)	hostmap_filled((vma)->vm_mm, addr, 1)
#define update_mmu_cache_pmd(vma, addr, pmdp)	hostmap_filled((vma)->vm_mm, (addr) & PMD_MASK, PTRS_PER_PTE)

/* A right that was added needs no flush: the refill replaces the old mapping. */
#define flush_tlb_fix_spurious_fault(vma, addr, ptep)	do { } while (0)

#endif /* !__ASSEMBLY__ */
#endif
