// SPDX-License-Identifier: GPL-2.0
/*
 * System calls of x86-64 that the generic kernel does not have, and where
 * mmap() puts what it may place freely.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/security.h>
#include <linux/sizes.h>
#include <linux/syscalls.h>

SYSCALL_DEFINE6(mmap, unsigned long, addr, unsigned long, len, unsigned long, prot,
		unsigned long, flags, unsigned long, fd, unsigned long, offset)
{
	if (offset_in_page(offset))
		return -EINVAL;
	return ksys_mmap_pgoff(addr, len, prot, flags, fd, offset >> PAGE_SHIFT);
}

/*
 * MAP_32BIT asks for the first 2 GiB.  As on x86-64 a free address that the caller
 * names there is taken; without one it gives the second of the two.
 */
static unsigned long low_area(unsigned long addr, unsigned long len)
{
	struct vm_unmapped_area_info info = {
		.length = len,
		.low_limit = SZ_1G,
		.high_limit = SZ_2G,
	};
	struct vm_area_struct *next;

	addr = PAGE_ALIGN(addr);
	if (addr && len <= SZ_2G && addr <= SZ_2G - len) {
		next = find_vma(current->mm, addr);
		if (!next || addr + len <= vm_start_gap(next))
			return addr;
	}
	if (current->flags & PF_RANDOMIZE)
		info.low_limit = randomize_page(SZ_1G, SZ_32M);
	return vm_unmapped_area(&info);
}

/*
 * The hole in user space (layout.h).  What lies there cannot be reached whatever the
 * guest maps; this is for programs to be told so.  Those that reserve what nobody is
 * to use (sanitizers) get it as they ask, over the hole, too.
 */
static bool meets_hole(unsigned long addr, unsigned long len)
{
	return addr < HOLE_END && addr + len > HOLE;
}

/* @vm_flags is 0 for brk() and mremap(). */
static unsigned long fixed_area(unsigned long addr, unsigned long len, vm_flags_t vm_flags)
{
	if (meets_hole(addr, len) && (!vm_flags || vm_flags & VM_ACCESS_FLAGS))
		return -ENOMEM;
	return addr;
}

/*
 * There was no room on the side of the hole where it was sought first.  As far from the
 * hole as the program's other mappings are from the end, so that it cannot be told.
 */
static unsigned long other_side(unsigned long len, bool above)
{
	unsigned long gap = current->flags & PF_RANDOMIZE ?
			    current->mm->mmap_base & (BIT(40) - 1) & PAGE_MASK : 0;
	struct vm_unmapped_area_info info = {
		.length = len,
		.flags = above ? 0 : VM_UNMAPPED_AREA_TOPDOWN,
		.low_limit = above ? HOLE_END + gap : mmap_min_addr,
		.high_limit = above ? TASK_SIZE : HOLE - gap,
	};
	unsigned long at = vm_unmapped_area(&info);

	if (!IS_ERR_VALUE(at) || !gap)
		return at;
	if (above)
		info.low_limit = HOLE_END;
	else
		info.high_limit = HOLE;
	return vm_unmapped_area(&info);
}

static unsigned long find_area(struct file *file, unsigned long addr, unsigned long len,
			       unsigned long pgoff, unsigned long flags, vm_flags_t vm_flags,
			       bool topdown)
{
	unsigned long at;

	if (flags & MAP_FIXED)
		return fixed_area(addr, len, vm_flags);
	if (flags & MAP_32BIT)
		return low_area(addr, len);
	if (meets_hole(PAGE_ALIGN(addr), len))
		addr = 0;
	at = (topdown ? generic_get_unmapped_area_topdown : generic_get_unmapped_area)
		(file, addr, len, pgoff, flags, vm_flags);
	return !IS_ERR_VALUE(at) && meets_hole(at, len) ? other_side(len, !topdown) : at;
}

unsigned long arch_get_unmapped_area(struct file *file, unsigned long addr, unsigned long len,
				     unsigned long pgoff, unsigned long flags,
				     vm_flags_t vm_flags)
{
	return find_area(file, addr, len, pgoff, flags, vm_flags, false);
}

unsigned long arch_get_unmapped_area_topdown(struct file *file, unsigned long addr,
					     unsigned long len, unsigned long pgoff,
					     unsigned long flags, vm_flags_t vm_flags)
{
	return find_area(file, addr, len, pgoff, flags, vm_flags, true);
}
