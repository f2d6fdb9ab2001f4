// SPDX-License-Identifier: GPL-2.0
/*
 * The folders of named guests, which may lie in a place that others share.  Everything
 * in them is reached by a descriptor and one name, and no symbolic link is followed.
 *
 * Calls after host_confine():
 *	unlinkat	at the end of the guest
 */
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include "../include/asm/host.h"
#include "keep.h"
#include "syscall.h"

static long record(enum kept_what what, int at, const char *name, long fd)
{
	long ret = kept_record(what, at, name, fd);

	if (ret < 0 && fd >= 0)
		host_syscall1(__NR_close, fd);
	return ret;
}

int host_folder_open(int at, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	long fd;

	if (kept_recall(KEPT_FOLDER, at, name, &fd))
		return fd;
	/* The first is a path of the user's. */
	fd = at < 0 ? boot_syscall4(__NR_openat, AT_FDCWD, (long)name, flags, 0) :
		      boot_syscall4(__NR_openat, at, (long)name, flags | O_NOFOLLOW, 0);
	return record(KEPT_FOLDER, at, name, fd);
}

int host_folder_make(int at, const char *name)
{
	if (kept_after_restart())
		return -EEXIST;
	return boot_syscall3(__NR_mkdirat, at < 0 ? AT_FDCWD : at, (long)name, 0700);
}

int host_folder_file(int folder, const char *name, int create)
{
	long fd;

	if (kept_recall(KEPT_IN_FOLDER, folder, name, &fd))
		return fd;
	fd = boot_syscall4(__NR_openat, folder, (long)name, O_RDWR | O_NOFOLLOW | O_NONBLOCK |
			   O_NOCTTY | O_CLOEXEC | (create ? O_CREAT : 0), 0600);
	return record(KEPT_IN_FOLDER, folder, name, fd);
}

int host_folder_unlink(int folder, const char *name)
{
	return host_syscall3(__NR_unlinkat, folder, (long)name, 0);
}

int host_folder_remove(int at, const char *name)
{
	return host_syscall3(__NR_unlinkat, at, (long)name, AT_REMOVEDIR);
}

int host_folder_left_over(int folder, const char *name)
{
	struct stat st;

	return !boot_syscall4(__NR_newfstatat, folder, (long)name, (long)&st, AT_SYMLINK_NOFOLLOW) &&
	       (S_ISSOCK(st.st_mode) || S_ISLNK(st.st_mode));
}

/* getdents64(2) */
struct entry {
	unsigned long ino, off;
	unsigned short len;
	unsigned char type;
	char name[];
};

int host_folder_list(int folder, char *names, unsigned long size)
{
	static char buf[4096] __attribute__((aligned(8)));
	unsigned long len;
	int count = 0;
	long n, at;

	if (!size)
		return -EINVAL;
	*names = 0;
	while ((n = boot_syscall3(__NR_getdents64, folder, (long)buf, sizeof(buf))) > 0) {
		for (at = 0; at < n; at += ((struct entry *)(buf + at))->len) {
			const char *name = ((struct entry *)(buf + at))->name;

			if (!strcmp(name, ".") || !strcmp(name, ".."))
				continue;
			len = strlen(name) + 1;
			if (len >= size)
				return -E2BIG;
			memcpy(names, name, len);
			names += len;
			*names = 0;
			size -= len;
			count++;
		}
	}
	return n < 0 ? n : count;
}
