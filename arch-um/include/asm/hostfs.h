/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Folders of the host that a guest may use (host/hostfs.c).  Plain C types only.
 *
 * A file is named by an open folder and one name in it, never by a path, and no symbolic
 * link is followed.  All return a value >= 0 or -errno, and work in a confined process.
 *
 * None of these sleeps on another end (a pipe's, a device's), but all wait for the host's
 * file system.  The whole guest waits with them: for ever, on a network folder whose
 * server is gone.
 */
#ifndef __ASM_UM_HOSTFS_H
#define __ASM_UM_HOSTFS_H

#include "host.h"

struct host_time {
	long long sec;
	unsigned int nsec;
};

#define HOST_TIME_NOW	0x3fffffff	/* for nsec, to be set: the host's time; UTIME_NOW */

struct host_attr {
	unsigned long long dev, ino;
	unsigned long long mount;	/* which mount of the host it lies in; 0: not known */
	unsigned long long size, blocks;
	unsigned int mode, links, uid, gid, blksize;
	struct host_time atime, mtime, ctime, btime;
};

struct host_fs_room {			/* as in statfs(2) */
	unsigned long long blocks, free, available, files, files_free;
	unsigned int blksize, namelen;
};

/*
 * [boot] How many descriptors this process may have, after raising the limit as far as
 * is allowed; new files get the modes that are asked for (umask).
 */
int host_files_prepare(void);

int host_name_attr(int folder, const char *name, struct host_attr *attr);
int host_file_attr(int fd, struct host_attr *attr);

/*
 * Open what is there, by HOST_O_READ, HOST_O_WRITE, HOST_O_DIR, HOST_O_APPEND and
 * HOST_O_PATH: a folder that may be gone through, though not listed.
 */
#define HOST_O_PATH	0x400
int host_name_open(int folder, const char *name, unsigned int flags);
/* A new file, open for reading and writing.  @mode: 01777 at most, here and below */
int host_name_create(int folder, const char *name, unsigned int mode, int append);
int host_name_mkdir(int folder, const char *name, unsigned int mode);
int host_name_symlink(int folder, const char *name, const char *text);
/* A pipe, or a socket that nobody listens on: S_IFIFO or S_IFSOCK in @mode */
int host_name_mknod(int folder, const char *name, unsigned int mode);
int host_name_link(int from, const char *name, int to, const char *to_name);
#define HOST_RENAME_NOREPLACE	1
#define HOST_RENAME_EXCHANGE	2
int host_name_rename(int from, const char *name, int to, const char *to_name, unsigned int flags);
/* The text of a link, without a \0; its length */
long host_name_readlink(int folder, const char *name, char *text, unsigned long size);

/* What a folder holds: struct linux_dirent64, from @pos on (a d_off, or 0). */
long host_folder_entries(int fd, unsigned long long pos, void *buf, unsigned long size);

long host_preadv(int fd, const struct host_iovec *iov, unsigned int n, unsigned long long pos);
long host_pwritev(int fd, const struct host_iovec *iov, unsigned int n, unsigned long long pos);
/* At the end of the file; at @pos where the host cannot find it itself (before Linux 4.16) */
long host_append(int fd, const struct host_iovec *iov, unsigned int n, unsigned long long pos);

/* @mode: of fallocate(2): 0, KEEP_SIZE, ZERO_RANGE with it or without, PUNCH_HOLE with it */
int host_allocate(int fd, unsigned int mode, unsigned long long pos, unsigned long long len);
long long host_seek_from(int fd, unsigned long long pos, int hole);	/* or data */
int host_chmod(int fd, unsigned int mode);
int host_chown(int fd, unsigned int uid, unsigned int gid);		/* -1: as it is */
/* NULL: as it is */
int host_set_times(int fd, const struct host_time *atime, const struct host_time *mtime);
int host_fsync(int fd);
int host_syncfs(int fd);
int host_room(int fd, struct host_fs_room *room);

/* Extended attributes, by their full names */
long host_xattr_get(int fd, const char *name, void *value, unsigned long size);
int host_xattr_set(int fd, const char *name, const void *value, unsigned long size, int flags);
int host_xattr_remove(int fd, const char *name);
long host_xattr_list(int fd, char *names, unsigned long size);

#endif
