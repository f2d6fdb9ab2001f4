// SPDX-License-Identifier: GPL-2.0
/*
 * fd:N: a descriptor that linux was started with.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <asm/host.h>
#include "chan.h"

static const struct chan_ops fd_chan_ops;

static int fd_open(const struct chan_request *req)
{
	unsigned int fd;
	int own;

	if (!req->arg || kstrtouint(req->arg, 10, &fd))
		return -EINVAL;
	own = host_private(fd);
	if (own == -EBADF) {
		seq_buf_printf(req->why,
			       "%s=%s: descriptor %u is not open: open it where linux is started, as with %u%s FILE",
			       req->name, req->spec, fd, fd, req->input ? "<" : ">");
		return own;
	}
	if (own < 0)
		return chan_refuse(req, "this descriptor", own);
	return chan_new(req, &fd_chan_ops, sizeof(struct chan), own) ? 0 : -ENOMEM;
}

static const struct chan_ops fd_chan_ops = {
	.name	= "fd",
	.usage	= "fd:N",
	.open	= fd_open,
	.close	= chan_fd_close,
	.read	= chan_fd_read,
	.write	= chan_fd_write,
};
UM_TABLE_ENTRY(channels, fd_chan_ops);
