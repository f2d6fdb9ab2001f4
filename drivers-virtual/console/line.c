// SPDX-License-Identifier: GPL-2.0
/*
 * Lines: terminals of the guest over channels of the host.
 *
 * Input is taken only while the guest has room for it, and stays in the host
 * otherwise; output waits in the line (output.c).  So nothing is lost either way,
 * and the guest never waits in the host.
 */
#define pr_fmt(fmt) "console: " fmt

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/poll.h>
#include <linux/serial.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>
#include <linux/tty_ldisc.h>
#include <asm/drivers.h>
#include <asm/end.h>
#include <asm/host_irq.h>
#include "line.h"

DEFINE_MUTEX(lines_mutex);

/* Input */

#define RAW_ENDS	4	/* end characters for a program in raw mode */

static void line_listen_locked(struct line *line);

/* Can any channel still bring input? */
static bool line_can_read(struct line *line)
{
	struct chan *chan;

	list_for_each_entry(chan, &line->chans, list)
		if (!chan->gone && (chan->ops->accept || (chan->reads && !chan->ended)))
			return true;
	return false;
}

/*
 * The end of a file is the end of the terminal's input: the end character, as if it had
 * been typed, whenever programs have read everything before it.  When it is read the line
 * discipline unthrottles the terminal, which brings the next one: the end stays the end.
 * Shells that edit lines themselves know that character, too, at the start of a line.  A
 * program that takes it for a key gets a hang-up after RAW_ENDS of them, and no more.
 */
static void line_put_end_locked(struct line *line, struct tty_struct *tty)
{
	if (L_ICANON(tty)) {
		line->raw_ends = 0;
	} else if (line->raw_ends++ >= RAW_ENDS) {
		if (line->raw_ends == RAW_ENDS + 1)
			tty_hangup(tty);
		return;
	} else if (line->last_input != '\n') {
		tty_insert_flip_char(&line->port, '\n', TTY_NORMAL);
		line->last_input = '\n';
	}
	if (tty_insert_flip_char(&line->port, tty->termios.c_cc[VEOF], TTY_NORMAL))
		tty_flip_buffer_push(&line->port);
	else
		schedule_delayed_work(&line->in_work, 1);
}

/* Only the line discipline knows what it still holds, and it answers a poll. */
static bool line_has_input(struct tty_struct *tty)
{
	struct tty_ldisc *ldisc = tty_ldisc_ref(tty);
	struct file nobody = {};
	__poll_t ready = 0;

	if (!ldisc)
		return true;
	if (ldisc->ops->poll)
		ready = ldisc->ops->poll(tty, &nobody, NULL);
	tty_ldisc_deref(ldisc);
	return ready & (EPOLLIN | EPOLLHUP);
}

/* A terminal that is not open gets the end when it is opened. */
static void line_look_for_end(struct line *line)
{
	struct tty_struct *tty = tty_port_tty_get(&line->port);
	unsigned long flags;

	if (!tty)
		return;
	/* First, so that no reader's unthrottling is missed. */
	set_bit(TTY_THROTTLED, &tty->flags);
	if (!line_has_input(tty)) {
		spin_lock_irqsave(&line->lock, flags);
		if (line->open && line->at_end)
			line_put_end_locked(line, tty);
		spin_unlock_irqrestore(&line->lock, flags);
	}
	tty_kref_put(tty);
}

static void line_ended_locked(struct line *line)
{
	if (line->at_end || line_can_read(line))
		return;
	line->at_end = true;
	schedule_delayed_work(&line->in_work, 0);
}

/* Take what is there and fits. */
static void chan_take_locked(struct chan *chan)
{
	struct line *line = chan->line;
	bool got = false;
	int room;
	long n;

	do {
		room = min_t(unsigned int, tty_buffer_space_avail(&line->port), INPUT_SIZE);
		room = tty_buffer_request_room(&line->port, room);
		line->full = !room;
		if (line->full)
			break;
		n = chan->ops->read(chan, line->input, room);
		if (n > 0) {
			tty_insert_flip_string(&line->port, line->input, n);
			line->last_input = line->input[n - 1];
			got = true;
		} else if (n != -EAGAIN) {
			chan->ended = true;
			if (!chan->ops->leaves)
				line_ended_locked(line);
			if (chan->ops->leaves && (n < 0 || !chan->ops->hangs_up || !chan->writes))
				chan_gone(chan);
		}
		/* No interrupt tells of the end of a pipe that nobody had open before we did. */
	} while (n == room || (n > 0 && chan->stream));
	if (got)
		tty_flip_buffer_push(&line->port);
}

static bool line_takes_locked(struct line *line)
{
	return line->open && !line->throttled;
}

void chan_listen_locked(struct chan *chan)
{
	unsigned int events = 0;

	if (!chan->irq)
		return;
	if (chan->ops->accept && !chan->knocking)
		events = HOST_POLLIN;
	if (chan->reads && !chan->ended && line_takes_locked(chan->line) && !chan->line->full)
		events |= HOST_POLLIN;
	if (chan->waiting)
		events |= HOST_POLLOUT;
	if (chan->ops->hangs_up && !chan->left)
		events |= HOST_POLLHUP;
	if (chan->ops->half_closes && !chan->line->open)
		events |= HOST_POLLRDHUP;
	fd_irq_events(chan->irq, chan->gone ? 0 : events);
}

/* Listen to channels as far as the guest can take what comes. */
static void line_listen_locked(struct line *line)
{
	struct chan *chan;
	bool poll = false;

	if (line->dying)
		return;
	list_for_each_entry(chan, &line->chans, list) {
		if (chan->left && !line->open && !chan->gone)
			chan_gone(chan);
		chan_listen_locked(chan);
		if (chan->reads && !chan->ended && (line->full || !chan->irq))
			poll = line_takes_locked(line);
	}
	/* No interrupt tells of room in the port's buffer, nor of a file's contents. */
	if (poll)
		schedule_delayed_work(&line->in_work, 1);
}

static void line_in_work(struct work_struct *work)
{
	struct line *line = container_of(to_delayed_work(work), struct line, in_work);
	unsigned long flags;
	struct chan *chan;

	spin_lock_irqsave(&line->lock, flags);
	line->full = false;
	list_for_each_entry(chan, &line->chans, list)
		if (chan->reads && !chan->ended && line_takes_locked(line) && !line->full)
			chan_take_locked(chan);
	line_listen_locked(line);
	spin_unlock_irqrestore(&line->lock, flags);
	if (line->at_end)
		line_look_for_end(line);
}

/*
 * The other end hung up.  What it has sent is still for programs that have the terminal
 * open; if none has, it is dropped.
 */
static void chan_check_end(struct chan *chan)
{
	if (!(host_wait_fd(chan->fd, 0, 0) & HOST_POLLHUP))
		return;
	chan->left = true;
	if (chan->ended || !chan->line->open)
		chan_gone(chan);
}

/* Nobody reads what the line shows any more.  The guest's own console: end the guest. */
static void line_hang_up(struct line *line)
{
	tty_port_tty_hangup(&line->port, false);
	if (line->driver == &line_drivers[CON] && !line->index)
		um_end_request(SIGPIPE);
}

static irqreturn_t chan_interrupt(int irq, void *dev)
{
	struct chan *chan = dev;
	struct line *line = chan->line;
	unsigned long flags;
	bool wake = false;

	spin_lock_irqsave(&line->lock, flags);
	if (chan->ops->accept && !chan->gone) {
		chan->knocking = true;
		schedule_delayed_work(&line->work, 0);
	}
	if (chan->waiting)
		wake = chan_push_locked(chan);
	if (!chan->gone && chan->reads) {
		if (!chan->ended && line_takes_locked(line))
			chan_take_locked(chan);
		else if (chan->ops->hangs_up && !chan->left)
			chan_check_end(chan);
		else if (chan->ops->half_closes && !line->open &&
			 host_wait_fd(chan->fd, HOST_POLLRDHUP, 0) & HOST_POLLRDHUP)
			chan_gone(chan);
	}
	line_listen_locked(line);
	spin_unlock_irqrestore(&line->lock, flags);
	if (wake)
		tty_port_tty_wakeup(&line->port);
	return IRQ_HANDLED;
}

/* Coming and going of channels */

void chan_gone(struct chan *chan)
{
	chan->gone = true;
	schedule_delayed_work(&chan->line->work, 0);
}

/* The other end takes no more output.  What it has sent is still input. */
void chan_unread(struct chan *chan)
{
	chan->writes = false;
	if (!chan->reads || chan->ended || !chan->line->open)
		chan_gone(chan);
}

static bool line_can_write(struct line *line)
{
	struct chan *chan;

	list_for_each_entry(chan, &line->chans, list)
		if (!chan->gone && (chan->writes || chan->ops->accept))
			return true;
	return false;
}

static const char *lost_because(int err)
{
	switch (err) {
	case -ENOSPC:
	case -EDQUOT:
		return "no space is left on the host's disk";
	case -EFBIG:
		return "the host lets the file grow no further (ulimit -f)";
	default:
		return "the host cannot write it";
	}
}

/* The host has not taken what is shown: its disk is full, or the reader is gone. */
void chan_lost(struct chan *chan, int err)
{
	struct line *line = chan->line;

	if (err == -EPIPE || err == -ECONNRESET || (err == -EIO && chan->terminal)) {
		chan_unread(chan);
		if (line_can_write(line))
			return;
		line->unread = true;
		schedule_delayed_work(&line->work, 0);
		return;
	}
	if (!chan->lost)
		um_tell("%s=%s: what is shown there is lost: %s (error %pe)", line->name,
			line->spec, lost_because(err), ERR_PTR(err));
	chan->lost = true;
	um_output_lost();
}

/* A channel that is always ready (a file) has no interrupt: 0. */
static void chan_go_live(struct chan *chan)
{
	struct line *line = chan->line;
	int irq = request_fd_irq(chan->fd, 0, chan_interrupt, line->name, chan);
	unsigned long flags;

	if (irq < 0 && irq != -EPERM)
		pr_err("%s: no interrupt: %pe\n", line->name, ERR_PTR(irq));
	spin_lock_irqsave(&line->lock, flags);
	chan->irq = max(irq, 0);
	if (irq < 0 && irq != -EPERM && chan->ops->leaves)
		chan_gone(chan);
	spin_unlock_irqrestore(&line->lock, flags);
}

static void chan_free(struct chan *chan)
{
	if (chan->irq)
		free_fd_irq(chan->irq, chan);
	chan->ops->close(chan);
	kfree(chan);
}

/* What interrupts have seen: channels that are gone, and connections. */
static void line_work(struct work_struct *work)
{
	struct line *line = container_of(to_delayed_work(work), struct line, work);
	struct chan *chan, *next;
	unsigned long flags;
	LIST_HEAD(gone);
	bool again = false, wake, unread;

	mutex_lock(&lines_mutex);
	spin_lock_irqsave(&line->lock, flags);
	list_for_each_entry_safe(chan, next, &line->chans, list)
		if (chan->gone)
			list_move(&chan->list, &gone);
	wake = line_push_locked(line);
	unread = line->unread;
	line->unread = false;
	spin_unlock_irqrestore(&line->lock, flags);
	if (wake)
		tty_port_tty_wakeup(&line->port);
	if (unread)
		line_hang_up(line);

	list_for_each_entry_safe(chan, next, &gone, list)
		chan_free(chan);
	/* New channels come at the list's end. */
	list_for_each_entry(chan, &line->chans, list) {
		if (!chan->knocking || line->dying)
			continue;
		chan->knocking = false;
		if (chan->ops->accept(chan) != -EAGAIN)
			again = chan->knocking = true;
	}
	spin_lock_irqsave(&line->lock, flags);
	line_listen_locked(line);
	if (again && !line->dying)
		schedule_delayed_work(&line->work, HZ);
	spin_unlock_irqrestore(&line->lock, flags);
	mutex_unlock(&lines_mutex);
}

void line_join(struct line *line, struct chan *chan)
{
	unsigned long flags;

	chan->line = line;
	if (line->live)
		chan_go_live(chan);
	spin_lock_irqsave(&line->lock, flags);
	chan_output_init(chan);
	list_add_tail(&chan->list, &line->chans);
	chan_push_locked(chan);
	spin_unlock_irqrestore(&line->lock, flags);
}

int line_change(struct line *line, const char *spec, struct list_head *chans)
{
	char *text = kstrdup(spec, GFP_KERNEL), *old_text;
	struct chan *chan, *next;
	u8 *ring = line->ring;
	unsigned long flags;
	LIST_HEAD(old);
	bool wake;

	if (!list_empty(chans) && !ring)
		ring = kzalloc(RING_SIZE, GFP_KERNEL);
	if (!text || (!list_empty(chans) && !ring)) {
		kfree(text);
		return -ENOMEM;
	}
	spin_lock_irqsave(&line->lock, flags);
	old_text = line->spec;
	line->spec = text;
	line->ring = ring;
	line->shown = line->typed = line->plain = false;
	line->at_end = false;
	line->raw_ends = 0;
	line->last_input = '\n';
	list_splice_init(&line->chans, &old);
	list_for_each_entry(chan, &old, list)
		chan->gone = true;
	list_for_each_entry(chan, chans, list) {
		line->shown |= chan->ops->shown || (chan->writes && chan->terminal);
		line->typed |= (chan->reads || chan->ops->accept) && !chan->stream;
		line->plain |= chan->writes && chan->stream;
	}
	line->plain &= !line->shown;
	line->told = (struct host_winsize){};
	spin_unlock_irqrestore(&line->lock, flags);

	kfree(old_text);
	list_for_each_entry_safe(chan, next, &old, list)
		chan_free(chan);
	list_for_each_entry_safe(chan, next, chans, list) {
		list_del(&chan->list);
		line_join(line, chan);
	}

	spin_lock_irqsave(&line->lock, flags);
	wake = line_push_locked(line);
	line_listen_locked(line);
	spin_unlock_irqrestore(&line->lock, flags);
	if (wake)
		tty_port_tty_wakeup(&line->port);
	return 0;
}

/* Window size */

static bool line_winsize(struct line *line, struct winsize *to)
{
	struct host_winsize ws;
	unsigned long flags;
	struct chan *chan;
	bool known;

	spin_lock_irqsave(&line->lock, flags);
	ws = line->told;
	known = ws.rows;
	list_for_each_entry(chan, &line->chans, list) {
		/* The terminal that shows the output counts more than one for input alone. */
		if (!known && chan->terminal && chan->writes)
			known = !host_tty_winsize(chan->fd, &ws) && ws.rows && ws.cols;
	}
	list_for_each_entry(chan, &line->chans, list) {
		if (!known && chan->terminal)
			known = !host_tty_winsize(chan->fd, &ws) && ws.rows && ws.cols;
	}
	spin_unlock_irqrestore(&line->lock, flags);
	if (known)
		*to = (struct winsize){ .ws_row = ws.rows, .ws_col = ws.cols };
	return known;
}

static void line_resize_work(struct work_struct *work)
{
	struct line *line = container_of(work, struct line, resize_work);
	struct tty_struct *tty = tty_port_tty_get(&line->port);
	struct winsize ws;

	if (tty && line_winsize(line, &ws))
		tty_do_resize(tty, &ws);
	tty_kref_put(tty);
}

void line_told_size(struct line *line, unsigned short rows, unsigned short cols)
{
	line->told = (struct host_winsize){ .rows = rows, .cols = cols };
	schedule_work(&line->resize_work);
}

void um_continued(void)
{
	host_tty_resume();
	um_winch();
}

void um_winch(void)
{
	struct line_driver *driver;
	struct line *line;
	unsigned int i;

	for (driver = line_drivers; driver < line_drivers + DRIVERS; driver++) {
		for (i = 0; i < LINES; i++) {
			line = driver->lines[i];
			if (line && !line->dying) {
				line->told = (struct host_winsize){};
				schedule_work(&line->resize_work);
			}
		}
	}
}

/* Terminal */

static struct line *tty_line(struct tty_struct *tty)
{
	return container_of(tty->port, struct line, port);
}

/* A pipe gets no echo, and a file no carriage returns. */
static void line_set_termios(struct tty_struct *tty, const struct ktermios *old)
{
	struct line *line = tty_line(tty);

	if (line->plain)
		tty->termios.c_oflag &= ~ONLCR;
	if (!line->typed)
		tty->termios.c_lflag &= ~ECHO;
}

static int line_activate(struct tty_port *port, struct tty_struct *tty)
{
	struct line *line = container_of(port, struct line, port);
	unsigned long flags;

	line_winsize(line, &tty->winsize);
	line_set_termios(tty, NULL);
	spin_lock_irqsave(&line->lock, flags);
	line->open = true;
	line->throttled = false;
	line->raw_ends = 0;
	schedule_delayed_work(&line->in_work, 0);
	line_listen_locked(line);
	spin_unlock_irqrestore(&line->lock, flags);
	return 0;
}

/* What is typed meanwhile waits in the host; what was written still goes out. */
static void line_shutdown(struct tty_port *port)
{
	struct line *line = container_of(port, struct line, port);
	unsigned long flags;

	spin_lock_irqsave(&line->lock, flags);
	line->open = false;
	line_listen_locked(line);
	spin_unlock_irqrestore(&line->lock, flags);
}

static void line_destruct(struct tty_port *port)
{
	struct line *line = container_of(port, struct line, port);

	kfree(line->ring);
	kfree(line->spec);
	kfree(line);
}

static const struct tty_port_operations line_port_ops = {
	.activate	= line_activate,
	.shutdown	= line_shutdown,
	.destruct	= line_destruct,
};

/* A terminal that is open outlives its line's removal. */
static int line_install(struct tty_driver *tty_driver, struct tty_struct *tty)
{
	struct line_driver *driver = tty_driver->driver_state;
	struct line *line;
	int err = -ENODEV;

	mutex_lock(&lines_mutex);
	line = driver->lines[tty->index];
	if (line) {
		tty_port_get(&line->port);
		err = tty_port_install(&line->port, tty_driver, tty);
		if (err)
			tty_port_put(&line->port);
	}
	mutex_unlock(&lines_mutex);
	return err;
}

static void line_cleanup(struct tty_struct *tty)
{
	tty_port_put(tty->port);
}

static int line_open(struct tty_struct *tty, struct file *file)
{
	return tty_port_open(tty->port, tty, file);
}

static void line_close(struct tty_struct *tty, struct file *file)
{
	tty_port_close(tty->port, tty, file);
}

static void line_hangup(struct tty_struct *tty)
{
	tty_port_hangup(tty->port);
}

static ssize_t line_write(struct tty_struct *tty, const u8 *text, size_t len)
{
	struct line *line = tty_line(tty);
	unsigned long flags;
	bool wake = false;
	ssize_t n;

	if (tty->flow.stopped)
		return 0;
	spin_lock_irqsave(&line->lock, flags);
	n = line->ring ? min_t(size_t, len, line_room_locked(line)) : len;
	if (line->ring)
		line_put_locked(line, text, n);
	if (n < len)
		line_starved_locked(line);
	wake = n < len ? line_push_locked(line) : line_push_soon_locked(line);
	spin_unlock_irqrestore(&line->lock, flags);
	if (wake)
		tty_wakeup(tty);
	return n;
}

static unsigned int line_write_room(struct tty_struct *tty)
{
	struct line *line = tty_line(tty);
	unsigned long flags;
	unsigned int room;

	if (tty->flow.stopped)
		return 0;
	spin_lock_irqsave(&line->lock, flags);
	room = line_room_locked(line);
	/* A newline may take two bytes. */
	if (room < 2)
		line_starved_locked(line);
	spin_unlock_irqrestore(&line->lock, flags);
	return room;
}

static unsigned int line_chars_in_buffer(struct tty_struct *tty)
{
	struct line *line = tty_line(tty);
	unsigned long flags;
	unsigned int unsent;

	spin_lock_irqsave(&line->lock, flags);
	unsent = line_unsent_locked(line);
	spin_unlock_irqrestore(&line->lock, flags);
	return unsent;
}

static void line_flush_buffer(struct tty_struct *tty)
{
	struct line *line = tty_line(tty);
	unsigned long flags;

	/* What a session wrote last is not dropped when it hangs up. */
	if (test_bit(TTY_HUPPING, &tty->flags))
		return;
	spin_lock_irqsave(&line->lock, flags);
	line_forget_locked(line);
	line_push_locked(line);
	spin_unlock_irqrestore(&line->lock, flags);
	tty_wakeup(tty);
}

static void line_throttle(struct tty_struct *tty)
{
	struct line *line = tty_line(tty);
	unsigned long flags;

	spin_lock_irqsave(&line->lock, flags);
	line->throttled = true;
	line_listen_locked(line);
	spin_unlock_irqrestore(&line->lock, flags);
}

static void line_unthrottle(struct tty_struct *tty)
{
	struct line *line = tty_line(tty);
	unsigned long flags;

	spin_lock_irqsave(&line->lock, flags);
	line->throttled = false;
	if (line->at_end)
		schedule_delayed_work(&line->in_work, 0);
	line_listen_locked(line);
	spin_unlock_irqrestore(&line->lock, flags);
}

const struct tty_operations line_tty_ops = {
	.install	= line_install,
	.cleanup	= line_cleanup,
	.open		= line_open,
	.close		= line_close,
	.hangup		= line_hangup,
	.write		= line_write,
	.write_room	= line_write_room,
	.chars_in_buffer = line_chars_in_buffer,
	.flush_buffer	= line_flush_buffer,
	.set_termios	= line_set_termios,
	.throttle	= line_throttle,
	.unthrottle	= line_unthrottle,
};


/* Coming and going of lines */

struct line *line_create(struct line_driver *driver, unsigned int index, const char *spec,
			 struct list_head *chans)
{
	struct line *line = kzalloc(sizeof(*line), GFP_KERNEL);

	if (!line)
		return NULL;
	line->driver = driver;
	line->index = index;
	snprintf(line->name, sizeof(line->name), "%s%u", driver->option, index);
	spin_lock_init(&line->lock);
	INIT_LIST_HEAD(&line->chans);
	INIT_DELAYED_WORK(&line->work, line_work);
	INIT_DELAYED_WORK(&line->in_work, line_in_work);
	INIT_WORK(&line->resize_work, line_resize_work);
	line_output_init(line);
	tty_port_init(&line->port);
	line->port.ops = &line_port_ops;
	/* What is queued goes out after closing as well. */
	line->port.closing_wait = ASYNC_CLOSING_WAIT_NONE;
	if (line_change(line, spec, chans)) {
		tty_port_put(&line->port);
		return NULL;
	}
	driver->lines[index] = line;
	return line;
}

void line_go_live(struct line *line)
{
	struct device *device;
	unsigned long flags;
	struct chan *chan;

	list_for_each_entry(chan, &line->chans, list)
		chan_go_live(chan);
	line->live = true;
	device = tty_port_register_device(&line->port, line->driver->tty, line->index, NULL);
	if (IS_ERR(device))
		pr_err("no %s%u: %pe\n", line->driver->name, line->index, device);
	/* There was no interrupt yet to tell of room for what the host did not take so far. */
	line_push(line);
	spin_lock_irqsave(&line->lock, flags);
	line_listen_locked(line);
	spin_unlock_irqrestore(&line->lock, flags);
}

void line_remove(struct line *line)
{
	struct line_driver *driver = line->driver;
	struct tty_struct *tty;
	struct chan *chan, *next;
	unsigned long flags;
	LIST_HEAD(old);

	mutex_lock(&lines_mutex);
	driver->lines[line->index] = NULL;
	mutex_unlock(&lines_mutex);
	tty_port_unregister_device(&line->port, driver->tty, line->index);
	tty = tty_port_tty_get(&line->port);
	if (tty)
		tty_vhangup(tty);
	tty_kref_put(tty);

	mutex_lock(&lines_mutex);
	line_push(line);
	spin_lock_irqsave(&line->lock, flags);
	line->dying = true;
	list_splice_init(&line->chans, &old);
	list_for_each_entry(chan, &old, list)
		chan->gone = true;
	spin_unlock_irqrestore(&line->lock, flags);
	list_for_each_entry_safe(chan, next, &old, list)
		chan_free(chan);
	mutex_unlock(&lines_mutex);

	line_push(line);	/* no channel is left: clears what was put off */
	cancel_delayed_work_sync(&line->work);
	cancel_delayed_work_sync(&line->in_work);
	cancel_work_sync(&line->resize_work);
	timer_delete_sync(&line->push_timer);
	timer_delete_sync(&line->hold_timer);
	tty_port_put(&line->port);
}
