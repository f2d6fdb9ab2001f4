// SPDX-License-Identifier: GPL-2.0
/*
 * Setting up memory.
 */
#include <linux/execmem.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <asm/pgalloc.h>
#include <asm/boot.h>
#include <asm/hostmem.h>
#include <asm/physmem.h>
#include <asm/sections.h>

pgd_t swapper_pg_dir[PTRS_PER_PGD] __page_aligned_bss;
char empty_zero_page[PAGE_SIZE] __page_aligned_bss;
EXPORT_SYMBOL(empty_zero_page);

/* Rights by VM_READ | VM_WRITE | VM_EXEC | VM_SHARED; private pages are copied on write. */
static const pgprot_t protection_map[16] = {
	[VM_NONE]					= PAGE_NONE,
	[VM_READ]					= PAGE_READONLY,
	[VM_WRITE]					= PAGE_READONLY,
	[VM_WRITE | VM_READ]				= PAGE_READONLY,
	[VM_EXEC]					= PAGE_READONLY_EXEC,
	[VM_EXEC | VM_READ]				= PAGE_READONLY_EXEC,
	[VM_EXEC | VM_WRITE]				= PAGE_READONLY_EXEC,
	[VM_EXEC | VM_WRITE | VM_READ]			= PAGE_READONLY_EXEC,
	[VM_SHARED]					= PAGE_NONE,
	[VM_SHARED | VM_READ]				= PAGE_READONLY,
	[VM_SHARED | VM_WRITE]				= PAGE_SHARED,
	[VM_SHARED | VM_WRITE | VM_READ]		= PAGE_SHARED,
	[VM_SHARED | VM_EXEC]				= PAGE_READONLY_EXEC,
	[VM_SHARED | VM_EXEC | VM_READ]			= PAGE_READONLY_EXEC,
	[VM_SHARED | VM_EXEC | VM_WRITE]		= PAGE_SHARED_EXEC,
	[VM_SHARED | VM_EXEC | VM_WRITE | VM_READ]	= PAGE_SHARED_EXEC,
};
DECLARE_VM_GET_PAGE_PROT

void __init paging_init(void)
{
	unsigned long zones[MAX_NR_ZONES] = { };

	max_low_pfn = max_pfn = PHYS_PFN(boot_info->size);
	min_low_pfn = 0;
	set_max_mapnr(max_pfn);
	zones[ZONE_NORMAL] = max_low_pfn;
	free_area_init(zones);
}

void __init mem_init(void)
{
	physmem_back_reserved();
	high_memory = __va(boot_info->size);
	memblock_free_all();
}

pgd_t *pgd_alloc(struct mm_struct *mm)
{
	/* User space only: kernel mappings are the host's, found through init_mm. */
	return (pgd_t *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
}

bool __virt_addr_valid(unsigned long kaddr)
{
	return kaddr >= PAGE_OFFSET && kaddr < PAGE_OFFSET + boot_info->size;
}
EXPORT_SYMBOL(__virt_addr_valid);

#ifdef CONFIG_EXECMEM
static struct execmem_info execmem_info __ro_after_init = {
	.ranges = {
		[EXECMEM_DEFAULT] = {
			.start = MODULES_VADDR,
			.end = MODULES_END,
			.pgprot = PAGE_KERNEL_EXEC,
			.alignment = 1,
		},
	},
};

struct execmem_info __init *execmem_arch_setup(void)
{
	return &execmem_info;
}
#endif
