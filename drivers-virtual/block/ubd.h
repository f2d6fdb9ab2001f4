/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the block device (ubd.c) and the kinds of images behind it.
 *
 * The device turns requests into ubd_io and host completions into the end of
 * requests.  An image says which host requests an ubd_io takes, one after
 * the other: it never waits and never touches the queue.
 */
#ifndef UBD_H
#define UBD_H

#include <linux/list.h>
#include <linux/types.h>
#include <asm/host.h>

struct ubd_io;

/* ubd_image.flags; the letters of the option */
#define UBD_READ_ONLY	0x01	/* r, or the file cannot be written */
#define UBD_SYNC	0x02	/* s: a write completes when it is on the disk */
#define UBD_RAW		0x04	/* d: contents are data, whatever they look like */
#define UBD_SHARED	0x08	/* c: do not lock */
#define UBD_NO_TRIM	0x10	/* t */

struct ubd_image {
	const struct ubd_image_ops *ops;
	const char *name;		/* the option up to its '=', for messages */
	const char *path;
	unsigned int flags;
	u64 size;			/* bytes; the device rounds up to sectors */
	unsigned int block_size;	/* bytes that the host reads and writes best */
	bool trim;			/* discard() may work */
};

struct ubd_image_ops {
	/*
	 * Open and lock the image at @path; ends the process with a message if
	 * that fails.  Runs while the command line is parsed: there is no slab yet.
	 */
	struct ubd_image *(*open)(const char *name, const char *path, unsigned int flags);

	/*
	 * Prepare the next host request of @io in @io->aio.  Called for the first
	 * time with @io->started clear, and then with each result in @io->aio.res.
	 * Interrupts are off.  1: prepared; 0: @io is done; -errno: it failed.
	 */
	int (*step)(struct ubd_image *image, struct ubd_io *io);

	/*
	 * Give the range's blocks back to the host, or if @keep is set keep them; it
	 * reads as zeroes after that.  0, or -errno.
	 */
	int (*discard)(struct ubd_image *image, u64 offset, u64 len, bool keep);
};

enum ubd_op { UBD_READ, UBD_WRITE, UBD_FLUSH };

struct ubd_io {
	struct host_aio aio;
	enum ubd_op op;
	bool fua;			/* on the disk when done */
	bool started;
	int error;			/* how it ended: 0 or -errno */
	struct list_head link;		/* the device's */
	u64 offset;			/* bytes; of what is not done yet */
	u64 left;			/* bytes */
	unsigned int niov;
	struct host_iovec *next;	/* first of @niov that are not done yet */
	struct host_iovec iov[];
};

extern const struct ubd_image_ops ubd_file_ops;

#endif
