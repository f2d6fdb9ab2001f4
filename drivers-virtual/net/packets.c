// SPDX-License-Identifier: GPL-2.0
/*
 * What the transports over unix sockets have in common: opening them, and moving
 * frames where the host keeps them apart, many by one call.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include "vec.h"

void vec_use_vnet(struct vec_link *link)
{
	link->vnet = true;
	link->features = NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_ECN |
			 NETIF_F_GSO_UDP_L4;
}

int vec_packets_send(struct vec_link *link, struct host_packet *p, unsigned int n)
{
	int ret = host_packets_send(link->fd, p, n);

	switch (ret) {
	case -ECONNRESET:
	case -ECONNREFUSED:
	case -ENOTCONN:
		return -EPIPE;
	default:
		return ret;
	}
}

/* A frame of no length is the end of a peer, or was sent by a peer that is still there. */
static int without_end(struct vec_link *link, struct host_packet *p, int n)
{
	int i;

	for (i = 0; i < n && p[i].len; i++)
		;
	if (i == n || !host_net_hung_up(link->fd))
		return n;
	return i ?: -EPIPE;
}

int vec_packets_receive(struct vec_link *link, struct host_packet *p, unsigned int n)
{
	int ret = host_packets_receive(link->fd, p, n);

	/* The peer went without having read everything: told once, before what it had sent. */
	if (ret == -ECONNRESET)
		ret = host_packets_receive(link->fd, p, n);
	if (ret == -EAGAIN)
		return ret;
	return ret > 0 ? without_end(link, p, ret) : -EPIPE;
}

int vec_unix_open(struct vec_link *link, int type, const struct vec_options *o,
		  struct seq_buf *why)
{
	const char *path = o->dst ?: o->src;
	int fd;

	if (!path) {
		seq_buf_printf(why, "name the peer's socket (dst=), or one for a peer to connect to (src=)");
		return -EINVAL;
	}
	if (o->dst) {
		fd = host_net_connect(type, o->src, o->dst);
		link->fd = fd;
	} else {
		fd = host_net_listen(type, o->src);
		link->listener = fd;
		/* After a restart the peer is the last kernel's. */
		if (fd >= 0)
			link->fd = max(host_net_accepted(fd), -1);
	}
	switch (fd) {
	case -ENOENT:
		if (!o->dst) {
			seq_buf_printf(why, "%s: No such folder", path);
			break;
		}
		seq_buf_printf(why, "%s: No such file: first start the program that listens there", path);
		break;
	case -ECONNREFUSED:
		seq_buf_printf(why, "%s: no program listens there: start it first", path);
		break;
	case -EADDRINUSE:
		seq_buf_printf(why, "%s: this is there already: choose another name", o->src);
		break;
	case -EACCES:
	case -EPERM:
		seq_buf_printf(why, "%s: Permission denied", path);
		break;
	case -EPROTOTYPE:
		seq_buf_printf(why, "%s: this is another kind of socket: choose another transport",
			       path);
		break;
	case -ENAMETOOLONG:
		seq_buf_printf(why, "a socket's name can have 107 letters at most");
		break;
	default:
		if (fd < 0)
			seq_buf_printf(why, "%s: it cannot be opened: host error %pe", path,
				       ERR_PTR(fd));
	}
	return min(fd, 0);
}
