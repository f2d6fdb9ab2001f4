// SPDX-License-Identifier: GPL-2.0
/*
 * log:FILE: all that is shown is also appended to a file.  What the host has no room
 * for is missing there, and nobody waits for it.
 */
#include <linux/errno.h>
#include <linux/stat.h>
#include <asm/host.h>
#include "chan.h"

static const struct chan_ops log_chan_ops;

static int log_open(const struct chan_request *req)
{
	struct host_stat st;
	struct chan *chan;
	int fd;

	if (!req->arg || !*req->arg)
		return -EINVAL;
	/* Not to wait for the other end of a pipe. */
	fd = host_open(req->arg, HOST_O_WRITE | HOST_O_CREATE | HOST_O_APPEND | HOST_O_NONBLOCK);
	if (fd < 0)
		return chan_refuse(req, req->arg, fd);
	if (host_fstat(fd, &st) || !S_ISREG(st.mode)) {
		host_close(fd);
		seq_buf_printf(req->why, "%s=%s: %s is no plain file", req->name, req->spec,
			       req->arg);
		return -ENOTTY;
	}
	chan = chan_new(req, &log_chan_ops, sizeof(*chan), fd);
	if (!chan)
		return -ENOMEM;
	chan->reads = false;
	return 0;
}

static const struct chan_ops log_chan_ops = {
	.name		= "log",
	.usage		= "log:FILE",
	.besides	= true,
	.open		= log_open,
	.close		= chan_fd_close,
	.write		= chan_fd_write,
};
UM_TABLE_ENTRY(channels, log_chan_ops);
