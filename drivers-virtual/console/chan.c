// SPDX-License-Identifier: GPL-2.0
/*
 * The kinds of channels, and what options say of them.
 */
#include <linux/err.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/host.h>
#include <asm/setup.h>
#include "chan.h"

static const struct chan_ops *const kinds[] __initconst = {
	&fd_chan_ops,
	&terminal_chan_ops,
	&null_chan_ops,
};

#define SPEC_LEN	512

long chan_fd_read(struct chan *chan, void *buf, size_t len)
{
	return host_read(chan->fd, buf, len);
}

long chan_fd_write(struct chan *chan, const void *buf, size_t len)
{
	return host_write(chan->fd, buf, len);
}

static __noreturn void __init not_a_channel(const char *name, const char *spec)
{
	char known[128] = "";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		strlcat(known, kinds[i]->usage, sizeof(known));
		strlcat(known, ", ", sizeof(known));
	}
	um_die("%s=%s: write a channel for both ways, or one for input, a comma and one for output, of %sor none",
	       name, spec, known);
}

static void __init chan_open(const char *name, const char *spec, char *text, struct chan *chan,
			     bool input)
{
	char *arg = strchr(text, ':');
	unsigned int i;
	int err;

	if (arg)
		*arg++ = 0;
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(text, kinds[i]->name))
			break;
	if (i == ARRAY_SIZE(kinds))
		not_a_channel(name, spec);

	chan->ops = kinds[i];
	chan->fd = -1;
	err = chan->ops->open(chan, arg, input);
	switch (err) {
	case 0:
		break;
	case -EINVAL:
		not_a_channel(name, spec);
	case -EBADF:
		um_die("%s=%s: descriptor %s is not open: open it where linux is started, as with %s%s FILE",
		       name, spec, arg, arg, input ? "<" : ">");
	case -ENOENT:
		um_die("%s=%s: No such file: %s", name, spec, arg);
	case -ENOTTY:
		um_die("%s=%s: %s is no terminal", name, spec, arg);
	default:
		um_die("%s=%s: it cannot be opened for %s: host error %pe", name, spec,
		       input ? "input" : "output", ERR_PTR(err));
	}
	chan->terminal = chan->fd >= 0 && host_isatty(chan->fd);
}

bool __init chan_open_pair(const char *name, const char *spec, struct chan *in, struct chan *out)
{
	char text[SPEC_LEN], *to;

	if (!strcmp(spec, "none"))
		return false;

	if (strscpy(text, spec) < 0)
		um_die("%s=: this is too long: %s", name, spec);
	to = strchr(text, ',');
	if (to)
		*to++ = 0;
	chan_open(name, spec, text, in, true);
	if (!to) {
		strscpy(text, spec);
		to = text;
	}
	chan_open(name, spec, to, out, false);

	/*
	 * Someone types at a terminal that is read: its keys, interrupt too, are
	 * the guest's from here on.  A terminal that is only written stays as it
	 * is, so that its keys reach linux itself.
	 */
	if (in->terminal) {
		host_tty_raw(in->fd);
		if (out->terminal)
			host_tty_raw(out->fd);
	}
	return true;
}
