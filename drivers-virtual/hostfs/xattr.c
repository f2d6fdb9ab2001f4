// SPDX-License-Identifier: GPL-2.0
/*
 * Extended attributes of files and folders: those of users, as the host keeps them.
 */
#include <linux/slab.h>
#include <linux/xattr.h>
#include "hostfs.h"

/* The name in full, as the host wants it. */
static const char *full_name(const struct xattr_handler *handler, const char *name)
{
	return xattr_full_name(handler, name);
}

static int get(const struct xattr_handler *handler, struct dentry *dentry, struct inode *inode,
	       const char *name, void *value, size_t size)
{
	int fd = hostfs_handle(dentry);

	return fd < 0 ? fd : host_xattr_get(fd, full_name(handler, name), value, size);
}

static int set(const struct xattr_handler *handler, struct mnt_idmap *idmap, struct dentry *dentry,
	       struct inode *inode, const char *name, const void *value, size_t size, int flags)
{
	int fd = hostfs_handle(dentry);

	if (fd < 0)
		return fd;
	if (!value)
		return host_xattr_remove(fd, full_name(handler, name));
	return host_xattr_set(fd, full_name(handler, name), value, size, flags);
}

static const struct xattr_handler users = {
	.prefix	= XATTR_USER_PREFIX,
	.get	= get,
	.set	= set,
};

const struct xattr_handler * const hostfs_xattr_handlers[] = { &users, NULL };

/* Of the host's names those that the guest could ask for. */
ssize_t hostfs_listxattr(struct dentry *dentry, char *names, size_t size)
{
	char *all = kvmalloc(XATTR_LIST_MAX, GFP_KERNEL), *name;
	size_t used = 0, len;
	int fd;
	ssize_t n;

	if (!all)
		return -ENOMEM;
	fd = hostfs_handle(dentry);
	n = fd < 0 ? fd : host_xattr_list(fd, all, XATTR_LIST_MAX);
	for (name = all; n > 0 && name < all + n; name += len) {
		len = strlen(name) + 1;
		if (!strstarts(name, XATTR_USER_PREFIX))
			continue;
		if (size && used + len > size) {
			n = -ERANGE;
			break;
		}
		if (size)
			memcpy(names + used, name, len);
		used += len;
	}
	kvfree(all);
	return n < 0 ? n : used;
}
