// SPDX-License-Identifier: GPL-2.0
/*
 * transport=dgram: unix datagram sockets, one of each guest's.  Either may come
 * and go; frames for a peer that is not there are dropped.
 *
 * If the peer is there at boot the socket is connected to it.  If it is not, or
 * has gone since, each frame is sent by name: a new socket may have that.  The
 * host queues ten frames then, and signals nothing when the peer takes one.
 */
#include <linux/err.h>
#include <linux/string.h>
#include "vec.h"

static int dgram_open(struct vec_link *link, const struct vec_options *o, struct seq_buf *why)
{
	int connected, len;

	if (!o->src || !o->dst) {
		seq_buf_printf(why, "name a socket of its own (src=) and the peer's (dst=)");
		return -EINVAL;
	}
	if (!strcmp(o->src, o->dst)) {
		seq_buf_printf(why, "src= and dst= are the same: the peer has a socket of its own");
		return -EINVAL;
	}
	len = host_unix_address(o->dst, link->address);
	link->fd = len < 0 ? len : host_net_datagrams(o->src, o->dst, &connected);
	if (link->fd == -EADDRINUSE)
		seq_buf_printf(why, "%s: this is there already: choose another name", o->src);
	else if (link->fd == -EISCONN)
		seq_buf_printf(why, "%s: since the start it is connected to another peer, and can have no other",
			       o->src);
	else if (link->fd == -ENAMETOOLONG)
		seq_buf_printf(why, "a socket's name can have 107 letters at most");
	else if (link->fd < 0)
		seq_buf_printf(why, "%s: it cannot be opened: host error %pe", o->src,
			       ERR_PTR(link->fd));
	if (link->fd < 0)
		return link->fd;
	link->address_len = len;
	link->names = !connected;
	link->retry = true;
	link->max_mtu = VEC_MAX_MTU;
	if (o->vnet)
		vec_use_vnet(link);
	return 0;
}

static int dgram_send(struct vec_link *link, struct host_packet *p, unsigned int n)
{
	unsigned int i;
	int ret;

	if (!link->names) {
		ret = vec_packets_send(link, p, n);
		if (ret != -EPIPE)
			return ret;
		if (!link->address_len)
			return -ENOTCONN;
		link->names = true;
	}
	for (i = 0; i < n; i++) {
		p[i].name = link->address;
		p[i].name_len = link->address_len;
	}
	ret = vec_packets_send(link, p, n);
	return ret == -EPIPE || ret == -ENOENT ? -ENOTCONN : ret;
}

static int dgram_receive(struct vec_link *link, struct host_packet *p, unsigned int n)
{
	int ret = host_packets_receive(link->fd, p, n);

	/* The end of a connected peer is told once, as an error; others may still send. */
	return ret > 0 ? ret : -EAGAIN;
}

const struct vec_transport vec_dgram = {
	.name		= "dgram",
	.takes		= BIT(VEC_SRC) | BIT(VEC_DST) | BIT(VEC_VNET),
	.usage		= "src=SOCKET,dst=SOCKET",
	.open		= dgram_open,
	.send		= dgram_send,
	.receive	= dgram_receive,
};
UM_TABLE_ENTRY(transports, vec_dgram);
