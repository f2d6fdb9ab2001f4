// SPDX-License-Identifier: GPL-2.0
/*
 * Folders of the host that a guest may use: see asm/hostfs.h.
 *
 * openat() of a single name with O_NOFOLLOW, and not openat2() with RESOLVE_*: it goes
 * nowhere else either, and the filter (host/confine.c) reads its flags and the mode of
 * what it makes.  What cannot be told so, that something is mounted there, the kernel
 * side sees in the attributes of what was opened.
 *
 * Nothing here changes a file by its name, which Landlock would not look at: modes, owners,
 * times and extended attributes are those of open files.
 *
 * Calls after host_confine():
 *	openat statx readlinkat getdents64 fstatfs fgetxattr flistxattr
 *	preadv pwritev pwritev2 lseek
 *	mkdirat symlinkat mknodat linkat renameat2 unlinkat
 *	fallocate fchmod fchown utimensat fsync syncfs fsetxattr fremovexattr
 */
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/stat.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "../include/asm/hostfs.h"
#include "keep.h"
#include "syscall.h"

#ifndef STATX_MNT_ID
#define STATX_MNT_ID	0x1000U		/* Linux 5.8 */
#endif

/* What Linux's headers call __dev_major and so on differs; this is struct statx. */
struct attributes {
	unsigned int mask, blksize;
	unsigned long long attributes;
	unsigned int links, uid, gid;
	unsigned short mode, pad0;
	unsigned long long ino, size, blocks, attributes_mask;
	struct {
		long long sec;
		unsigned int nsec;
		int pad;
	} atime, btime, ctime, mtime;
	unsigned int rdev_major, rdev_minor, dev_major, dev_minor;
	unsigned long long mount;
	unsigned long long pad1[13];
};

_Static_assert(sizeof(struct attributes) == 256, "");
_Static_assert(HOST_TIME_NOW == UTIME_NOW, "");

int host_files_prepare(void)
{
	struct rlimit limit;
	long room;

	if (kept_recall(KEPT_ROOM, 0, "", &room))
		return room;
	boot_syscall1(__NR_umask, 0);
	boot_syscall2(__NR_getrlimit, RLIMIT_NOFILE, (long)&limit);
	room = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
	if (limit.rlim_cur < (unsigned long)room) {
		limit.rlim_cur = room;
		boot_syscall2(__NR_setrlimit, RLIMIT_NOFILE, (long)&limit);
	}
	return kept_record(KEPT_ROOM, 0, "", room);
}

static int fill(long err, const struct attributes *from, struct host_attr *to)
{
	if (err)
		return err;
	*to = (struct host_attr){
		.dev = (unsigned long long)from->dev_major << 32 | from->dev_minor,
		.ino = from->ino,
		.mount = from->mask & STATX_MNT_ID ? from->mount : 0,
		.size = from->size,
		.blocks = from->blocks,
		.mode = from->mode,
		.links = from->links,
		.uid = from->uid,
		.gid = from->gid,
		.blksize = from->blksize,
		.atime = { from->atime.sec, from->atime.nsec },
		.mtime = { from->mtime.sec, from->mtime.nsec },
		.ctime = { from->ctime.sec, from->ctime.nsec },
	};
	if (from->mask & STATX_BTIME)
		to->btime = (struct host_time){ from->btime.sec, from->btime.nsec };
	return 0;
}

#define WANTED (STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID)

int host_name_attr(int folder, const char *name, struct host_attr *attr)
{
	struct attributes a;

	return fill(host_retry(host_syscall5(__NR_statx, folder, (long)name,
					     AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, WANTED,
					     (long)&a)), &a, attr);
}

int host_file_attr(int fd, struct host_attr *attr)
{
	struct attributes a;

	return fill(host_retry(host_syscall5(__NR_statx, fd, (long)"", AT_EMPTY_PATH, WANTED,
					     (long)&a)), &a, attr);
}

/* O_NONBLOCK: a pipe may have taken the file's place, and nobody be at its other end. */
#define OPEN	(O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

int host_name_open(int folder, const char *name, unsigned int flags)
{
	int o = OPEN;

	if (flags & HOST_O_PATH)
		o = O_PATH | O_NOFOLLOW | O_CLOEXEC;
	else if (flags & HOST_O_WRITE)
		o |= flags & HOST_O_READ ? O_RDWR : O_WRONLY;
	if (flags & HOST_O_DIR)
		o |= O_DIRECTORY;
	if (flags & HOST_O_APPEND)
		o |= O_APPEND;
	return host_retry(host_syscall4(__NR_openat, folder, (long)name, o, 0));
}

int host_name_create(int folder, const char *name, unsigned int mode, int append)
{
	return host_retry(host_syscall4(__NR_openat, folder, (long)name, OPEN | O_RDWR | O_CREAT |
					O_EXCL | (append ? O_APPEND : 0), mode));
}

int host_name_mkdir(int folder, const char *name, unsigned int mode)
{
	return host_retry(host_syscall3(__NR_mkdirat, folder, (long)name, mode));
}

int host_name_symlink(int folder, const char *name, const char *text)
{
	return host_retry(host_syscall3(__NR_symlinkat, (long)text, folder, (long)name));
}

int host_name_mknod(int folder, const char *name, unsigned int mode)
{
	return host_retry(host_syscall4(__NR_mknodat, folder, (long)name, mode, 0));
}

int host_name_link(int from, const char *name, int to, const char *to_name)
{
	return host_retry(host_syscall5(__NR_linkat, from, (long)name, to, (long)to_name, 0));
}

int host_name_rename(int from, const char *name, int to, const char *to_name, unsigned int flags)
{
	return host_retry(host_syscall5(__NR_renameat2, from, (long)name, to, (long)to_name,
					flags));
}

long host_name_readlink(int folder, const char *name, char *text, unsigned long size)
{
	return host_retry(host_syscall4(__NR_readlinkat, folder, (long)name, (long)text, size));
}

long host_folder_entries(int fd, unsigned long long pos, void *buf, unsigned long size)
{
	long ret = host_syscall3(__NR_lseek, fd, pos, SEEK_SET);

	if (ret < 0)
		return ret;
	return host_retry(host_syscall3(__NR_getdents64, fd, (long)buf, size));
}

long host_preadv(int fd, const struct host_iovec *iov, unsigned int n, unsigned long long pos)
{
	if (n == 1)
		return host_pread(fd, iov->base, iov->len, pos);
	return host_retry(host_syscall5(__NR_preadv, fd, (long)iov, n, pos, 0));
}

long host_pwritev(int fd, const struct host_iovec *iov, unsigned int n, unsigned long long pos)
{
	if (n == 1)
		return host_pwrite(fd, iov->base, iov->len, pos);
	return host_retry(host_syscall5(__NR_pwritev, fd, (long)iov, n, pos, 0));
}

/* The host finds the end and writes there in one step, however many others append. */
long host_append(int fd, const struct host_iovec *iov, unsigned int n, unsigned long long pos)
{
	long ret = host_retry(host_syscall6(__NR_pwritev2, fd, (long)iov, n, pos, 0, RWF_APPEND));

	return ret == -EOPNOTSUPP ? host_pwritev(fd, iov, n, pos) : ret;
}

int host_allocate(int fd, unsigned int mode, unsigned long long pos, unsigned long long len)
{
	return host_retry(host_syscall4(__NR_fallocate, fd, mode, pos, len));
}

long long host_seek_from(int fd, unsigned long long pos, int hole)
{
	return host_syscall3(__NR_lseek, fd, pos, hole ? SEEK_HOLE : SEEK_DATA);
}

int host_chmod(int fd, unsigned int mode)
{
	return host_retry(host_syscall2(__NR_fchmod, fd, mode));
}

int host_chown(int fd, unsigned int uid, unsigned int gid)
{
	return host_retry(host_syscall3(__NR_fchown, fd, uid, gid));
}

static struct timespec time_of(const struct host_time *t)
{
	if (!t)
		return (struct timespec){ .tv_nsec = UTIME_OMIT };
	return (struct timespec){ t->sec, t->nsec };
}

int host_set_times(int fd, const struct host_time *atime, const struct host_time *mtime)
{
	struct timespec times[2] = { time_of(atime), time_of(mtime) };

	return host_retry(host_syscall4(__NR_utimensat, fd, 0, (long)times, 0));
}

int host_fsync(int fd)
{
	return host_retry(host_syscall1(__NR_fsync, fd));
}

int host_syncfs(int fd)
{
	return host_retry(host_syscall1(__NR_syncfs, fd));
}

int host_room(int fd, struct host_fs_room *room)
{
	struct statfs s;
	long ret = host_retry(host_syscall2(__NR_fstatfs, fd, (long)&s));

	if (ret < 0)
		return ret;
	*room = (struct host_fs_room){
		.blocks = s.f_blocks,
		.free = s.f_bfree,
		.available = s.f_bavail,
		.files = s.f_files,
		.files_free = s.f_ffree,
		.blksize = s.f_bsize,
		.namelen = s.f_namelen,
	};
	return 0;
}

/* A value may lie in memory that is hidden (syscall.h). */
long host_xattr_get(int fd, const char *name, void *value, unsigned long size)
{
	host_touch(value, size);
	return host_retry(host_syscall4(__NR_fgetxattr, fd, (long)name, (long)value, size));
}

int host_xattr_set(int fd, const char *name, const void *value, unsigned long size, int flags)
{
	host_touch(value, size);
	return host_retry(host_syscall5(__NR_fsetxattr, fd, (long)name, (long)value, size, flags));
}

int host_xattr_remove(int fd, const char *name)
{
	return host_retry(host_syscall2(__NR_fremovexattr, fd, (long)name));
}

long host_xattr_list(int fd, char *names, unsigned long size)
{
	host_touch(names, size);
	return host_retry(host_syscall3(__NR_flistxattr, fd, (long)names, size));
}
