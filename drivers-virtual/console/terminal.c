// SPDX-License-Identifier: GPL-2.0
/*
 * tty:PATH: a terminal of the host, by its name.
 */
#include <linux/errno.h>
#include <linux/init.h>
#include <asm/host.h>
#include "chan.h"

static int __init terminal_open(struct chan *chan, const char *arg, bool input)
{
	int fd;

	if (!arg || !*arg)
		return -EINVAL;
	fd = host_open(arg, (input ? HOST_O_READ : HOST_O_WRITE) | HOST_O_NONBLOCK);
	if (fd < 0)
		return fd;
	if (!host_isatty(fd)) {
		host_close(fd);
		return -ENOTTY;
	}
	chan->fd = fd;
	return 0;
}

const struct chan_ops terminal_chan_ops = {
	.name	= "tty",
	.usage	= "tty:PATH",
	.open	= terminal_open,
	.read	= chan_fd_read,
	.write	= chan_fd_write,
};
