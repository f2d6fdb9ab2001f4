// SPDX-License-Identifier: GPL-2.0
/*
 * Images that hold the disk as it is: files and block devices of the host.
 */
#include <linux/blkdev.h>
#include <linux/container_of.h>
#include "image.h"

struct raw_image {
	struct ubd_image image;
	struct ubd_file file;
};

static struct ubd_file *file_of(struct ubd_image *image)
{
	return &container_of(image, struct raw_image, image)->file;
}

static int raw_step(struct ubd_image *image, struct ubd_io *io)
{
	struct ubd_file *f = file_of(image);
	bool dsync = io->fua || image->flags & UBD_SYNC;
	int err;

	switch (io->op) {
	case UBD_READ:
		return ubd_read_step(image, io);
	case UBD_FLUSH:
		return io->stage++ ? io->aio.res : ubd_sync(io, f);
	case UBD_WRITE:
		break;
	}
	if (io->stage) {
		err = ubd_transferred(io);
		if (err || !io->left)
			return err;
	}
	if (!io->stage && !io->offset && !(image->flags & UBD_RAW)) {
		err = ubd_write_first(io, f, dsync);
		if (err || !io->left)
			return err;
	}
	io->stage = 1;
	return ubd_transfer(io, f, io->offset, io->left, dsync);
}

static int raw_discard(struct ubd_image *image, u64 offset, u64 len, bool zero, bool keep)
{
	return ubd_file_discard(file_of(image), offset, len, keep);
}

static struct ubd_file *raw_find(struct ubd_image *image, u64 *offset, u64 *len)
{
	return file_of(image);
}

static void raw_close(struct ubd_image *image)
{
	struct raw_image *f = container_of(image, struct raw_image, image);

	ubd_file_close(&f->file);
	ubd_free(f);
}

static const struct ubd_image_ops raw_ops = {
	.step		= raw_step,
	.discard	= raw_discard,
	.find		= raw_find,
	.close		= raw_close,
};

struct ubd_image *ubd_raw_image(const struct ubd_file *file, unsigned int flags)
{
	struct raw_image *f = ubd_alloc(sizeof(*f));

	f->file = *file;
	f->image.ops = &raw_ops;
	f->image.path = file->path;
	f->image.flags = flags | (file->read_only ? UBD_READ_ONLY : 0);
	f->image.size = file->size;
	f->image.block_size = file->block_size;
	/* Asking the file system would change the file's time; the first discard will tell. */
	f->image.trim = ubd_may_trim(f->image.flags);
	if (!file->read_only)
		host_file_reaches(round_up(file->size, SECTOR_SIZE));
	f->image.cached = f->image.fua = !(flags & UBD_SYNC);
	return &f->image;
}
