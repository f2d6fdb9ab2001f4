// SPDX-License-Identifier: GPL-2.0
/*
 * The block device: /dev/ubda to /dev/ubdp over images on the host.
 *
 * A request's way: queue_rq() turns it into a ubd_io and has the image prepare
 * its first host request; a batch of these goes to the host at once
 * (ubd_submit()).  The host's answers are taken off the completion ring
 * (ubd_reap()), by the interrupt that the ring's eventfd raises or right after
 * submitting, and either end the request or make the image prepare the next.
 */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/ctype.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/major.h>
#include <linux/memblock.h>
#include <linux/string.h>
#include <asm/host_irq.h>
#include <asm/setup.h>
#include "ubd.h"

#define UBD_DISKS	16
#define UBD_MINORS	16
#define UBD_DEPTH	128
#define UBD_SEGMENTS	64
#define UBD_MAX_SECTORS	4096
#define UBD_AGAIN_MS	10

struct ubd {
	unsigned int index;
	char name[8];			/* ubda */
	struct ubd_image *image;
	const char *serial;
	struct gendisk *disk;
	struct blk_mq_tag_set tags;
	struct host_aio_ctx *aio;
	int efd;			/* readable after completions */
	int irq;

	spinlock_t lock;		/* for what follows, and for @aio; irqs off */
	struct host_aio *batch[UBD_DEPTH];	/* prepared, not yet with the host */
	unsigned int nr_batch;
	unsigned int in_flight;		/* with the host */
};

static struct ubd *disks[UBD_DISKS];

static struct ubd_io *to_io(struct host_aio *aio)
{
	return container_of(aio, struct ubd_io, aio);
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
static void ubd_end(struct list_head *ended)
{
	DEFINE_IO_COMP_BATCH(batch);
	struct ubd_io *io, *next;

	list_for_each_entry_safe(io, next, ended, link) {
		struct request *rq = blk_mq_rq_from_pdu(io);

		if (io->error == -EAGAIN) {
			/* The host is short of memory for the request itself. */
			blk_mq_requeue_request(rq, false);
			blk_mq_delay_kick_requeue_list(rq->q, UBD_AGAIN_MS);
		} else if (!blk_mq_complete_request_remote(rq) &&
			   !blk_mq_add_to_batch(rq, &batch, io->error, blk_mq_end_request_batch)) {
			ubd_complete_rq(rq);
		}
	}
	if (batch.complete)
		batch.complete(&batch);
}

/* Have the image prepare the next host request of @io, or add it to @ended.  Under the lock. */
static void ubd_step(struct ubd *ubd, struct ubd_io *io, struct list_head *ended)
{
	int more = ubd->image->ops->step(ubd->image, io);

	if (more > 0) {
		ubd->batch[ubd->nr_batch++] = &io->aio;
	} else {
		io->error = more;
		list_add_tail(&io->link, ended);
	}
}

/* The host has taken @n more requests, or answered -@n of them. */
static void ubd_account(struct ubd *ubd, int n)
{
	bool was_busy = ubd->in_flight;

	ubd->in_flight += n;
	if (was_busy != !!ubd->in_flight)
		fd_irq_busy(ubd->irq, !was_busy);
}

/* Hand the batch to the host.  Those it refuses go to @ended.  Under the lock. */
static void ubd_submit(struct ubd *ubd, struct list_head *ended)
{
	unsigned int at = 0;

	while (at < ubd->nr_batch) {
		int n = host_aio_submit(ubd->aio, ubd->batch + at, ubd->nr_batch - at);

		if (n > 0) {
			ubd_account(ubd, n);
			at += n;
		} else if (n == -EAGAIN && ubd->in_flight) {
			/* Out of room: go on at the next completion. */
			break;
		} else {
			struct ubd_io *io = to_io(ubd->batch[at++]);

			io->error = n ?: -EIO;
			list_add_tail(&io->link, ended);
		}
	}
	ubd->nr_batch -= at;
	memmove(ubd->batch, ubd->batch + at, ubd->nr_batch * sizeof(ubd->batch[0]));
}

/* Take what the host has answered, and give it what follows from that. */
static void ubd_reap(struct ubd *ubd)
{
	struct host_aio *aio[16];
	unsigned long flags;
	LIST_HEAD(ended);
	int n, i;

	spin_lock_irqsave(&ubd->lock, flags);
	while ((n = host_aio_reap(ubd->aio, aio, ARRAY_SIZE(aio)))) {
		ubd_account(ubd, -n);
		for (i = 0; i < n; i++)
			ubd_step(ubd, to_io(aio[i]), &ended);
		ubd_submit(ubd, &ended);
	}
	spin_unlock_irqrestore(&ubd->lock, flags);
	ubd_end(&ended);
}

static irqreturn_t ubd_interrupt(int irq, void *dev)
{
	struct ubd *ubd = dev;
	u64 count;

	/* First: a completion from here on raises the interrupt again. */
	host_read(ubd->efd, &count, sizeof(count));
	ubd_reap(ubd);
	return IRQ_HANDLED;
}

static void ubd_commit(struct ubd *ubd)
{
	unsigned long flags;
	LIST_HEAD(ended);

	spin_lock_irqsave(&ubd->lock, flags);
	ubd_submit(ubd, &ended);
	spin_unlock_irqrestore(&ubd->lock, flags);
	ubd_end(&ended);
	/* Images in the host's page cache are served at once. */
	if (host_aio_pending(ubd->aio))
		ubd_reap(ubd);
}

static void ubd_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	ubd_commit(hctx->queue->queuedata);
}

static void ubd_map(struct ubd_io *io, struct request *rq)
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
	io->offset = (u64)blk_rq_pos(rq) << SECTOR_SHIFT;
	io->left = blk_rq_bytes(rq);
	io->fua = rq->cmd_flags & REQ_FUA;
}

static void ubd_discard(struct ubd *ubd, struct request *rq)
{
	bool zeroes = req_op(rq) == REQ_OP_WRITE_ZEROES;
	bool keep = zeroes && rq->cmd_flags & REQ_NOUNMAP;
	int err = ubd->image->ops->discard(ubd->image, (u64)blk_rq_pos(rq) << SECTOR_SHIFT,
					   blk_rq_bytes(rq), keep);

	if (err == -EOPNOTSUPP && zeroes)
		blk_queue_disable_write_zeroes(rq->q);
	else if (err == -EOPNOTSUPP)
		blk_queue_disable_discard(rq->q);
	blk_mq_end_request(rq, ubd_status(err));
}

static blk_status_t ubd_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	struct ubd *ubd = hctx->queue->queuedata;
	struct request *rq = bd->rq;
	struct ubd_io *io = blk_mq_rq_to_pdu(rq);
	unsigned long flags;
	LIST_HEAD(ended);

	blk_mq_start_request(rq);
	io->started = false;
	io->error = 0;
	switch (req_op(rq)) {
	case REQ_OP_READ:
		io->op = UBD_READ;
		ubd_map(io, rq);
		break;
	case REQ_OP_WRITE:
		io->op = UBD_WRITE;
		ubd_map(io, rq);
		break;
	case REQ_OP_FLUSH:
		io->op = UBD_FLUSH;
		break;
	case REQ_OP_DISCARD:
	case REQ_OP_WRITE_ZEROES:
		ubd_discard(ubd, rq);
		goto out;
	default:
		return BLK_STS_NOTSUPP;
	}

	spin_lock_irqsave(&ubd->lock, flags);
	ubd_step(ubd, io, &ended);
	spin_unlock_irqrestore(&ubd->lock, flags);
	ubd_end(&ended);
out:
	if (bd->last)
		ubd_commit(ubd);
	return BLK_STS_OK;
}

static const struct blk_mq_ops ubd_mq_ops = {
	.queue_rq	= ubd_queue_rq,
	.commit_rqs	= ubd_commit_rqs,
	.complete	= ubd_complete_rq,
};

static const struct block_device_operations ubd_fops = {
	.owner		= THIS_MODULE,
};

static ssize_t serial_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ubd *ubd = dev_to_disk(dev)->private_data;

	return sysfs_emit(buf, "%s", ubd->serial);
}
static DEVICE_ATTR_RO(serial);

static struct attribute *ubd_attrs[] = {
	&dev_attr_serial.attr,
	NULL
};
ATTRIBUTE_GROUPS(ubd);

static int __init ubd_add(struct ubd *ubd)
{
	struct ubd_image *image = ubd->image;
	struct queue_limits lim = {
		.logical_block_size	= SECTOR_SIZE,
		.physical_block_size	= image->block_size,
		.max_hw_sectors		= UBD_MAX_SECTORS,
		.max_segments		= UBD_SEGMENTS,
		.max_segment_size	= UINT_MAX,
	};
	struct gendisk *disk;
	int err;

	if (!(image->flags & UBD_SYNC))
		lim.features |= BLK_FEAT_WRITE_CACHE | BLK_FEAT_FUA;
	if (image->trim) {
		lim.max_hw_discard_sectors = UINT_MAX >> SECTOR_SHIFT;
		lim.max_write_zeroes_sectors = UINT_MAX >> SECTOR_SHIFT;
	}

	spin_lock_init(&ubd->lock);
	ubd->tags.ops = &ubd_mq_ops;
	ubd->tags.nr_hw_queues = 1;
	ubd->tags.queue_depth = UBD_DEPTH;
	ubd->tags.numa_node = NUMA_NO_NODE;
	ubd->tags.cmd_size = struct_size_t(struct ubd_io, iov, UBD_SEGMENTS);
	/* The host orders what goes to the medium. */
	ubd->tags.flags = BLK_MQ_F_SHOULD_MERGE | BLK_MQ_F_NO_SCHED_BY_DEFAULT;
	err = blk_mq_alloc_tag_set(&ubd->tags);
	if (err)
		return err;
	disk = blk_mq_alloc_disk(&ubd->tags, &lim, ubd);
	if (IS_ERR(disk)) {
		err = PTR_ERR(disk);
		goto free_tags;
	}
	ubd->disk = disk;
	disk->major = UBD_MAJOR;
	disk->first_minor = ubd->index * UBD_MINORS;
	disk->minors = UBD_MINORS;
	disk->fops = &ubd_fops;
	disk->private_data = ubd;
	strscpy(disk->disk_name, ubd->name);
	set_capacity(disk, DIV_ROUND_UP_ULL(image->size, SECTOR_SIZE));
	set_disk_ro(disk, image->flags & UBD_READ_ONLY);

	ubd->irq = request_fd_irq(ubd->efd, HOST_POLLIN, ubd_interrupt, ubd->name, ubd);
	if (ubd->irq < 0) {
		err = ubd->irq;
		goto put_disk;
	}
	err = device_add_disk(NULL, disk, ubd_groups);
	if (err)
		goto free_irq;
	return 0;

free_irq:
	free_fd_irq(ubd->irq, ubd);
put_disk:
	put_disk(disk);
free_tags:
	blk_mq_free_tag_set(&ubd->tags);
	return err;
}

static int __init ubd_init(void)
{
	unsigned int i;
	int err;

	err = register_blkdev(UBD_MAJOR, "ubd");
	if (err)
		return err;
	for (i = 0; i < UBD_DISKS; i++) {
		if (!disks[i])
			continue;
		err = ubd_add(disks[i]);
		if (err)
			pr_err("%s: no disk for %s: %pe\n", disks[i]->name, disks[i]->image->path,
			       ERR_PTR(err));
	}
	return 0;
}
device_initcall(ubd_init);

static const struct {
	char letter;
	unsigned int flag;
} ubd_flags[] __initconst = {
	{ 'r', UBD_READ_ONLY },
	{ 's', UBD_SYNC },
	{ 'd', UBD_RAW },
	{ 'c', UBD_SHARED },
	{ 't', UBD_NO_TRIM },
};

/* <n>, as 0 to 15 or a to p; moves @arg behind it.  -1: neither. */
static int __init parse_unit(char **arg)
{
	if (isdigit(**arg))
		return simple_strtoul(*arg, arg, 10);
	if (islower(**arg))
		return *(*arg)++ - 'a';
	return -1;
}

static unsigned int __init parse_flag(char c)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ubd_flags); i++)
		if (ubd_flags[i].letter == c)
			return ubd_flags[i].flag;
	return 0;
}

/*
 * ubd<n><flags>=<file>[,<backing file>[,<serial>]], where : does for a comma.
 * Opens the image, so that a name that is wrong ends the process before anything
 * else happens; there is no other time to open files.
 */
static int __init ubd_setup(char *arg)
{
	unsigned int flags = 0;
	char *p = arg, *path, *backing, *serial;
	struct ubd *ubd;
	int unit = parse_unit(&p);

	for (; unit >= 0 && parse_flag(*p); p++)
		flags |= parse_flag(*p);
	if (unit < 0 || unit >= UBD_DISKS || *p != '=')
		um_die("ubd%s: write ubd<n><flags>=<file>, <n> from 0 to %d or a to %c, flags of r s c d t",
		       arg, UBD_DISKS - 1, 'a' + UBD_DISKS - 1);
	*p++ = 0;
	path = strsep(&p, ",:");
	backing = strsep(&p, ",:");
	serial = strsep(&p, ",:");
	if (!*path)
		um_die("ubd%s=: no file is named", arg);
	if (backing && *backing)
		um_die("ubd%s=%s,%s: there are no COW images yet: name one file that holds all the data",
		       arg, path, backing);
	if (disks[unit])
		um_die("ubd%s=%s: this disk is %s already", arg, path, disks[unit]->image->path);

	ubd = memblock_alloc(sizeof(*ubd), SMP_CACHE_BYTES);
	if (!ubd)
		panic("ubd: no memory for %s\n", path);
	ubd->index = unit;
	snprintf(ubd->name, sizeof(ubd->name), "ubd%c", 'a' + unit);
	ubd->serial = serial ?: "";
	/* The option's own letters, so that a message shows what was written. */
	ubd->image = ubd_file_ops.open(arg - 3, path, flags);
	ubd->aio = host_aio_setup(UBD_DEPTH, &ubd->efd);
	if (!ubd->aio)
		um_die("ubd%s=%s: the host refuses asynchronous I/O: raise its fs.aio-max-nr, or allow io_setup",
		       arg, path);
	disks[unit] = ubd;
	return 1;
}
__setup("ubd", ubd_setup);
