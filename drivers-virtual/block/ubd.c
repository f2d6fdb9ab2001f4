// SPDX-License-Identifier: GPL-2.0
/*
 * The block device: /dev/ubda and so on over images on the host.
 *
 * A request's way: queue_rq() turns it into a ubd_io and has the image prepare
 * its first host request; a batch of these, of whatever disks, goes to the host at
 * once (submit()), small ones that come one by one a little later (hold_back()).
 * The host's answers are taken off the completion ring (reap()), by the interrupt
 * that the ring's eventfd raises or right after submitting, and either end the
 * request or make the image prepare the next.
 *
 * Discards are no asynchronous requests of the host's.  A work item has them done
 * in pieces, with other guest tasks in between.
 */
#define pr_fmt(fmt) "ubd: " fmt

#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/ctype.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/major.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <asm/boot.h>
#include <asm/host_irq.h>
#include <asm/hotplug.h>
#include <asm/layout.h>
#include <asm/setup.h>
#include <asm/guard.h>
#include "ubd.h"

#define UBD_DISKS	64
#define UBD_LETTERS	26		/* disks that a letter can name */
#define UBD_MINORS	16		/* a disk; those that find no room have dynamic ones */
#define UBD_DEPTH	128		/* requests of a disk */
#define UBD_IN_FLIGHT	512		/* host requests of all disks; the host has room for twice that */
#define UBD_BATCH	64
#define UBD_HELD	16		/* requests that are held back */
#define UBD_SMALL	SZ_16K		/* what may be held back, in bytes */
#define UBD_RAPID	200000		/* TSC cycles between requests that come one after the other */
#define UBD_HABIT	4		/* so many of them, and more are expected */
#define UBD_MAX_SECTORS	4096
#define UBD_PIECE	SZ_16M		/* of a discard, in bytes; some ms at worst */
#define UBD_AGAIN_MS	10
#define UBD_SAVE_HZ	(5 * HZ)	/* what nobody flushes is lost for at most so long */

struct ubd {
	unsigned int index;
	char name[DISK_NAME_LEN];	/* ubda */
	struct ubd_option option;
	struct ubd_image *image;
	struct gendisk *disk;
	struct blk_mq_tag_set tags;
	struct delayed_work save;
	struct work_struct discard;
	struct list_head discards;	/* ubd_io.link; under ubd_lock */
	bool leaving;			/* under the disk's open_mutex */
};

static struct ubd *disks[UBD_DISKS];
/* For disks[], and for opening images. */
static DEFINE_MUTEX(disks_mutex);

DEFINE_SPINLOCK(ubd_lock);
unsigned int ubd_batch = 1;

/* Under ubd_lock */
static LIST_HEAD(prepared);		/* ubd_io.link; not with the host yet */
static unsigned int nr_prepared;
static bool urgent;			/* one of them is not to wait */
static u64 last_commit;			/* when it ended; TSC */
static unsigned int in_flight;		/* with the host */
static int ubd_irq;

/* The host's AIO: an eventfd, or -errno. */
static int aio = -ENODEV;

/* Under ubd_lock.  The ring lies in memory that user mode hid. */
static void open_ring(void)
{
	guard_open_window(AIO_BASE);
}

static struct ubd_io *to_io(struct host_aio *aio)
{
	return container_of(aio, struct ubd_io, aio);
}

static struct ubd *to_ubd(struct request *rq)
{
	return rq->q->queuedata;
}

static blk_status_t ubd_status(int err)
{
	switch (err) {
	case 0:
		return BLK_STS_OK;
	case -ENOSPC:
	case -EDQUOT:
	case -EFBIG:
		return BLK_STS_NOSPC;
	case -EOPNOTSUPP:
		return BLK_STS_NOTSUPP;
	default:
		/* To the block layer others mean: try again. */
		return BLK_STS_IOERR;
	}
}

static void ubd_complete_rq(struct request *rq)
{
	struct ubd_io *io = blk_mq_rq_to_pdu(rq);

	blk_mq_end_request(rq, ubd_status(io->error));
}

/* End requests.  Not under the lock: whoever waits for one may submit the next. */
static void end_requests(struct list_head *ended)
{
	DEFINE_IO_COMP_BATCH(batch);
	struct ubd_io *io, *next;

	list_for_each_entry_safe(io, next, ended, link) {
		struct request *rq = blk_mq_rq_from_pdu(io);

		if (io->error == -EAGAIN) {
			/* Host or guest are short of memory for the request itself. */
			blk_mq_requeue_request(rq, false);
			blk_mq_delay_kick_requeue_list(rq->q, UBD_AGAIN_MS);
			continue;
		}
		blk_mq_set_request_complete(rq);
		if (!blk_mq_add_to_batch(rq, &batch, io->error, blk_mq_end_request_batch))
			ubd_complete_rq(rq);
	}
	if (batch.complete)
		batch.complete(&batch);
}

/* Have the image prepare the next host request of @io, or add it to @ended.  Under the lock. */
static void step(struct ubd_io *io, struct list_head *ended)
{
	struct ubd *ubd = to_ubd(blk_mq_rq_from_pdu(io));
	int more = ubd->image->ops->step(ubd->image, io);

	if (more > 0) {
		list_add_tail(&io->link, &prepared);
		nr_prepared++;
		return;
	}
	io->error = more;
	list_add_tail(&io->link, ended);
	if (ubd->image->unsaved && !delayed_work_pending(&ubd->save))
		schedule_delayed_work(&ubd->save, UBD_SAVE_HZ);
}

/* The host has taken @n more requests, or answered -@n of them. */
static void account(int n)
{
	bool was_busy = in_flight;

	in_flight += n;
	if (was_busy != !!in_flight)
		fd_irq_busy(ubd_irq, !was_busy);
}

/* Hand to the host what is prepared.  What it refuses goes to @ended.  Under the lock. */
static void submit(struct list_head *ended)
{
	struct host_aio *batch[UBD_BATCH];
	struct ubd_io *io, *next;
	int n, i;

	if (list_empty(&prepared))
		return;
	open_ring();
	urgent = false;
	ubd_batch++;
	do {
		n = 0;
		list_for_each_entry(io, &prepared, link) {
			batch[n++] = &io->aio;
			if (n == UBD_BATCH)
				break;
		}
		n = host_aio_submit(batch, n);
		/* Out of room: go on at the next completion. */
		if (n == -EAGAIN && in_flight)
			return;
		if (n > 0)
			account(n);
		i = max(n, 1);
		list_for_each_entry_safe(io, next, &prepared, link) {
			if (!i--)
				break;
			list_del(&io->link);
			nr_prepared--;
			if (n <= 0) {
				io->error = n ?: -EIO;
				list_add_tail(&io->link, ended);
			}
		}
	} while (!list_empty(&prepared));
}

/*
 * Take what the host has answered, and give it what follows from that, or waits for
 * it alone.  Under the lock.
 */
static void reap(struct list_head *ended)
{
	struct host_aio *aio[UBD_BATCH];
	int n, i;

	open_ring();
	while ((n = host_aio_reap(aio, ARRAY_SIZE(aio)))) {
		unsigned int held = nr_prepared;

		account(-n);
		for (i = 0; i < n; i++)
			step(to_io(aio[i]), ended);
		if (nr_prepared > held || !irq_due || !in_flight)
			submit(ended);
	}
}

/*
 * Whoever submits one small request after the other will soon have more, and the
 * host takes many as fast as one, a virtual disk even more so.  While others are in
 * flight these wait: until there are enough, all others are answered, the processor
 * idles or the time is up (fd_irq_soon()).  Not beside a program that computes: the
 * time would be up too late.  Under the lock.
 */
static bool hold_back(void)
{
	static unsigned int rapid;

	rapid = rdtsc() - last_commit < UBD_RAPID ? rapid + 1 : 0;
	if (!in_flight || urgent || rapid < UBD_HABIT || nr_prepared >= UBD_HELD ||
	    irq_looks_late())
		return false;
	fd_irq_soon(ubd_irq);
	return true;
}

static irqreturn_t ubd_interrupt(int irq, void *dev)
{
	unsigned long flags;
	LIST_HEAD(ended);

	spin_lock_irqsave(&ubd_lock, flags);
	if (!irq_due)
		submit(&ended);
	reap(&ended);
	spin_unlock_irqrestore(&ubd_lock, flags);
	end_requests(&ended);
	return IRQ_HANDLED;
}

static void commit(void)
{
	unsigned long flags;
	LIST_HEAD(ended);

	spin_lock_irqsave(&ubd_lock, flags);
	if (!hold_back()) {
		submit(&ended);
		/* Some were answered at once: the host had it in memory. */
		reap(&ended);
	}
	last_commit = rdtsc();
	spin_unlock_irqrestore(&ubd_lock, flags);
	end_requests(&ended);
}

static void ubd_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	commit();
}

static void map_pages(struct ubd_io *io, struct request *rq)
{
	struct req_iterator iter;
	struct host_iovec *iov = io->iov;
	struct bio_vec bv;

	rq_for_each_bvec(bv, rq, iter) {
		void *base = bvec_virt(&bv);

		if (iov > io->iov && iov[-1].base + iov[-1].len == base) {
			iov[-1].len += bv.bv_len;
		} else {
			iov->base = base;
			iov->len = bv.bv_len;
			iov++;
		}
	}
	io->next = io->iov;
	io->niov = iov - io->iov;
	io->begin = io->offset = (u64)blk_rq_pos(rq) << SECTOR_SHIFT;
	io->left = blk_rq_bytes(rq);
	io->fua = rq->cmd_flags & REQ_FUA;
}

static int discard(struct ubd *ubd, struct request *rq)
{
	bool zero = req_op(rq) == REQ_OP_WRITE_ZEROES;
	bool keep = zero && rq->cmd_flags & REQ_NOUNMAP;
	u64 at = (u64)blk_rq_pos(rq) << SECTOR_SHIFT, end = at + blk_rq_bytes(rq);
	int err = 0;

	while (at < end && !err) {
		u64 len = min(end - at, round_down(at, UBD_PIECE) + UBD_PIECE - at);

		while ((err = ubd->image->ops->discard(ubd->image, at, len, zero, keep)) == -EAGAIN)
			msleep(UBD_AGAIN_MS);
		at += len;
		cond_resched();
	}
	if (err == -EOPNOTSUPP && zero)
		blk_queue_disable_write_zeroes(rq->q);
	else if (err == -EOPNOTSUPP)
		blk_queue_disable_discard(rq->q);
	return err;
}

static void discard_work(struct work_struct *work)
{
	struct ubd *ubd = container_of(work, struct ubd, discard);
	struct ubd_io *io;

	for (;;) {
		LIST_HEAD(ended);

		spin_lock_irq(&ubd_lock);
		io = list_first_entry_or_null(&ubd->discards, struct ubd_io, link);
		if (io)
			list_move(&io->link, &ended);
		spin_unlock_irq(&ubd_lock);
		if (!io)
			return;
		io->error = discard(ubd, blk_mq_rq_from_pdu(io));
		if (ubd->image->unsaved)
			schedule_delayed_work(&ubd->save, UBD_SAVE_HZ);
		end_requests(&ended);
	}
}

static bool is_small(struct request *rq)
{
	return blk_rq_bytes(rq) <= UBD_SMALL && !(rq->cmd_flags & (REQ_FUA | REQ_PREFLUSH)) &&
	       (req_op(rq) == REQ_OP_READ || req_op(rq) == REQ_OP_WRITE);
}

static blk_status_t ubd_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	struct request *rq = bd->rq;
	struct ubd *ubd = to_ubd(rq);
	struct ubd_io *io = blk_mq_rq_to_pdu(rq);
	unsigned long flags;
	LIST_HEAD(ended);

	io->stage = 0;
	io->error = 0;
	switch (req_op(rq)) {
	case REQ_OP_READ:
		io->op = UBD_READ;
		map_pages(io, rq);
		break;
	case REQ_OP_WRITE:
		io->op = UBD_WRITE;
		map_pages(io, rq);
		break;
	case REQ_OP_FLUSH:
		io->op = UBD_FLUSH;
		break;
	case REQ_OP_DISCARD:
	case REQ_OP_WRITE_ZEROES:
		break;
	default:
		return BLK_STS_NOTSUPP;
	}

	blk_mq_start_request(rq);
	spin_lock_irqsave(&ubd_lock, flags);
	/* What the block layer has made a batch of waits for nothing more. */
	if (!bd->last || !is_small(rq))
		urgent = true;
	if (req_op(rq) == REQ_OP_DISCARD || req_op(rq) == REQ_OP_WRITE_ZEROES) {
		list_add_tail(&io->link, &ubd->discards);
		schedule_work(&ubd->discard);
	} else {
		step(io, &ended);
	}
	spin_unlock_irqrestore(&ubd_lock, flags);
	end_requests(&ended);
	if (bd->last)
		commit();
	return BLK_STS_OK;
}

static const struct blk_mq_ops ubd_mq_ops = {
	.queue_rq	= ubd_queue_rq,
	.commit_rqs	= ubd_commit_rqs,
	.complete	= ubd_complete_rq,
};

static void save_work(struct work_struct *work)
{
	struct ubd *ubd = container_of(to_delayed_work(work), struct ubd, save);

	if (ubd->image->unsaved)
		blkdev_issue_flush(ubd->disk->part0);
}

static int ubd_open(struct gendisk *disk, blk_mode_t mode)
{
	struct ubd *ubd = disk->private_data;

	return ubd->leaving ? -ENXIO : 0;
}

static void ubd_free_disk(struct gendisk *disk)
{
	ubd_free(disk->private_data);
}

static const struct block_device_operations ubd_fops = {
	.owner		= THIS_MODULE,
	.open		= ubd_open,
	.free_disk	= ubd_free_disk,
};

static ssize_t serial_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ubd *ubd = dev_to_disk(dev)->private_data;

	return sysfs_emit(buf, "%s", ubd->option.serial ?: "");
}
static DEVICE_ATTR_RO(serial);

static struct attribute *ubd_attrs[] = {
	&dev_attr_serial.attr,
	NULL
};
ATTRIBUTE_GROUPS(ubd);

/* Memory */

void * __ref ubd_alloc(size_t size)
{
	/* Aligned at both ends, so that memblock sees one piece where it has little room for many. */
	void *p = slab_is_available() ? kzalloc(size, GFP_KERNEL | __GFP_NOFAIL) :
					memblock_alloc(ALIGN(size, SMP_CACHE_BYTES), SMP_CACHE_BYTES);

	if (!p)
		panic("ubd: no memory");
	return p;
}

void ubd_free(void *p)
{
	/* What memblock gave stays. */
	if (p && slab_is_available() && !PageReserved(virt_to_page(p)))
		kfree(p);
}

/* Disks */

static void queue_limits(const struct ubd_image *image, struct queue_limits *lim)
{
	*lim = (struct queue_limits){
		.logical_block_size	= SECTOR_SIZE,
		.physical_block_size	= image->block_size,
		.max_hw_sectors		= UBD_MAX_SECTORS,
		.max_segments		= UBD_SEGMENTS,
		.max_segment_size	= UINT_MAX,
	};
	if (image->cached)
		lim->features |= BLK_FEAT_WRITE_CACHE;
	if (image->fua)
		lim->features |= BLK_FEAT_FUA;
	if (image->trim) {
		lim->max_hw_discard_sectors = UINT_MAX >> SECTOR_SHIFT;
		lim->discard_granularity = image->block_size;
		lim->max_write_zeroes_sectors = UINT_MAX >> SECTOR_SHIFT;
	}
}

static int make_gendisk(struct ubd *ubd)
{
	struct ubd_image *image = ubd->image;
	struct queue_limits lim;
	struct gendisk *disk;
	int err;

	INIT_DELAYED_WORK(&ubd->save, save_work);
	INIT_WORK(&ubd->discard, discard_work);
	INIT_LIST_HEAD(&ubd->discards);
	ubd->tags.ops = &ubd_mq_ops;
	ubd->tags.nr_hw_queues = 1;
	ubd->tags.queue_depth = image->one_by_one ? 1 : UBD_DEPTH;
	ubd->tags.numa_node = NUMA_NO_NODE;
	ubd->tags.cmd_size = struct_size_t(struct ubd_io, iov, UBD_SEGMENTS);
	/* The host orders what goes to the medium. */
	ubd->tags.flags = BLK_MQ_F_SHOULD_MERGE | BLK_MQ_F_NO_SCHED_BY_DEFAULT;
	err = blk_mq_alloc_tag_set(&ubd->tags);
	if (err)
		return err;
	queue_limits(image, &lim);
	disk = blk_mq_alloc_disk(&ubd->tags, &lim, ubd);
	if (IS_ERR(disk)) {
		blk_mq_free_tag_set(&ubd->tags);
		return PTR_ERR(disk);
	}
	ubd->disk = disk;
	if ((ubd->index + 1) * UBD_MINORS <= 256) {
		disk->major = UBD_MAJOR;
		disk->first_minor = ubd->index * UBD_MINORS;
		disk->minors = UBD_MINORS;
	}
	disk->fops = &ubd_fops;
	disk->private_data = ubd;
	strscpy(disk->disk_name, ubd->name);
	set_capacity(disk, DIV_ROUND_UP_ULL(image->size, SECTOR_SIZE));
	set_disk_ro(disk, image->flags & UBD_READ_ONLY);
	err = device_add_disk(NULL, disk, ubd_groups);
	if (err) {
		disk->private_data = NULL;	/* the caller frees it */
		put_disk(disk);
		blk_mq_free_tag_set(&ubd->tags);
	}
	return err;
}

/* Nobody uses it, and nobody will. */
static void drop_disk(struct ubd *ubd)
{
	struct ubd_image *image = ubd->image;

	blkdev_issue_flush(ubd->disk->part0);
	del_gendisk(ubd->disk);
	cancel_work_sync(&ubd->discard);
	cancel_delayed_work_sync(&ubd->save);
	blk_mq_free_tag_set(&ubd->tags);
	put_disk(ubd->disk);
	image->ops->close(image);
}

/* Options */

int ubd_refuse(const struct ubd_option *o, int err, const char *fmt, ...)
{
	va_list ap;

	seq_buf_printf(o->why, "ubd%s=", o->name);
	va_start(ap, fmt);
	seq_buf_vprintf(o->why, fmt, ap);
	va_end(ap);
	return err;
}

static const struct {
	char letter;
	unsigned int flag;
} ubd_flags[] = {
	{ 'r', UBD_READ_ONLY },
	{ 's', UBD_SYNC },
	{ 'd', UBD_RAW },
	{ 'c', UBD_SHARED },
	{ 't', UBD_NO_TRIM },
	{ 'v', UBD_DISPOSABLE },
};

static bool all_sync;		/* upstream's ubd=sync: flag s for all disks */

static int __init ubd_common(char *arg)
{
	if (!arg || strcmp(arg, "sync"))
		um_die("ubd=%s: write ubd<n>=<file>, or ubd=sync for flag s on all disks", arg ?: "");
	all_sync = true;
	return 0;
}
early_param("ubd", ubd_common);

/* <n>, as a number or a letter; moves @arg behind it.  -1: neither. */
static int parse_unit(const char **arg)
{
	int n;

	if (islower(**arg))
		return *(*arg)++ - 'a';
	if (!isdigit(**arg))
		return -1;
	for (n = 0; isdigit(**arg) && n < UBD_DISKS; (*arg)++)
		n = n * 10 + **arg - '0';
	return n < UBD_DISKS ? n : -1;
}

static unsigned int parse_flag(char c)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ubd_flags); i++)
		if (ubd_flags[i].letter == c)
			return ubd_flags[i].flag;
	return 0;
}

/*
 * <n><flags>=<file>[,<backing file>[,<serial>]], where : does for a comma, and
 * "snapshot" for a backing file is flag v.
 * Writes to @arg, which stays as long as @o.
 */
static int parse(char *arg, struct ubd_option *o)
{
	const char *p = arg;
	char *rest;
	int unit = parse_unit(&p);

	o->name = arg;
	if (all_sync)
		o->flags |= UBD_SYNC;
	for (; unit >= 0 && parse_flag(*p); p++)
		o->flags |= parse_flag(*p);
	if (unit < 0 || *p != '=') {
		seq_buf_printf(o->why,
			       "ubd%s: write ubd<n><flags>=<file>, <n> from 0 to %d or a to z, flags of r s c d t v",
			       arg, UBD_DISKS - 1);
		return -EINVAL;
	}
	o->unit = unit;
	rest = arg + (p - arg);
	*rest++ = 0;
	o->path = strsep(&rest, ",:");
	o->backing = strsep(&rest, ",:");
	o->serial = strsep(&rest, ",:");
	if (o->backing && !*o->backing)
		o->backing = NULL;
	if (o->backing && !strcmp(o->backing, "snapshot")) {
		o->flags |= UBD_DISPOSABLE;
		o->backing = NULL;
	}
	if (!*o->path)
		return ubd_refuse(o, -EINVAL, ": no file is named");
	if (o->backing && o->flags & UBD_RAW)
		return ubd_refuse(o, -EINVAL,
				  "%s,%s: flag d is for a file without a backing file: leave out one of the two",
				  o->path, o->backing);
	if (disks[unit])
		return ubd_refuse(o, -EBUSY, "%s: this disk is %s already", o->path,
				  disks[unit]->option.path);
	return 0;
}

static struct ubd_image *open_image(const struct ubd_option *asked)
{
	struct ubd_option o = *asked;
	struct ubd_image *image;
	struct ubd_file f;
	int err;

	if (o.flags & UBD_DISPOSABLE)
		o.flags |= UBD_READ_ONLY;
	if (o.backing) {
		image = ubd_cow_open(&o, NULL);
	} else {
		err = ubd_file_open(&f, &o, o.path, o.flags, false);
		if (err)
			return ERR_PTR(err);
		if (!(o.flags & UBD_RAW) && ubd_is_cow(&f))
			image = ubd_cow_open(&o, &f);
		else
			image = ubd_file_image(&f, o.flags);
	}
	if (o.flags & UBD_DISPOSABLE && !IS_ERR(image))
		image = ubd_disposable(asked, image);
	return image;
}

/* A name that linux was started with, which uml_mconsole has put its folder before. */
static char *name_at_start(char *path)
{
	const char *folder = host_getenv("PWD");
	size_t len = folder ? strlen(folder) : 0;
	struct host_stat st;

	if (len == 1)
		len = 0;	/* "/" has its slash already */
	if (!path || !folder || strncmp(path, folder, len) || path[len] != '/' ||
	    !host_stat(path, &st) || host_stat(path + len + 1, &st))
		return path;
	return path + len + 1;
}

/* uml_mconsole makes a path of each word, also of none and of "snapshot". */
static void undo_mconsole(struct ubd_option *o)
{
	const char *word = o->backing ? kbasename(o->backing) : NULL;
	struct host_stat st;

	if (word && !strcmp(word, "snapshot") && host_stat(o->backing, &st)) {
		o->flags |= UBD_DISPOSABLE;
		o->backing = NULL;
	} else if (word && !*word) {
		o->backing = NULL;
	}
	o->path = name_at_start(o->path);
	o->backing = name_at_start(o->backing);
}

/* The disk that @arg asks for, not seen by the guest yet.  An ERR_PTR has a line in @why. */
static struct ubd *make_disk(char *arg, struct seq_buf *why)
{
	struct ubd *ubd = ubd_alloc(sizeof(*ubd));
	struct ubd_option *o = &ubd->option;
	unsigned int n;
	int err;

	o->why = why;
	err = parse(arg, o);
	if (!err && system_state >= SYSTEM_RUNNING)
		undo_mconsole(o);
	if (!err) {
		ubd->image = open_image(o);
		err = PTR_ERR_OR_ZERO(ubd->image);
	}
	if (err) {
		ubd_free(ubd);
		return ERR_PTR(err);
	}
	n = ubd->index = o->unit;
	if (n < UBD_LETTERS)
		snprintf(ubd->name, sizeof(ubd->name), "ubd%c", 'a' + n);
	else
		snprintf(ubd->name, sizeof(ubd->name), "ubd%c%c", 'a' + n / UBD_LETTERS - 1,
			 'a' + n % UBD_LETTERS);
	return ubd;
}

/* Show @ubd to the guest, or forget it. */
static int start_disk(struct ubd *ubd, struct seq_buf *why)
{
	struct ubd_option *o = &ubd->option;
	struct ubd_image *image = ubd->image;
	int err = 0;

	o->why = why;
	if (aio < 0)
		err = ubd_refuse(o, aio,
				 "%s: the host refuses asynchronous I/O: raise its fs.aio-max-nr, or allow io_setup",
				 o->path);
	if (!err && image->ops->start)
		err = image->ops->start(image, o);
	if (!err) {
		err = make_gendisk(ubd);
		if (err)
			ubd_refuse(o, err, "%s: there is no disk for it: %pe", o->path,
				   ERR_PTR(err));
	}
	o->why = NULL;
	if (err) {
		image->ops->close(image);
		ubd_free(ubd);
	}
	return err;
}

/*
 * Opens the image, so that a name that is wrong ends the process before anything
 * else happens.
 */
static int __init ubd_setup(char *arg)
{
	static char line[512] __initdata;
	struct seq_buf why;
	struct ubd *ubd;

	if (*arg == '=')
		return 1;
	seq_buf_init(&why, line, sizeof(line));
	ubd = make_disk(arg, &why);
	if (!IS_ERR(ubd))
		disks[ubd->index] = ubd;
	else if (boot_info->reboots)
		/* It was removed, and now it cannot be had any more: the guest goes on without. */
		pr_warn("%s (it was removed before the restart)\n", seq_buf_str(&why));
	else
		um_die("%s", seq_buf_str(&why));
	return 1;
}
__setup("ubd", ubd_setup);

/* Hot-plug */

static int ubd_config(char *arg, struct seq_buf *why)
{
	char *text = kstrdup(arg, GFP_KERNEL);
	struct ubd *ubd;
	int err;

	if (!text)
		return -ENOMEM;
	mutex_lock(&disks_mutex);
	ubd = make_disk(text, why);
	err = PTR_ERR_OR_ZERO(ubd);
	if (!err)
		err = start_disk(ubd, why);
	if (!err)
		disks[ubd->index] = ubd;
	else
		kfree(text);
	mutex_unlock(&disks_mutex);
	return err;
}

/* Under disks_mutex. */
static struct ubd *find_disk(const char *unit, struct seq_buf *why)
{
	const char *p = unit;
	int n = parse_unit(&p);

	if (n < 0 || *p) {
		seq_buf_printf(why, "ubd%s: name a disk by its number or letter", unit);
		return NULL;
	}
	if (!disks[n])
		seq_buf_printf(why, "ubd%s: there is no such disk", unit);
	return disks[n];
}

static bool start_leaving(struct ubd *ubd)
{
	struct gendisk *disk = ubd->disk;

	mutex_lock(&disk->open_mutex);
	ubd->leaving = !disk_openers(disk);
	mutex_unlock(&disk->open_mutex);
	return ubd->leaving;
}

static int ubd_remove(const char *unit, struct seq_buf *why)
{
	struct ubd *ubd;
	int err = 0;

	mutex_lock(&disks_mutex);
	ubd = find_disk(unit, why);
	if (!ubd) {
		err = -ENODEV;
	} else if (!start_leaving(ubd)) {
		seq_buf_printf(why, "ubd%s: %s is in use: unmount /dev/%s in the guest first",
			       unit, ubd->option.path, ubd->name);
		err = -EBUSY;
	} else {
		const char *text = ubd->option.name;

		disks[ubd->index] = NULL;
		drop_disk(ubd);
		ubd_free((void *)text);
	}
	mutex_unlock(&disks_mutex);
	return err;
}

static int ubd_get(const char *unit, struct seq_buf *answer)
{
	const struct ubd_option *o;
	struct ubd *ubd;

	mutex_lock(&disks_mutex);
	ubd = find_disk(unit, answer);
	if (ubd) {
		o = &ubd->option;
		seq_buf_puts(answer, o->path);
		if (o->backing || o->serial)
			seq_buf_printf(answer, ",%s", o->backing ?: "");
		if (o->serial)
			seq_buf_printf(answer, ",%s", o->serial);
	}
	mutex_unlock(&disks_mutex);
	return ubd ? 0 : -ENODEV;
}

static struct um_device_kind ubd_kind = {
	.name	= "ubd",
	.config	= ubd_config,
	.remove	= ubd_remove,
	.get	= ubd_get,
};

/* The guest ends in order: as with any disk, nothing stays in its cache. */
static int ubd_end(struct notifier_block *nb, unsigned long event, void *data)
{
	unsigned int i;

	for (i = 0; i < UBD_DISKS; i++)
		if (disks[i] && disks[i]->image->unsaved)
			blkdev_issue_flush(disks[i]->disk->part0);
	return NOTIFY_DONE;
}

static struct notifier_block ubd_end_block = { .notifier_call = ubd_end };

static int __init ubd_init(void)
{
	static char line[512] __initdata;
	struct seq_buf why;
	unsigned int i;
	int err;

	err = register_blkdev(UBD_MAJOR, "ubd");
	if (err)
		return err;
	/* Even where there is no disk yet: later there would be no AIO to be had. */
	aio = host_aio_setup(UBD_IN_FLIGHT);
	if (aio >= 0) {
		guard_window_top(host_aio_end());
		open_ring();
		ubd_irq = request_fd_irq(aio, HOST_POLLIN | HOST_POLLEDGE, ubd_interrupt, "ubd",
					 disks);
		if (ubd_irq < 0)
			aio = ubd_irq;
	}
	for (i = 0; i < UBD_DISKS; i++) {
		if (!disks[i])
			continue;
		seq_buf_init(&why, line, sizeof(line));
		if (!start_disk(disks[i], &why))
			continue;
		if (!boot_info->reboots)
			um_die("%s", seq_buf_str(&why));
		pr_warn("%s\n", seq_buf_str(&why));
		disks[i] = NULL;
	}
	register_reboot_notifier(&ubd_end_block);
	um_device_kind_register(&ubd_kind);
	return 0;
}
device_initcall(ubd_init);
