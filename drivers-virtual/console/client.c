// SPDX-License-Identifier: GPL-2.0
/*
 * Consoles that one attaches to and leaves.
 *
 *	socket, socket:PATH	a unix socket that only its owner can connect to
 *	port:N			TCP port N of the host's loopback, for telnet
 *
 * Each connection is a channel besides the others: all get the output, and the
 * input of all is the line's.  A new client is shown the last lines first.
 *
 * A unix socket carries bytes as they are.  A client that begins with IAC WILL
 * NAWS, in its first message, sends telnet's commands among its input, so that it
 * can tell the size of its window; what it gets are plain bytes nevertheless.  On
 * the port there is telnet both ways.
 */
#define pr_fmt(fmt) "console: " fmt

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/drivers.h>
#include <asm/host.h>
#include "chan.h"
#include "line.h"
#include "telnet.h"

/*
 * Clients take descriptors, interrupts and room for what is kept over a restart, which
 * disks need too.  Every user of the host can connect to a port: clients of ports must
 * leave room for the owner's.
 */
#define MAX_CLIENTS	100
#define MAX_PORT_CLIENTS 50

struct client {
	struct chan chan;
	struct telnet telnet;
	char kind;		/* of input */
};

/* Known to the next kernel after a restart */
#define NEW	'?'
#define PLAIN	'p'
#define TELNET	't'

static unsigned int nr_clients, nr_port_clients;	/* under the lines' mutex */

static const struct chan_ops socket_chan_ops, port_chan_ops, socket_client_ops, port_client_ops;

static struct client *to_client(struct chan *chan)
{
	return container_of(chan, struct client, chan);
}

static void set_kind(struct client *client, char kind)
{
	client->kind = kind;
	host_note(client->chan.fd, kind);
}

/* Clients */

static const u8 tells_size[] = { TELNET_IAC, TELNET_WILL, TELNET_NAWS };

static long client_read(struct chan *chan, void *buf, size_t len)
{
	struct client *client = to_client(chan);
	struct telnet *telnet = &client->telnet;
	long n;

	do {
		n = host_read(chan->fd, buf, len);
		if (n <= 0)
			return n;
		if (client->kind == NEW)
			set_kind(client, n >= sizeof(tells_size) &&
					 !memcmp(buf, tells_size, sizeof(tells_size)) ?
					 TELNET : PLAIN);
		if (client->kind == PLAIN)
			return n;
		n = telnet_input(telnet, buf, n);
		if (telnet->resized) {
			telnet->resized = false;
			line_told_size(chan->line, telnet->rows, telnet->cols);
		}
	} while (!n);
	return n;
}

static long client_write(struct chan *chan, const void *buf, size_t len)
{
	return host_send(chan->fd, buf, len);
}

/* A byte that is telnet's mark goes twice: the second one is owed. */
static long port_client_write(struct chan *chan, const void *buf, size_t len)
{
	const u8 *mark = chan->nr_owed ? NULL : memchr(buf, TELNET_IAC, len);
	long n;

	if (mark)
		len = mark + 1 - (const u8 *)buf;
	n = host_send(chan->fd, buf, len);
	if (mark && n == len)
		chan->owed[chan->nr_owed++] = TELNET_IAC;
	return n;
}

static void count_client(const struct chan_ops *ops, int n)
{
	nr_clients += n;
	if (ops == &port_client_ops)
		nr_port_clients += n;
}

static void client_close(struct chan *chan)
{
	host_close(chan->fd);
	count_client(chan->ops, -1);
}

/* Closed with something unread, a connection is reset, and the client may miss the end. */
static void port_client_settle(struct chan *chan)
{
	u8 buf[256];

	while (host_read(chan->fd, buf, sizeof(buf)) > 0)
		;
}

static const struct chan_ops socket_client_ops = {
	.besides	= true,
	.shown		= true,
	.leaves		= true,
	.hangs_up	= true,
	.close		= client_close,
	.read		= client_read,
	.write		= client_write,
};

static const struct chan_ops port_client_ops = {
	.besides	= true,
	.shown		= true,
	.leaves		= true,
	.half_closes	= true,
	.close		= client_close,
	.read		= client_read,
	.write		= port_client_write,
	.settle		= port_client_settle,
};

/* Listeners */

static int turn_away(int listener)
{
	static const char why[] = "too many are attached\r\n";
	int fd = host_accept(listener, NEW);

	if (fd < 0)
		return fd;
	host_send(fd, why, sizeof(why) - 1);
	host_close(fd);
	return 0;
}

static int listener_accept(struct chan *chan, const struct chan_ops *ops, char kind)
{
	struct client *client;
	int fd;

	for (;;) {
		if (nr_clients >= MAX_CLIENTS ||
		    (ops == &port_client_ops && nr_port_clients >= MAX_PORT_CLIENTS)) {
			fd = turn_away(chan->fd);
			if (fd < 0)
				return fd;
			continue;
		}
		fd = host_accept(chan->fd, kind);
		if (fd < 0)
			return fd;
		client = chan_new(NULL, ops, sizeof(*client), fd);
		if (!client)
			return -ENOMEM;
		client->kind = kind;
		count_client(ops, 1);
		if (ops == &port_client_ops) {
			memcpy(client->chan.owed, telnet_greeting, sizeof(telnet_greeting));
			client->chan.nr_owed = sizeof(telnet_greeting);
		}
		line_join(chan->line, &client->chan);
	}
}

/* After a restart: those that the last kernel had. */
static int take_over(const struct chan_request *req, const struct chan_ops *ops, int listener)
{
	struct client *client;
	char kind;
	int fd;

	while ((fd = host_accepted(listener, &kind)) >= 0) {
		client = chan_new(req, ops, sizeof(*client), fd);
		if (!client)
			return -ENOMEM;
		client->kind = kind;
		client->telnet.binary = true;
		count_client(ops, 1);
	}
	return 0;
}

static int listener_new(const struct chan_request *req, const struct chan_ops *ops,
			const struct chan_ops *client_ops, int fd)
{
	struct chan *chan = chan_new(req, ops, sizeof(*chan), fd);

	if (!chan)
		return -ENOMEM;
	chan->reads = false;
	chan->writes = false;
	return take_over(req, client_ops, fd);
}

static void listener_close(struct chan *chan)
{
	host_close(chan->fd);
}

static int socket_open(const struct chan_request *req)
{
	const char *path = req->arg ?: um_umid_file(req->name);
	int fd;

	if (req->arg && !*req->arg)
		return -EINVAL;
	if (!path) {
		seq_buf_printf(req->why,
			       "%s=%s: where should the socket be? Name the guest with umid=NAME, or a file with socket:PATH",
			       req->name, req->spec);
		return -ENOENT;
	}
	fd = host_unix_listen(path, HOST_SOCK_STREAM);
	if (fd >= 0)
		return listener_new(req, &socket_chan_ops, &socket_client_ops, fd);
	if (fd == -EADDRINUSE)
		seq_buf_printf(req->why, "%s=%s: %s is in use: choose another name", req->name,
			       req->spec, path);
	else if (fd == -ENAMETOOLONG)
		seq_buf_printf(req->why, "%s=socket:%.30s...: this is too long: a socket's name can have 107 letters",
			       req->name, path);
	else
		chan_refuse(req, path, fd);
	return fd;
}

static int socket_accept(struct chan *chan)
{
	return listener_accept(chan, &socket_client_ops, NEW);
}

static const struct chan_ops socket_chan_ops = {
	.name		= "socket",
	.usage		= "socket[:PATH]",
	.besides	= true,
	.shown		= true,
	.open		= socket_open,
	.close		= listener_close,
	.accept		= socket_accept,
};
UM_TABLE_ENTRY(channels, socket_chan_ops);

static int port_open(const struct chan_request *req)
{
	u16 port;
	int fd;

	if (!req->arg || kstrtou16(req->arg, 10, &port) || !port)
		return -EINVAL;
	fd = host_tcp_listen(port);
	if (fd >= 0)
		return listener_new(req, &port_chan_ops, &port_client_ops, fd);
	if (fd == -EADDRINUSE) {
		seq_buf_printf(req->why, "%s=%s: port %u is in use: choose another", req->name,
			       req->spec, port);
		return fd;
	}
	return chan_refuse_late(req, "a port", NULL, fd);
}

static int port_accept(struct chan *chan)
{
	return listener_accept(chan, &port_client_ops, TELNET);
}

static const struct chan_ops port_chan_ops = {
	.name		= "port",
	.usage		= "port:N",
	.besides	= true,
	.shown		= true,
	.open		= port_open,
	.close		= listener_close,
	.accept		= port_accept,
};
UM_TABLE_ENTRY(channels, port_chan_ops);
