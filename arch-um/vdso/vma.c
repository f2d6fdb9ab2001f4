// SPDX-License-Identifier: GPL-2.0
/*
 * The vdso in a program's address space: [vvar], the data that timekeeping
 * writes, and behind it [vdso], the code that reads it.
 */
#include <linux/binfmts.h>
#include <linux/elf.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/time_namespace.h>
#include <asm/page.h>
#include <asm/vdso.h>
#include <vdso/datapage.h>
#include <asm/vdso/vsyscall.h>

union vdso_data_store vdso_data_store __page_aligned_data;

static unsigned int vdso_enabled __ro_after_init = 1;

static int __init set_vdso_enabled(char *arg)
{
	return kstrtouint(arg, 0, &vdso_enabled) == 0;
}
__setup("vdso=", set_vdso_enabled);

/* Within a time namespace its page of offsets comes first and the true data second. */
static vm_fault_t vvar_fault(const struct vm_special_mapping *mapping,
			     struct vm_area_struct *vma, struct vm_fault *vmf)
{
	struct page *offsets = find_timens_vvar_page(vma);
	unsigned long data = virt_to_pfn(&vdso_data_store);

	switch (vmf->pgoff) {
	case VVAR_PAGE_DATA:
		return vmf_insert_pfn(vma, vmf->address, offsets ? page_to_pfn(offsets) : data);
	case VVAR_PAGE_TIMENS:
		if (offsets)
			return vmf_insert_pfn(vma, vmf->address, data);
		fallthrough;
	default:
		return VM_FAULT_SIGBUS;
	}
}

static int vdso_mremap(const struct vm_special_mapping *mapping, struct vm_area_struct *new)
{
	current->mm->context.vdso = new->vm_start;
	return 0;
}

static const struct vm_special_mapping vvar_mapping = {
	.name = "[vvar]",
	.fault = vvar_fault,
};

static struct vm_special_mapping vdso_mapping __ro_after_init = {
	.name = "[vdso]",
	.mremap = vdso_mremap,
};

static unsigned long vdso_size(void)
{
	return vdso_end - vdso_start;
}

static int __init vdso_init(void)
{
	unsigned long i, n = vdso_size() / PAGE_SIZE;
	struct page **pages;

	pages = kcalloc(n + 1, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		pages[i] = virt_to_page(vdso_start + i * PAGE_SIZE);
	vdso_mapping.pages = pages;
	return 0;
}
/* before the first program, which may be a helper that a driver asks for */
core_initcall(vdso_init);

static int map_vdso(struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	unsigned long vvar, code;

	vvar = get_unmapped_area(NULL, 0, VVAR_PAGES * PAGE_SIZE + vdso_size(), 0, 0);
	if (IS_ERR_VALUE(vvar))
		return vvar;
	code = vvar + VVAR_PAGES * PAGE_SIZE;

	/* VM_MAYWRITE: debuggers set breakpoints, in a copy */
	vma = _install_special_mapping(mm, code, vdso_size(),
				       VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC,
				       &vdso_mapping);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	vma = _install_special_mapping(mm, vvar, VVAR_PAGES * PAGE_SIZE,
				       VM_READ | VM_MAYREAD | VM_IO | VM_DONTDUMP | VM_PFNMAP,
				       &vvar_mapping);
	if (IS_ERR(vma)) {
		do_munmap(mm, code, vdso_size(), NULL);
		return PTR_ERR(vma);
	}
	mm->context.vdso = code;
	return 0;
}

int arch_setup_additional_pages(struct linux_binprm *bprm, int uses_interp)
{
	struct mm_struct *mm = current->mm;
	int err;

	mm->context.vdso = 0;
	if (!vdso_enabled || !vdso_mapping.pages)
		return 0;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	err = map_vdso(mm);
	mmap_write_unlock(mm);
	return err;
}

#ifdef CONFIG_TIME_NS
struct vdso_data *arch_get_vdso_data(void *page)
{
	return ((union vdso_data_store *)page)->data;
}

/* @task, alone in its mm, goes into another time namespace: it faults its pages in anew. */
int vdso_join_timens(struct task_struct *task, struct time_namespace *ns)
{
	struct mm_struct *mm = task->mm;
	struct vm_area_struct *vma;
	VMA_ITERATOR(vmi, mm, 0);

	mmap_read_lock(mm);
	for_each_vma(vmi, vma)
		if (vma_is_special_mapping(vma, &vvar_mapping))
			zap_vma_pages(vma);
	mmap_read_unlock(mm);
	return 0;
}
#endif
