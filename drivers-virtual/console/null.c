// SPDX-License-Identifier: GPL-2.0
/*
 * null: nothing comes in, and what goes out is dropped.
 */
#include <linux/errno.h>
#include <linux/init.h>
#include "chan.h"

static int __init null_open(struct chan *chan, const char *arg, bool input)
{
	return arg ? -EINVAL : 0;
}

static long null_read(struct chan *chan, void *buf, size_t len)
{
	return 0;
}

static long null_write(struct chan *chan, const void *buf, size_t len)
{
	return len;
}

const struct chan_ops null_chan_ops = {
	.name	= "null",
	.usage	= "null",
	.open	= null_open,
	.read	= null_read,
	.write	= null_write,
};
