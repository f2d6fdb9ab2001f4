// SPDX-License-Identifier: GPL-2.0
/*
 * Output of a line.
 *
 * Terminal and printk write into one ring, and each channel takes from there at
 * its own pace, as far as the host goes without waiting; the rest follows when
 * the host has room.  What is in the ring is also what a client that comes later
 * is shown first.
 *
 * A host call for each line would cost more than the guest takes to write it.  So
 * what a terminal writes is put off until there is PUSH_AT of it, a jiffy is over
 * or the guest has nothing else to do, whatever comes first.
 *
 * Programs wait while a channel is TTY_QUEUE behind.  So nothing is lost, but for
 * the channels whose reader may be gone or slow for long (clients, pseudo
 * terminals).  One of these keeps programs waiting for PATIENCE at most, which it gets
 * back in ten times as much time; then it is passed over until it has caught up.  A
 * channel that is behind by more than the ring holds goes on with the ring's last
 * lines, and shows how much is missing.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <asm/drivers.h>
#include <asm/end.h>
#include "line.h"

#define PUSH_AT			4096

#define PATIENCE		HZ	/* jiffies */
#define PATIENCE_GROWS		10	/* jiffies in which it grows by one */

#define PRINTK_PATIENCE_NS	(NSEC_PER_SEC / 10)
#define DRAIN_PATIENCE_NS	(2 * NSEC_PER_SEC)

static unsigned int behind(const struct chan *chan)
{
	return min_t(u64, chan->line->written - chan->taken, UINT_MAX);
}

static bool wants(const struct chan *chan)
{
	return chan->writes && !chan->gone && (chan->nr_owed || behind(chan));
}

/* Does the terminal wait for this channel? */
static bool counts(const struct chan *chan)
{
	return chan->writes && !chan->gone && !(chan->passed && chan->ops->leaves);
}

/* Has it something yet to send that is worth waiting for? */
static bool is_unsent(const struct chan *chan)
{
	return chan->writes && !chan->gone && !chan->ops->leaves && behind(chan);
}

/* The first line that begins at or after @at. */
static u64 line_begin(struct line *line, u64 at)
{
	u64 from;

	for (from = at; from < line->written; from++)
		if (line->ring[(from - 1) % RING_SIZE] == '\n')
			return from;
	return at;
}

/* Patience */

static void hold_begins(struct chan *chan)
{
	unsigned long since = (jiffies - chan->credit_at) / PATIENCE_GROWS;

	chan->credit = min_t(unsigned long, PATIENCE, chan->credit + since);
	chan->held_since = jiffies ?: 1;
}

static void hold_ends(struct chan *chan)
{
	unsigned long held = jiffies - chan->held_since;

	if (!chan->held_since)
		return;
	chan->credit -= min(held, chan->credit);
	chan->credit_at = jiffies;
	chan->held_since = 0;
}

static bool holds_up(const struct chan *chan)
{
	return counts(chan) && behind(chan) >= TTY_QUEUE / 2;
}

void line_starved_locked(struct line *line)
{
	unsigned long next = jiffies + PATIENCE;
	struct chan *chan;

	line->starved = true;
	list_for_each_entry(chan, &line->chans, list) {
		if (!chan->ops->leaves || !holds_up(chan))
			continue;
		if (!chan->held_since)
			hold_begins(chan);
		next = min(next, chan->held_since + chan->credit);
		if (!timer_pending(&line->hold_timer) ||
		    time_before(next, line->hold_timer.expires))
			mod_timer(&line->hold_timer, next);
	}
}

static void line_hold_timer(struct timer_list *timer)
{
	struct line *line = from_timer(line, timer, hold_timer);
	unsigned long flags;
	struct chan *chan;
	bool wake;

	spin_lock_irqsave(&line->lock, flags);
	list_for_each_entry(chan, &line->chans, list) {
		if (chan->held_since && time_after_eq(jiffies, chan->held_since + chan->credit)) {
			hold_ends(chan);
			chan->passed = true;
		}
	}
	wake = line_push_locked(line);
	if (line->starved)
		line_starved_locked(line);
	spin_unlock_irqrestore(&line->lock, flags);
	if (wake)
		tty_port_tty_wakeup(&line->port);
}

/* Pushing */

static void skip_lost(struct chan *chan)
{
	struct line *line = chan->line;
	u64 from = line_begin(line, line->written - BACKLOG);

	chan->nr_owed = scnprintf(chan->owed, sizeof(chan->owed),
				  "%s** %llu bytes are not shown%s", line->shown ? "\r\n" : "\n",
				  from - chan->taken, line->shown ? "\r\n" : "\n");
	chan->taken = from;
}

/* All that the host takes; a channel that waits for room has not got all. */
static void chan_give(struct chan *chan)
{
	struct line *line = chan->line;
	unsigned int at, len;
	long n;

	while (wants(chan)) {
		if (chan->nr_owed) {
			n = chan->ops->write(chan, chan->owed, chan->nr_owed);
			if (n > 0) {
				chan->nr_owed -= n;
				memmove(chan->owed, chan->owed + n, chan->nr_owed);
			}
		} else if (behind(chan) > RING_SIZE) {
			skip_lost(chan);
			continue;
		} else {
			at = chan->taken % RING_SIZE;
			len = min(behind(chan), RING_SIZE - at);
			n = chan->ops->write(chan, line->ring + at, len);
			if (n > 0)
				chan->taken += n;
		}
		if (n > 0) {
			if (!chan->ops->leaves)
				chan->passed = false;
		} else if (n == -EAGAIN) {
			chan->waiting = true;
			return;
		} else if (chan->ops->leaves) {
			chan_unread(chan);
		} else {
			/* This is lost; what comes next may not be. */
			chan->nr_owed = 0;
			chan->taken = line->written;
			chan_lost(chan, n);
		}
	}
	chan->waiting = false;
	chan->passed = false;
}

bool chan_push_locked(struct chan *chan)
{
	struct line *line = chan->line;
	bool wake, unsent = is_unsent(chan);

	chan_give(chan);
	if (!holds_up(chan))
		hold_ends(chan);
	chan_listen_locked(chan);
	wake = line->starved && line_used_locked(line) < TTY_QUEUE / 2;
	if (wake) {
		line->starved = false;
		timer_delete(&line->hold_timer);
	}
	/* A program may wait for the last byte: tcdrain(). */
	return wake || (unsent && !is_unsent(chan));
}

/* Is there something that a channel has not got yet? */
static bool line_pending_locked(struct line *line)
{
	struct chan *chan;

	list_for_each_entry(chan, &line->chans, list)
		if (wants(chan))
			return true;
	return false;
}

static unsigned int nr_deferred;	/* lines; with interrupts off */

static void set_deferred(struct line *line, bool deferred)
{
	if (line->deferred == deferred)
		return;
	line->deferred = deferred;
	if (deferred) {
		nr_deferred++;
		mod_timer(&line->push_timer, jiffies + 1);
	} else {
		nr_deferred--;
		timer_delete(&line->push_timer);
	}
}

bool line_push_soon_locked(struct line *line)
{
	if (line_used_locked(line) >= PUSH_AT)
		return line_push_locked(line);
	if (!line->deferred && line_pending_locked(line))
		set_deferred(line, true);
	return false;
}

void um_console_flush(void)
{
	struct line_driver *driver;
	unsigned int i;

	for (driver = line_drivers; driver < line_drivers + DRIVERS && nr_deferred; driver++)
		for (i = 0; i < LINES && nr_deferred; i++)
			if (driver->lines[i] && driver->lines[i]->deferred)
				line_push(driver->lines[i]);
}

bool line_push_locked(struct line *line)
{
	struct chan *chan;
	bool wake = false;

	set_deferred(line, false);
	/* The host will tell when a channel that was passed over has room. */
	list_for_each_entry(chan, &line->chans, list)
		if (wants(chan) && !(chan->passed && chan->waiting && chan->irq))
			wake |= chan_push_locked(chan);
	/* The channel that was waited for may be gone. */
	if (line->starved && line_used_locked(line) < TTY_QUEUE / 2) {
		line->starved = false;
		wake = true;
	}
	return wake;
}

void line_push(struct line *line)
{
	unsigned long flags;
	bool wake;

	spin_lock_irqsave(&line->lock, flags);
	wake = line_push_locked(line);
	spin_unlock_irqrestore(&line->lock, flags);
	if (wake)
		tty_port_tty_wakeup(&line->port);
}

static void line_push_timer(struct timer_list *timer)
{
	struct line *line = from_timer(line, timer, push_timer);

	line_push(line);
}

unsigned int line_used_locked(struct line *line)
{
	unsigned int used = 0;
	struct chan *chan;

	list_for_each_entry(chan, &line->chans, list)
		if (counts(chan))
			used = max(used, behind(chan));
	return used;
}

unsigned int line_unsent_locked(struct line *line)
{
	unsigned int unsent = 0;
	struct chan *chan;

	list_for_each_entry(chan, &line->chans, list)
		if (is_unsent(chan))
			unsent = max(unsent, behind(chan));
	return unsent;
}

unsigned int line_room_locked(struct line *line)
{
	unsigned int used = line_used_locked(line);

	return used < TTY_QUEUE ? TTY_QUEUE - used : 0;
}

void line_put_locked(struct line *line, const u8 *text, unsigned int len)
{
	while (len) {
		unsigned int at = line->written % RING_SIZE, n = min(len, RING_SIZE - at);

		memcpy(line->ring + at, text, n);
		line->written += n;
		text += n;
		len -= n;
	}
}

void line_forget_locked(struct line *line)
{
	struct chan *chan;

	list_for_each_entry(chan, &line->chans, list)
		if (chan->writes)
			chan->taken = line->written;
}

static void show_backlog(struct chan *chan)
{
	struct line *line = chan->line;

	chan->taken = line->written;
	if (line->written > BACKLOG)
		chan->taken = line_begin(line, line->written - BACKLOG);
	else
		chan->taken = 0;
}

/* printk */

/*
 * printk cannot sleep.  Wait for the host a little, as a serial port makes it
 * wait, but not again and again for a reader that has stopped.
 */
static void printk_wait(struct line *line)
{
	struct chan *chan;

	list_for_each_entry(chan, &line->chans, list) {
		if (!chan->writes || chan->ops->leaves)
			continue;
		while (!chan->passed && behind(chan) >= RING_SIZE) {
			chan_push_locked(chan);
			if (behind(chan) >= RING_SIZE &&
			    host_wait_fd(chan->fd, HOST_POLLOUT, PRINTK_PATIENCE_NS) <= 0)
				chan->passed = true;
		}
	}
}

static unsigned int printk_room(struct line *line)
{
	unsigned int used = 0;
	struct chan *chan;

	list_for_each_entry(chan, &line->chans, list)
		if (chan->writes && !chan->ops->leaves && !chan->passed)
			used = max(used, behind(chan));
	return used < RING_SIZE ? RING_SIZE - used : 0;
}

static void printk_put_locked(struct line *line, const u8 *text, unsigned int len)
{
	while (len) {
		unsigned int n = min(len, printk_room(line));

		if (n)
			line_put_locked(line, text, n);
		else
			printk_wait(line);
		text += n;
		len -= n;
	}
}

void line_printk_locked(struct line *line, const char *text, unsigned int len)
{
	const char *end = text + len, *newline;

	while (text < end) {
		newline = memchr(text, '\n', end - text);
		if (!newline || !line->shown) {
			printk_put_locked(line, text, end - text);
			break;
		}
		printk_put_locked(line, text, newline - text);
		printk_put_locked(line, "\r\n", 2);
		text = newline + 1;
	}
}

/* The end */

static void chan_drain(struct chan *chan)
{
	unsigned long long end = host_monotonic_ns() + DRAIN_PATIENCE_NS;
	u64 taken;

	for (;;) {
		long long left = DRAIN_PATIENCE_NS;

		taken = chan->taken;
		chan_push_locked(chan);
		if (!wants(chan))
			break;
		/* A client has this time in all, another channel for each piece that it takes. */
		if (chan->ops->leaves)
			left = end - host_monotonic_ns();
		if (left <= 0 || host_wait_fd(chan->fd, HOST_POLLOUT, left) <= 0)
			break;
		if (!chan->ops->leaves && taken == chan->taken && host_monotonic_ns() > end)
			break;
	}
	if (!chan->gone && chan->ops->settle)
		chan->ops->settle(chan);
}

/* The machine ends: write out what is still held, as long as the host takes it. */
static int drain_all(struct notifier_block *nb, unsigned long how, void *data)
{
	struct line_driver *driver;
	struct chan *chan;
	unsigned int i;

	for (driver = line_drivers; driver < line_drivers + DRIVERS; driver++) {
		for (i = 0; i < LINES; i++) {
			if (!driver->lines[i])
				continue;
			list_for_each_entry(chan, &driver->lines[i]->chans, list)
				if (chan->writes && !chan->gone)
					chan_drain(chan);
		}
	}
	return NOTIFY_DONE;
}

static struct notifier_block output_end = {
	.notifier_call	= drain_all,
	.priority	= UM_END_OUTPUT,
};

void __init line_output_start(void)
{
	um_end_register(&output_end);
}

void line_output_init(struct line *line)
{
	timer_setup(&line->push_timer, line_push_timer, 0);
	timer_setup(&line->hold_timer, line_hold_timer, 0);
}

void chan_output_init(struct chan *chan)
{
	chan->credit = PATIENCE;
	chan->credit_at = jiffies;
	if (chan->line->ring)
		show_backlog(chan);
}
