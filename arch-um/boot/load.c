// SPDX-License-Identifier: GPL-2.0
/*
 * Physical memory and the image in it.
 *
 * Memory is one file without a name, mapped at PAGE_OFFSET; the image lies at
 * its start, and this program's last words (struct boot_info) behind it.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "stage.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U		/* Linux 6.3 */
#endif
#define MADV_COLLAPSE_ 25	/* Linux 6.1; newer than Debian 12's headers */

/* mem= is a limit, whatever becomes of the guest kernel. */
static void keep_size(int fd)
{
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))
		die("the host cannot seal the guest's memory: %s", strerror(errno));
}

/*
 * Not an ordinary file: memory works where /tmp and /dev/shm are mounted
 * noexec or are missing.
 */
static int physical_memory(unsigned long size)
{
	int fd = memfd_create("uml-memory", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("uml-memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		die("the host gives no memory file (memfd_create: %s)%s", strerror(errno),
		    errno == EACCES ? ": sysctl vm.memfd_noexec must be 0 or 1" : "");
	if (ftruncate(fd, size))
		die("the host refuses %lu MiB of memory: %s", size >> 20, strerror(errno));
	keep_size(fd);
	return fd;
}

/*
 * What lies between mappings in the guest kernel's windows.  Of a file of no bytes that
 * cannot grow nothing can be written; F_SEAL_WRITE would also refuse the mprotect() that
 * opens a whole window.
 */
static int empty_file(void)
{
	int fd = memfd_create("uml-empty", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		die("the host gives no memory file: %s", strerror(errno));
	keep_size(fd);
	return fd;
}

static unsigned long align(unsigned long n, unsigned long to)
{
	return (n + to - 1) & -to;
}

/* Bytes of memory that the image takes; it is mapped at PAGE_OFFSET. */
static unsigned long image_size(const Elf64_Ehdr *eh, const Elf64_Phdr *ph)
{
	unsigned long end = PAGE_OFFSET;
	int i;

	for (i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && ph[i].p_vaddr + ph[i].p_memsz > end)
			end = ph[i].p_vaddr + ph[i].p_memsz;
	return align(end - PAGE_OFFSET, 4096);
}

/* Where in the file of this program @at was loaded from. */
static unsigned long file_offset(const char *at)
{
	const Elf64_Phdr *ph = (const void *)getauxval(AT_PHDR);
	unsigned long i, where = (unsigned long)at;

	for (i = 0; i < getauxval(AT_PHNUM); i++)
		if (ph[i].p_type == PT_LOAD && where >= ph[i].p_vaddr &&
		    where < ph[i].p_vaddr + ph[i].p_filesz)
			return where - ph[i].p_vaddr + ph[i].p_offset;
	die("cannot find the kernel image in this program");
}

static void load_image(const Elf64_Ehdr *eh, const Elf64_Phdr *ph)
{
	int i;

	for (i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD)
			memcpy((void *)ph[i].p_vaddr, (const char *)eh + ph[i].p_offset,
			       ph[i].p_filesz);
}

/*
 * The host writes to these when it preempts or ends this thread.  Their memory
 * goes away with this program.
 */
static void forget_libc(void)
{
	char *rseq = (char *)__builtin_thread_pointer() + __rseq_offset;

	if (__rseq_size)
		syscall(SYS_rseq, rseq, 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
	syscall(SYS_set_robust_list, NULL, 24);
	syscall(SYS_set_tid_address, NULL);
}

void load_and_enter(struct boot_info *info)
{
	const Elf64_Ehdr *eh = (const void *)image_start;
	const Elf64_Phdr *ph = (const void *)(image_start + eh->e_phoff);
	struct boot_info *copy;
	unsigned long reserve, at;

	info->memfd = physical_memory(info->size);
	info->empty = empty_file();
	info->image = image_size(eh, ph);
	info->used = info->image + align(sizeof(*info), 4096);
	info->self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	info->self_offset = file_offset(image_start);
	if (info->self < 0)
		die("cannot read this program's own file: %s", strerror(errno));
	if (mmap((void *)PAGE_OFFSET, info->size, PROT_READ | PROT_WRITE | PROT_EXEC,
		 MAP_SHARED | MAP_FIXED_NOREPLACE, info->memfd, 0) != (void *)PAGE_OFFSET)
		die("the host cannot map the guest's memory at %#lx: %s", PAGE_OFFSET,
		    strerror(errno));

	/*
	 * The guard counts page-table entries: huge pages are what makes it fast.
	 * One page of each is enough to collapse it, see host_populate_huge().
	 */
	reserve = align(info->used, HUGE_SIZE);
	for (at = PAGE_OFFSET; at < PAGE_OFFSET + reserve; at += HUGE_SIZE)
		madvise((void *)at, 4096, MADV_POPULATE_WRITE);
	info->huge = !madvise((void *)PAGE_OFFSET, reserve, MADV_COLLAPSE_);
	if (madvise((void *)PAGE_OFFSET, reserve, MADV_POPULATE_WRITE) && errno == ENOMEM)
		die("the host has no memory for the guest kernel");
	load_image(eh, ph);
	copy = (void *)(PAGE_OFFSET + info->image);
	*copy = *info;

	forget_libc();
	asm volatile("jmp *%0" : : "r"(eh->e_entry), "D"(copy) : "memory");
	__builtin_unreachable();
}
