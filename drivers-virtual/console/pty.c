// SPDX-License-Identifier: GPL-2.0
/*
 * pty, pts: a pseudo terminal of the host that is made for this line.
 *
 * Its name is told in the guest's log and, for a named guest, by a link in the
 * guest's folder.  The guest never sees it hang up: programs of the host may come
 * and go.  While there is none, the host keeps the first few kilobytes; then the
 * line passes the terminal over, and the next program is told what it missed.
 *
 * With hotplug= a few are made at the start for what is plugged in later: Landlock
 * cannot allow a process its own pseudo terminals without all others of the user.
 */
#define pr_fmt(fmt) fmt

#include <linux/err.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <asm/drivers.h>
#include <asm/host.h>
#include "chan.h"

static const struct chan_ops pty_chan_ops, pts_chan_ops;

struct pty {
	struct chan chan;
	int peer;
	char device[24];
};

static void announce(const struct chan_request *req, const char *device)
{
	const char *what = strstarts(req->name, "ssl") ? "Serial line" : "Virtual console";
	const char *link = um_umid_file(req->name);
	int err;

	/* The words are upstream's: scripts look for them. */
	pr_info("%s %s assigned device '%s'\n", what, req->name + 3, device);
	/* A confined process can make no links. */
	if (!link || system_state == SYSTEM_RUNNING)
		return;
	err = host_symlink(device, link);
	if (err)
		pr_warn("%s: there is no link to %s: %pe\n", link, device, ERR_PTR(err));
}

/* None can be had in a confined process, so those for hot-plug are made now. */
static int __init pty_reserve(void)
{
	if (um_hotplug_folders())
		host_pty_reserve();
	return 0;
}
core_initcall(pty_reserve);

static int pty_open_as(const struct chan_request *req, const struct chan_ops *ops)
{
	struct host_pty host;
	struct pty *pty;
	int err;

	if (req->arg)
		return -EINVAL;
	err = host_pty_open(req->name, &host);
	if (err == -ENFILE && um_hotplug_folders()) {
		seq_buf_printf(req->why, "%s=%s: the %d pseudo terminals that are kept for hot-plug are all in use",
			       req->name, req->spec, HOST_SPARE_PTYS);
		return err;
	}
	if (err)
		return chan_refuse_late(req, "a pseudo terminal", "or with hotplug=FOLDER", err);
	pty = chan_new(req, ops, sizeof(*pty), host.master);
	if (!pty) {
		host_close(host.peer);
		return -ENOMEM;
	}
	pty->peer = host.peer;
	snprintf(pty->device, sizeof(pty->device), "/dev/pts/%u", host.number);
	pty->chan.device = pty->device;
	announce(req, pty->device);
	return 0;
}

static int pty_open(const struct chan_request *req)
{
	return pty_open_as(req, &pty_chan_ops);
}

static int pts_open(const struct chan_request *req)
{
	return pty_open_as(req, &pts_chan_ops);
}

static void pty_close(struct chan *chan)
{
	host_close(container_of(chan, struct pty, chan)->peer);
	host_close(chan->fd);
}

#define STEP_NS		(2 * NSEC_PER_MSEC)
#define STEPS		150

/* The end of this process takes along what nobody has read.  Wait while somebody reads. */
static void pty_settle(struct chan *chan)
{
	int peer = container_of(chan, struct pty, chan)->peer, unread, last = 0, i = 0;

	while ((unread = host_unread(peer)) > 0 && i++ < STEPS) {
		if (unread != last)
			i = 0;
		last = unread;
		host_wait_fd(chan->fd, 0, STEP_NS);
	}
}

static const struct chan_ops pty_chan_ops = {
	.name		= "pty",
	.usage		= "pty",
	.besides	= true,
	.shown		= true,
	.leaves		= true,
	.open		= pty_open,
	.close		= pty_close,
	.read		= chan_fd_read,
	.write		= chan_fd_write,
	.settle		= pty_settle,
};
UM_TABLE_ENTRY(channels, pty_chan_ops);

static const struct chan_ops pts_chan_ops = {
	.name		= "pts",
	.usage		= "pts",
	.besides	= true,
	.shown		= true,
	.leaves		= true,
	.open		= pts_open,
	.close		= pty_close,
	.read		= chan_fd_read,
	.write		= chan_fd_write,
	.settle		= pty_settle,
};
UM_TABLE_ENTRY(channels, pts_chan_ops);
