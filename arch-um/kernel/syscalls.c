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
 * MAP_32BIT asks for the first 2 GiB.  As on x86-64 it gives the second of the
 * two, and an address hint does not count.
 */
static unsigned long low_area(unsigned long len)
{
	struct vm_unmapped_area_info info = {
		.length = len,
		.low_limit = SZ_1G,
		.high_limit = SZ_2G,
	};

	if (current->flags & PF_RANDOMIZE)
		info.low_limit = randomize_page(SZ_1G, SZ_32M);
	return vm_unmapped_area(&info);
}

unsigned long arch_get_unmapped_area(struct file *file, unsigned long addr, unsigned long len,
				     unsigned long pgoff, unsigned long flags,
				     vm_flags_t vm_flags)
{
	if ((flags & (MAP_32BIT | MAP_FIXED)) == MAP_32BIT)
		return low_area(len);
	return generic_get_unmapped_area(file, addr, len, pgoff, flags, vm_flags);
}

unsigned long arch_get_unmapped_area_topdown(struct file *file, unsigned long addr,
					     unsigned long len, unsigned long pgoff,
					     unsigned long flags, vm_flags_t vm_flags)
{
	if ((flags & (MAP_32BIT | MAP_FIXED)) == MAP_32BIT)
		return low_area(len);
	return generic_get_unmapped_area_topdown(file, addr, len, pgoff, flags, vm_flags);
}
