// SPDX-License-Identifier: GPL-2.0
/*
 * Channels: what options say of them.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/string.h>
#include <asm/host.h>
#include "chan.h"

UM_TABLE(channels, struct chan_ops);

#define SPEC_LEN	512
#define MAX_ELEMENTS	8

long chan_fd_read(struct chan *chan, void *buf, size_t len)
{
	return host_read(chan->fd, buf, len);
}

long chan_fd_write(struct chan *chan, const void *buf, size_t len)
{
	return host_write(chan->fd, buf, len);
}

void chan_fd_close(struct chan *chan)
{
	host_tty_release(chan->fd);
	host_close(chan->fd);
}

void *chan_new(const struct chan_request *req, const struct chan_ops *ops, size_t size, int fd)
{
	struct chan *chan = kzalloc(size, GFP_KERNEL);

	if (!chan) {
		host_close(fd);
		return NULL;
	}
	chan->ops = ops;
	chan->fd = fd;
	chan->reads = ops->besides || (req && req->input);
	chan->writes = ops->besides || (req && !req->input);
	INIT_LIST_HEAD(&chan->list);
	if (req)
		list_add_tail(&chan->list, req->chans);
	return chan;
}

static int not_a_channel(const char *name, const char *spec, struct seq_buf *why)
{
	const struct chan_ops *ops;

	seq_buf_printf(why, "%s=%s: write a channel for both ways, or one for input, a comma and one for output, of",
		       name, spec);
	for_each_in_table(channels, ops)
		if (!ops->besides)
			seq_buf_printf(why, " %s,", ops->usage);
	seq_buf_puts(why, " and besides or alone");
	for_each_in_table(channels, ops)
		if (ops->besides)
			seq_buf_printf(why, " %s,", ops->usage);
	seq_buf_puts(why, " or none");
	return -EINVAL;
}

int chan_refuse(const struct chan_request *req, const char *what, int err)
{
	struct seq_buf *why = req->why;

	seq_buf_printf(why, "%s=%s: ", req->name, req->spec);
	switch (err) {
	case -ENOENT:
		seq_buf_printf(why, "No such file: %s", what);
		break;
	case -EACCES:
	case -EPERM:
		seq_buf_printf(why, "%s: Permission denied", what);
		break;
	case -EISDIR:
		seq_buf_printf(why, "%s: this is a directory", what);
		break;
	case -ENXIO:
		seq_buf_printf(why, "%s: no program reads from it: start that first", what);
		break;
	default:
		seq_buf_printf(why, "%s cannot be opened: host error %pe", what, ERR_PTR(err));
	}
	return err;
}

int chan_refuse_late(const struct chan_request *req, const char *what, const char *remedy, int err)
{
	if (system_state < SYSTEM_RUNNING)
		return chan_refuse(req, what, err);
	seq_buf_printf(req->why, "%s=%s: %s can be had only when linux is started%s%s", req->name,
		       req->spec, what, remedy ? ", " : "", remedy ?: "");
	return -EOPNOTSUPP;
}

static bool is_stream(int fd)
{
	struct host_stat st;

	if (host_isatty(fd) || host_fstat(fd, &st))
		return false;
	return S_ISFIFO(st.mode) || S_ISREG(st.mode) || S_ISCHR(st.mode);
}

static void raw_terminals(struct list_head *chans)
{
	struct chan *chan;
	bool typed = false;

	/*
	 * All keys of a terminal that is read, the interrupt key too, are the guest's
	 * from here on.  A terminal that is only written to stays as it is, so that its
	 * keys reach linux itself.
	 */
	list_for_each_entry(chan, chans, list) {
		chan->terminal = host_isatty(chan->fd);
		chan->stream = is_stream(chan->fd);
		typed |= chan->terminal && chan->reads && !chan->writes;
	}
	list_for_each_entry(chan, chans, list)
		if (chan->terminal && typed && !chan->ops->besides)
			host_tty_raw(chan->fd);
}

static const struct chan_ops *find_kind(const char *name)
{
	const struct chan_ops *ops;

	for_each_in_table(channels, ops)
		if (!strcmp(name, ops->name))
			return ops;
	return NULL;
}

int chan_open_all(const char *name, const char *spec, struct list_head *chans,
		  struct seq_buf *why)
{
	struct {
		const struct chan_ops *ops;
		const char *arg;
	} element[MAX_ELEMENTS], *e, *in = NULL, *out = NULL;
	struct chan_request req = {
		.name = name,
		.spec = spec,
		.chans = chans,
		.why = why,
	};
	char text[SPEC_LEN], *rest = text, *word;
	unsigned int nr = 0;
	int err = 0;

	if (strscpy(text, spec) < 0) {
		seq_buf_printf(why, "%s=: this is too long: %s", name, spec);
		return -EINVAL;
	}
	/* All of it must be right before anything is opened. */
	while ((word = strsep(&rest, ","))) {
		if (nr == MAX_ELEMENTS)
			return not_a_channel(name, spec, why);
		e = &element[nr++];
		e->arg = strchr(word, ':');
		if (e->arg)
			*(char *)e->arg++ = 0;
		e->ops = find_kind(word);
		if (!e->ops || (!e->ops->besides && out != in))
			return not_a_channel(name, spec, why);
		if (e->ops->besides)
			continue;
		if (in)
			out = e;
		else
			in = out = e;
	}

	for (e = element; e < element + nr && !err; e++) {
		req.arg = e->arg;
		req.input = e == in;
		if (e->ops->besides || req.input || e == out)
			err = e->ops->open(&req);
		if (!err && e == in && e == out) {
			req.input = false;
			err = e->ops->open(&req);
		}
	}
	if (err) {
		if (err == -EINVAL)
			not_a_channel(name, spec, why);
		chan_close_all(chans);
		return err;
	}
	raw_terminals(chans);
	return 0;
}

void chan_close_all(struct list_head *chans)
{
	struct chan *chan, *next;

	list_for_each_entry_safe(chan, next, chans, list) {
		list_del(&chan->list);
		chan->ops->close(chan);
		kfree(chan);
	}
}
