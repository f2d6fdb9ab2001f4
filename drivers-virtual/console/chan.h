/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Channels: where a line's bytes come from or go to on the host.  One direction
 * each.  A kind of channel is a file with a struct chan_ops at its end, and a
 * line in chan.c.
 */
#ifndef CHAN_H
#define CHAN_H

#include <linux/types.h>

struct chan {
	const struct chan_ops *ops;
	int fd;			/* host descriptor to wait on, or -1 */
	bool terminal;		/* @fd is a terminal of the host */
};

struct chan_ops {
	const char *name;	/* as in the option, before a ':' */
	const char *usage;	/* the whole of it, for messages */

	/*
	 * Open for input or for output.  @arg is what follows the ':', or NULL.
	 * -EINVAL: not as in @usage; otherwise 0 or the host's error.  Before the
	 * process is locked.
	 */
	int (*open)(struct chan *chan, const char *arg, bool input);

	/*
	 * Never wait: -EAGAIN if nothing goes now.  Reading 0 bytes is the end of
	 * the channel.  Any context.
	 */
	long (*read)(struct chan *chan, void *buf, size_t len);
	long (*write)(struct chan *chan, const void *buf, size_t len);
};

extern const struct chan_ops fd_chan_ops, null_chan_ops, terminal_chan_ops;

/* read and write of the kinds that have a descriptor */
long chan_fd_read(struct chan *chan, void *buf, size_t len);
long chan_fd_write(struct chan *chan, const void *buf, size_t len);

/*
 * Open both channels that @spec ("IN,OUT", or one for both) asks for on behalf of
 * the option @name.  False: it is "none".  Ends the process with a message on
 * anything else that does not work.
 */
bool chan_open_pair(const char *name, const char *spec, struct chan *in, struct chan *out);

#endif
