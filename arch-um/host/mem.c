// SPDX-License-Identifier: GPL-2.0
/*
 * Host mappings, protection and segment bases.
 *
 * Used at run time: mmap (of two descriptors only), munmap, mprotect, madvise,
 * arch_prctl.
 */
#include <stddef.h>
#include <sys/mman.h>
#include <asm/prctl.h>
#include "../include/asm/hostmem.h"
#include "syscall.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23	/* Linux 5.14 */
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25	/* Linux 6.1 */
#endif

#define PAGE		4096UL

_Static_assert(HOST_PROT_READ == PROT_READ && HOST_PROT_WRITE == PROT_WRITE &&
	       HOST_PROT_EXEC == PROT_EXEC, "rights are passed on as they are");

static int map(unsigned long addr, unsigned long len, int prot, int flags, int fd,
	       unsigned long offset)
{
	long ret = host_syscall6(__NR_mmap, addr, len, prot, flags | MAP_SHARED | MAP_FIXED, fd,
				 offset);

	return ret == (long)addr ? 0 : ret;
}

int host_map(unsigned long addr, unsigned long len, int prot, int fd, unsigned long offset)
{
	return map(addr, len, prot, 0, fd, offset);
}

int host_map_populate(unsigned long addr, unsigned long len, int prot, int fd,
		      unsigned long offset)
{
	return map(addr, len, prot, MAP_POPULATE, fd, offset);
}

int host_map_anon(unsigned long addr, unsigned long len)
{
	long ret = boot_syscall6(__NR_mmap, addr, len, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	return ret == (long)addr ? 0 : ret;
}

int host_unmap(unsigned long addr, unsigned long len)
{
	return host_syscall2(__NR_munmap, addr, len);
}

int host_protect(unsigned long addr, unsigned long len, int prot)
{
	return host_syscall3(__NR_mprotect, addr, len, prot);
}

int host_populate_huge(unsigned long addr, unsigned long len)
{
	/*
	 * Collapsing wants one page, and fills in the others by itself: that takes
	 * an eighth of the time of a page at a time.
	 */
	int err = host_syscall3(__NR_madvise, addr, PAGE, MADV_POPULATE_WRITE);

	if (err || !host_syscall3(__NR_madvise, addr, len, MADV_COLLAPSE))
		return err;
	/* No huge page is to be had. */
	return host_syscall3(__NR_madvise, addr, len, MADV_POPULATE_WRITE);
}

void host_set_fsbase(unsigned long base)
{
	host_syscall2(__NR_arch_prctl, ARCH_SET_FS, base);
}

void host_set_gsbase(unsigned long base)
{
	host_syscall2(__NR_arch_prctl, ARCH_SET_GS, base);
}

unsigned long host_get_fsbase(void)
{
	unsigned long base = 0;

	host_syscall2(__NR_arch_prctl, ARCH_GET_FS, (long)&base);
	return base;
}

unsigned long host_get_gsbase(void)
{
	unsigned long base = 0;

	host_syscall2(__NR_arch_prctl, ARCH_GET_GS, (long)&base);
	return base;
}
