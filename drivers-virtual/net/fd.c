// SPDX-License-Identifier: GPL-2.0
/*
 * transport=fd: a descriptor that linux was started with.  What it is says how
 * frames go through it.
 */
#include <linux/err.h>
#include "vec.h"

static int fd_open(struct vec_link *link, const struct vec_options *o, struct seq_buf *why)
{
	int own, kind;

	if (o->fd < 0) {
		seq_buf_printf(why, "say which descriptor (fd=N)");
		return -EINVAL;
	}
	own = host_private(o->fd);
	if (own < 0) {
		seq_buf_printf(why, "linux was not started with descriptor %d", o->fd);
		return own;
	}
	link->fd = own;
	link->max_mtu = VEC_MAX_MTU;
	if (o->vnet)
		vec_use_vnet(link);
	kind = host_net_kind(own);
	switch (kind) {
	case HOST_SOCK_STREAM:
		if (o->vnet) {
			seq_buf_printf(why, "vnet= is not for streams");
			return -EINVAL;
		}
		link->transport = &vec_stream;
		link->prefix = true;
		return 0;
	case HOST_SOCK_DGRAM:
		link->transport = &vec_dgram;
		link->retry = true;
		return 0;
	case HOST_SOCK_SEQPACKET:
		link->transport = &vec_bess;
		return 0;
	case HOST_TAP_VNET:
		link->vnet = true;
		fallthrough;
	case HOST_TAP:
		link->transport = &vec_tap;
		return 0;
	default:
		seq_buf_printf(why, "descriptor %d is neither a socket nor a tap device", o->fd);
		return -EINVAL;
	}
}

/* The transport of an open descriptor is one of the others. */
static const struct vec_transport vec_fd = {
	.name		= "fd",
	.takes		= BIT(VEC_FD) | BIT(VEC_VNET),
	.usage		= "fd=N",
	.open		= fd_open,
};
UM_TABLE_ENTRY(transports, vec_fd);
