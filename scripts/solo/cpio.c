// SPDX-License-Identifier: GPL-2.0
/*
 * The archive that a guest boots from, in the "newc" format of the kernel's
 * Documentation/driver-api/early-userspace/buffer-format.rst.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cpio.h"
#include "solo.h"

static void add(int fd, const char *name, unsigned int mode, int from, size_t size)
{
	char head[128];
	size_t len = strlen(name) + 1;
	int n = snprintf(head, sizeof(head), "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x%s",
			 1, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, len, 0, name) + 1;
	off_t end;

	/* Padded to four bytes: the name with the head, and the contents. */
	if (!write_all(fd, head, n))
		die("no room for the guest's init: %s", strerror(errno));
	lseek(fd, (lseek(fd, 0, SEEK_CUR) + 3) & ~3, SEEK_SET);
	while (size) {
		ssize_t sent = sendfile(fd, from, NULL, size);

		if (sent <= 0)
			die("no room for the guest's init: %s", strerror(errno));
		size -= sent;
	}
	end = (lseek(fd, 0, SEEK_CUR) + 3) & ~3;
	lseek(fd, end, SEEK_SET);
	if (ftruncate(fd, end))
		die("no room for the guest's init: %s", strerror(errno));
}

int make_initrd(void)
{
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int fd = memfd_create("solo-init", MFD_CLOEXEC);
	struct stat st;

	if (self < 0 || fstat(self, &st))
		die("/proc/self/exe cannot be read: mount /proc");
	if (fd < 0)
		die("the host gives no memory file: %s", strerror(errno));
	add(fd, "dev", S_IFDIR | 0755, -1, 0);
	add(fd, "root", S_IFDIR | 0755, -1, 0);
	add(fd, "init", S_IFREG | 0755, self, st.st_size);
	add(fd, "TRAILER!!!", 0, -1, 0);
	close(self);
	return fd;
}
