// SPDX-License-Identifier: GPL-2.0
/*
 * fd:N: a descriptor that linux was started with.
 */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <asm/host.h>
#include "chan.h"

static int __init fd_open(struct chan *chan, const char *arg, bool input)
{
	unsigned int fd;
	int own;

	if (!arg || kstrtouint(arg, 10, &fd))
		return -EINVAL;
	own = host_private(fd);
	if (own < 0)
		return own;
	chan->fd = own;
	return 0;
}

const struct chan_ops fd_chan_ops = {
	.name	= "fd",
	.usage	= "fd:N",
	.open	= fd_open,
	.read	= chan_fd_read,
	.write	= chan_fd_write,
};
