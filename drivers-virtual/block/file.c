// SPDX-License-Identifier: GPL-2.0
/*
 * Images that hold the disk as it is: files and block devices of the host.
 *
 * Transfers go by O_DIRECT where the file system has it: the host then serves
 * them while the guest runs, and keeps no second copy of what is in the guest's
 * page cache.  A transfer that does not meet O_DIRECT's alignment takes a second
 * descriptor, through the host's page cache; the host keeps the two coherent.
 * Sectors are 512 bytes therefore on any host disk, and images can move.
 */
#define pr_fmt(fmt) "ubd: " fmt

#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/printk.h>
#include <linux/stat.h>
#include <linux/string.h>
#include <asm/setup.h>
#include "ubd.h"

struct file_image {
	struct ubd_image image;
	int cached;			/* descriptor; also carries the lock */
	int direct;			/* or -1 */
	unsigned int align;		/* what @direct asks for */
};

static struct file_image *to_file(struct ubd_image *image)
{
	return container_of(image, struct file_image, image);
}

static bool __init is_cow(int fd)
{
	char magic[4];

	/* Written in the host's byte order by version 1 and 2, in network order by 3. */
	return host_pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	       (!memcmp(magic, "MOOO", 4) || !memcmp(magic, "OOOM", 4));
}

static __noreturn void __init cannot_open(const struct ubd_image *image, int err)
{
	switch (err) {
	case -ENOENT:
	case -ENOTDIR:
		um_die("%s=%s: No such file: check the name, or make an image first",
		       image->name, image->path);
	case -EACCES:
	case -EPERM:
		um_die("%s=%s: Permission denied: make it readable for you",
		       image->name, image->path);
	case -EBUSY:
		um_die("%s=%s: the host uses this device: unmount it there first",
		       image->name, image->path);
	default:
		um_die("%s=%s: it cannot be opened: host error %pe",
		       image->name, image->path, ERR_PTR(err));
	}
}

/* Only one guest writes to an image, unless they were asked to share it. */
static void __init lock_image(struct file_image *f)
{
	const struct ubd_image *image = &f->image;
	int err;

	if (image->flags & UBD_SHARED)
		return;
	err = host_lock_file(f->cached, !(image->flags & UBD_READ_ONLY));
	if (err == -EAGAIN)
		um_die("%s=%s: another guest or program uses it: end that one, or use a copy",
		       image->name, image->path);
	if (err)
		pr_warn("%s cannot be locked (%pe): see to it that nobody else writes to it\n",
			image->path, ERR_PTR(err));
}

static unsigned int __init access_flags(const struct ubd_image *image)
{
	return HOST_O_READ | (image->flags & UBD_READ_ONLY ? 0 : HOST_O_WRITE);
}

static struct ubd_image *__init file_open(const char *name, const char *path, unsigned int flags)
{
	struct file_image *f = memblock_alloc(sizeof(*f), SMP_CACHE_BYTES);
	struct ubd_image *image = &f->image;
	unsigned int exclusive = 0;
	struct host_stat st;
	int err;

	if (!f)
		panic("ubd: no memory for %s\n", path);
	image->ops = &ubd_file_ops;
	image->name = name;
	image->path = path;
	image->flags = flags;

	/* Look before opening: opening a pipe would wait. */
	err = host_stat(path, &st);
	if (err)
		cannot_open(image, err);
	if (S_ISDIR(st.mode))
		um_die("%s=%s: this is a directory: name an image file or a block device",
		       name, path);
	if (!S_ISREG(st.mode) && !S_ISBLK(st.mode))
		um_die("%s=%s: this is neither a file nor a block device", name, path);
	/* Of a block device: fail if it is mounted. */
	if (S_ISBLK(st.mode) && !(flags & (UBD_SHARED | UBD_READ_ONLY)))
		exclusive = HOST_O_EXCL;

	f->cached = host_open(path, access_flags(image) | exclusive);
	if ((f->cached == -EACCES || f->cached == -EROFS || f->cached == -EPERM) &&
	    !(flags & UBD_READ_ONLY)) {
		image->flags |= UBD_READ_ONLY;
		f->cached = host_open(path, access_flags(image));
		if (f->cached >= 0)
			pr_notice("%s cannot be written: %s is read-only\n", path, name);
	}
	if (f->cached < 0)
		cannot_open(image, f->cached);
	err = host_fstat(f->cached, &st);
	if (err)
		cannot_open(image, err);
	if (!st.size)
		um_die("%s=%s: this image is empty: give it a size, as with truncate -s 1G, or a file system",
		       name, path);
	lock_image(f);
	if (!(flags & UBD_RAW) && is_cow(f->cached))
		um_die("%s=%s: this is a COW file, which this kernel cannot use (%sd=%s takes it as plain data)",
		       name, path, name, path);

	f->direct = host_open(path, access_flags(image) | HOST_O_DIRECT);
	if (f->direct >= 0) {
		f->align = host_dio_align(f->direct);
		if (!f->align || f->align > PAGE_SIZE) {
			host_close(f->direct);
			f->direct = -1;
		}
	}

	image->size = st.size;
	/* A smaller write would make the host read first. */
	image->block_size = clamp(roundup_pow_of_two(st.blksize), SECTOR_SIZE, PAGE_SIZE);
	/* Asking the file system would change the file's time; the first discard will tell. */
	image->trim = !(image->flags & (UBD_READ_ONLY | UBD_NO_TRIM));
	return image;
}

static bool aligned(const struct file_image *f, const struct ubd_io *io)
{
	unsigned long bits = io->offset;
	unsigned int i;

	for (i = 0; i < io->niov; i++)
		bits |= (unsigned long)io->next[i].base | io->next[i].len;
	return !(bits & (f->align - 1));
}

/* The first @n bytes of what was left are done. */
static void advance(struct ubd_io *io, u64 n)
{
	io->offset += n;
	io->left -= n;
	while (n && n >= io->next->len) {
		n -= io->next->len;
		io->next++;
		io->niov--;
	}
	if (n) {
		io->next->base += n;
		io->next->len -= n;
	}
}

/* The image ends within this sector; the device does not. */
static void zero_rest(struct ubd_io *io)
{
	unsigned int i;

	for (i = 0; i < io->niov; i++)
		memset(io->next[i].base, 0, io->next[i].len);
	advance(io, io->left);
}

static int file_step(struct ubd_image *image, struct ubd_io *io)
{
	struct file_image *f = to_file(image);
	int fd = f->cached;

	if (io->started) {
		if (io->aio.res < 0)
			return io->aio.res;
		if (io->op == UBD_FLUSH)
			return 0;
		advance(io, io->aio.res);
		if (io->op == UBD_READ && io->left && io->offset == image->size &&
		    io->left < SECTOR_SIZE)
			zero_rest(io);
		if (!io->left) {
			if (io->op == UBD_WRITE && io->offset > image->size)
				image->size = io->offset;
			return 0;
		}
		/* Somebody made the file shorter, or the host takes no more. */
		if (!io->aio.res)
			return -EIO;
	}
	io->started = true;
	if (io->op == UBD_FLUSH) {
		host_aio_prep(&io->aio, HOST_AIO_FDSYNC, fd, NULL, 0, 0, 0);
		return 1;
	}
	if (f->direct >= 0 && aligned(f, io))
		fd = f->direct;
	host_aio_prep(&io->aio, io->op == UBD_READ ? HOST_AIO_READV : HOST_AIO_WRITEV, fd,
		      io->next, io->niov, io->offset,
		      io->fua || image->flags & UBD_SYNC);
	return 1;
}

static int file_discard(struct ubd_image *image, u64 offset, u64 len, bool keep)
{
	int fd = to_file(image)->cached;

	return keep ? host_zero_range(fd, offset, len) : host_punch_hole(fd, offset, len);
}

const struct ubd_image_ops ubd_file_ops = {
	.open		= file_open,
	.step		= file_step,
	.discard	= file_discard,
};
