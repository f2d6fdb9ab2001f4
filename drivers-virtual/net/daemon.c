// SPDX-License-Identifier: GPL-2.0
/*
 * transport=daemon: a port of uml_switch (package uml-utilities), which takes
 * datagrams as long as the connection to its control socket is open.
 */
#include <linux/err.h>
#include "vec.h"

static int daemon_open(struct vec_link *link, const struct vec_options *o, struct seq_buf *why)
{
	if (!o->dst) {
		seq_buf_printf(why, "name the switch's control socket (dst=)");
		return -EINVAL;
	}
	link->fd = host_net_switch(o->dst, &link->control);
	switch (link->fd) {
	case -ENOENT:
	case -ECONNREFUSED:
		seq_buf_printf(why, "%s: no switch listens there: start uml_switch -unix %s first",
			       o->dst, o->dst);
		break;
	case -EACCES:
	case -EPERM:
		seq_buf_printf(why, "%s: Permission denied", o->dst);
		break;
	case -ETIMEDOUT:
	case -EPROTO:
		seq_buf_printf(why, "%s: this does not answer as uml_switch does", o->dst);
		break;
	default:
		if (link->fd < 0)
			seq_buf_printf(why, "%s: it cannot be opened: host error %pe", o->dst,
				       ERR_PTR(link->fd));
	}
	link->retry = true;
	link->max_mtu = ETH_DATA_LEN;	/* it cuts longer frames */
	return min(link->fd, 0);
}

static int daemon_receive(struct vec_link *link, struct host_packet *p, unsigned int n)
{
	int ret = host_packets_receive(link->fd, p, n);

	return ret > 0 ? ret : -EAGAIN;
}

static const struct vec_transport vec_daemon = {
	.name		= "daemon",
	.takes		= BIT(VEC_DST),
	.usage		= "dst=CONTROL-SOCKET",
	.open		= daemon_open,
	.send		= vec_packets_send,
	.receive	= daemon_receive,
};
UM_TABLE_ENTRY(transports, vec_daemon);
