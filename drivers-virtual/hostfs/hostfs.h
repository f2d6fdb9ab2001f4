/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hostfs: folders of the host as a file system.
 *
 *	option.c	hostfs=: what is shared
 *	super.c		mounts
 *	node.c		inodes: attributes, descriptors
 *	names.c		folders: names and what is done by them
 *	file.c		files that are open
 *	pages.c		pages of files that are mapped
 *	xattr.c		extended attributes
 *
 * The host is the truth.  read() and write() go to it at once, and it has the only copy of
 * what they move; only what is mapped into programs has pages in the guest.
 *
 * There is one processor and the kernel is not preempted, so nothing happens between taking
 * a descriptor from an inode and the host's answer, as long as nothing sleeps there.
 * Descriptors are for use at once therefore, and no lock is needed for them.
 */
#ifndef UM_HOSTFS_H
#define UM_HOSTFS_H

#include <linux/dcache.h>
#include <linux/fs.h>
#include <asm/hostfs.h>

/* For so long the guest believes what it knows of names and attributes, in jiffies. */
#define HOSTFS_FRESH	(HZ / 2)

struct hostfs_share {
	char *path;		/* absolute, without . and .., or "/" */
	const char *tag;	/* or NULL */
	int fd;
	bool read_only, append, unconfined;
};

/* What is shared; ends with a path of NULL. */
extern struct hostfs_share hostfs_shares[];

/*
 * @folder/@path without ., .., and slashes that say nothing, beginning with one.  No link is
 * looked at: what mounts ask for is compared with what the user has written.  False: too long
 * for half of @size.
 */
bool hostfs_plain_path(char *to, size_t size, const char *folder, const char *path);

/*
 * The share whose tag is @source, or the one that @path (plain) lies deepest in, and in *@rest
 * what of the path lies in it; "" for a path: the first share.  NULL: none.
 */
struct hostfs_share *hostfs_find_share(const char *path, const char *source, const char **rest);

/* A mount. */
struct hostfs_mount {
	struct hostfs_share *share;
	char *path;		/* as it was asked for, plain; or "" */
	kuid_t uid;
	kgid_t gid;
	bool has_uid, has_gid;
};

static inline struct hostfs_mount *hostfs_mount_of(const struct super_block *sb)
{
	return sb->s_fs_info;
}

/*
 * A file or folder.  What identifies it: dev, ino and, since a file system gives the
 * numbers of deleted files to new ones, the time when it was made.
 */
struct hostfs_node {
	struct inode inode;
	u64 dev, ino, mount;
	struct host_time btime, mtime;
	u64 size;
	unsigned long checked;		/* jiffies: when attributes came from the host */
	struct list_head idle;		/* descriptors that may be closed */
	/* -1: none.  @out may be the same as @in. */
	int in;				/* for reading; of a folder: its names */
	int out;			/* for writing */
	unsigned int opens, writers;
	bool stale;			/* somebody else changed the data: drop its pages */
	bool own;			/* we changed the data since the attributes came, and had no pages */
	bool border;			/* something is mounted on this folder: nothing below is shared */
	bool local;			/* mode and owner are the guest's own: of pipes and sockets */
};

static inline struct hostfs_node *hostfs_node(const struct inode *inode)
{
	return container_of(inode, struct hostfs_node, inode);
}

/* node.c */
int hostfs_nodes_init(void);
struct inode *hostfs_alloc_inode(struct super_block *sb);
void hostfs_free_inode(struct inode *inode);
void hostfs_evict_inode(struct inode *inode);
/* The inode for what has these attributes, in a folder of mount @mount (0: not known). */
struct inode *hostfs_inode(struct super_block *sb, const struct host_attr *attr, u64 mount);
bool hostfs_is_same(const struct hostfs_node *node, const struct host_attr *attr);
void hostfs_update(struct inode *inode, const struct host_attr *attr);
/* A descriptor of the folder @dir, for use at once; or -errno, -ESTALE if it is gone. */
int hostfs_folder(struct dentry *dir);
/* A descriptor of the open or regular file @inode, by which attributes can be changed. */
int hostfs_handle(struct dentry *dentry);
/* Makes node->in or node->out, as @mode says. */
int hostfs_open_node(struct dentry *dentry, fmode_t mode);
/* It is open as @fd already: a new file, a root. */
void hostfs_adopt(struct hostfs_node *node, int fd, bool write);
/* What was open may be closed when descriptors run short, or at once. */
void hostfs_let_go(struct hostfs_node *node);
/* Attributes of a file that is open, now.  @ours: what has changed in the data, we have changed. */
int hostfs_ask(struct inode *inode, bool ours);
/* Ask the host for attributes if they are not fresh. */
int hostfs_refresh(struct dentry *dentry, bool force);
int hostfs_getattr(struct mnt_idmap *idmap, const struct path *path, struct kstat *stat,
		   u32 mask, unsigned int flags);
int hostfs_setattr(struct mnt_idmap *idmap, struct dentry *dentry, struct iattr *attr);

extern const struct dentry_operations hostfs_dentry_operations;
extern const struct inode_operations hostfs_folder_inode_operations;
extern const struct inode_operations hostfs_file_inode_operations;
extern const struct inode_operations hostfs_link_inode_operations;
extern const struct inode_operations hostfs_special_inode_operations;
extern const struct file_operations hostfs_folder_operations;
extern const struct file_operations hostfs_file_operations;
extern const struct address_space_operations hostfs_pages_operations;
extern const struct xattr_handler * const hostfs_xattr_handlers[];
ssize_t hostfs_listxattr(struct dentry *dentry, char *names, size_t size);

#endif
