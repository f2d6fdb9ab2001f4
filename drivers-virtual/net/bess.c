// SPDX-License-Identifier: GPL-2.0
/*
 * transport=bess: a unix socket that keeps frames apart and knows when its peer
 * goes (SOCK_SEQPACKET).  slirp4netns speaks it, as does another guest.
 */
#include <linux/socket.h>
#include "vec.h"

static int bess_open(struct vec_link *link, const struct vec_options *o, struct seq_buf *why)
{
	link->max_mtu = VEC_MAX_MTU;
	if (o->vnet)
		vec_use_vnet(link);
	return vec_unix_open(link, HOST_SOCK_SEQPACKET, o, why);
}

const struct vec_transport vec_bess = {
	.name		= "bess",
	.takes		= BIT(VEC_SRC) | BIT(VEC_DST) | BIT(VEC_VNET),
	.usage		= "dst=SOCKET or src=SOCKET",
	.open		= bess_open,
	.send		= vec_packets_send,
	.receive	= vec_packets_receive,
};
UM_TABLE_ENTRY(transports, vec_bess);
