// SPDX-License-Identifier: GPL-2.0
/*
 * Folders: names, and what is done by them.
 *
 * The host may know better than what the guest remembers of a name.  Where its answer shows
 * that, the call fails with ESTALE, and the generic kernel asks for all names anew.
 */
#include <linux/cred.h>
#include <linux/namei.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include "hostfs.h"

#define ENTRIES_ORDER	3		/* 32 KiB, as the C library asks for */

/* The host's struct linux_dirent64 */
struct entry {
	u64 ino;
	s64 next;
	u16 len;
	u8 type;
	char name[];
};

/* What is in the folder has changed by us. */
static void changed(struct inode *dir)
{
	hostfs_node(dir)->checked = jiffies - HOSTFS_FRESH;
}

static const char *name_of(const struct dentry *dentry)
{
	return dentry->d_name.name;
}

static struct dentry *lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = NULL;
	struct host_attr attr;
	int folder, err;

	if (dentry->d_name.len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	if (hostfs_node(dir)->border) {
		d_add(dentry, NULL);
		return NULL;
	}
	folder = hostfs_folder(dentry->d_parent);
	err = folder < 0 ? folder : host_name_attr(folder, name_of(dentry), &attr);
	if (err && err != -ENOENT)
		return ERR_PTR(err);
	if (!err)
		inode = hostfs_inode(dir->i_sb, &attr, hostfs_node(dir)->mount);
	dentry->d_time = jiffies;
	return d_splice_alias(inode, dentry);
}

static int revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode;
	struct dentry *parent;
	struct host_attr attr;
	int folder, err;

	if (!(flags & LOOKUP_REVAL) && time_before(jiffies, dentry->d_time + HOSTFS_FRESH))
		return 1;
	if (flags & LOOKUP_RCU)
		return -ECHILD;
	if (IS_ROOT(dentry))
		return 1;
	parent = dget_parent(dentry);
	inode = d_inode(dentry);
	if (hostfs_node(d_inode(parent))->border) {
		err = !inode;
		goto out;
	}
	folder = hostfs_folder(parent);
	err = folder < 0 ? folder : host_name_attr(folder, name_of(dentry), &attr);
	if (err && err != -ENOENT && err != -ESTALE)
		goto out;
	if (err || !inode) {
		err = err == -ENOENT && !inode;
	} else if (hostfs_node(inode)->border) {
		err = attr.ino == hostfs_node(inode)->ino && attr.dev == hostfs_node(inode)->dev &&
		      attr.mount == hostfs_node(inode)->mount;
	} else {
		err = hostfs_is_same(hostfs_node(inode), &attr) &&
		      attr.mount == hostfs_node(inode)->mount;
		if (err)
			hostfs_update(inode, &attr);
	}
	if (err)
		dentry->d_time = jiffies;
out:
	dput(parent);
	return err;
}

const struct dentry_operations hostfs_dentry_operations = {
	.d_revalidate	= revalidate,
};

/* The descriptor of the folder of @dentry, which is to get a file of the mode @mode. */
static int folder_for(struct dentry *dentry, umode_t mode)
{
	if (mode & S_ISUID || (mode & S_ISGID && !S_ISDIR(mode)))
		return -EPERM;
	return hostfs_folder(dentry->d_parent);
}

/* What a new name may fail with, when the guest did not know of what is there. */
static int not_new(struct dentry *dentry, int err)
{
	if (err == -EEXIST)
		d_drop(dentry);
	return err == -ENOENT ? -ESTALE : err;
}

/* A guest of root's gives new files to whom they belong in the guest. */
static void give(struct inode *dir, int fd)
{
	const struct hostfs_mount *m = hostfs_mount_of(dir->i_sb);

	if (host_getuid() || m->has_uid || m->has_gid ||
	    (uid_eq(current_fsuid(), GLOBAL_ROOT_UID) && gid_eq(current_fsgid(), GLOBAL_ROOT_GID)))
		return;
	host_chown(fd, from_kuid(&init_user_ns, current_fsuid()),
		   dir->i_mode & S_ISGID ? -1 : from_kgid(&init_user_ns, current_fsgid()));
}

/* @dentry is there on the host now. */
static int instantiate(struct inode *dir, struct dentry *dentry)
{
	struct hostfs_node *node;
	struct host_attr attr;
	struct inode *inode;
	int folder = hostfs_folder(dentry->d_parent), err;

	err = folder < 0 ? folder : host_name_attr(folder, name_of(dentry), &attr);
	if (err) {
		d_drop(dentry);
		return err;
	}
	inode = hostfs_inode(dir->i_sb, &attr, hostfs_node(dir)->mount);
	if (IS_ERR(inode)) {
		d_drop(dentry);
		return PTR_ERR(inode);
	}
	node = hostfs_node(inode);
	dentry->d_time = jiffies;
	d_instantiate(dentry, inode);
	changed(dir);
	if (S_ISDIR(inode->i_mode) && node->in < 0 && hostfs_folder(dentry) >= 0) {
		give(dir, node->in);
		return hostfs_refresh(dentry, true);
	}
	return 0;
}

static int create(struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry, umode_t mode,
		  bool excl)
{
	bool append = hostfs_mount_of(dir->i_sb)->share->append;
	int folder = folder_for(dentry, mode), fd, err;
	struct host_attr attr;
	struct inode *inode;

	if (folder < 0)
		return folder;
	fd = host_name_create(folder, name_of(dentry), mode & 01777, append);
	if (fd == -EEXIST && !excl) {
		d_drop(dentry);
		return -ESTALE;
	}
	if (fd < 0)
		return not_new(dentry, fd);
	give(dir, fd);
	err = host_file_attr(fd, &attr);
	inode = err ? ERR_PTR(err) : hostfs_inode(dir->i_sb, &attr, hostfs_node(dir)->mount);
	if (IS_ERR(inode)) {
		host_close(fd);
		d_drop(dentry);
		return PTR_ERR(inode);
	}
	/* Its open() comes next, and might be refused by the new mode. */
	hostfs_adopt(hostfs_node(inode), fd, true);
	dentry->d_time = jiffies;
	d_instantiate(dentry, inode);
	changed(dir);
	return 0;
}

static int make_folder(struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry,
		       umode_t mode)
{
	int folder = folder_for(dentry, mode);
	int err = folder < 0 ? folder : host_name_mkdir(folder, name_of(dentry), mode & 01777);

	return err ? not_new(dentry, err) : instantiate(dir, dentry);
}

static int make_link(struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry,
		     const char *text)
{
	int folder = hostfs_folder(dentry->d_parent);
	int err = folder < 0 ? folder : host_name_symlink(folder, name_of(dentry), text);

	return err ? not_new(dentry, err) : instantiate(dir, dentry);
}

static int make_special(struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry,
			umode_t mode, dev_t dev)
{
	int folder = folder_for(dentry, mode), err;

	if (folder < 0)
		return folder;
	if (S_ISREG(mode)) {
		err = create(idmap, dir, dentry, mode, true);
		if (!err)
			hostfs_let_go(hostfs_node(d_inode(dentry)));
		return err;
	}
	if (!S_ISFIFO(mode) && !S_ISSOCK(mode))
		return -EPERM;
	err = host_name_mknod(folder, name_of(dentry), mode & (S_IFMT | 01777));
	return err ? not_new(dentry, err) : instantiate(dir, dentry);
}

/*
 * The folders of both names.  To open one may have taken the other's descriptor away, where
 * hundreds of folders lie in each other.
 */
static int two_folders(struct dentry *a, struct dentry *b, int *in_a, int *in_b)
{
	*in_a = hostfs_folder(a->d_parent);
	*in_b = hostfs_folder(b->d_parent);
	if (*in_a >= 0)
		*in_a = hostfs_folder(a->d_parent);
	if (*in_a < 0 || *in_b < 0)
		return *in_a < 0 ? *in_a : *in_b;
	return hostfs_node(d_inode(b->d_parent))->in == *in_b ? 0 : -ENFILE;
}

static int link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(old);
	/* What is open may have lost this name, and another file have it. */
	struct dentry *at = d_unlinked(old) ? d_find_alias(inode) : dget(old);
	struct host_attr attr;
	int from, to, err;

	if (!at)
		return -ESTALE;
	err = two_folders(at, dentry, &from, &to);
	if (!err)
		err = host_name_attr(from, name_of(at), &attr);
	if (!err && (!hostfs_is_same(hostfs_node(inode), &attr) ||
		     attr.mount != hostfs_node(inode)->mount))
		err = -ESTALE;
	if (!err)
		err = host_name_link(from, name_of(at), to, name_of(dentry));
	dput(at);
	if (err)
		return not_new(dentry, err);
	ihold(inode);
	dentry->d_time = jiffies;
	d_instantiate(dentry, inode);
	changed(dir);
	hostfs_refresh(dentry, true);
	return 0;
}

/* A name of @inode is gone. */
static void lost_name(struct inode *dir, struct inode *inode)
{
	if (S_ISDIR(inode->i_mode))
		clear_nlink(inode);
	else if (inode->i_nlink)
		drop_nlink(inode);
	changed(inode);
	changed(dir);
}

static int unlink(struct inode *dir, struct dentry *dentry)
{
	int folder = hostfs_folder(dentry->d_parent);
	int err = folder < 0 ? folder : host_folder_unlink(folder, name_of(dentry));

	if (err)
		return err == -ENOENT ? -ESTALE : err;
	lost_name(dir, d_inode(dentry));
	return 0;
}

static int remove_folder(struct inode *dir, struct dentry *dentry)
{
	int folder = hostfs_folder(dentry->d_parent);
	int err = folder < 0 ? folder : host_folder_remove(folder, name_of(dentry));

	if (err)
		return err == -ENOENT ? -ESTALE : err;
	lost_name(dir, d_inode(dentry));
	return 0;
}

static int rename(struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry,
		  struct inode *to_dir, struct dentry *to, unsigned int flags)
{
	struct inode *inode = d_inode(dentry), *other = d_inode(to);
	unsigned int how = 0;
	int folder, to_folder, err;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	if (flags & RENAME_NOREPLACE)
		how |= HOST_RENAME_NOREPLACE;
	if (flags & RENAME_EXCHANGE)
		how |= HOST_RENAME_EXCHANGE;
	err = two_folders(dentry, to, &folder, &to_folder);
	if (err)
		return err;
	err = host_name_rename(folder, name_of(dentry), to_folder, name_of(to), how);
	if (err)
		return not_new(to, err);
	if (other && !(flags & RENAME_EXCHANGE))
		lost_name(to_dir, other);
	dentry->d_time = jiffies;
	to->d_time = jiffies;
	changed(inode);
	changed(dir);
	changed(to_dir);
	return 0;
}

const struct inode_operations hostfs_folder_inode_operations = {
	.lookup		= lookup,
	.create		= create,
	.mkdir		= make_folder,
	.symlink	= make_link,
	.mknod		= make_special,
	.link		= link,
	.unlink		= unlink,
	.rmdir		= remove_folder,
	.rename		= rename,
	.getattr	= hostfs_getattr,
	.setattr	= hostfs_setattr,
	.listxattr	= hostfs_listxattr,
};

/* Names are listed where the host says that they are, so a position stays what it was. */
static int iterate(struct file *file, struct dir_context *ctx)
{
	struct dentry *dir = file->f_path.dentry;
	struct inode *inode = d_inode(dir);
	int folder, err = 0;
	bool room = true;
	char *buf;
	long n;

	if (hostfs_node(inode)->border) {
		dir_emit_dots(file, ctx);
		return 0;
	}
	/*
	 * The end, on ext4 and btrfs.  An ext4 that is asked there first, by a new descriptor, has
	 * no entries at position 0 either (Linux 6.18: its htree begins where it was asked first).
	 */
	if (ctx->pos == S64_MAX)
		return 0;
	buf = (char *)__get_free_pages(GFP_KERNEL, ENTRIES_ORDER);
	if (!buf)
		return -ENOMEM;
	do {
		struct entry *e;
		char *at;

		folder = hostfs_folder(dir);
		n = folder < 0 ? folder : host_folder_entries(folder, ctx->pos, buf,
							       PAGE_SIZE << ENTRIES_ORDER);
		if (n < 0)
			err = n == -EBADF ? -EACCES : n;
		for (at = buf; n > 0 && room && at < buf + n; at += e->len) {
			size_t len;
			u64 ino;

			e = (struct entry *)at;
			len = strlen(e->name);
			ino = e->ino;
			if (!strcmp(e->name, "."))
				ino = inode->i_ino;
			else if (!strcmp(e->name, ".."))
				ino = d_parent_ino(dir);
			room = dir_emit(ctx, e->name, len, ino, e->type);
			if (room)
				ctx->pos = e->next;
		}
		cond_resched();
	} while (n > 0 && room && ctx->pos != S64_MAX && !fatal_signal_pending(current));
	free_pages((unsigned long)buf, ENTRIES_ORDER);
	return err;
}

static int sync_folder(struct file *file, loff_t start, loff_t end, int datasync)
{
	int folder = hostfs_folder(file->f_path.dentry);

	if (folder < 0)
		return folder;
	return datasync ? host_fdatasync(folder) : host_fsync(folder);
}

const struct file_operations hostfs_folder_operations = {
	.llseek		= generic_file_llseek,
	.read		= generic_read_dir,
	.iterate_shared	= iterate,
	.fsync		= sync_folder,
};

static const char *get_link(struct dentry *dentry, struct inode *inode,
			    struct delayed_call *done)
{
	int folder;
	char *text;
	long n;

	if (!dentry)
		return ERR_PTR(-ECHILD);
	text = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!text)
		return ERR_PTR(-ENOMEM);
	folder = hostfs_folder(dentry->d_parent);
	n = folder < 0 ? folder : host_name_readlink(folder, name_of(dentry), text, PATH_MAX - 1);
	if (n < 0) {
		kfree(text);
		return ERR_PTR(n == -ENOENT || n == -EINVAL ? -ESTALE : n);
	}
	text[n] = 0;
	set_delayed_call(done, kfree_link, text);
	return text;
}

const struct inode_operations hostfs_link_inode_operations = {
	.get_link	= get_link,
	.getattr	= hostfs_getattr,
	.setattr	= hostfs_setattr,
};

const struct inode_operations hostfs_special_inode_operations = {
	.getattr	= hostfs_getattr,
	.setattr	= hostfs_setattr,
};
