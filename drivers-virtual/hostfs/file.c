// SPDX-License-Identifier: GPL-2.0
/*
 * Files that are open.
 *
 * read() and write() are one call of the host each, between its page cache and the memory of
 * the program; O_DIRECT is what they do anyway.  So an error of the host's (no room, over
 * quota) is that of the write that caused it.  Programs that have the same file mapped see
 * the same: what they have written to their mapping goes to the host first, and pages that
 * a write has made old are dropped.
 */
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/splice.h>
#include <linux/uio.h>
#include <linux/falloc.h>
#include <asm/user_pieces.h>
#include "hostfs.h"

#define PIECES	32
#define LONGEST	SZ_1M		/* of one call of the host; other tasks may run in between */
#define BOUNCE	SZ_32K

enum way { IN, OUT, TO_END };

static ssize_t at_host(int fd, const struct host_iovec *iov, unsigned int nr, loff_t pos,
		       enum way way)
{
	switch (way) {
	case IN:
		return host_preadv(fd, iov, nr, pos);
	case OUT:
		return host_pwritev(fd, iov, nr, pos);
	default:
		return host_append(fd, iov, nr, pos);
	}
}

/* Between the host and memory of the program: some bytes; 0 at the end of the file. */
static ssize_t move_user(int fd, loff_t pos, struct iov_iter *it, enum way way, size_t *asked)
{
	struct host_iovec iov[PIECES];
	unsigned int nr;
	ssize_t n = 0;

	for (;;) {
		size_t len = iov_iter_count(it);

		if (!iter_is_ubuf(it)) {
			iov_iter_advance(it, 0);	/* behind empty pieces */
			len = min(len, iter_iov_len(it));
		}
		nr = PIECES;
		preempt_disable();
		*asked = user_pieces((unsigned long)iter_iov_addr(it), min_t(size_t, len, LONGEST),
				     way == IN, iov, &nr);
		if (*asked)
			n = at_host(fd, iov, nr, pos, way);
		preempt_enable();
		if (*asked)
			break;
		len = min_t(size_t, len, PAGE_SIZE);
		if ((way == IN ? fault_in_iov_iter_writeable(it, len) :
				 fault_in_iov_iter_readable(it, len)) == len)
			return -EFAULT;
	}
	if (n > 0)
		iov_iter_advance(it, n);
	return n;
}

/* The same for other memory, by way of a buffer. */
static ssize_t move_other(int fd, loff_t pos, struct iov_iter *it, enum way way, size_t *asked)
{
	struct host_iovec iov = { .len = min_t(size_t, iov_iter_count(it), BOUNCE) };
	ssize_t n = -EFAULT;

	*asked = iov.len;
	iov.base = kmalloc(iov.len, GFP_KERNEL);
	if (!iov.base)
		return -ENOMEM;
	if (way == IN || copy_from_iter_full(iov.base, iov.len, it))
		n = at_host(fd, &iov, 1, pos, way);
	if (way == IN && n > 0)
		n = copy_to_iter(iov.base, n, it) ?: -EFAULT;
	else if (way != IN && n < (ssize_t)iov.len)
		iov_iter_revert(it, iov.len - max(n, 0));
	kfree(iov.base);
	return n;
}

static ssize_t move(struct hostfs_node *node, loff_t pos, struct iov_iter *it, enum way way)
{
	ssize_t n = 0, done = 0;
	size_t asked;

	while (iov_iter_count(it)) {
		int fd = way == IN ? node->in : node->out;

		if (user_backed_iter(it))
			n = move_user(fd, pos + done, it, way, &asked);
		else
			n = move_other(fd, pos + done, it, way, &asked);
		if (n <= 0)
			break;
		done += n;
		if (n < asked && way == IN)
			break;
		if (fatal_signal_pending(current))
			break;
		cond_resched();
	}
	return done ?: n;
}

static ssize_t read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	size_t count = iov_iter_count(to);
	ssize_t n;

	if (!count)
		return 0;
	if (inode->i_mapping->nrpages)
		filemap_fdatawrite_range(inode->i_mapping, iocb->ki_pos,
					 iocb->ki_pos + count - 1);
	n = move(hostfs_node(inode), iocb->ki_pos, to, IN);
	if (n > 0)
		iocb->ki_pos += n;
	return n;
}

/* The host's file has changed in [@pos, @end). */
static void written(struct inode *inode, loff_t pos, loff_t end)
{
	loff_t size = i_size_read(inode);

	hostfs_node(inode)->own = true;
	if (end > size)
		i_size_write(inode, end);
	if (inode->i_mapping->nrpages) {
		hostfs_ask(inode, true);
		invalidate_inode_pages2_range(inode->i_mapping, min(pos, size) >> PAGE_SHIFT,
					      (end - 1) >> PAGE_SHIFT);
	}
}

/* What mappings have put there goes first: also behind the end, where it is no data. */
static int before_write(struct inode *inode, loff_t pos, loff_t end)
{
	if (!inode->i_mapping->nrpages)
		return 0;
	hostfs_ask(inode, false);
	return filemap_write_and_wait_range(inode->i_mapping, min(pos, i_size_read(inode)),
					    end - 1);
}

static ssize_t write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	struct inode *inode = file_inode(file);
	struct hostfs_node *node = hostfs_node(inode);
	enum way way = OUT;
	loff_t end;
	ssize_t n = 0;

	if (hostfs_mount_of(inode->i_sb)->share->append)
		iocb->ki_flags |= IOCB_APPEND;
	inode_lock(inode);
	if (iocb->ki_flags & IOCB_APPEND) {
		way = TO_END;
		n = hostfs_refresh(file->f_path.dentry, true);
	}
	if (!n)
		n = generic_write_checks(iocb, from);
	if (n > 0)
		n = before_write(inode, iocb->ki_pos, iocb->ki_pos + n) ?: n;
	if (n > 0)
		n = move(node, iocb->ki_pos, from, way);
	if (n > 0) {
		end = iocb->ki_pos + n;
		/* what others have appended in between is new, too */
		if (way == TO_END && !hostfs_ask(inode, true))
			end = max(end, i_size_read(inode));
		written(inode, iocb->ki_pos, end);
		iocb->ki_pos = end;
	}
	inode_unlock(inode);
	return n > 0 ? generic_write_sync(iocb, n) : n;
}

/* Others have changed the file since it was open the last time. */
static void drop_stale(struct inode *inode)
{
	struct hostfs_node *node = hostfs_node(inode);

	if (!node->stale)
		return;
	node->stale = false;
	if (!inode->i_mapping->nrpages)
		return;
	filemap_write_and_wait(inode->i_mapping);
	invalidate_inode_pages2(inode->i_mapping);
}

static int open(struct inode *inode, struct file *file)
{
	struct hostfs_node *node = hostfs_node(inode);
	int err = hostfs_open_node(file->f_path.dentry, file->f_mode);

	if (err)
		return err;
	node->opens++;
	if (file->f_mode & FMODE_WRITE)
		node->writers++;
	file->f_mode |= FMODE_CAN_ODIRECT;
	drop_stale(inode);
	return 0;
}

/* close(): tell whoever has a mapping of what did not get to the host. */
static int flush(struct file *file, fl_owner_t id)
{
	if (!(file->f_mode & FMODE_WRITE))
		return 0;
	if (file->f_mapping->nrpages)
		filemap_write_and_wait(file->f_mapping);
	return file_check_and_advance_wb_err(file);
}

/* After the last mapping, too. */
static int release(struct inode *inode, struct file *file)
{
	struct hostfs_node *node = hostfs_node(inode);

	if (file->f_mode & FMODE_WRITE) {
		if (inode->i_mapping->nrpages)
			filemap_write_and_wait(inode->i_mapping);
		node->writers--;
	}
	node->opens--;
	hostfs_let_go(node);
	return 0;
}

/* Waits for the host's disk. */
static int sync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct hostfs_node *node = hostfs_node(file_inode(file));
	int err = file_write_and_wait_range(file, start, end);
	int fd = node->out >= 0 ? node->out : node->in;

	if (err)
		return err;
	return datasync ? host_fdatasync(fd) : host_fsync(fd);
}

/* Where the host puts all that is written at the end, pages have no place. */
static int map(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_SHARED && vma->vm_flags & VM_MAYWRITE &&
	    hostfs_mount_of(file_inode(file)->i_sb)->share->append)
		return -ENODEV;
	return generic_file_mmap(file, vma);
}

static loff_t seek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file_inode(file);
	struct hostfs_node *node = hostfs_node(inode);
	int err;

	switch (whence) {
	case SEEK_END:
		err = hostfs_refresh(file->f_path.dentry, true);
		if (err)
			return err;
		break;
	case SEEK_DATA:
	case SEEK_HOLE:
		if (offset < 0)
			return -ENXIO;
		err = filemap_write_and_wait(inode->i_mapping);
		offset = err ?: host_seek_from(node->in >= 0 ? node->in : node->out, offset,
					       whence == SEEK_HOLE);
		return offset < 0 ? offset : vfs_setpos(file, offset, inode->i_sb->s_maxbytes);
	}
	return generic_file_llseek(file, offset, whence);
}

static long allocate(struct file *file, int mode, loff_t pos, loff_t len)
{
	struct inode *inode = file_inode(file);
	struct hostfs_node *node = hostfs_node(inode);
	loff_t size, end = pos + len;
	long err;

	switch (mode) {
	case 0:
	case FALLOC_FL_KEEP_SIZE:
	case FALLOC_FL_ZERO_RANGE:
	case FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE:
	case FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE:
		break;
	default:
		return -EOPNOTSUPP;
	}
	inode_lock(inode);
	size = i_size_read(inode);
	if (!(mode & FALLOC_FL_KEEP_SIZE) && end > size)
		err = inode_newsize_ok(inode, end);
	else
		err = 0;
	if (!err)
		err = before_write(inode, pos, end);
	if (!err)
		err = host_allocate(node->out, mode, pos, len);
	if (!err)
		written(inode, pos, mode & FALLOC_FL_KEEP_SIZE ? min(end, size) : end);
	inode_unlock(inode);
	return err;
}

const struct file_operations hostfs_file_operations = {
	.open		= open,
	.flush		= flush,
	.release	= release,
	.llseek		= seek,
	.read_iter	= read_iter,
	.write_iter	= write_iter,
	.splice_read	= copy_splice_read,
	.splice_write	= iter_file_splice_write,
	.mmap		= map,
	.fsync		= sync,
	.fallocate	= allocate,
};

const struct inode_operations hostfs_file_inode_operations = {
	.getattr	= hostfs_getattr,
	.setattr	= hostfs_setattr,
	.listxattr	= hostfs_listxattr,
};
