// SPDX-License-Identifier: GPL-2.0
/*
 * Inodes: attributes, and the descriptors by which the host's files are reached.
 *
 * A folder's descriptor is opened when something in it is asked for, from that of the folder
 * it lies in; a file's when the guest opens it.  What is not needed any more stays open for
 * a while, up to MAX_IDLE, longest unused first to go.  What the guest has open counts
 * against the limit of the process, and beyond it the guest gets ENFILE.
 *
 * Attributes come from the host, and are believed for HOSTFS_FRESH; names likewise.
 */
#include <linux/bitmap.h>
#include <linux/init.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/xattr.h>
#include <asm/end.h>
#include "hostfs.h"

#define MAX_FDS		65536
#define MAX_IDLE	256
#define OTHERS		256		/* descriptors that are left for devices */

static struct kmem_cache *nodes;
static LIST_HEAD(idle);			/* hostfs_node.idle, longest unused first */
static unsigned int nr_idle, nr_fds, max_fds;
static DECLARE_BITMAP(ours, MAX_FDS);

/* Descriptors */

static void close_fd(int fd)
{
	if (fd < 0)
		return;
	__clear_bit(fd, ours);
	nr_fds--;
	host_close(fd);
}

static void close_node(struct hostfs_node *node)
{
	if (node->out != node->in)
		close_fd(node->out);
	close_fd(node->in);
	node->in = node->out = -1;
	if (!list_empty(&node->idle)) {
		list_del_init(&node->idle);
		nr_idle--;
	}
}

/* Close what is idle, but not the last that were used: somebody works with them. */
static bool make_room(void)
{
	if (nr_idle < 4)
		return false;
	close_node(list_first_entry(&idle, struct hostfs_node, idle));
	return true;
}

/* A descriptor that was just opened, or an error. */
static int take_fd(int fd)
{
	if (fd < 0)
		return fd;
	if (fd >= MAX_FDS) {
		host_close(fd);
		return -ENFILE;
	}
	__set_bit(fd, ours);
	nr_fds++;
	while (nr_fds > max_fds)
		if (!make_room()) {
			close_fd(fd);
			return -ENFILE;
		}
	return fd;
}

static int open_name(int folder, const char *name, unsigned int flags)
{
	int fd;

	do
		fd = host_name_open(folder, name, flags);
	while ((fd == -EMFILE || fd == -ENFILE) && make_room());
	return take_fd(fd);
}

static void set_idle(struct hostfs_node *node)
{
	if (!list_empty(&node->idle)) {
		list_move_tail(&node->idle, &idle);
		return;
	}
	list_add_tail(&node->idle, &idle);
	if (++nr_idle > MAX_IDLE)
		make_room();
}

static void set_busy(struct hostfs_node *node)
{
	if (list_empty(&node->idle))
		return;
	list_del_init(&node->idle);
	nr_idle--;
}

void hostfs_adopt(struct hostfs_node *node, int fd, bool write)
{
	node->in = take_fd(fd);
	node->out = write ? node->in : -1;
}

void hostfs_let_go(struct hostfs_node *node)
{
	if (!node->writers && node->out >= 0 && node->out != node->in) {
		close_fd(node->out);
		node->out = -1;
	}
	if (node->opens || node->writers)
		return;
	/* The host cannot run a file that somebody may write to. */
	if (node->out >= 0)
		close_node(node);
	else if (node->in >= 0)
		set_idle(node);
}

/* Open @dentry, which must be what it was. */
static int open_same(struct dentry *dentry, unsigned int flags, struct host_attr *attr)
{
	struct hostfs_node *node = hostfs_node(d_inode(dentry));
	int folder, fd, err;

	if (IS_ROOT(dentry))
		return -ESTALE;
	folder = hostfs_folder(dentry->d_parent);
	if (folder < 0)
		return folder;
	fd = open_name(folder, dentry->d_name.name, flags);
	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP || fd == -ENXIO)
		return -ESTALE;
	if (fd < 0)
		return fd;
	err = host_file_attr(fd, attr);
	if (!err && (!hostfs_is_same(node, attr) || attr->mount != node->mount))
		err = -ESTALE;
	if (err)
		close_fd(fd);
	return err ?: fd;
}

static int open_folder(struct dentry *dir)
{
	struct hostfs_node *node = hostfs_node(d_inode(dir));
	struct host_attr attr;
	int fd;

	if (node->border)
		return -EXDEV;
	fd = open_same(dir, HOST_O_READ | HOST_O_DIR, &attr);
	if (fd == -EACCES)
		fd = open_same(dir, HOST_O_PATH | HOST_O_DIR, &attr);
	if (fd < 0)
		return fd;
	hostfs_update(d_inode(dir), &attr);
	node->in = fd;
	set_idle(node);
	return fd;
}

int hostfs_folder(struct dentry *dir)
{
	struct hostfs_node *node = hostfs_node(d_inode(dir));
	struct dentry *at;
	int fd;

	/* From the nearest one above that is open, one after the other: there may be thousands. */
	while (node->in < 0) {
		for (at = dir; !IS_ROOT(at) && hostfs_node(d_inode(at->d_parent))->in < 0;)
			at = at->d_parent;
		fd = open_folder(at);
		if (fd < 0)
			return fd;
	}
	if (!IS_ROOT(dir))
		set_idle(node);
	return node->in;
}

int hostfs_open_node(struct dentry *dentry, fmode_t mode)
{
	struct inode *inode = d_inode(dentry);
	struct hostfs_node *node = hostfs_node(inode);
	unsigned int append = hostfs_mount_of(inode->i_sb)->share->append ? HOST_O_APPEND : 0;
	struct host_attr attr;
	int fd, err = 0;

	set_busy(node);
	if (mode & FMODE_WRITE && node->out < 0) {
		fd = -EACCES;
		if (mode & FMODE_READ && node->in < 0)
			fd = open_same(dentry, HOST_O_READ | HOST_O_WRITE | append, &attr);
		if (fd >= 0)
			node->in = fd;
		else if (fd == -EACCES)
			fd = open_same(dentry, HOST_O_WRITE | append, &attr);
		if (fd >= 0)
			node->out = fd;
		err = min(fd, 0);
	} else if (mode & FMODE_READ && node->in >= 0) {
		err = host_file_attr(node->in, &attr);
	} else if (node->out >= 0) {
		err = host_file_attr(node->out, &attr);
	}
	if (!err && mode & FMODE_READ && node->in < 0) {
		fd = open_same(dentry, HOST_O_READ, &attr);
		if (fd >= 0)
			node->in = fd;
		err = min(fd, 0);
	}
	if (!err)
		hostfs_update(inode, &attr);
	if (err)
		hostfs_let_go(node);
	return err;
}

int hostfs_handle(struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);
	struct hostfs_node *node = hostfs_node(inode);
	int err;

	if (S_ISDIR(inode->i_mode))
		return hostfs_folder(dentry);
	if (!S_ISREG(inode->i_mode))
		return -EPERM;
	if (node->in >= 0)
		return node->in;
	if (node->out >= 0)
		return node->out;
	err = hostfs_open_node(dentry, FMODE_READ);
	if (!err) {
		hostfs_let_go(node);
		return node->in;
	}
	return err;
}

/* Attributes */

static bool same_time(const struct host_time *a, const struct host_time *b)
{
	return a->sec == b->sec && a->nsec == b->nsec;
}

bool hostfs_is_same(const struct hostfs_node *node, const struct host_attr *attr)
{
	return node->ino == attr->ino && node->dev == attr->dev &&
	       same_time(&node->btime, &attr->btime) &&
	       (node->inode.i_mode & S_IFMT) == (attr->mode & S_IFMT);
}

void hostfs_update(struct inode *inode, const struct host_attr *attr)
{
	struct hostfs_node *node = hostfs_node(inode);
	const struct hostfs_mount *m = hostfs_mount_of(inode->i_sb);

	node->checked = jiffies;
	if (!node->local) {
		/* Nothing of the host's runs as somebody else. */
		umode_t mode = attr->mode & (S_ISDIR(attr->mode) ? ~S_ISUID : ~(S_ISUID | S_ISGID));

		inode->i_mode = mode;
		inode->i_uid = m->has_uid ? m->uid : make_kuid(&init_user_ns, attr->uid);
		inode->i_gid = m->has_gid ? m->gid : make_kgid(&init_user_ns, attr->gid);
	}
	set_nlink(inode, attr->links);
	inode_set_atime(inode, attr->atime.sec, attr->atime.nsec);
	inode_set_mtime(inode, attr->mtime.sec, attr->mtime.nsec);
	inode_set_ctime(inode, attr->ctime.sec, attr->ctime.nsec);
	inode->i_blocks = attr->blocks;
	if (!node->own && (node->size != attr->size || !same_time(&node->mtime, &attr->mtime)))
		node->stale = true;
	node->own = false;
	node->size = attr->size;
	node->mtime = attr->mtime;
	i_size_write(inode, attr->size);
}

int hostfs_ask(struct inode *inode, bool ours)
{
	struct hostfs_node *node = hostfs_node(inode);
	struct host_attr attr;
	int err = host_file_attr(node->out >= 0 ? node->out : node->in, &attr);

	if (err)
		return err;
	node->own |= ours;
	hostfs_update(inode, &attr);
	return 0;
}

int hostfs_refresh(struct dentry *dentry, bool force)
{
	struct inode *inode = d_inode(dentry);
	struct hostfs_node *node = hostfs_node(inode);
	struct host_attr attr;
	int fd, err;

	if (!force && !node->own && time_before(jiffies, node->checked + HOSTFS_FRESH))
		return 0;
	fd = node->in >= 0 ? node->in : node->out;
	if (fd >= 0) {
		err = host_file_attr(fd, &attr);
	} else if (IS_ROOT(dentry) || d_unlinked(dentry)) {
		return 0;
	} else {
		fd = hostfs_folder(dentry->d_parent);
		err = fd < 0 ? fd : host_name_attr(fd, dentry->d_name.name, &attr);
		if (err == -ENOENT)
			err = -ESTALE;
	}
	if (!err && !node->border && !hostfs_is_same(node, &attr))
		err = -ESTALE;
	if (!err && !node->border)
		hostfs_update(inode, &attr);
	return err;
}

int hostfs_getattr(struct mnt_idmap *idmap, const struct path *path, struct kstat *stat, u32 mask,
		   unsigned int flags)
{
	struct inode *inode = d_inode(path->dentry);
	struct hostfs_node *node = hostfs_node(inode);
	int err = hostfs_refresh(path->dentry,
				 (flags & AT_STATX_SYNC_TYPE) == AT_STATX_FORCE_SYNC);

	if (err)
		return err;
	generic_fillattr(idmap, mask, inode, stat);
	if (node->btime.sec) {
		stat->btime = (struct timespec64){ node->btime.sec, node->btime.nsec };
		stat->result_mask |= STATX_BTIME;
	}
	return 0;
}

static int set_size(struct dentry *dentry, loff_t size)
{
	struct inode *inode = d_inode(dentry);
	struct hostfs_node *node = hostfs_node(inode);
	loff_t old = i_size_read(inode);
	bool opened = node->out < 0;
	int err = opened ? hostfs_open_node(dentry, FMODE_WRITE) : 0;

	if (err)
		return err;
	/* What a program left behind the end of its mapping is nothing of the file's. */
	node->writers++;
	if (size > old && inode->i_mapping->nrpages) {
		filemap_write_and_wait_range(inode->i_mapping, old, old);
		invalidate_inode_pages2_range(inode->i_mapping, old >> PAGE_SHIFT,
					      old >> PAGE_SHIFT);
	}
	err = host_ftruncate(node->out, size);
	node->writers--;
	if (!err) {
		truncate_setsize(inode, size);
		node->own = true;
	}
	hostfs_let_go(node);
	return err;
}

static int set_owner(struct dentry *dentry, const struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	const struct hostfs_mount *m = hostfs_mount_of(inode->i_sb);
	unsigned int uid = -1, gid = -1;
	int fd;

	if (attr->ia_valid & ATTR_UID && !uid_eq(attr->ia_uid, inode->i_uid)) {
		if (m->has_uid)
			return -EPERM;
		uid = from_kuid(&init_user_ns, attr->ia_uid);
	}
	if (attr->ia_valid & ATTR_GID && !gid_eq(attr->ia_gid, inode->i_gid)) {
		if (m->has_gid)
			return -EPERM;
		gid = from_kgid(&init_user_ns, attr->ia_gid);
	}
	if (uid == -1 && gid == -1)
		return 0;
	fd = hostfs_handle(dentry);
	return fd < 0 ? fd : host_chown(fd, uid, gid);
}

static int set_mode(struct dentry *dentry, umode_t mode)
{
	int fd;

	if (mode & ~d_inode(dentry)->i_mode & (S_ISUID | S_ISGID))
		return -EPERM;
	fd = hostfs_handle(dentry);
	return fd < 0 ? fd : host_chmod(fd, mode & 01777);
}

static struct host_time time_to_set(const struct iattr *attr, unsigned int set,
				    const struct timespec64 *t)
{
	if (!(attr->ia_valid & set))
		return (struct host_time){ .nsec = HOST_TIME_NOW };
	return (struct host_time){ t->tv_sec, t->tv_nsec };
}

static int set_times(struct dentry *dentry, const struct iattr *attr)
{
	struct host_time atime = time_to_set(attr, ATTR_ATIME_SET, &attr->ia_atime);
	struct host_time mtime = time_to_set(attr, ATTR_MTIME_SET, &attr->ia_mtime);
	int fd = hostfs_handle(dentry);

	return fd < 0 ? fd : host_set_times(fd, attr->ia_valid & ATTR_ATIME ? &atime : NULL,
					    attr->ia_valid & ATTR_MTIME ? &mtime : NULL);
}

int hostfs_setattr(struct mnt_idmap *idmap, struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	struct hostfs_node *node = hostfs_node(inode);
	bool link = S_ISLNK(inode->i_mode), own;
	int err = setattr_prepare(&nop_mnt_idmap, dentry, attr);

	if (err)
		return err;
	if (node->border)
		return -EXDEV;
	/* Nothing but the host's name can be had of these without opening them. */
	if (!S_ISREG(inode->i_mode) && !S_ISDIR(inode->i_mode) && !link) {
		node->local = true;
		setattr_copy(&nop_mnt_idmap, inode, attr);
		return 0;
	}
	/* Until now, others have changed it. */
	if (inode->i_mapping->nrpages)
		err = hostfs_refresh(dentry, true);
	if (!err && attr->ia_valid & ATTR_SIZE)
		err = set_size(dentry, attr->ia_size);
	if (!err && attr->ia_valid & (ATTR_UID | ATTR_GID))
		err = set_owner(dentry, attr);
	if (!err && attr->ia_valid & ATTR_MODE && !link)
		err = set_mode(dentry, attr->ia_mode);
	if (!err && attr->ia_valid & (ATTR_ATIME | ATTR_MTIME) && !link &&
	    !(attr->ia_valid & ATTR_SIZE && !(attr->ia_valid & ATTR_MTIME_SET)))
		err = set_times(dentry, attr);
	/* A time that we have set says nothing about the data. */
	own = node->own;
	node->own = true;
	if (hostfs_refresh(dentry, true))
		node->own = own;
	return err;
}

/* Inodes */

static int is_node(struct inode *inode, void *data)
{
	const struct host_attr *attr = data;

	/* A folder that is mounted once more, on another, is not that one. */
	return hostfs_is_same(hostfs_node(inode), attr) && hostfs_node(inode)->mount == attr->mount;
}

static int set_node(struct inode *inode, void *data)
{
	struct hostfs_node *node = hostfs_node(inode);
	const struct host_attr *attr = data;

	node->dev = attr->dev;
	node->ino = attr->ino;
	node->btime = attr->btime;
	node->mount = attr->mount;
	inode->i_ino = attr->ino;
	inode->i_mode = attr->mode;
	return 0;
}

struct inode *hostfs_inode(struct super_block *sb, const struct host_attr *attr, u64 mount)
{
	bool border = attr->mount != mount;
	struct hostfs_node *node;
	struct inode *inode;

	if (border && !S_ISDIR(attr->mode))
		return ERR_PTR(-EXDEV);
	inode = iget5_locked(sb, attr->ino, is_node, set_node, (void *)attr);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	node = hostfs_node(inode);
	if (!(inode->i_state & I_NEW)) {
		hostfs_update(inode, attr);
		return inode;
	}
	node->own = true;
	hostfs_update(inode, attr);
	inode->i_flags |= S_NOCMTIME;
	switch (attr->mode & S_IFMT) {
	case S_IFDIR:
		inode->i_op = &hostfs_folder_inode_operations;
		inode->i_fop = &hostfs_folder_operations;
		break;
	case S_IFREG:
		inode->i_op = &hostfs_file_inode_operations;
		inode->i_fop = &hostfs_file_operations;
		inode->i_mapping->a_ops = &hostfs_pages_operations;
		/* What is written back is whole folios, and the host may write beside us. */
		if (hostfs_mount_of(sb)->share->read_only)
			mapping_set_large_folios(inode->i_mapping);
		break;
	case S_IFLNK:
		inode->i_op = &hostfs_link_inode_operations;
		break;
	default:
		/* the guest's own pipe or nothing: the host's is never opened */
		init_special_inode(inode, inode->i_mode, 0);
		inode->i_op = &hostfs_special_inode_operations;
	}
	if (border) {
		node->border = true;
		inode->i_mode = S_IFDIR | 0555;
		inode->i_size = 0;
	}
	unlock_new_inode(inode);
	return inode;
}

struct inode *hostfs_alloc_inode(struct super_block *sb)
{
	struct hostfs_node *node = alloc_inode_sb(sb, nodes, GFP_KERNEL);

	if (!node)
		return NULL;
	memset((char *)node + sizeof(node->inode), 0, sizeof(*node) - sizeof(node->inode));
	INIT_LIST_HEAD(&node->idle);
	node->in = node->out = -1;
	return &node->inode;
}

void hostfs_free_inode(struct inode *inode)
{
	kmem_cache_free(nodes, hostfs_node(inode));
}

void hostfs_evict_inode(struct inode *inode)
{
	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	close_node(hostfs_node(inode));
}

static void init_once(void *node)
{
	inode_init_once(&((struct hostfs_node *)node)->inode);
}

/* The next kernel of this process knows nothing of our descriptors. */
static int close_all(struct notifier_block *nb, unsigned long event, void *data)
{
	int fd;

	if (event == UM_END_RESTART)
		for_each_set_bit(fd, ours, MAX_FDS)
			host_close(fd);
	return NOTIFY_DONE;
}

static struct notifier_block end_block = {
	.notifier_call	= close_all,
	.priority	= UM_END_FILES,
};

int __init hostfs_nodes_init(void)
{
	int room = host_files_prepare();

	max_fds = room > 2 * OTHERS ? room - OTHERS : room / 2;
	nodes = kmem_cache_create("hostfs_node", sizeof(struct hostfs_node), 0,
				  SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT, init_once);
	if (!nodes)
		return -ENOMEM;
	um_end_register(&end_block);
	return 0;
}
