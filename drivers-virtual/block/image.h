/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is behind the block device: images in files of the host.
 *
 * The device (ubd.h) turns requests into ubd_io and host completions into the end of
 * requests.  An image says which host requests an ubd_io takes, one after the other:
 * it never waits and knows nothing of the queue.  Each file here calls those below it:
 *
 *	image.c		which kind of image a file is
 *	cow.c		what was written to a disk whose contents are another image's
 *	raw.c		images that hold the disk as it is
 *	file.c		files of the host, and transfers
 *	common.c	lock, memory, messages
 */
#ifndef UBD_IMAGE_H
#define UBD_IMAGE_H

#include <linux/list.h>
#include <linux/seq_buf.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/unaligned.h>
#include <asm/host.h>

/* Flags; the letters of the option */
#define UBD_READ_ONLY	0x01	/* r, or the file cannot be written */
#define UBD_SYNC	0x02	/* s: a write completes when it is on the disk */
#define UBD_RAW		0x04	/* d: contents are data, whatever they look like */
#define UBD_SHARED	0x08	/* c: do not lock */
#define UBD_NO_TRIM	0x10	/* t */
#define UBD_DISPOSABLE	0x20	/* v: what is written is lost with the process */
/* Of a file, and no letter */
#define UBD_NO_LINK	0x40	/* refuse a symbolic link */

/* The host's answer to a discard does not say when it is on the disk. */
#define ubd_may_trim(flags)	(!((flags) & (UBD_READ_ONLY | UBD_SYNC | UBD_NO_TRIM)))

/* What an option says, and where to say what is wrong with it. */
struct ubd_option {
	const char *name;		/* what is between "ubd" and "=" */
	char *path;
	char *backing;			/* NULL: none */
	char *serial;			/* likewise */
	unsigned int unit;
	unsigned int flags;
	struct seq_buf *why;
};

/* Put a line into @o->why; returns @err. */
__printf(3, 4) int ubd_refuse(const struct ubd_option *o, int err, const char *fmt, ...);

/* Memory for what is made while the command line is parsed, before there is a slab; zeroed. */
void *ubd_alloc(size_t size);
void ubd_free(void *p);

struct ubd_io;

struct ubd_image {
	const struct ubd_image_ops *ops;
	const char *path;		/* for messages */
	unsigned int flags;
	u64 size;			/* bytes; the device rounds up to sectors */
	unsigned int block_size;	/* bytes that the host reads and writes best */
	bool trim;			/* discard() may work */
	bool cached;			/* has something to write when it is flushed */
	bool fua;			/* takes single writes that are on the disk when done */
	bool one_by_one;		/* takes one request at a time */
	bool unsaved;			/* ends badly if it is not flushed before the process ends */
};

struct ubd_image_ops {
	/*
	 * Get ready for requests; process context.  For what needs more memory than
	 * there is when images are opened.  0, or -errno and a message.
	 */
	int (*start)(struct ubd_image *image, const struct ubd_option *o);

	/*
	 * Prepare the next host request of @io in @io->aio.  Called for the first
	 * time with @io->stage 0, and then with each result in @io->aio.res.  Under
	 * ubd_lock.  1: prepared; 0: @io is done; -errno: it failed, -EAGAIN: for
	 * lack of memory.
	 */
	int (*step)(struct ubd_image *image, struct ubd_io *io);

	/*
	 * The range is not needed any more.  If @zero it reads as zeroes after that,
	 * and if @keep it keeps its blocks.  Process context; waits for the host, so
	 * not for a large range.  0, or -errno, -EAGAIN as above.
	 */
	int (*discard)(struct ubd_image *image, u64 offset, u64 len, bool zero, bool keep);

	/* The file that holds what is to be read at *@offset, where there; cuts @len. */
	struct ubd_file *(*find)(struct ubd_image *image, u64 *offset, u64 *len);

	void (*close)(struct ubd_image *image);
};

enum ubd_op { UBD_READ, UBD_WRITE, UBD_FLUSH };

struct ubd_io {
	struct host_aio aio;
	enum ubd_op op;
	bool fua;			/* on the disk when done */
	u8 stage;			/* the image's; 0 at the start */
	int error;			/* how it ended: 0 or -errno */
	struct list_head link;		/* the device's */
	u64 begin;			/* bytes */
	u64 offset;			/* bytes; of what is not done yet */
	u64 left;			/* bytes */
	unsigned int niov;
	struct host_iovec *next;	/* first of @niov that are not done yet */

	/* The host request: to @file at @pos, of so many, the last of them cut. */
	struct ubd_file *file;
	u64 pos;
	unsigned int cut_niov;
	unsigned long cut_len;		/* what the last one's length was */

	struct host_iovec iov[];
};

#define UBD_SEGMENTS	64		/* ubd_io.iov[] */

/* Held with interrupts off, for everything between queue and host; and for an image's own state. */
extern spinlock_t ubd_lock;

/* A file of the host. */
struct ubd_file {
	const char *path;
	int cached;			/* descriptor; also carries the lock */
	int direct;			/* or -1 */
	unsigned int align;		/* what @direct asks for */
	unsigned int block_size;
	bool read_only;
	bool regular;			/* not a device, so it can change its size */
	bool ours;			/* nobody else can get at it */
	u64 size;			/* bytes that are there */
	u64 dev, ino;
	s64 mtime;
	unsigned int batch;		/* in which the size was asked for, see ubd_files_changed() */
};

/*
 * Open and lock the file at @path, which @flags may make read-only; -errno and a
 * message.  An empty file is refused unless @create; then one that is not there
 * is made.
 */
int ubd_file_open(struct ubd_file *f, const struct ubd_option *o, const char *path,
		  unsigned int flags, bool create);
/* An unnamed file, to be lost with the process. */
int ubd_file_open_unnamed(struct ubd_file *f, const struct ubd_option *o);
void ubd_file_close(struct ubd_file *f);
/* Another batch of requests goes to the host: files may have another size than they had. */
void ubd_files_changed(void);
int ubd_file_discard(struct ubd_file *f, u64 offset, u64 len, bool keep);

/* Prepare the transfer of the next @len bytes of @io at @pos of @f.  1 or -errno. */
int ubd_transfer(struct ubd_io *io, struct ubd_file *f, u64 pos, u64 len, bool dsync);
/* The host has answered.  -errno, or 0: some of the transfer is done, maybe not all. */
int ubd_transferred(struct ubd_io *io);
/*
 * Write the first sector of a disk that may be opened without flag d the next time.  What
 * it begins with then says whether it is a COW file, and its header names another file of
 * the host's, so the guest may not write that.  What is checked is a copy, as a program's
 * buffer may change until the host has read it; it goes to the host at once.  0 or -errno.
 */
int ubd_write_first(struct ubd_io *io, struct ubd_file *f, bool dsync);
/* Prepare a flush of @f.  1. */
int ubd_sync(struct ubd_io *io, struct ubd_file *f);
/* Take the next step of a read, whatever images it goes through. */
int ubd_read_step(struct ubd_image *image, struct ubd_io *io);

/* Images; or an ERR_PTR, and a message. */

/* What @asked names, of whatever kind it is. */
struct ubd_image *ubd_image_open(const struct ubd_option *asked);
/* The image of a file that holds the disk as it is: of @f, which it takes over. */
struct ubd_image *ubd_raw_image(const struct ubd_file *f, unsigned int flags);
#define COW_MAGIC	0x4f4f4f4d	/* "OOOM" */

/* Do these bytes, four or more, begin a COW file?  Versions 1 and 2 wrote them as their host does. */
static inline bool ubd_begins_cow(const void *bytes)
{
	return get_unaligned_be32(bytes) == COW_MAGIC || get_unaligned_le32(bytes) == COW_MAGIC;
}

/* Does @f begin like a COW file? */
bool ubd_is_cow(const struct ubd_file *f);
/*
 * The image of a COW file and its backing file: of @f, which is open and which it
 * takes over, or if that is NULL of what @o names, made if it is not there.
 */
struct ubd_image *ubd_cow_open(const struct ubd_option *o, const struct ubd_file *f);
/* An image over @lower, which it takes over: what is written goes to an unnamed file. */
struct ubd_image *ubd_disposable(const struct ubd_option *o, struct ubd_image *lower);

#endif
