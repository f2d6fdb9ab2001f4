// SPDX-License-Identifier: GPL-2.0
/*
 * Files and folders as a stream, for --copy-in, --copy-out and `solo cp`.
 *
 * A record for each file, folders before what is in them, then an empty one; numbers are
 * of this processor.  Files come as pieces, of what they have data in: holes stay holes.
 *
 * Who reads it on the host believes nothing: what was asked for has the name that was asked
 * for and is a file or a folder, names have no "..", nothing is followed or opened that was
 * there before, and special files and set-user-ID bits are left out.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "session.h"
#include "solo.h"

#define DEPTH	200		/* of folders in each other */
#define CHUNK	(256U << 10)

struct record {
	uint32_t mode;		/* 0: the end */
	uint32_t name_len;	/* of what follows: "" for what was asked for */
	uint32_t target_len;	/* of a link */
	uint32_t device;
	uint64_t size;
	int64_t mtime_s;
	int64_t mtime_ns;
};

struct piece {
	uint64_t at, len;	/* len 0: the file's end */
};

static char chunk[CHUNK];

/* --- Writing ---------------------------------------------------------------------- */

struct packing {
	int out;
	int status;
	char name[PATH_MAX];
};

static void cannot(struct packing *p, const char *what)
{
	warn("%s: %s", what, strerror(errno));
	p->status = 1;
}

/* True: all of it was written, whatever was read. */
static bool pack_piece(struct packing *p, int fd, uint64_t at, uint64_t len)
{
	struct piece piece = { at, len };
	bool short_file = false;

	if (!write_all(p->out, &piece, sizeof(piece)))
		return false;
	while (len) {
		size_t n = len < CHUNK ? len : CHUNK;
		ssize_t got = short_file ? 0 : pread(fd, chunk, n, at);

		if (got <= 0) {
			/* It has become shorter meanwhile: the rest is zeroes. */
			if (got < 0 && errno == EINTR)
				continue;
			short_file = true;
			memset(chunk, 0, n);
			got = n;
		}
		if (!write_all(p->out, chunk, got))
			return false;
		at += got;
		len -= got;
	}
	return true;
}

static bool pack_data(struct packing *p, int fd, uint64_t size)
{
	struct piece end = { size, 0 };
	off_t at = 0, next;

	while ((uint64_t)at < size) {
		at = lseek(fd, at, SEEK_DATA);
		if (at < 0 || (uint64_t)at >= size)
			break;
		next = lseek(fd, at, SEEK_HOLE);
		if (next < 0 || (uint64_t)next > size)
			next = size;
		if (next == at)
			break;
		if (!pack_piece(p, fd, at, next - at))
			return false;
		at = next;
	}
	return write_all(p->out, &end, sizeof(end));
}

static bool pack_one(struct packing *p, int at, const char *file, unsigned int depth);

static bool pack_folder(struct packing *p, int fd, unsigned int depth)
{
	DIR *folder = fdopendir(dup(fd));
	struct dirent *entry;
	size_t len = strlen(p->name);
	bool ok = true;

	if (!folder) {
		cannot(p, p->name);
		return true;
	}
	while (ok && (entry = readdir(folder))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (len + strlen(entry->d_name) + 2 > sizeof(p->name) || depth == DEPTH) {
			errno = ENAMETOOLONG;
			cannot(p, entry->d_name);
			continue;
		}
		sprintf(p->name + len, "%s%s", len ? "/" : "", entry->d_name);
		ok = pack_one(p, fd, entry->d_name, depth + 1);
		p->name[len] = 0;
	}
	closedir(folder);
	return ok;
}

/* False: nobody reads it any more. */
static bool pack_one(struct packing *p, int at, const char *file, unsigned int depth)
{
	/* What was named is followed, what is found is not. */
	int nofollow = depth ? O_NOFOLLOW : 0, fd = -1;
	char target[PATH_MAX];
	struct record r = { };
	struct stat st;
	ssize_t n = 0;
	bool ok;

	if (fstatat(at, file, &st, depth ? AT_SYMLINK_NOFOLLOW : 0)) {
		cannot(p, file);
		return true;
	}
	if (S_ISLNK(st.st_mode)) {
		n = readlinkat(at, file, target, sizeof(target));
		if (n < 0) {
			cannot(p, file);
			return true;
		}
	} else if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) {
		fd = openat(at, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | nofollow);
		if (fd < 0 || fstat(fd, &st)) {
			cannot(p, depth ? p->name : file);
			if (fd >= 0)
				close(fd);
			return true;
		}
	} else if (S_ISSOCK(st.st_mode)) {
		return true;
	}
	r.mode = st.st_mode;
	r.name_len = strlen(p->name);
	r.target_len = n;
	r.device = st.st_rdev;
	r.size = S_ISREG(st.st_mode) ? st.st_size : 0;
	r.mtime_s = st.st_mtim.tv_sec;
	r.mtime_ns = st.st_mtim.tv_nsec;
	ok = write_all(p->out, &r, sizeof(r)) && write_all(p->out, p->name, r.name_len) &&
	     write_all(p->out, target, n);
	if (ok && S_ISREG(st.st_mode))
		ok = pack_data(p, fd, r.size);
	else if (ok && S_ISDIR(st.st_mode))
		ok = pack_folder(p, fd, depth);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* The name that @path gets in a folder: its last one, or "" where that says none. */
static void last_name(const char *path, char *name, size_t room)
{
	const char *base = path + strlen(path);

	while (base > path && base[-1] == '/')
		base--;
	while (base > path && base[-1] != '/')
		base--;
	snprintf(name, room, "%s", base);
	name[strcspn(name, "/")] = 0;
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		name[0] = 0;
}

int pack(const char *path, int fd)
{
	struct packing p = { .out = fd };
	struct record end = { };
	struct stat st;

	if (stat(path, &st)) {
		warn("%s: %s", path, strerror(errno));
		return 1;
	}
	last_name(path, p.name, sizeof(p.name));
	end.name_len = strlen(p.name);
	if (!write_all(fd, &end, sizeof(end)) || !write_all(fd, p.name, end.name_len))
		return 1;
	p.name[0] = 0;
	end.name_len = 0;
	if (!pack_one(&p, AT_FDCWD, path, 0) || !write_all(fd, &end, sizeof(end)))
		return 1;
	return p.status;
}

/* --- Reading ---------------------------------------------------------------------- */

struct unpacking {
	int in;
	int base;		/* the folder that the root lies in */
	char root[PATH_MAX];	/* its name there */
	int folder;		/* the root, where it is one; or -1 */
	bool follow;		/* the root was named by the caller, and may be a link */
	bool guest;
	int status;
	/* Folders get their modes and times last: those without w are written to, too. */
	struct late { char *name; struct record r; } *late;
	size_t nr_late;
};

static void cannot_write(struct unpacking *u, const char *name)
{
	warn("%s%s%s: %s", u->root, *name ? "/" : "", name, strerror(errno));
	u->status = 1;
}

static bool is_good_name(const char *name, size_t len)
{
	const char *at = name;

	if (strlen(name) != len)
		return false;
	while (*at) {
		size_t n = strcspn(at, "/");

		if (!n || (n == 1 && at[0] == '.') || (n == 2 && at[0] == '.' && at[1] == '.'))
			return false;
		at += n;
		if (*at && !*++at)
			return false;
	}
	return true;
}

/* The folder that @name lies in, without following a link; *@last is its last part. */
static int open_parent(struct unpacking *u, const char *name, const char **last)
{
	int fd, next;
	char part[NAME_MAX + 1];

	if (!*name) {
		*last = u->root;
		return fcntl(u->base, F_DUPFD_CLOEXEC, 3);
	}
	if (u->folder < 0) {
		errno = ENOTDIR;
		return -1;
	}
	fd = fcntl(u->folder, F_DUPFD_CLOEXEC, 3);
	while (fd >= 0 && strchr(name, '/')) {
		size_t n = strcspn(name, "/");

		if (n > NAME_MAX) {
			close(fd);
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(part, name, n);
		part[n] = 0;
		next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(fd);
		fd = next;
		name += n + 1;
	}
	*last = name;
	return fd;
}

static mode_t mode_of(struct unpacking *u, const struct record *r)
{
	return r->mode & (u->guest ? 07777 : 0777);
}

static void set_times(int at, const char *name, const struct record *r)
{
	struct timespec times[2] = {
		{ .tv_nsec = UTIME_NOW },
		{ .tv_sec = r->mtime_s, .tv_nsec = r->mtime_ns },
	};

	utimensat(at, name, times, AT_SYMLINK_NOFOLLOW);
}

/* Pieces of a file into @fd, or nowhere for -1. */
static bool unpack_data(struct unpacking *u, int fd, const char *name, uint64_t size)
{
	struct piece piece;

	for (;;) {
		if (!read_all(u->in, &piece, sizeof(piece)))
			return false;
		if (!piece.len)
			break;
		if (piece.at > size || piece.len > size - piece.at)
			return false;
		while (piece.len) {
			size_t n = piece.len < CHUNK ? piece.len : CHUNK;

			if (!read_all(u->in, chunk, n))
				return false;
			if (fd >= 0 && (lseek(fd, piece.at, SEEK_SET) < 0 || !write_all(fd, chunk, n))) {
				cannot_write(u, name);
				fd = -1;
			}
			piece.at += n;
			piece.len -= n;
		}
	}
	if (fd >= 0 && ftruncate(fd, size))
		cannot_write(u, name);
	return true;
}

/* A file for what is to become @last: without a name, or where that is not to be had, as @temp. */
static int open_new(struct unpacking *u, int at, const char *last, const char *temp, bool *named)
{
	int flags = O_WRONLY | O_CLOEXEC, fd;

	*named = false;
	if (!u->guest) {
		fd = openat(at, ".", flags | O_TMPFILE, 0600);
		if (fd >= 0)
			return fd;
	}
	*named = true;
	unlinkat(at, temp, 0);
	return openat(at, temp, flags | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
}

/*
 * On the host a file has its name when it is complete, and what had it before goes then.
 * A guest that a copy into it fails in has other worries, and pays for each call.
 */
static bool unpack_file(struct unpacking *u, int at, const char *last, const char *name,
			const struct record *r)
{
	char temp[NAME_MAX + 1], self[64];
	int fd = -1, before = u->status;
	bool ok, named = false;

	if (u->guest)
		snprintf(temp, sizeof(temp), "%s", last);
	else
		snprintf(temp, sizeof(temp), ".solo-%d", getpid());
	if (at >= 0) {
		fd = open_new(u, at, last, temp, &named);
		if (fd < 0)
			cannot_write(u, name);
	}
	u->status = 0;
	ok = unpack_data(u, fd, name, r->size);
	if (fd >= 0 && fchmod(fd, mode_of(u, r)))
		cannot_write(u, name);
	if (fd >= 0 && !u->guest && ok && !u->status) {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		if (!named) {
			unlinkat(at, temp, 0);
			named = !linkat(AT_FDCWD, self, at, temp, AT_SYMLINK_FOLLOW);
		}
		if (!named || renameat(at, temp, at, last))
			cannot_write(u, name);
		else
			named = false;
	}
	if (fd >= 0) {
		close(fd);
		if (!u->guest && named)
			unlinkat(at, temp, 0);
		if (ok && !u->status)
			set_times(at, last, r);
	}
	u->status |= before || (fd < 0);
	return ok;
}

static void unpack_folder(struct unpacking *u, int at, const char *last, const char *name,
			  const struct record *r)
{
	int nofollow = *name || !u->follow ? O_NOFOLLOW : 0, fd;
	bool made = !mkdirat(at, last, 0700);

	/* One that is there is filled. */
	fd = made || errno == EEXIST ?
	     openat(at, last, O_RDONLY | O_DIRECTORY | O_CLOEXEC | nofollow) : -1;
	if (fd < 0) {
		cannot_write(u, name);
		return;
	}
	if (*name)
		close(fd);
	else
		u->folder = fd;
	if (!made)
		return;
	u->late = must_alloc(u->late, (u->nr_late + 1) * sizeof(*u->late));
	u->late[u->nr_late].name = strdup(name);
	u->late[u->nr_late++].r = *r;
}

static bool unpack_one(struct unpacking *u, const struct record *r)
{
	char name[PATH_MAX] = "", target[PATH_MAX] = "";
	const char *last = NULL;
	bool ok = true;
	int at;

	if (r->name_len >= PATH_MAX || r->target_len >= PATH_MAX ||
	    !read_all(u->in, name, r->name_len) || !read_all(u->in, target, r->target_len) ||
	    !is_good_name(name, r->name_len))
		return false;
	if (!*name && !u->guest && !S_ISREG(r->mode) && !S_ISDIR(r->mode)) {
		warn("%s: neither a file nor a folder, and not copied", u->root);
		u->status = 1;
		return true;
	}
	at = open_parent(u, name, &last);
	if (at < 0)
		cannot_write(u, name);
	if (S_ISREG(r->mode)) {
		ok = unpack_file(u, at, last, name, r);
	} else if (at < 0) {
		;
	} else if (S_ISDIR(r->mode)) {
		unpack_folder(u, at, last, name, r);
	} else if (S_ISLNK(r->mode)) {
		unlinkat(at, last, 0);
		if (symlinkat(target, at, last))
			cannot_write(u, name);
		else
			set_times(at, last, r);
	} else if (u->guest) {
		unlinkat(at, last, 0);
		if (mknodat(at, last, r->mode, r->device))
			cannot_write(u, name);
	} else {
		warn("%s: a special file is not copied", name);
	}
	if (at >= 0)
		close(at);
	return ok;
}

static void finish_folders(struct unpacking *u)
{
	const char *last;
	int at;

	while (u->nr_late--) {
		struct late *late = &u->late[u->nr_late];

		at = open_parent(u, late->name, &last);
		if (at >= 0) {
			if (fchmodat(at, last, mode_of(u, &late->r), 0))
				cannot_write(u, late->name);
			set_times(at, last, &late->r);
			close(at);
		}
		free(late->name);
	}
	free(u->late);
}

/* Where it goes: @path, or in that folder @name. */
static bool set_root(struct unpacking *u, const char *path, const char *name)
{
	struct stat st;
	char *folder, *last;
	size_t len;

	if (!stat(path, &st) && S_ISDIR(st.st_mode) && *name) {
		u->base = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		u->follow = false;
		snprintf(u->root, sizeof(u->root), "%s", name);
		return u->base >= 0;
	}
	folder = strdup(path);
	len = strlen(folder);
	while (len > 1 && folder[len - 1] == '/')
		folder[--len] = 0;
	last = strrchr(folder, '/');
	snprintf(u->root, sizeof(u->root), "%s", last ? last + 1 : folder);
	if (!*u->root)
		strcpy(u->root, ".");
	if (last)
		last[last == folder] = 0;
	u->base = open(last ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	return u->base >= 0;
}

int unpack(const char *path, int fd, const char *from)
{
	bool guest = !from;
	struct unpacking u = { .in = fd, .guest = guest, .folder = -1, .follow = true };
	char name[NAME_MAX + 1] = "", asked[PATH_MAX] = "";
	struct record r;
	bool ok = true, first = true;

	/* Nothing at all: who sends it has said why. */
	if (!read_all(fd, &r, sizeof(r)))
		return 1;
	if (r.name_len > NAME_MAX || !read_all(fd, name, r.name_len) ||
	    !is_good_name(name, r.name_len) || strchr(name, '/'))
		return 1;
	if (from)
		last_name(from, asked, sizeof(asked));
	if (from && strcmp(name, asked)) {
		warn("%s: the guest sends it by another name, %s: it is not copied", from, name);
		return 1;
	}
	umask(022);
	if (!set_root(&u, path, name)) {
		warn("%s: %s", path, strerror(errno));
		return 1;
	}
	while ((ok = read_all(fd, &r, sizeof(r))) && r.mode) {
		/* The root comes first, and once. */
		ok = first == !r.name_len && unpack_one(&u, &r);
		if (!ok)
			break;
		first = false;
	}
	finish_folders(&u);
	close(u.base);
	if (u.folder >= 0)
		close(u.folder);
	if (!ok) {
		warn("%s: the copy is not complete", path);
		return 1;
	}
	return u.status;
}
