// SPDX-License-Identifier: GPL-2.0
/*
 * Mounts of shared folders.
 *
 *	mount -t hostfs none /mnt -o /path	a folder of the host that is shared, or lies in one;
 *						else, as upstream's hostfs= has it, one in the
 *						first that is shared
 *	mount -t hostfs TAG /mnt		the one that has this tag
 *	mount -t hostfs none /mnt		the first one
 *
 * Further options: uid=N and gid=N, whom all files are shown to belong to; hostfs=/path for
 * a path alone.
 */
#include <linux/backing-dev.h>
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/init.h>
#include <linux/magic.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/statfs.h>
#include "hostfs.h"

/* Options */

enum { OPTION_HOSTFS, OPTION_UID, OPTION_GID };

static const struct fs_parameter_spec options[] = {
	fsparam_string_empty("hostfs",	OPTION_HOSTFS),
	fsparam_uid("uid",		OPTION_UID),
	fsparam_gid("gid",		OPTION_GID),
	{}
};

/* A path may have commas and equals signs, at which it was cut. */
static int add_path(struct fs_context *fc, const char *between, const char *piece)
{
	struct hostfs_mount *m = fc->s_fs_info;
	char *path = kasprintf(GFP_KERNEL, "%s%s%s", m->path ?: "", between, piece);

	if (!path)
		return -ENOMEM;
	kfree(m->path);
	m->path = path;
	return 0;
}

static int parse_option(struct fs_context *fc, struct fs_parameter *param)
{
	struct hostfs_mount *m = fc->s_fs_info;
	struct fs_parse_result result;
	int opt = -ENOPARAM, err;

	if (*param->key != '/')
		opt = fs_parse(fc, options, param, &result);
	switch (opt) {
	case OPTION_HOSTFS:
		return add_path(fc, "", param->string ?: "");
	case OPTION_UID:
		m->uid = result.uid;
		m->has_uid = true;
		return 0;
	case OPTION_GID:
		m->gid = result.gid;
		m->has_gid = true;
		return 0;
	case -ENOPARAM:
		break;
	default:
		return opt;
	}
	if (*param->key != '/' && (!m->path || !strcmp(param->key, "source")))
		return -ENOPARAM;
	err = add_path(fc, m->path ? "," : "", param->key);
	if (!err && param->type == fs_value_is_string && param->string)
		err = add_path(fc, "=", param->string);
	return err;
}

static int show_options(struct seq_file *seq, struct dentry *root)
{
	struct hostfs_mount *m = hostfs_mount_of(root->d_sb);

	if (m->has_uid)
		seq_printf(seq, ",uid=%u", from_kuid_munged(&init_user_ns, m->uid));
	if (m->has_gid)
		seq_printf(seq, ",gid=%u", from_kgid_munged(&init_user_ns, m->gid));
	if (*m->path)
		seq_show_option(seq, "hostfs", m->path);
	return 0;
}

/* The whole */

static int statfs(struct dentry *dentry, struct kstatfs *to)
{
	struct host_fs_room room;
	int err = host_room(hostfs_mount_of(dentry->d_sb)->share->fd, &room);

	if (err)
		return err;
	to->f_type = HOSTFS_SUPER_MAGIC;
	to->f_bsize = room.blksize;
	to->f_blocks = room.blocks;
	to->f_bfree = room.free;
	to->f_bavail = room.available;
	to->f_files = room.files;
	to->f_ffree = room.files_free;
	to->f_namelen = room.namelen;
	to->f_fsid = u64_to_fsid(huge_encode_dev(dentry->d_sb->s_dev));
	return 0;
}

/* Waits for the host's disk. */
static int sync_fs(struct super_block *sb, int wait)
{
	if (!wait || sb_rdonly(sb))
		return 0;
	return host_syncfs(hostfs_mount_of(sb)->share->fd);
}

static const struct super_operations super_operations = {
	.alloc_inode	= hostfs_alloc_inode,
	.free_inode	= hostfs_free_inode,
	.evict_inode	= hostfs_evict_inode,
	.drop_inode	= generic_delete_inode,
	.statfs		= statfs,
	.sync_fs	= sync_fs,
	.show_options	= show_options,
};

/* The root */

/*
 * The folder @path in @share, name by name.  Its descriptor, never that of the share itself,
 * and its attributes; -EXDEV: something is mounted there or on the way.
 */
static int open_root(const struct hostfs_share *share, const char *path, struct host_attr *attr,
		     u64 *mount)
{
	int fd = host_name_open(share->fd, ".", HOST_O_READ | HOST_O_DIR), next, err;
	char name[NAME_MAX + 1];
	size_t len;

	err = fd < 0 ? fd : host_file_attr(fd, attr);
	if (!err)
		*mount = attr->mount;
	for (; !err && *path; path += len, path += *path == '/') {
		len = strcspn(path, "/");
		if (len > NAME_MAX) {
			err = -ENAMETOOLONG;
			break;
		}
		memcpy(name, path, len);
		name[len] = 0;
		next = host_name_open(fd, name, HOST_O_READ | HOST_O_DIR);
		if (next == -EACCES)
			next = host_name_open(fd, name, HOST_O_PATH | HOST_O_DIR);
		host_close(fd);
		fd = next;
		err = fd < 0 ? fd : host_file_attr(fd, attr);
		if (!err && attr->mount != *mount)
			err = -EXDEV;
	}
	if (err && fd >= 0)
		host_close(fd);
	return err ?: fd;
}

static int find_root(struct fs_context *fc, struct hostfs_mount *m, struct host_attr *attr,
		     u64 *mount)
{
	const char *rest;
	int fd = -ENOENT;

	m->share = hostfs_find_share(m->path, fc->source, &rest);
	if (m->share)
		fd = open_root(m->share, rest, attr, mount);
	/* Upstream's hostfs= begins all paths. */
	if (fd == -ENOENT && *m->path && hostfs_shares->path && m->share != hostfs_shares) {
		m->share = hostfs_shares;
		fd = open_root(m->share, m->path + 1, attr, mount);
	}
	return fd;
}

static int fill_super(struct super_block *sb, struct fs_context *fc)
{
	struct hostfs_mount *m = sb->s_fs_info;
	struct host_attr attr;
	struct inode *root;
	u64 mount;
	int fd, err;

	fd = find_root(fc, m, &attr, &mount);
	if (fd < 0) {
		if (!hostfs_shares->path) {
			warnf(fc, "no folder of the host is shared: start linux with hostfs=FOLDER");
			return -EPERM;
		}
		warnf(fc, "%s: there is no such folder in what hostfs= shares (%pe)",
		      *m->path ? m->path : fc->source ?: "", ERR_PTR(fd));
		return fd;
	}

	sb->s_magic = HOSTFS_SUPER_MAGIC;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_time_gran = 1;
	sb->s_time_min = S64_MIN;
	sb->s_time_max = S64_MAX;
	sb->s_iflags |= SB_I_NODEV;
	sb->s_flags |= SB_NOATIME | SB_NOSEC;
	if (m->share->read_only)
		sb->s_flags |= SB_RDONLY;
	sb->s_op = &super_operations;
	sb->s_d_op = &hostfs_dentry_operations;
	sb->s_xattr = hostfs_xattr_handlers;
	err = super_setup_bdi(sb);
	if (!err) {
		sb->s_bdi->ra_pages = SZ_512K >> PAGE_SHIFT;
		sb->s_bdi->io_pages = sb->s_bdi->ra_pages;
		root = hostfs_inode(sb, &attr, mount);
		err = PTR_ERR_OR_ZERO(root);
	}
	if (err) {
		host_close(fd);
		return err;
	}
	hostfs_adopt(hostfs_node(root), fd, false);
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static int get_tree(struct fs_context *fc)
{
	struct hostfs_mount *m = fc->s_fs_info;
	char *plain;

	/* Twice what a path may be, so that it fits: it is cut otherwise. */
	plain = kmalloc(4 * PATH_MAX, GFP_KERNEL);
	if (!plain)
		return -ENOMEM;
	*plain = 0;
	if (m->path && *m->path && !hostfs_plain_path(plain, 4 * PATH_MAX, "", m->path)) {
		kfree(plain);
		return -ENAMETOOLONG;
	}
	kfree(m->path);
	m->path = kstrdup(plain, GFP_KERNEL);
	kfree(plain);
	return m->path ? get_tree_nodev(fc, fill_super) : -ENOMEM;
}

static int reconfigure(struct fs_context *fc)
{
	struct super_block *sb = fc->root->d_sb;

	sync_filesystem(sb);
	if (!(fc->sb_flags & SB_RDONLY) && hostfs_mount_of(sb)->share->read_only)
		return -EROFS;
	return 0;
}

static void free_mount(struct hostfs_mount *m)
{
	if (m)
		kfree(m->path);
	kfree(m);
}

static void free_context(struct fs_context *fc)
{
	free_mount(fc->s_fs_info);
}

static const struct fs_context_operations context_operations = {
	.parse_param	= parse_option,
	.get_tree	= get_tree,
	.reconfigure	= reconfigure,
	.free		= free_context,
};

static int init_context(struct fs_context *fc)
{
	fc->s_fs_info = kzalloc(sizeof(struct hostfs_mount), GFP_KERNEL);
	if (!fc->s_fs_info)
		return -ENOMEM;
	fc->ops = &context_operations;
	return 0;
}

static void kill_super(struct super_block *sb)
{
	struct hostfs_mount *m = hostfs_mount_of(sb);

	kill_anon_super(sb);
	free_mount(m);
}

static struct file_system_type hostfs_type = {
	.owner			= THIS_MODULE,
	.name			= "hostfs",
	.init_fs_context	= init_context,
	.parameters		= options,
	.kill_sb		= kill_super,
};

static int __init hostfs_init(void)
{
	return register_filesystem(&hostfs_type);
}
fs_initcall(hostfs_init);
