// SPDX-License-Identifier: GPL-2.0
/*
 * initrd=FILE, initrd=fd:N: a cpio archive of the host in memory, for the generic code to
 * unpack.
 */
#include <linux/init.h>
#include <linux/initrd.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <linux/stat.h>
#include <linux/string.h>
#include <asm/boot.h>
#include <asm/end.h>
#include <asm/host.h>
#include <asm/setup.h>

static char initrd_file[256] __initdata;

static int __init initrd_option(char *name)
{
	strscpy(initrd_file, name, sizeof(initrd_file));
	return 0;
}
early_param("initrd", initrd_option);

static int __init open_archive(void)
{
	unsigned int n;
	int fd;

	if (strncmp(initrd_file, "fd:", 3))
		return host_open(initrd_file, HOST_O_READ);
	if (kstrtouint(initrd_file + 3, 10, &n))
		um_die("initrd=%s: not a descriptor: write initrd=FILE or initrd=fd:N", initrd_file);
	fd = host_private(n);
	if (fd == -EBADF)
		um_die("initrd=%s: descriptor %u is not open: open it where linux is started",
		       initrd_file, n);
	return fd;
}

void __init um_initrd_load(void)
{
	struct host_stat st;
	unsigned long done = 0;
	phys_addr_t phys;
	long n = 1;
	void *to;
	int fd;

	if (!initrd_file[0])
		return;
	fd = open_archive();
	if (fd < 0 || host_fstat(fd, &st) < 0)
		um_die("initrd=%s: %s: name a cpio archive that can be read", initrd_file,
		       fd == -ENOENT ? "No such file" : "cannot be opened");
	if (!S_ISREG(st.mode) || !st.size)
		um_die("initrd=%s: not a file with contents: name a cpio archive", initrd_file);
	/* anywhere: the limit of early memory is for what the kernel uses all the time */
	phys = memblock_phys_alloc_range(st.size, PAGE_SIZE, 0, boot_info->size);
	if (!phys)
		um_die("initrd=%s: %llu bytes do not fit into mem=%luM", initrd_file, st.size,
		       boot_info->size >> 20);
	to = __va(phys);
	while (done < st.size && n > 0) {
		n = host_pread(fd, to + done, st.size - done, done);
		done += n;
	}
	if (n <= 0)
		um_die("initrd=%s: cannot read it", initrd_file);
	/* stays open: after a restart it is read again, and nothing can be opened */
	initrd_start = (unsigned long)to;
	initrd_end = initrd_start + st.size;
}
