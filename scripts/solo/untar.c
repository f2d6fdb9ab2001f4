// SPDX-License-Identifier: GPL-2.0
/*
 * Tar archives, in the guest: ustar, with what GNU tar and pax add to it, and the layers
 * of images for containers, where names that begin with ".wh." say what is gone.
 *
 * It runs as root of the guest in the root file system that is made, so owners, special
 * files and links are as the archive has them, and nothing of it can be elsewhere.
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
#include <sys/xattr.h>
#include <unistd.h>
#include "session.h"
#include "solo.h"

#define BLOCK		512
#define WHITEOUT	".wh."
#define OPAQUE		".wh..wh..opq"
#define MOST_OF_PAX	(1 << 20)

/* As POSIX has it (pax, "ustar Interchange Format") */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};

struct xattr {
	struct xattr *next;
	char *name, *value;
	size_t len;
};

struct member {
	char name[PATH_MAX], link[PATH_MAX];
	uint64_t size;
	int64_t mtime;
	unsigned int mode, uid, gid;
	struct xattr *xattrs;
	bool named, linked, sized, owned, grouped, dated;	/* by a header before it */
};

static int status;

static void cannot(const char *name)
{
	warn("%s: %s", name, strerror(errno));
	status = 1;
}

/* Octal digits; or, with the first bit set, bytes. */
static uint64_t number(const char *field, size_t len)
{
	uint64_t n = 0;
	size_t i;

	if (field[0] & 0x80) {
		for (i = len > 8 ? len - 8 : 1; i < len; i++)
			n = n << 8 | (unsigned char)field[i];
		return n;
	}
	for (i = 0; i < len && field[i] == ' '; i++)
		;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		n = n * 8 + field[i] - '0';
	return n;
}

static bool is_header(const struct header *h)
{
	const unsigned char *at = (const unsigned char *)h;
	unsigned int sum = 0, i;

	for (i = 0; i < BLOCK; i++)
		sum += i >= offsetof(struct header, sum) && i < offsetof(struct header, type) ? ' ' : at[i];
	return sum == number(h->sum, sizeof(h->sum));
}

static bool skip(int fd, uint64_t len)
{
	static char nowhere[65536];

	while (len) {
		size_t n = len < sizeof(nowhere) ? len : sizeof(nowhere);

		if (!read_all(fd, nowhere, n))
			return false;
		len -= n;
	}
	return true;
}

static uint64_t padding(uint64_t size)
{
	return -size & (BLOCK - 1);
}

/* What a header's contents are, with a NUL behind it; NULL: there is no such thing. */
static char *contents(int fd, uint64_t size)
{
	char *text;

	if (size > MOST_OF_PAX)
		return NULL;
	text = must_alloc(NULL, size + 1);
	text[size] = 0;
	if (read_all(fd, text, size) && skip(fd, padding(size)))
		return text;
	free(text);
	return NULL;
}

static void add_xattr(struct member *m, const char *name, const char *value, size_t len)
{
	struct xattr *x = must_alloc(NULL, sizeof(*x));

	*x = (struct xattr){ .next = m->xattrs, .name = strdup(name), .len = len };
	x->value = must_alloc(NULL, len);
	memcpy(x->value, value, len);
	m->xattrs = x;
}

static void take_pax_value(struct member *m, const char *key, char *value, size_t len)
{
	if (!strcmp(key, "path")) {
		snprintf(m->name, sizeof(m->name), "%s", value);
		m->named = true;
	} else if (!strcmp(key, "linkpath")) {
		snprintf(m->link, sizeof(m->link), "%s", value);
		m->linked = true;
	} else if (!strcmp(key, "size")) {
		m->size = strtoull(value, NULL, 10);
		m->sized = true;
	} else if (!strcmp(key, "uid")) {
		m->uid = strtoul(value, NULL, 10);
		m->owned = true;
	} else if (!strcmp(key, "gid")) {
		m->gid = strtoul(value, NULL, 10);
		m->grouped = true;
	} else if (!strcmp(key, "mtime")) {
		m->mtime = strtoll(value, NULL, 10);
		m->dated = true;
	} else if (!strncmp(key, "SCHILY.xattr.", 13)) {
		add_xattr(m, key + 13, value, len);
	}
}

/* "LENGTH KEY=VALUE\n" ..., where LENGTH is that of all of it. */
static bool take_pax(struct member *m, char *text, size_t size)
{
	char *at = text, *end = text + size, *key, *equals;

	while (at < end) {
		size_t len = strtoul(at, &key, 10);

		if (!len || len > (size_t)(end - at) || *key != ' ' || at[len - 1] != '\n')
			return false;
		at[len - 1] = 0;
		equals = strchr(++key, '=');
		if (!equals)
			return false;
		*equals = 0;
		take_pax_value(m, key, equals + 1, at + len - 1 - (equals + 1));
		at += len;
	}
	return true;
}

static void take_header(struct member *m, const struct header *h)
{
	if (!m->named && !memcmp(h->magic, "ustar", 6) && h->prefix[0])
		snprintf(m->name, sizeof(m->name), "%.155s/%.100s", h->prefix, h->name);
	else if (!m->named)
		snprintf(m->name, sizeof(m->name), "%.100s", h->name);
	if (!m->linked)
		snprintf(m->link, sizeof(m->link), "%.100s", h->link);
	if (!m->sized)
		m->size = number(h->size, sizeof(h->size));
	if (!m->owned)
		m->uid = number(h->uid, sizeof(h->uid));
	if (!m->grouped)
		m->gid = number(h->gid, sizeof(h->gid));
	if (!m->dated)
		m->mtime = number(h->mtime, sizeof(h->mtime));
	m->mode = number(h->mode, sizeof(h->mode)) & 07777;
}

/* Beneath the root, without "." and ".."; "" is the root. */
static void clean(char *name)
{
	char *from = name, *to = name;

	while (*from) {
		size_t n = strcspn(from, "/");

		if (n && !(n == 1 && from[0] == '.') && !(n == 2 && from[0] == '.' && from[1] == '.')) {
			if (to != name)
				*to++ = '/';
			memmove(to, from, n);
			to += n;
		}
		from += n;
		from += *from == '/';
	}
	*to = 0;
}

static void make_parents(const char *name)
{
	char path[PATH_MAX], *slash;

	snprintf(path, sizeof(path), "%s", name);
	for (slash = path; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = 0;
		mkdir(path, 0755);
	}
}

static void remove_all(int at, const char *name, bool itself)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *entry;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			remove_all(fd, entry->d_name, true);
	if (itself)
		unlinkat(at, name, dir ? AT_REMOVEDIR : 0);
	if (dir)
		closedir(dir);
}

/* True: it was one, and is done. */
static bool whiteout(const char *name)
{
	const char *last = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	char path[PATH_MAX];

	if (strncmp(last, WHITEOUT, strlen(WHITEOUT)))
		return false;
	if (!strcmp(last, OPAQUE)) {
		snprintf(path, sizeof(path), "./%.*s", (int)(last - name), name);
		remove_all(AT_FDCWD, path, false);
	} else {
		snprintf(path, sizeof(path), "%.*s%s", (int)(last - name), name, last + strlen(WHITEOUT));
		remove_all(AT_FDCWD, path, true);
	}
	return true;
}

static bool write_file(const struct member *m, int in)
{
	static char piece[65536];
	uint64_t left = m->size;
	int fd = open(m->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		cannot(m->name);
	while (left) {
		size_t n = left < sizeof(piece) ? left : sizeof(piece);

		if (!read_all(in, piece, n))
			return false;
		if (fd >= 0 && !write_all(fd, piece, n)) {
			cannot(m->name);
			close(fd);
			fd = -1;
		}
		left -= n;
	}
	if (fd >= 0)
		close(fd);
	return skip(in, padding(m->size));
}

static bool is_folder(const char *name)
{
	struct stat st;

	return !lstat(name, &st) && S_ISDIR(st.st_mode);
}

/* Once it is there: owners before modes, which they change. */
static void dress(const struct member *m, char type)
{
	struct timespec times[2] = { { .tv_sec = m->mtime }, { .tv_sec = m->mtime } };
	const struct xattr *x;

	if (lchown(m->name, m->uid, m->gid) || (type != '2' && chmod(m->name, m->mode)))
		cannot(m->name);
	for (x = m->xattrs; x; x = x->next)
		lsetxattr(m->name, x->name, x->value, x->len, 0);
	utimensat(AT_FDCWD, m->name, times, AT_SYMLINK_NOFOLLOW);
}

static bool make(struct member *m, const struct header *h, int in, bool layer)
{
	dev_t device = makedev(number(h->major, sizeof(h->major)), number(h->minor, sizeof(h->minor)));
	bool ok = true, file = h->type == '0' || !h->type || h->type == '7';
	int err = 0;

	clean(m->name);
	if (!*m->name)
		strcpy(m->name, ".");
	if (layer && whiteout(m->name))
		return skip(in, m->size + padding(m->size));
	make_parents(m->name);
	if (h->type != '5' || !is_folder(m->name))
		remove_all(AT_FDCWD, m->name, true);
	if (file) {
		ok = write_file(m, in);
	} else if (h->type == '1') {
		clean(m->link);
		err = linkat(AT_FDCWD, m->link, AT_FDCWD, m->name, 0);
	} else if (h->type == '2') {
		err = symlink(m->link, m->name);
	} else if (h->type == '3' || h->type == '4') {
		err = mknod(m->name, (h->type == '3' ? S_IFCHR : S_IFBLK) | 0600, device);
	} else if (h->type == '5') {
		err = mkdir(m->name, 0700) && errno != EEXIST;
	} else if (h->type == '6') {
		err = mkfifo(m->name, 0600);
	} else {
		warn("%s: a kind of file that is not known here (%c)", m->name, h->type);
		status = 1;
		return skip(in, m->size + padding(m->size));
	}
	if (err)
		cannot(m->name);
	else if (ok && h->type != '1')
		dress(m, h->type);
	return ok && (file || skip(in, m->size + padding(m->size)));
}

static void forget(struct member *m)
{
	struct xattr *x;

	while ((x = m->xattrs)) {
		m->xattrs = x->next;
		free(x->name);
		free(x->value);
		free(x);
	}
	memset(m, 0, sizeof(*m));
}

/* One header, and what belongs to it; false: this is no archive any more. */
static bool take(struct member *m, const struct header *h, int in, bool layer)
{
	uint64_t size = number(h->size, sizeof(h->size));
	char *text;
	bool ok;

	switch (h->type) {
	case 'x':
		text = contents(in, size);
		ok = text && take_pax(m, text, size);
		free(text);
		return ok;
	case 'g':
		return skip(in, size + padding(size));
	case 'L':
	case 'K':
		text = contents(in, size);
		if (!text)
			return false;
		take_pax_value(m, h->type == 'L' ? "path" : "linkpath", text, size);
		free(text);
		return true;
	default:
		take_header(m, h);
		ok = make(m, h, in, layer);
		forget(m);
		return ok;
	}
}

int untar(const char *root, int in, bool layer)
{
	static struct member m;
	static struct header h;
	bool end = false;

	if (chroot(root) || chdir("/")) {
		warn("%s: %s", root, strerror(errno));
		return 1;
	}
	umask(0);
	while (!end && read_all(in, &h, sizeof(h))) {
		/* Zeroes, to the end of the stream */
		end = !h.name[0];
		if (!end && (!is_header(&h) || !take(&m, &h, in, layer)))
			break;
	}
	if (!end) {
		warn("the archive is damaged, or has no end");
		return 1;
	}
	while (read_all(in, &h, sizeof(h)))
		;
	return status;
}
