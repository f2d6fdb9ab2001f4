// SPDX-License-Identifier: GPL-2.0
/*
 * tty:PATH: a terminal of the host, by its name.
 */
#include <linux/errno.h>
#include <asm/host.h>
#include "chan.h"

static const struct chan_ops terminal_chan_ops;

static int terminal_open(const struct chan_request *req)
{
	int fd;

	if (!req->arg || !*req->arg)
		return -EINVAL;
	fd = host_open(req->arg, (req->input ? HOST_O_READ : HOST_O_WRITE) | HOST_O_NONBLOCK);
	if (fd < 0)
		return chan_refuse(req, req->arg, fd);
	if (!host_isatty(fd)) {
		host_close(fd);
		seq_buf_printf(req->why, "%s=%s: %s is no terminal", req->name, req->spec,
			       req->arg);
		return -ENOTTY;
	}
	return chan_new(req, &terminal_chan_ops, sizeof(struct chan), fd) ? 0 : -ENOMEM;
}

static const struct chan_ops terminal_chan_ops = {
	.name	= "tty",
	.usage	= "tty:PATH",
	.open	= terminal_open,
	.close	= chan_fd_close,
	.read	= chan_fd_read,
	.write	= chan_fd_write,
};
UM_TABLE_ENTRY(channels, terminal_chan_ops);
