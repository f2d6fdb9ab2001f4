/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Channels: where a line's bytes come from or go to on the host.  A kind of channel
 * is a struct chan_ops in a file of its own, entered in the table of channels, and a
 * line in the Makefile.
 */
#ifndef CHAN_H
#define CHAN_H

#include <linux/list.h>
#include <linux/seq_buf.h>
#include <linux/types.h>
#include <asm/table.h>

struct chan_request;
struct line;

#define CHAN_OWED	96

struct chan {
	const struct chan_ops *ops;
	struct line *line;
	struct list_head list;		/* of the line's channels */
	int fd;				/* of the host */
	const char *device;		/* what the host has given for it, or NULL */
	bool reads, writes;
	bool terminal;			/* @fd is a terminal of the host */
	bool stream;			/* @fd is a pipe or a file */

	/* The line's, under its lock */
	int irq;			/* 0: always ready, or the line has none yet */
	bool gone;			/* to be closed by the line's work */
	bool ended;			/* no more input will come */
	bool lost;			/* output was lost, and that was told */
	bool left;			/* the other end hung up, and nobody reads what it has sent */
	bool knocking;			/* there is something for ops->accept() */

	/* Output, see output.c */
	u64 taken;			/* bytes of what the line has written */
	bool waiting;			/* for the host to have room */
	bool passed;			/* not waited for, as it takes nothing */
	unsigned long held_since;	/* when it began to keep a writer waiting; 0: it does not */
	unsigned long credit, credit_at;
	u8 owed[CHAN_OWED];		/* goes before anything else */
	unsigned int nr_owed;
};

struct chan_ops {
	const char *name;	/* as in the option, before a ':' */
	const char *usage;	/* the whole of it, for messages */

	/*
	 * Serves both ways, in addition to other channels.  Of kinds without this one is
	 * given for input and one for output, or one for both.
	 */
	bool besides;
	bool shown;		/* on a terminal somewhere: ends of lines need a return */
	bool leaves;		/* its reader may be gone or slow for long: wait only a while */
	bool hangs_up;		/* tells when the other end is gone */
	bool half_closes;	/* tells when it sends no more: its end while the line is closed */

	/*
	 * Open what @req says, by chan_new(), for input or for output; 0, or -errno
	 * with the reason in @req->why.  -EINVAL: not as in @usage.
	 */
	int (*open)(const struct chan_request *req);
	/* Undo that.  Process context. */
	void (*close)(struct chan *chan);

	/*
	 * Never wait: -EAGAIN if nothing goes now.  Reading 0 bytes is the end of
	 * the channel.  Any context, under the line's lock.
	 */
	long (*read)(struct chan *chan, void *buf, size_t len);
	long (*write)(struct chan *chan, const void *buf, size_t len);

	/* @fd, which only listens, is ready.  Process context.  0 or -EAGAIN: all is done. */
	int (*accept)(struct chan *chan);

	/* The machine ends: see to it that what was written is not lost.  May wait. */
	void (*settle)(struct chan *chan);
};

struct chan_request {
	const char *name;		/* of the line: "con1" */
	const char *spec;		/* all that was said: "fd:0,fd:1" */
	const char *arg;		/* behind the ':', or NULL */
	bool input;			/* or output, for a kind that is not @besides */
	struct list_head *chans;	/* where new ones go */
	struct seq_buf *why;
};

/* What most kinds do */
long chan_fd_read(struct chan *chan, void *buf, size_t len);
long chan_fd_write(struct chan *chan, const void *buf, size_t len);
void chan_fd_close(struct chan *chan);

/*
 * A struct of @size that begins with a struct chan, for @fd; in @req->chans, if
 * @req is not NULL.  NULL: no memory, and @fd is closed.
 */
void *chan_new(const struct chan_request *req, const struct chan_ops *ops, size_t size, int fd);

/* Say why it cannot be opened: @err, and what it is about.  Returns @err. */
int chan_refuse(const struct chan_request *req, const char *what, int err);
/* Likewise, of what cannot be opened any more once the guest runs, and how it could (or NULL). */
int chan_refuse_late(const struct chan_request *req, const char *what, const char *remedy, int err);

/*
 * Open all channels that @spec asks for on behalf of the option @name, into
 * @chans.  0, or -errno with the reason in @why and nothing left open.
 */
int chan_open_all(const char *name, const char *spec, struct list_head *chans,
		  struct seq_buf *why);
void chan_close_all(struct list_head *chans);

/* Under the line's lock: the end of @chan, or of its output, or that it cannot be written. */
void chan_gone(struct chan *chan);
void chan_unread(struct chan *chan);
void chan_lost(struct chan *chan, int err);

#endif
