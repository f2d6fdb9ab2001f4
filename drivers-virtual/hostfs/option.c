// SPDX-License-Identifier: GPL-2.0
/*
 * hostfs=FOLDER[,ro][,tag=NAME][,append][,unconfined]: what is shared.
 *
 * Folders are opened while the command line is parsed, as files of disks are.  A root file
 * system of this type is named by rootflags=, which shares that folder.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/boot.h>
#include <asm/drivers.h>
#include <asm/end.h>
#include <asm/hostmem.h>
#include <asm/setup.h>
#include "hostfs.h"

struct hostfs_share hostfs_shares[HOST_SHARED + 1];
static unsigned int nr_shares;

static char text[8192];		/* their paths */
static size_t used;

bool hostfs_plain_path(char *to, size_t size, const char *folder, const char *path)
{
	char *begin = to, *word, *next, *rest = to + size / 2;

	if (snprintf(rest, size / 2, "%s/%s", folder, path) >= size / 2)
		return false;
	next = rest;
	/* what is written never reaches what is still to be read */
	while ((word = strsep(&next, "/"))) {
		if (!*word || !strcmp(word, "."))
			continue;
		if (!strcmp(word, "..")) {
			while (to > begin && *--to != '/')
				;
			continue;
		}
		to += sprintf(to, "/%s", word);
	}
	if (to == begin)
		*to++ = '/';
	*to = 0;
	return true;
}

static bool __init is_same_folder(const struct host_attr *a, const struct host_attr *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

/* Whether the folder open as @fd is @outer or lies below it, whatever their names are. */
static bool __init lies_in(int fd, int outer)
{
	struct host_attr a, b, up;
	int at = host_name_open(fd, ".", HOST_O_PATH | HOST_O_DIR), next;
	bool found = false, more = at >= 0 && !host_file_attr(at, &a) && !host_file_attr(outer, &b);

	while (more) {
		found = is_same_folder(&a, &b);
		next = found ? -1 : host_name_open(at, "..", HOST_O_PATH | HOST_O_DIR);
		more = next >= 0 && !host_file_attr(next, &up) && !is_same_folder(&a, &up);
		host_close(at);
		at = next;
		a = up;
	}
	if (at >= 0)
		host_close(at);
	return found;
}

/* A right that @inner lacks, its files have in @outer. */
static bool __init is_loophole(const struct hostfs_share *inner, const struct hostfs_share *outer)
{
	return !outer->read_only && (inner->read_only || (inner->append && !outer->append)) &&
	       lies_in(inner->fd, outer->fd);
}

static void __init refuse_loopholes(const struct hostfs_share *s)
{
	const struct hostfs_share *other, *inner;

	for (other = hostfs_shares; other < s; other++) {
		inner = is_loophole(s, other) ? s : is_loophole(other, s) ? other : NULL;
		if (inner)
			um_die("hostfs=%s,%s: it lies in %s, by which it can be written to: share that with %s, too, or not at all",
			       inner->path, inner->read_only ? "ro" : "append",
			       inner == s ? other->path : s->path,
			       inner->read_only ? "ro" : "append");
	}
}

static void __init share(const char *option, const char *path, const struct hostfs_share *as)
{
	struct hostfs_share *s = &hostfs_shares[nr_shares];
	int fd;

	if (nr_shares == HOST_SHARED)
		um_die("%s%s: more than %d folders: name one that they lie in", option, path,
		       HOST_SHARED);
	fd = host_open(path, HOST_O_READ | HOST_O_DIR);
	if (fd < 0 && boot_info->reboots)
		return;
	if (fd < 0)
		um_die("%s%s: %s: name a folder that is there", option, path,
		       fd == -ENOENT ? "No such folder" :
		       fd == -ENOTDIR ? "It is not a folder" : "It cannot be opened");
	if (!boot_info->reboots && !as->unconfined && host_landlock_abi() < 1)
		um_die("%s%s: this host has no Landlock, which keeps a guest kernel that was taken over to the folder: write hostfs=%s,unconfined to do without",
		       option, path, path);
	*s = *as;
	s->path = text + used;
	if (!hostfs_plain_path(s->path, sizeof(text) - used,
			       *path == '/' ? "" : host_getenv("PWD") ?: "", path))
		um_die("%s%s: the name is too long", option, path);
	used += strlen(s->path) + 1;
	s->fd = fd;
	if (!boot_info->reboots)
		refuse_loopholes(s);
	nr_shares++;
}

static int __init hostfs_option(char *arg)
{
	struct hostfs_share as = { };
	char *path = strsep(&arg, ","), *word;

	if (!*path)
		um_die("hostfs=: no folder is named");
	while ((word = strsep(&arg, ","))) {
		if (!strcmp(word, "ro"))
			as.read_only = true;
		else if (!strcmp(word, "append"))
			as.append = true;
		else if (!strcmp(word, "unconfined"))
			as.unconfined = true;
		else if (!strncmp(word, "tag=", 4) && word[4])
			as.tag = word + 4;
		else
			um_die("hostfs=%s,%s: only ro, append, unconfined and tag=NAME may follow", path,
			       word);
	}
	share("hostfs=", path, &as);
	return 1;
}
__setup("hostfs=", hostfs_option);

static const char *value_of(const char *name)
{
	const char *at = strstr(boot_info->command_line, name);

	return at && (at == boot_info->command_line || at[-1] == ' ') ? at + strlen(name) : NULL;
}

/* With upstream's hostfs= all paths begin in its folder. */
static bool __init lies_in_first(const char *path)
{
	struct host_stat st;
	char full[1024];

	snprintf(full, sizeof(full), "%s%s", hostfs_shares->path, path);
	return boot_info->reboots || !host_stat(full, &st);
}

/* The root's folder, if no hostfs= has shared it.  Writable only where the command line says rw. */
static int __init share_root(void)
{
	const char *type = value_of("rootfstype="), *flags = value_of("rootflags=");
	struct hostfs_share as = { .read_only = !um_has_option("rw") };
	char path[512];
	const char *rest;
	size_t len;

	if (type && !strncmp(type, "hostfs", 6) && flags) {
		if (*flags == '"')
			flags++;
		if (!strncmp(flags, "hostfs=", 7))
			flags += 7;
		len = strcspn(flags, ", \"");
		if (*flags == '/' && len < sizeof(path)) {
			memcpy(path, flags, len);
			path[len] = 0;
			if (!nr_shares || (!hostfs_find_share(path, NULL, &rest) &&
					   !lies_in_first(path)))
				share("rootflags=", path, &as);
		}
	}
	return nr_shares ? hostfs_nodes_init() : 0;
}
core_initcall(share_root);

/* What of @path lies below @folder, without a slash before it; NULL: it does not. */
static const char *below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	if (!strcmp(folder, "/"))
		return path + 1;
	if (strncmp(path, folder, len) || (path[len] && path[len] != '/'))
		return NULL;
	return path[len] ? path + len + 1 : path + len;
}

struct hostfs_share *hostfs_find_share(const char *path, const char *source, const char **rest)
{
	struct hostfs_share *s, *found = NULL;
	const char *at;

	*rest = "";
	for (s = hostfs_shares; s->path && source; s++)
		if (s->tag && !strcmp(s->tag, source)) {
			*rest = path && *path == '/' ? path + 1 : "";
			return s;
		}
	if (!path || !*path)
		return hostfs_shares->path ? hostfs_shares : NULL;
	/* the one that it lies deepest in */
	for (s = hostfs_shares; s->path; s++) {
		at = below(path, s->path);
		if (at && (!found || strlen(s->path) > strlen(found->path))) {
			found = s;
			*rest = at;
		}
	}
	return found;
}

/* For kernel/confine.c */
void __init um_hostfs_shared(struct host_confinement *to)
{
	unsigned int i;

	for (i = 0; i < nr_shares; i++) {
		to->shared[i].fd = hostfs_shares[i].fd;
		to->shared[i].read_only = hostfs_shares[i].read_only;
		to->unconfined |= hostfs_shares[i].unconfined;
	}
	to->nr_shared = nr_shares;
}
