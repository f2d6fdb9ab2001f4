// SPDX-License-Identifier: GPL-2.0
/*
 * Host files.
 *
 * Calls after host_confine():
 *	read write pread64 pwrite64	descriptors that are open
 *	fstat lseek			sizes of images, which may change under us
 *	fallocate ftruncate fdatasync
 *	fcntl				F_GETFL F_SETFL; F_SETOWN for new descriptors
 *	getpid				for F_SETOWN
 *	unlink				of sockets
 *	close
 *	openat				beneath the folders of hotplug=
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include "../include/asm/host.h"
#include "keep.h"
#include "syscall.h"
#include "unix.h"

static int open_flags(unsigned int flags)
{
	int o = O_CLOEXEC | O_NOCTTY;

	if (flags & HOST_O_WRITE)
		o |= flags & HOST_O_READ ? O_RDWR : O_WRONLY;
	if (flags & HOST_O_CREATE)
		o |= O_CREAT;
	if (flags & HOST_O_EXCL)
		o |= O_EXCL;
	if (flags & HOST_O_DIRECT)
		o |= O_DIRECT;
	if (flags & HOST_O_DIR)
		o |= O_DIRECTORY;
	if (flags & HOST_O_NONBLOCK)
		o |= O_NONBLOCK;
	if (flags & HOST_O_APPEND)
		o |= O_APPEND;
	if (flags & HOST_O_TRUNC)
		o |= O_TRUNC;
	if (flags & HOST_O_NOFOLLOW)
		o |= O_NOFOLLOW;
	return o;
}

/*
 * A pipe that nobody has at its other end would make a running guest wait.  The
 * flag means nothing to what can be read at once.
 */
static long open_late(const char *path, int flags)
{
	long fd = host_retry(host_syscall4(__NR_openat, AT_FDCWD, (long)path, flags | O_NONBLOCK,
					   0600));

	if (fd >= 0 && !(flags & O_NONBLOCK))
		host_set_nonblock(fd, 0);
	return fd;
}

int host_open(const char *path, unsigned int flags)
{
	long fd, ret;

	if (kept_recall(KEPT_OPEN, flags, path, &fd))
		return fd;
	if (kept_confined())
		fd = open_late(path, open_flags(flags));
	else
		fd = host_retry(host_syscall4(__NR_openat, AT_FDCWD, (long)path,
					      open_flags(flags), 0600));
	ret = kept_record(KEPT_OPEN, flags, path, fd);
	if (ret < 0 && fd >= 0)
		host_syscall1(__NR_close, fd);
	return ret;
}

int host_open_unnamed(const char *folder, const char *name, unsigned int unit, const char *key)
{
	long fd, ret;

	if (kept_recall(KEPT_UNNAMED, unit, key, &fd))
		return fd;
	fd = host_retry(host_syscall4(__NR_openat, AT_FDCWD, (long)folder,
				      O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
	if (fd < 0) {
		fd = host_retry(host_syscall4(__NR_openat, AT_FDCWD, (long)name,
					      O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
		if (fd >= 0)
			host_unlink(name);
	}
	ret = kept_record(KEPT_UNNAMED, unit, key, fd);
	if (ret < 0 && fd >= 0)
		host_syscall1(__NR_close, fd);
	return ret;
}

int host_close(int fd)
{
	long ret;

	if (kept_forget(fd))
		return 0;
	/* Linux closes the descriptor even when it says EINTR. */
	ret = host_syscall1(__NR_close, fd);
	return ret == -EINTR ? 0 : ret;
}

static void fill_stat(struct host_stat *st, const struct stat *from)
{
	st->size = from->st_size;
	st->dev = from->st_dev;
	st->ino = from->st_ino;
	st->mtime = from->st_mtim.tv_sec;
	st->mode = from->st_mode;
	st->uid = from->st_uid;
	st->links = from->st_nlink;
	st->blksize = from->st_blksize;
}

/* Bytes of the block device at @fd.  Leaves its file position alone. */
static unsigned long long device_size(int fd)
{
	long at = host_syscall3(__NR_lseek, fd, 0, SEEK_CUR);
	long end = host_syscall3(__NR_lseek, fd, 0, SEEK_END);

	if (at >= 0)
		host_syscall3(__NR_lseek, fd, at, SEEK_SET);
	return end < 0 ? 0 : end;
}

int host_fstat(int fd, struct host_stat *st)
{
	struct stat from;
	long ret = host_syscall2(__NR_fstat, fd, (long)&from);

	if (ret < 0)
		return ret;
	fill_stat(st, &from);
	if (S_ISBLK(from.st_mode))
		st->size = device_size(fd);
	return 0;
}

/* Landlock checks only what is opened, so a file is opened to learn about it. */
static int stat_opened(const char *path, struct host_stat *st)
{
	long ret, fd = open_late(path, O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return fd;
	ret = host_fstat(fd, st);
	host_syscall1(__NR_close, fd);
	return ret;
}

int host_stat(const char *path, struct host_stat *st)
{
	struct stat from;
	long ret;

	if (kept_after_restart() || kept_confined()) {
		ret = kept_file(path);
		if (ret >= 0)
			return host_fstat(ret, st);
		return kept_confined() || kept_closed(path) ? stat_opened(path, st) : ret;
	}
	ret = boot_syscall2(__NR_stat, (long)path, (long)&from);
	if (ret < 0)
		return ret;
	fill_stat(st, &from);
	return S_ISBLK(from.st_mode) ? stat_opened(path, st) : 0;
}

/*
 * Reads and writes of the kernel's own buffers.  Most lie in memory that is
 * always open in kernel mode; for the others the host says EFAULT once.
 */
long host_read(int fd, void *buf, unsigned long len)
{
	long ret = host_retry(host_syscall3(__NR_read, fd, (long)buf, len));

	if (ret == -EFAULT) {
		host_touch(buf, len);
		ret = host_retry(host_syscall3(__NR_read, fd, (long)buf, len));
	}
	return ret;
}

long host_write(int fd, const void *buf, unsigned long len)
{
	long ret = host_retry(host_syscall3(__NR_write, fd, (long)buf, len));

	if (ret == -EFAULT) {
		host_touch(buf, len);
		ret = host_retry(host_syscall3(__NR_write, fd, (long)buf, len));
	}
	return ret;
}

long host_pread(int fd, void *buf, unsigned long len, unsigned long long offset)
{
	long ret = host_retry(host_syscall4(__NR_pread64, fd, (long)buf, len, offset));

	if (ret == -EFAULT) {
		host_touch(buf, len);
		ret = host_retry(host_syscall4(__NR_pread64, fd, (long)buf, len, offset));
	}
	return ret;
}

long host_pwrite(int fd, const void *buf, unsigned long len, unsigned long long offset)
{
	long ret = host_retry(host_syscall4(__NR_pwrite64, fd, (long)buf, len, offset));

	if (ret == -EFAULT) {
		host_touch(buf, len);
		ret = host_retry(host_syscall4(__NR_pwrite64, fd, (long)buf, len, offset));
	}
	return ret;
}

int host_ftruncate(int fd, unsigned long long size)
{
	return host_retry(host_syscall2(__NR_ftruncate, fd, size));
}

int host_fdatasync(int fd)
{
	return host_retry(host_syscall1(__NR_fdatasync, fd));
}

long long host_seek_data(int fd, unsigned long long offset)
{
	return host_syscall3(__NR_lseek, fd, offset, SEEK_DATA);
}

int host_punch_hole(int fd, unsigned long long offset, unsigned long long len)
{
	return host_retry(host_syscall4(__NR_fallocate, fd,
					FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, len));
}

int host_zero_range(int fd, unsigned long long offset, unsigned long long len)
{
	return host_retry(host_syscall4(__NR_fallocate, fd,
					FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, offset, len));
}

int host_symlink(const char *target, const char *path)
{
	int ret;

	if (kept_after_restart())
		return 0;
	ret = boot_syscall3(__NR_symlinkat, (long)target, AT_FDCWD, (long)path);
	if (ret == -EEXIST && !host_unlink(path))
		ret = boot_syscall3(__NR_symlinkat, (long)target, AT_FDCWD, (long)path);
	return ret;
}

int host_unlink(const char *path)
{
	return host_syscall1(__NR_unlink, (long)path);
}

int file_is_socket(const char *path)
{
	struct stat st;

	/* A confined process may not ask for the type, but opening a socket fails with ENXIO. */
	if (kept_confined()) {
		long fd = open_late(path, O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

		if (fd >= 0)
			host_syscall1(__NR_close, fd);
		return fd == -ENXIO;
	}
	return !boot_syscall2(__NR_lstat, (long)path, (long)&st) && S_ISSOCK(st.st_mode);
}

static int change_flag(int fd, int flag, int on)
{
	long flags = host_syscall3(__NR_fcntl, fd, F_GETFL, 0);
	long changed;

	if (flags < 0)
		return flags;
	changed = on ? flags | flag : flags & ~flag;
	return changed == flags ? 0 : host_syscall3(__NR_fcntl, fd, F_SETFL, changed);
}

int host_set_nonblock(int fd, int on)
{
	return change_flag(fd, O_NONBLOCK, on);
}

int host_set_async(int fd, int on)
{
	if (on) {
		long ret = host_syscall3(__NR_fcntl, fd, F_SETOWN, host_syscall0(__NR_getpid));

		if (ret < 0)
			return ret;
	}
	return change_flag(fd, O_ASYNC, on);
}

int host_lock_file(int fd, int write)
{
	struct flock lock = { .l_type = write ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET };
	long ret;

	/* After a restart the open description has the lock still, and this changes nothing. */
	ret = host_retry(host_syscall3(__NR_fcntl, fd, F_OFD_SETLK, (long)&lock));
	return ret == -EACCES ? -EAGAIN : ret;
}

/* A read that says whether O_DIRECT takes buffers and offsets at multiples of @align. */
static int dio_reads(int fd, unsigned int align)
{
	static char buf[8192] __attribute__((aligned(4096)));

	return host_pread(fd, buf + (align & 4095), align, 0) >= 0;
}

static unsigned int find_dio_align(int fd)
{
	unsigned int align = 0;
#ifdef STATX_DIOALIGN
	struct statx stx;

	/* Linux 6.1 */
	memset(&stx, 0, sizeof(stx));
	if (!kept_confined() &&
	    !boot_syscall5(__NR_statx, fd, (long)"", AT_EMPTY_PATH, STATX_DIOALIGN, (long)&stx) &&
	    stx.stx_mask & STATX_DIOALIGN) {
		if (!stx.stx_dio_offset_align || !stx.stx_dio_mem_align)
			return 0;
		align = stx.stx_dio_mem_align;
		if (align < stx.stx_dio_offset_align)
			align = stx.stx_dio_offset_align;
		return align < 512 ? 512 : align;
	}
#endif
	if (!kept_confined() && !boot_syscall3(__NR_ioctl, fd, BLKSSZGET, (long)&align))
		return align;
	if (dio_reads(fd, 512))
		return 512;
	return dio_reads(fd, 4096) ? 4096 : 0;
}

unsigned int host_dio_align(int fd)
{
	long align;

	if (kept_recall(KEPT_DIO_ALIGN, fd, "", &align) && align >= 0)
		return align;
	return kept_record(KEPT_DIO_ALIGN, fd, "", find_dio_align(fd));
}
