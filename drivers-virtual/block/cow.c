// SPDX-License-Identifier: GPL-2.0
/*
 * Copy on write: a disk whose contents are another image's, and a file that holds
 * what was written since.
 *
 * The file is of the format that User-Mode Linux calls COW version 3.  All numbers
 * are big-endian:
 *
 *	struct cow_header
 *	bitmap		at a multiple of header.alignment; a bit for each sector of
 *			512 bytes, lowest bit first, is set where the sector's data
 *			is in this file
 *	data		at a multiple of header.alignment; as large as the disk, with
 *			holes
 *
 * A disposable disk keeps bitmap and data in an unnamed file, without a header.
 *
 * What a flush promises: the data is on the host's disk, and the bits that say so,
 * and no bit got there before its data.  So a flush syncs the data, writes the
 * changed pages of the bitmap as they were when it began, and syncs those.  There
 * is one flush at a time, by the block layer's rules; a write that must be on the
 * disk when it is done (flag s) is the only request under way.
 *
 * An unnamed file needs no sync: nobody finds it after the host's end.
 */
#define pr_fmt(fmt) "ubd: " fmt

#include <linux/bitmap.h>
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/boot.h>
#include "image.h"

#define COW_VERSION	3
#define COW_ALIGNMENT	4096		/* of the files that are made here */
#define COW_PATH	4096

struct cow_header {
	__be32 magic;
	__be32 version;
	__be32 mtime;			/* of the backing file; seconds, the lower half */
	__be64 size;			/* of the backing file, in bytes */
	__be32 sector_size;
	__be32 alignment;
	__be32 format;			/* 0: a bitmap */
	char backing[COW_PATH];		/* what is behind its end is undefined */
} __packed;

/* For opening, which is done one by one. */
static struct cow_header header;

#define MAP_SHIFT	(PAGE_SHIFT + 3)	/* a page of the bitmap is for so many sectors */
#define MAP_SECTORS	BIT_ULL(MAP_SHIFT)

/* A page of the bitmap.  Where there is none, it is all zeroes. */
struct map_page {
	unsigned long *now;
	unsigned long *then;		/* as the flush under way writes it */
};

struct cow {
	struct ubd_image image;
	struct ubd_image *lower;
	struct ubd_file store;
	u64 bitmap, bitmap_len;		/* in @store, bytes */
	u64 data;			/* likewise */
	bool unnamed;			/* @store is */

	/* Under ubd_lock */
	struct map_page *map;
	unsigned long nr_pages;
	unsigned long *changed;		/* pages that differ from the file */
	unsigned long nr_changed;
	/* The flush under way */
	unsigned long *writing;		/* pages that it has still to write */
	unsigned long first, count;	/* pages that the host writes now */
	bool synced;			/* that write is a synchronous one */
};

static struct cow *to_cow(struct ubd_image *image)
{
	return container_of(image, struct cow, image);
}

/* The bitmap */

static u64 sectors(u64 bytes)
{
	return DIV_ROUND_UP_ULL(bytes, SECTOR_SIZE);
}

static bool in_store(const struct cow *c, u64 sector)
{
	const unsigned long *page = c->map[sector >> MAP_SHIFT].now;

	return page && test_bit(sector & (MAP_SECTORS - 1), page);
}

/* How many sectors, of @max, lie together with @sector, and where. */
static u64 run_of(const struct cow *c, u64 sector, u64 max, bool *stored)
{
	u64 end = sector + max, at = sector;

	*stored = in_store(c, sector);
	while (at < end) {
		const unsigned long *page = c->map[at >> MAP_SHIFT].now;
		u64 base = at & -MAP_SECTORS;
		unsigned long limit = min(end - base, MAP_SECTORS);
		unsigned long next;

		if (!page)
			next = *stored ? at - base : limit;
		else if (*stored)
			next = find_next_zero_bit(page, limit, at - base);
		else
			next = find_next_bit(page, limit, at - base);
		at = base + next;
		if (next < limit)
			break;
	}
	return at - sector;
}

static bool make_page(struct map_page *page, gfp_t gfp)
{
	if (!page->then)
		page->then = (unsigned long *)get_zeroed_page(gfp | __GFP_NOWARN);
	if (page->then && !page->now)
		page->now = (unsigned long *)get_zeroed_page(gfp | __GFP_NOWARN);
	return page->now;
}

/*
 * See to it that mark() needs no memory.  What waits for the request may be what
 * frees memory, so these may take the last there is: 8 KiB, once for each 16 MiB.
 */
static int make_pages(struct cow *c, u64 offset, u64 len)
{
	u64 first = offset >> SECTOR_SHIFT, last = first + sectors(len) - 1, i;

	for (i = first >> MAP_SHIFT; i <= last >> MAP_SHIFT; i++)
		if (!make_page(&c->map[i], GFP_ATOMIC | __GFP_MEMALLOC))
			return -EAGAIN;
	return 0;
}

static void page_changed(struct cow *c, unsigned long i)
{
	if (!__test_and_set_bit(i, c->changed))
		c->nr_changed++;
	c->image.unsaved = true;
}

/* The range's data is in the store. */
static void mark(struct cow *c, u64 offset, u64 len)
{
	u64 at = offset >> SECTOR_SHIFT, end = at + sectors(len);

	while (at < end) {
		bool stored;
		u64 n = run_of(c, at, end - at, &stored);

		n = min(n, MAP_SECTORS - (at & (MAP_SECTORS - 1)));
		if (!stored) {
			unsigned long i = at >> MAP_SHIFT;

			bitmap_set(c->map[i].now, at & (MAP_SECTORS - 1), n);
			page_changed(c, i);
		}
		at += n;
	}
}

/* Requests */

enum stage { START, TRANSFER, DATA_SYNC, MAP_WRITE, MAP_SYNC };

/* Remember what the bitmap is now. */
static void take_map(struct cow *c)
{
	unsigned long i;

	if (!c->nr_changed)
		return;
	for_each_set_bit(i, c->changed, c->nr_pages) {
		memcpy(c->map[i].then, c->map[i].now, PAGE_SIZE);
		__clear_bit(i, c->changed);
		__set_bit(i, c->writing);
	}
	c->nr_changed = 0;
}

/* What could not be written has to be written another time. */
static int map_failed(struct cow *c, int err)
{
	unsigned long i;

	for_each_set_bit(i, c->writing, c->nr_pages) {
		__clear_bit(i, c->writing);
		page_changed(c, i);
	}
	return err;
}

/* Write the next pages of the bitmap that lie together. */
static int write_map(struct cow *c, struct ubd_io *io)
{
	unsigned long n, pages = 0, end;
	u64 pos;

	c->first = find_first_bit(c->writing, c->nr_pages);
	end = min(c->nr_pages, c->first + UBD_SEGMENTS);
	io->left = 0;
	for (n = c->first; n < end && test_bit(n, c->writing); n++, pages++) {
		io->iov[pages].base = c->map[n].then;
		io->iov[pages].len = min_t(u64, PAGE_SIZE, c->bitmap_len - n * PAGE_SIZE);
		io->left += io->iov[pages].len;
	}
	io->next = io->iov;
	io->niov = pages;
	c->count = pages;
	/* If one write is enough, a synchronous one costs less than a sync of the file. */
	c->synced = !c->unnamed && io->stage != MAP_WRITE &&
		    find_next_bit(c->writing, c->nr_pages, n) >= c->nr_pages;
	io->stage = MAP_WRITE;
	pos = c->bitmap + c->first * PAGE_SIZE;
	return ubd_transfer(io, &c->store, pos, io->left, c->synced);
}

static int flush_done(struct cow *c)
{
	c->image.unsaved = c->nr_changed;
	return 0;
}

/* One step of a flush: sync the data, write the bitmap, sync that. */
static int flush_step(struct cow *c, struct ubd_io *io)
{
	int err;

	switch (io->stage) {
	case START:
		take_map(c);
		if (!c->unnamed) {
			io->stage = DATA_SYNC;
			return ubd_sync(io, &c->store);
		}
		break;
	case DATA_SYNC:
		if (io->aio.res < 0)
			return map_failed(c, io->aio.res);
		break;
	case TRANSFER:			/* of a write that is on the disk */
		take_map(c);
		break;
	case MAP_WRITE:
		err = ubd_transferred(io);
		if (!err && io->left)
			err = ubd_transfer(io, &c->store, io->pos, io->left, c->synced);
		if (err)
			return err < 0 ? map_failed(c, err) : err;
		bitmap_clear(c->writing, c->first, c->count);
		break;
	case MAP_SYNC:
		if (io->aio.res < 0) {
			/* It is not known which pages are on the disk. */
			for (unsigned long i = 0; i < c->nr_pages; i++)
				if (c->map[i].now)
					page_changed(c, i);
			return io->aio.res;
		}
		return flush_done(c);
	}
	if (!bitmap_empty(c->writing, c->nr_pages)) {
		err = write_map(c, io);
		return err < 0 ? map_failed(c, err) : err;
	}
	if (io->stage != MAP_WRITE || c->unnamed || c->synced)
		return flush_done(c);
	io->stage = MAP_SYNC;
	return ubd_sync(io, &c->store);
}

static int write_step(struct cow *c, struct ubd_io *io)
{
	bool dsync = c->image.flags & UBD_SYNC;
	int err;

	switch (io->stage) {
	case START:
		err = make_pages(c, io->offset, io->left);
		if (err)
			return err;
		break;
	case TRANSFER:
		err = ubd_transferred(io);
		if (err)
			return err;
		if (io->left)
			break;
		mark(c, io->begin, io->offset - io->begin);
		return dsync ? flush_step(c, io) : 0;
	default:
		return flush_step(c, io);
	}
	io->stage = TRANSFER;
	return ubd_transfer(io, &c->store, c->data + io->offset, io->left, dsync);
}

static int cow_step(struct ubd_image *image, struct ubd_io *io)
{
	switch (io->op) {
	case UBD_READ:
		return ubd_read_step(image, io);
	case UBD_WRITE:
		return write_step(to_cow(image), io);
	case UBD_FLUSH:
		return flush_step(to_cow(image), io);
	}
	return -EOPNOTSUPP;
}

static struct ubd_file *cow_find(struct ubd_image *image, u64 *offset, u64 *len)
{
	struct cow *c = to_cow(image);
	u64 sector = *offset >> SECTOR_SHIFT, n;
	bool stored;

	n = run_of(c, sector, sectors(*len), &stored);
	*len = min(*len, ((sector + n) << SECTOR_SHIFT) - *offset);
	if (!stored)
		return c->lower->ops->find(c->lower, offset, len);
	*offset += c->data;
	return &c->store;
}

/* Give back what the store has of the range.  Other sectors stay what they are below. */
static int discard_stored(struct cow *c, u64 offset, u64 len)
{
	u64 at = offset >> SECTOR_SHIFT, end = at + (len >> SECTOR_SHIFT);

	while (at < end) {
		bool stored;
		u64 n = run_of(c, at, end - at, &stored);
		int err = 0;

		if (stored)
			err = ubd_file_discard(&c->store, c->data + (at << SECTOR_SHIFT),
					       n << SECTOR_SHIFT, false);
		if (err)
			return err;
		at += n;
	}
	return 0;
}

static int cow_discard(struct ubd_image *image, u64 offset, u64 len, bool zero, bool keep)
{
	struct cow *c = to_cow(image);
	unsigned long flags;
	int err;

	if (!zero)
		return discard_stored(c, offset, len);
	spin_lock_irqsave(&ubd_lock, flags);
	err = make_pages(c, offset, len);
	spin_unlock_irqrestore(&ubd_lock, flags);
	if (!err)
		err = ubd_file_discard(&c->store, c->data + offset, len, keep);
	if (err)
		return err;
	spin_lock_irqsave(&ubd_lock, flags);
	mark(c, offset, len);
	spin_unlock_irqrestore(&ubd_lock, flags);
	return 0;
}

/* Opening */

static void cow_close(struct ubd_image *image)
{
	struct cow *c = to_cow(image);
	unsigned long i;

	for (i = 0; c->map && i < c->nr_pages; i++) {
		free_page((unsigned long)c->map[i].now);
		free_page((unsigned long)c->map[i].then);
	}
	kvfree(c->map);
	kvfree(c->changed);
	kvfree(c->writing);
	ubd_file_close(&c->store);
	if (c->lower)
		c->lower->ops->close(c->lower);
	ubd_free(c);
}

/* Does the file reach as far as the last sector that the bitmap says is in it? */
static bool is_whole(const struct cow *c)
{
	unsigned long i = c->nr_pages, bit = 0;

	while (i-- > 0) {
		if (!c->map[i].now)
			continue;
		bit = find_last_bit(c->map[i].now, MAP_SECTORS);
		if (bit < MAP_SECTORS)
			return c->data + (((u64)i << MAP_SHIFT) + bit) * SECTOR_SIZE <
			       c->store.size;
	}
	return true;
}

static int read_page(struct cow *c, unsigned long i)
{
	struct map_page *page = &c->map[i];
	unsigned long len = min_t(u64, PAGE_SIZE, c->bitmap_len - i * PAGE_SIZE);
	long n;

	if (!make_page(page, GFP_KERNEL))
		return -ENOMEM;
	n = host_pread(c->store.cached, page->now, len, c->bitmap + i * PAGE_SIZE);
	if (n != len)
		return n < 0 ? n : -EIO;
	if (!memchr_inv(page->now, 0, PAGE_SIZE)) {
		free_page((unsigned long)page->now);
		free_page((unsigned long)page->then);
		*page = (struct map_page){ };
	}
	return 0;
}

/* A new bitmap is a hole, and that of a large disk mostly. */
static int read_map(struct cow *c)
{
	unsigned long i;
	int err = 0;

	for (i = 0; i < c->nr_pages && !err; i++) {
		s64 at = host_seek_data(c->store.cached, c->bitmap + i * PAGE_SIZE);

		if (at == -ENXIO)
			break;
		if (at >= (s64)(c->bitmap + c->bitmap_len))
			break;
		if (at > (s64)(c->bitmap + i * PAGE_SIZE))
			i = (at - c->bitmap) >> PAGE_SHIFT;
		err = read_page(c, i);
	}
	return err;
}

static int cow_start(struct ubd_image *image, const struct ubd_option *o)
{
	struct cow *c = to_cow(image);
	u64 end = c->data + image->size;
	int err;

	if (c->lower->ops->start) {
		err = c->lower->ops->start(c->lower, o);
		if (err)
			return err;
	}
	c->nr_pages = DIV_ROUND_UP_ULL(c->bitmap_len, PAGE_SIZE);
	c->map = kvcalloc(c->nr_pages, sizeof(c->map[0]), GFP_KERNEL);
	c->changed = kvcalloc(BITS_TO_LONGS(c->nr_pages), sizeof(long), GFP_KERNEL);
	c->writing = kvcalloc(BITS_TO_LONGS(c->nr_pages), sizeof(long), GFP_KERNEL);
	err = c->map && c->changed && c->writing ? read_map(c) : -ENOMEM;
	if (err == -ENOMEM)
		return ubd_refuse(o, err, "%s: the guest has not enough memory for it: give it more, as with mem=1G",
				  image->path);
	if (err)
		return ubd_refuse(o, err, "%s: it cannot be read: host error %pe", image->path,
				  ERR_PTR(err));
	if (!is_whole(c))
		return ubd_refuse(o, -EINVAL,
				  "%s: this COW file has lost its end: %llu bytes of %llu are there",
				  image->path, c->store.size, end);
	if (c->store.size < end && !c->store.read_only) {
		err = host_ftruncate(c->store.cached, end);
		if (err)
			return ubd_refuse(o, err, "%s: it cannot be given its size: host error %pe",
					  image->path, ERR_PTR(err));
		c->store.size = end;
	}
	return 0;
}

static const struct ubd_image_ops cow_ops = {
	.start		= cow_start,
	.step		= cow_step,
	.discard	= cow_discard,
	.find		= cow_find,
	.close		= cow_close,
};

static struct cow *make_cow(const struct ubd_option *o, const struct ubd_file *store,
			    struct ubd_image *lower, unsigned int flags)
{
	struct cow *c = ubd_alloc(sizeof(*c));

	c->image.ops = &cow_ops;
	c->image.path = o->path;
	c->image.flags = flags | (store->read_only ? UBD_READ_ONLY : 0);
	c->image.size = lower->size;
	c->image.block_size = store->block_size;
	c->image.trim = ubd_may_trim(c->image.flags);
	c->image.cached = !(flags & UBD_SYNC);
	c->image.one_by_one = flags & UBD_SYNC;
	c->lower = lower;
	c->store = *store;
	c->bitmap_len = DIV_ROUND_UP_ULL(sectors(lower->size), BITS_PER_BYTE);
	return c;
}

struct ubd_image *ubd_disposable(const struct ubd_option *o, struct ubd_image *lower)
{
	struct ubd_file store;
	struct cow *c;
	int err;

	err = ubd_file_open_unnamed(&store, o);
	if (err) {
		lower->ops->close(lower);
		return ERR_PTR(err);
	}
	/* The disk may be written to, whatever its image is. */
	c = make_cow(o, &store, lower, o->flags & ~UBD_SYNC);
	c->unnamed = true;
	c->data = round_up(c->bitmap_len, COW_ALIGNMENT);
	host_file_reaches(c->data + round_up(c->image.size, SECTOR_SIZE));
	return &c->image;
}

bool ubd_is_cow(const struct ubd_file *f)
{
	u8 magic[4];

	return host_pread(f->cached, magic, sizeof(magic), 0) == sizeof(magic) &&
	       ubd_begins_cow(magic);
}

/* Refuse layouts that are not known here, and nonsense. */
static int check_header(const struct ubd_option *o)
{
	u32 version = be32_to_cpu(header.version), alignment = be32_to_cpu(header.alignment);

	if (header.magic != cpu_to_be32(COW_MAGIC) || version != COW_VERSION || !header.backing[0])
		return ubd_refuse(o, -EINVAL,
				  "%s: this COW file is of an old version: uml_moo can merge it into a new disk",
				  o->path);
	if (header.format || be32_to_cpu(header.sector_size) != SECTOR_SIZE || !alignment ||
	    alignment > SZ_1G || !header.size || strnlen(header.backing, COW_PATH) == COW_PATH)
		return ubd_refuse(o, -EINVAL,
				  "%s: this COW file is damaged, or of a kind that is not known", o->path);
	return 0;
}

static int read_header(const struct ubd_option *o, const struct ubd_file *f)
{
	memset(&header, 0, sizeof(header));
	if (!ubd_is_cow(f) || host_pread(f->cached, &header, sizeof(header), 0) < 0)
		return ubd_refuse(o, -EINVAL,
				  "%s: this is not a COW file: name one that is, or one that is not there and will be made",
				  o->path);
	return check_header(o);
}

/* Write @path into the header, as an absolute path. */
static int set_backing(const struct ubd_option *o, const char *path)
{
	const char *folder = path[0] == '/' ? "" : host_getenv("PWD");

	memset(header.backing, 0, COW_PATH);
	if (!folder)
		return ubd_refuse(o, -EINVAL, "%s: name the backing file from / on", path);
	if (snprintf(header.backing, COW_PATH, "%s%s%s", folder, *folder ? "/" : "", path) >=
	    COW_PATH)
		return ubd_refuse(o, -ENAMETOOLONG, "%s: this name is too long for a COW file", path);
	return 0;
}

static int write_header(const struct ubd_option *o, const struct ubd_file *f)
{
	const unsigned long rest = offsetof(struct cow_header, mtime);
	long n;

	/* Last what makes it a COW file. */
	n = host_pwrite(f->cached, &header.mtime, sizeof(header) - rest, rest);
	if (n == sizeof(header) - rest)
		n = host_pwrite(f->cached, &header, rest, 0);
	if (n == rest)
		n = host_fdatasync(f->cached);
	if (n)
		return ubd_refuse(o, n < 0 ? n : -ENOSPC, "%s: it cannot be written: %s", f->path,
				  n > 0 || n == -ENOSPC ? "no space left" : "host error");
	return 0;
}

static u64 bitmap_at(void)
{
	return roundup(sizeof(header), be32_to_cpu(header.alignment));
}

static u64 data_at(u64 bitmap_len)
{
	return roundup(bitmap_at() + bitmap_len, be32_to_cpu(header.alignment));
}

static int new_cow(const struct ubd_option *o, struct ubd_file *f, const struct ubd_file *back)
{
	u64 size;
	int err;

	header = (struct cow_header){
		.magic		= cpu_to_be32(COW_MAGIC),
		.version	= cpu_to_be32(COW_VERSION),
		.mtime		= cpu_to_be32(back->mtime),
		.size		= cpu_to_be64(back->size),
		.sector_size	= cpu_to_be32(SECTOR_SIZE),
		.alignment	= cpu_to_be32(COW_ALIGNMENT),
	};
	err = set_backing(o, back->path);
	if (err)
		return err;
	size = data_at(DIV_ROUND_UP_ULL(sectors(back->size), BITS_PER_BYTE)) + back->size;
	err = host_ftruncate(f->cached, size);
	if (err)
		return ubd_refuse(o, err, "%s: the host allows no file of %llu bytes here", o->path,
				  size);
	f->size = size;
	pr_info("%s: new COW file for %s\n", o->path, back->path);
	return write_header(o, f);
}

/* The backing file was named on the command line: write its name into the header if it is new. */
static int switch_backing(const struct ubd_option *o, const struct ubd_file *f,
			  const struct ubd_file *back)
{
	struct host_stat st;

	/* The first kernel of the process has done it. */
	if (boot_info->reboots || f->read_only || !strcmp(header.backing, back->path))
		return 0;
	if (!host_stat(header.backing, &st) && st.dev == back->dev && st.ino == back->ino)
		return 0;
	pr_notice("%s: its backing file is %s now, and was %s\n", o->path, back->path,
		  header.backing);
	return set_backing(o, back->path) ?: write_header(o, f);
}

/* The size of a file that only the header names is not told. */
static int other_size(const struct ubd_option *o, const struct ubd_file *back, u64 size)
{
	if (!o->backing)
		return ubd_refuse(o, -EINVAL,
				  "%s: its backing file %s does not fit: it has not the %llu bytes that it had; bring back the old one, or make a new COW file",
				  o->path, back->path, size);
	return ubd_refuse(o, -EINVAL,
			  "%s: its backing file %s does not fit: it has %llu bytes now and had %llu; bring back the old one, or make a new COW file",
			  o->path, back->path, back->size, size);
}

static int check_backing(const struct ubd_option *o, const struct ubd_file *back)
{
	u64 size = be64_to_cpu(header.size);
	u32 mtime = be32_to_cpu(header.mtime);

	if (back->size != size)
		return other_size(o, back, size);
	if ((u32)back->mtime != mtime)
		return ubd_refuse(o, -EINVAL,
				  "%s: its backing file %s does not fit: it was changed after the COW file was made (if only its time is wrong: touch -d @%u %s)",
				  o->path, back->path, mtime, back->path);
	return 0;
}

static int open_backing(const struct ubd_option *o, struct ubd_file *back, const char *path,
			unsigned int flags)
{
	int err = ubd_file_open(back, o, path, flags | UBD_READ_ONLY, false);

	if (!err && ubd_is_cow(back)) {
		ubd_file_close(back);
		err = ubd_refuse(o, -EINVAL,
				 "%s: this is a COW file itself and cannot be a backing file: merge it first, with uml_moo",
				 path);
	}
	return err;
}

/* Are folders @a and @b, of so many letters, one?  Relative names begin in PWD. */
static bool same_folder(const char *a, int a_len, const char *b, int b_len)
{
	static char full[2][COW_PATH];
	const char *pwd = host_getenv("PWD") ?: "", *name[] = { a, b };
	const int len[] = { a_len, b_len };
	struct host_stat st[2];
	int i, n;

	for (i = 0; i < 2; i++) {
		n = snprintf(full[i], COW_PATH, "%s%s%.*s", name[i][0] == '/' ? "" : pwd,
			     name[i][0] == '/' || !len[i] ? "" : "/", len[i], name[i]);
		if (n >= COW_PATH)
			return false;
	}
	if (!strcmp(full[0], full[1]))
		return true;
	return !host_stat(*full[0] ? full[0] : "/", &st[0]) &&
	       !host_stat(*full[1] ? full[1] : "/", &st[1]) &&
	       st[0].dev == st[1].dev && st[0].ino == st[1].ino;
}

/*
 * The backing file that the header names, in *@path.  Anybody may have written that: it
 * came with an image from somewhere.  So it counts only for a file beside the COW file,
 * and what lies elsewhere has to be named on the command line.
 */
static int beside(const struct ubd_option *o, char **path)
{
	const char *name = kbasename(header.backing), *own = kbasename(o->path);
	int folder = own - o->path;
	int wanted = name - header.backing;

	if (!*name || !strcmp(name, ".") || !strcmp(name, "..") ||
	    (wanted && !boot_info->reboots &&
	     !same_folder(header.backing, wanted - 1, o->path, max(folder - 1, 0))))
		return ubd_refuse(o, -EPERM,
				  "%s: its header names a backing file in another folder, %*pE: if that is right, write ubd%s=%s,%*pE",
				  o->path, (int)strlen(header.backing), header.backing, o->name,
				  o->path, (int)strlen(header.backing), header.backing);
	/* Not freed, as messages show it. */
	*path = ubd_alloc(folder + strlen(name) + 1);
	sprintf(*path, "%.*s%s", folder, o->path, name);
	return 0;
}

/* Both files, and the header. */
static int open_both(const struct ubd_option *o, struct ubd_file *f, struct ubd_file *back)
{
	char *path;
	int err;

	if (o->backing) {
		err = open_backing(o, back, o->backing, o->flags);
		if (!err)
			err = ubd_file_open(f, o, o->path, o->flags, !(o->flags & UBD_READ_ONLY));
		if (err)
			return err;
		if (!f->size) {
			err = new_cow(o, f, back);
			if (err)
				host_ftruncate(f->cached, 0);
			return err;
		}
		return read_header(o, f) ?: check_backing(o, back) ?: switch_backing(o, f, back);
	}
	err = read_header(o, f);
	if (err)
		return err;
	err = beside(o, &path);
	if (err)
		return err;
	return open_backing(o, back, path, o->flags | UBD_NO_LINK) ?: check_backing(o, back);
}

struct ubd_image *ubd_cow_open(const struct ubd_option *o, const struct ubd_file *open)
{
	struct ubd_file f = { .cached = -1, .direct = -1 }, back = f;
	struct cow *c;
	int err;

	if (open)
		f = *open;
	err = open_both(o, &f, &back);
	if (err) {
		ubd_file_close(&back);
		ubd_file_close(&f);
		return ERR_PTR(err);
	}
	c = make_cow(o, &f, ubd_raw_image(&back, o->flags | UBD_READ_ONLY), o->flags);
	c->bitmap = bitmap_at();
	c->data = data_at(c->bitmap_len);
	if (!f.read_only)
		host_file_reaches(c->data + round_up(c->image.size, SECTOR_SIZE));
	return &c->image;
}
