// SPDX-License-Identifier: GPL-2.0
/*
 * Requests of the block device, on their way to the host and back.
 *
 * queue_rq() turns a request into a ubd_io and has the image prepare its first
 * host request.  A batch of these, of whatever disks, goes to the host at once
 * (submit()); small ones that come one by one go a little later (hold_back()).  The
 * host's answers are taken off the completion ring (reap()), by the ring's interrupt
 * or right after submitting, and either end the request or make the image prepare
 * the next host request.
 *
 * The host has no asynchronous discard.  A work item does discards in pieces, with
 * other guest tasks in between.
 */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/workqueue.h>
#include <asm/aio.h>
#include <asm/end.h>
#include <asm/host_irq.h>
#include "ubd.h"

#define UBD_DEPTH	128		/* requests of a disk; AIO_DEPTH is for all */
#define UBD_BATCH	64
#define UBD_HELD	16		/* requests that are held back */
#define UBD_SMALL	SZ_16K		/* what may be held back, in bytes */
#define UBD_RAPID	200000		/* TSC cycles between requests that come one after the other */
#define UBD_HABIT	4		/* after so many of these more are expected */
#define UBD_PIECE	HOST_ZERO_MAX	/* of a discard, in bytes; some ms at worst */
#define UBD_AGAIN_MS	10
#define UBD_SAVE_HZ	(5 * HZ)	/* what is not flushed is written after this time */

/* Under ubd_lock */
static LIST_HEAD(prepared);		/* ubd_io.link; not with the host yet */
static unsigned int nr_prepared;
static bool urgent;			/* one of the prepared must not wait */
static u64 last_commit;			/* when it ended; TSC */

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
		/* The block layer takes other statuses for a request to try again. */
		return BLK_STS_IOERR;
	}
}

/* The guest may have ended what wrote this long ago; whoever started it has to know. */
static void note_loss(struct request *rq, int err)
{
	struct ubd *ubd = to_ubd(rq);

	if (err != -ENOSPC && err != -EDQUOT && err != -EFBIG && err != -EIO)
		return;
	if (req_op(rq) == REQ_OP_READ || req_op(rq) == REQ_OP_DISCARD)
		return;
	if (!ubd->lost)
		um_tell("%s: what is written to this disk is lost: %s", ubd->name,
			err == -EIO ? "the host reports an error" : "no space is left on the host");
	ubd->lost = true;
	um_output_lost();
}

static void ubd_complete_rq(struct request *rq)
{
	struct ubd_io *io = blk_mq_rq_to_pdu(rq);

	note_loss(rq, io->error);
	blk_mq_end_request(rq, ubd_status(io->error));
}

/* End requests.  Not under the lock: a task that waits for one may submit the next. */
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

/* Hand to the host what is prepared.  What it refuses goes to @ended.  Under the lock. */
static void submit(struct list_head *ended)
{
	struct host_aio *batch[UBD_BATCH];
	struct ubd_io *io, *next;
	int n, i;

	if (list_empty(&prepared))
		return;
	urgent = false;
	ubd_files_changed();
	do {
		n = 0;
		list_for_each_entry(io, &prepared, link) {
			batch[n++] = &io->aio;
			if (n == UBD_BATCH)
				break;
		}
		n = um_aio_submit(batch, n);
		/* Out of room: go on at the next completion. */
		if (n == -EAGAIN && um_aio_in_flight())
			return;
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
 * Take what the host has answered.  Hand to it what follows from the answers, and
 * what was held back if nothing else would send it.  Under the lock.
 */
static void reap(struct list_head *ended)
{
	struct host_aio *aio[UBD_BATCH];
	int n, i;

	while ((n = um_aio_reap(aio, ARRAY_SIZE(aio)))) {
		unsigned int held = nr_prepared;

		for (i = 0; i < n; i++)
			step(to_io(aio[i]), ended);
		if (nr_prepared > held || !um_aio_is_soon() || !um_aio_in_flight())
			submit(ended);
	}
}

/*
 * A program that submits one small request after the other will soon have more, and
 * the host takes many as fast as one; a virtual disk even more so.  So while other
 * requests are in flight, small ones wait until there are enough of them, all others
 * are answered, the processor idles or the time is up (um_aio_soon()).  Not beside a
 * program that computes: there the time would be noticed too late.  Under the lock.
 */
static bool hold_back(void)
{
	static unsigned int rapid;

	rapid = rdtsc() - last_commit < UBD_RAPID ? rapid + 1 : 0;
	if (!um_aio_in_flight() || urgent || rapid < UBD_HABIT || nr_prepared >= UBD_HELD ||
	    irq_polls_are_late())
		return false;
	um_aio_soon();
	return true;
}

static irqreturn_t ubd_interrupt(int irq, void *dev)
{
	unsigned long flags;
	LIST_HEAD(ended);

	spin_lock_irqsave(&ubd_lock, flags);
	if (!um_aio_is_soon())
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
	/* Requests that come in a batch, and large ones, are not held back. */
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

static const struct blk_mq_ops queue_ops = {
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

int ubd_queue_init(struct ubd *ubd)
{
	INIT_DELAYED_WORK(&ubd->save, save_work);
	INIT_WORK(&ubd->discard, discard_work);
	INIT_LIST_HEAD(&ubd->discards);
	ubd->tags.ops = &queue_ops;
	ubd->tags.nr_hw_queues = 1;
	ubd->tags.queue_depth = ubd->image->one_by_one ? 1 : UBD_DEPTH;
	ubd->tags.numa_node = NUMA_NO_NODE;
	ubd->tags.cmd_size = struct_size_t(struct ubd_io, iov, UBD_SEGMENTS);
	/* The host orders what goes to the medium. */
	ubd->tags.flags = BLK_MQ_F_SHOULD_MERGE | BLK_MQ_F_NO_SCHED_BY_DEFAULT;
	return blk_mq_alloc_tag_set(&ubd->tags);
}

void ubd_queue_free(struct ubd *ubd)
{
	cancel_work_sync(&ubd->discard);
	cancel_delayed_work_sync(&ubd->save);
	blk_mq_free_tag_set(&ubd->tags);
}

int __init ubd_aio_start(void)
{
	return um_aio_start(ubd_interrupt, "ubd", &prepared);
}
