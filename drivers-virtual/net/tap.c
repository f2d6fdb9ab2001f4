// SPDX-License-Identifier: GPL-2.0
/*
 * transport=tap: a tap device of the host.  It moves one frame a call, but frames
 * of up to 64 KiB that the two kernels never cut into segments.
 */
#include <linux/err.h>
#include "vec.h"

static int tap_open(struct vec_link *link, const struct vec_options *o, struct seq_buf *why)
{
	unsigned int offload = o->gro ? HOST_NET_CSUM | HOST_NET_TSO | HOST_NET_USO : 0;
	char name[IFNAMSIZ];

	if (o->ifname && strlen(o->ifname) >= sizeof(name)) {
		seq_buf_printf(why, "ifname=%s: a name can have %zu letters at most", o->ifname,
			       sizeof(name) - 1);
		return -EINVAL;
	}
	strscpy_pad(name, o->ifname ?: "", sizeof(name));
	link->fd = host_net_tap(name, &offload);
	switch (link->fd) {
	case -EPERM:
	case -EACCES:
		seq_buf_printf(why, "this tap device is not yours: as root, make one with: ip tuntap add mode tap user USER name %s",
			       o->ifname ?: "tap0");
		break;
	case -EBUSY:
		seq_buf_printf(why, "%s is in use by another program", name);
		break;
	case -EINVAL:
		seq_buf_printf(why, "%s is no tap device", name);
		break;
	case -ENOENT:
	case -ENODEV:
		seq_buf_printf(why, "the host has no /dev/net/tun: load its module tun");
		break;
	default:
		if (link->fd < 0)
			seq_buf_printf(why, "the host gives no tap device: host error %pe",
				       ERR_PTR(link->fd));
	}
	if (link->fd < 0)
		return link->fd;
	link->max_mtu = VEC_MAX_MTU;
	link->vnet = true;
	if (offload & HOST_NET_CSUM)
		link->features |= NETIF_F_HW_CSUM;
	if (offload & HOST_NET_TSO)
		link->features |= NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_ECN;
	if (offload & HOST_NET_USO)
		link->features |= NETIF_F_GSO_UDP_L4;
	return 0;
}

static int tap_send(struct vec_link *link, struct host_packet *p, unsigned int n)
{
	unsigned int i;
	long ret = 0;

	for (i = 0; i < n; i++) {
		ret = host_writev(link->fd, p[i].iov, p[i].niov);
		if (ret < 0)
			break;
	}
	if (i || !n)
		return i;
	return ret == -EBADFD ? -EPIPE : ret;
}

static int tap_receive(struct vec_link *link, struct host_packet *p, unsigned int n)
{
	unsigned int i, j;
	long ret = 0;

	for (i = 0; i < n; i++) {
		unsigned long room = 0;

		ret = host_readv(link->fd, p[i].iov, p[i].niov);
		if (ret < 0)
			break;
		for (j = 0; j < p[i].niov; j++)
			room += p[i].iov[j].len;
		p[i].len = ret;
		p[i].flags = ret == room ? VEC_CUT : 0;
	}
	if (i)
		return i;
	/* EFAULT: the host has set its end down. */
	return ret == -EAGAIN || ret == -EFAULT ? -EAGAIN : -EPIPE;
}

const struct vec_transport vec_tap = {
	.name		= "tap",
	.takes		= BIT(VEC_IFNAME),
	.usage		= "ifname=TAP",
	.open		= tap_open,
	.send		= tap_send,
	.receive	= tap_receive,
};
UM_TABLE_ENTRY(transports, vec_tap);
