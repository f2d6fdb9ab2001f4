// SPDX-License-Identifier: GPL-2.0
/*
 * null: nothing comes in, and what goes out is dropped.  So it needs no channel,
 * only a line.
 */
#include <linux/errno.h>
#include "chan.h"

static int null_open(const struct chan_request *req)
{
	return req->arg ? -EINVAL : 0;
}

static const struct chan_ops null_chan_ops = {
	.name	= "null",
	.usage	= "null",
	.open	= null_open,
};
UM_TABLE_ENTRY(channels, null_chan_ops);
