// SPDX-License-Identifier: GPL-2.0
/*
 * Lines: terminals of the guest over channels of the host.
 *
 *	con<n>=	/dev/tty<n>	consoles; con0 is fd:0,fd:1 if nothing else is said
 *	ssl<n>=	/dev/ttyS<n>	serial lines
 *
 * Output of the terminal and of the kernel's console goes into one queue, and
 * from there to the host as far as it goes without waiting; the rest follows when
 * the channel is writable.  Input is taken only while the guest has room for it,
 * and stays in the host otherwise.  So nothing is lost either way, and the guest
 * never waits in the host.
 */
#define pr_fmt(fmt) "console: " fmt

#include <linux/console.h>
#include <linux/ctype.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kfifo.h>
#include <linux/major.h>
#include <linux/minmax.h>
#include <linux/serial.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>
#include <linux/tty_port.h>
#include <linux/workqueue.h>
#include <asm/drivers.h>
#include <asm/host_irq.h>
#include <asm/setup.h>
#include "chan.h"

#define LINES		16
#define QUEUE_SIZE	32768		/* a power of two */
#define TTY_QUEUE	8192		/* of it for the terminal; the rest is printk's */
#define INPUT_SIZE	1024

#define PRINTK_PATIENCE_NS	(NSEC_PER_SEC / 10)
#define DRAIN_PATIENCE_NS	(2 * NSEC_PER_SEC)

struct line {
	struct tty_port port;
	struct line_driver *driver;
	unsigned int index;
	struct chan in, out;
	int in_irq, out_irq;		/* 0: the channel is always ready, or not yet requested */
	struct work_struct resize_work;

	spinlock_t lock;		/* for what follows; irqs off */

	DECLARE_KFIFO_PTR(queue, u8);	/* output; empty if the channel has no descriptor */
	struct timer_list push_timer;
	bool starved;			/* a writer found no room */
	bool stuck;			/* printk has waited in vain */
	unsigned long dropped;		/* bytes of printk since then */

	struct delayed_work in_work;	/* looks for input where no interrupt tells */
	bool open;
	bool throttled;			/* by the line discipline */
	bool full;			/* no room in the port's buffer */
	bool ended;			/* no more input will come */
	u8 input[INPUT_SIZE];
};

struct line_driver {
	const char *option;
	const char *name;		/* of devices */
	int minor;
	short type, subtype;
	const char *specs[LINES];	/* con<n>= */
	const char *others;		/* con= */
	struct line *lines[LINES];	/* those that are not "none" */
	struct tty_driver *tty;
	struct console console;
};

enum { CON, SSL, DRIVERS };
static struct line_driver drivers[DRIVERS];

/* Output.  All that ends in _locked: under the lock. */

/* What the host takes now, it gets.  Returns whether a writer should be woken. */
static bool line_push_locked(struct line *line)
{
	unsigned int events = 0;
	bool wake;
	u8 *from;
	long n;

	timer_delete(&line->push_timer);
	while ((n = kfifo_out_linear_ptr(&line->queue, &from, QUEUE_SIZE))) {
		n = line->out.ops->write(&line->out, from, n);
		if (n > 0) {
			kfifo_skip_count(&line->queue, n);
			line->stuck = false;
		} else if (n == -EAGAIN) {
			events = HOST_POLLOUT;
			break;
		} else {
			/* The reader is gone for good. */
			kfifo_reset_out(&line->queue);
		}
	}
	if (line->out_irq)
		fd_irq_events(line->out_irq, events);
	wake = line->starved && kfifo_len(&line->queue) < TTY_QUEUE / 2;
	if (wake)
		line->starved = false;
	return wake;
}

static void line_push(struct line *line)
{
	unsigned long flags;
	bool wake;

	spin_lock_irqsave(&line->lock, flags);
	wake = line_push_locked(line);
	spin_unlock_irqrestore(&line->lock, flags);
	if (wake)
		tty_port_tty_wakeup(&line->port);
}

static irqreturn_t line_out_interrupt(int irq, void *dev)
{
	line_push(dev);
	return IRQ_HANDLED;
}

static void line_push_timer(struct timer_list *timer)
{
	struct line *line = from_timer(line, timer, push_timer);

	line_push(line);
}

static unsigned int line_room(struct line *line)
{
	unsigned int used = kfifo_len(&line->queue);

	return used < TTY_QUEUE ? TTY_QUEUE - used : 0;
}

/* Kernel console.  printk */

static void printk_put_locked(struct line *line, const u8 *text, unsigned int len)
{
	while (len) {
		unsigned int n = kfifo_in(&line->queue, text, len);

		text += n;
		len -= n;
		if (!len)
			return;
		/*
		 * printk cannot sleep.  Wait for the host a little, as a serial
		 * port makes it wait, but not again and again for one who has
		 * stopped reading.
		 */
		line_push_locked(line);
		if (!kfifo_is_full(&line->queue))
			continue;
		if (line->stuck ||
		    host_wait_fd(line->out.fd, HOST_POLLOUT, PRINTK_PATIENCE_NS) <= 0) {
			line->stuck = true;
			line->dropped += len;
			return;
		}
	}
}

static void line_printk_locked(struct line *line, const char *text, unsigned int len)
{
	const char *end = text + len, *newline;

	if (line->dropped && !line->stuck) {
		char note[64];

		len = scnprintf(note, sizeof(note), "\r\n** %lu bytes of the log are not shown\r\n",
				line->dropped);
		line->dropped = 0;
		printk_put_locked(line, note, len);
	}
	while (text < end) {
		newline = memchr(text, '\n', end - text);
		if (!newline || !line->out.terminal) {
			printk_put_locked(line, text, end - text);
			break;
		}
		printk_put_locked(line, text, newline - text);
		printk_put_locked(line, "\r\n", 2);
		text = newline + 1;
	}
}

static struct line *console_line(struct console *console)
{
	struct line_driver *driver = console->data;

	return console->index >= 0 && console->index < LINES ? driver->lines[console->index] : NULL;
}

static void line_console_write(struct console *console, const char *text, unsigned int len)
{
	struct line *line = console_line(console);
	bool locked = true, wake;
	unsigned long flags;

	if (line->out.fd < 0)
		return;
	/* The one who holds the lock may be the one who crashed. */
	if (oops_in_progress)
		locked = spin_trylock_irqsave(&line->lock, flags);
	else
		spin_lock_irqsave(&line->lock, flags);
	line_printk_locked(line, text, len);
	wake = line_push_locked(line);
	if (locked)
		spin_unlock_irqrestore(&line->lock, flags);
	if (wake && !oops_in_progress)
		tty_port_tty_wakeup(&line->port);
}

static int line_console_setup(struct console *console, char *options)
{
	return console_line(console) ? 0 : -ENODEV;
}

static struct tty_driver *line_console_device(struct console *console, int *index)
{
	struct line_driver *driver = console->data;

	*index = console->index;
	return driver->tty;
}

/* Wait for readers as long as they read. */
void um_console_drain(void)
{
	unsigned int d, i;

	for (d = 0; d < DRIVERS; d++) {
		for (i = 0; i < LINES; i++) {
			struct line *line = drivers[d].lines[i];

			if (!line || line->out.fd < 0)
				continue;
			do {
				line_push_locked(line);
			} while (!kfifo_is_empty(&line->queue) &&
				 host_wait_fd(line->out.fd, HOST_POLLOUT, DRAIN_PATIENCE_NS) > 0);
		}
	}
}

/* Input */

/* Take what is there and fits. */
static void line_take_locked(struct line *line)
{
	bool got = false;
	int room;
	long n;

	do {
		room = min_t(unsigned int, tty_buffer_space_avail(&line->port), INPUT_SIZE);
		room = tty_buffer_request_room(&line->port, room);
		line->full = !room;
		if (line->full)
			break;
		n = line->in.ops->read(&line->in, line->input, room);
		if (n > 0) {
			tty_insert_flip_string(&line->port, line->input, n);
			got = true;
		} else if (n != -EAGAIN) {
			line->ended = true;
		}
	} while (n == room);
	if (got)
		tty_flip_buffer_push(&line->port);
}

/* Listen to the channel if the guest can take what comes. */
static void line_listen_locked(struct line *line)
{
	bool listen = line->open && !line->throttled && !line->ended;

	if (line->in_irq)
		fd_irq_events(line->in_irq, listen && !line->full ? HOST_POLLIN : 0);
	/* No interrupt tells of room in the port's buffer, nor of a file's contents. */
	if (listen && (line->full || !line->in_irq))
		schedule_delayed_work(&line->in_work, 1);
}

static void line_input(struct line *line)
{
	unsigned long flags;

	spin_lock_irqsave(&line->lock, flags);
	if (line->open && !line->throttled && !line->ended)
		line_take_locked(line);
	line_listen_locked(line);
	spin_unlock_irqrestore(&line->lock, flags);
}

static irqreturn_t line_in_interrupt(int irq, void *dev)
{
	line_input(dev);
	return IRQ_HANDLED;
}

static void line_in_work(struct work_struct *work)
{
	line_input(container_of(to_delayed_work(work), struct line, in_work));
}

/* Window size */

static bool line_winsize(struct line *line, struct winsize *to)
{
	struct chan *chan = line->out.terminal ? &line->out : &line->in;
	struct host_winsize ws;

	if (!chan->terminal || host_tty_winsize(chan->fd, &ws) || !ws.rows || !ws.cols)
		return false;
	*to = (struct winsize){ .ws_row = ws.rows, .ws_col = ws.cols };
	return true;
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

void um_winch(void)
{
	unsigned int d, i;

	for (d = 0; d < DRIVERS; d++)
		for (i = 0; i < LINES; i++)
			if (drivers[d].lines[i])
				schedule_work(&drivers[d].lines[i]->resize_work);
}

/* Terminal */

static int line_activate(struct tty_port *port, struct tty_struct *tty)
{
	struct line *line = container_of(port, struct line, port);
	unsigned long flags;

	line_winsize(line, &tty->winsize);
	spin_lock_irqsave(&line->lock, flags);
	line->open = true;
	line->throttled = false;
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

static const struct tty_port_operations line_port_ops = {
	.activate	= line_activate,
	.shutdown	= line_shutdown,
};

static struct line *tty_line(struct tty_struct *tty)
{
	return container_of(tty->port, struct line, port);
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

/*
 * The line discipline writes a line and its end apart when it processes output,
 * and says flush_chars() when it is done: the host gets all of it at once.  Others
 * do not say; for them there is the timer.
 */
static ssize_t line_write(struct tty_struct *tty, const u8 *text, size_t len)
{
	struct line *line = tty_line(tty);
	unsigned long flags;
	bool wake = false;
	ssize_t n;

	if (tty->flow.stopped)
		return 0;
	if (line->out.fd < 0)
		return len;
	spin_lock_irqsave(&line->lock, flags);
	n = kfifo_in(&line->queue, text, min_t(size_t, len, line_room(line)));
	if (n < len)
		line->starved = true;
	if (n < len || !O_OPOST(tty))
		wake = line_push_locked(line);
	else if (!timer_pending(&line->push_timer))
		mod_timer(&line->push_timer, jiffies + 1);
	spin_unlock_irqrestore(&line->lock, flags);
	if (wake)
		tty_wakeup(tty);
	return n;
}

static void line_flush_chars(struct tty_struct *tty)
{
	line_push(tty_line(tty));
}

static unsigned int line_write_room(struct tty_struct *tty)
{
	struct line *line = tty_line(tty);
	unsigned long flags;
	unsigned int room;

	if (tty->flow.stopped)
		return 0;
	if (line->out.fd < 0)
		return TTY_QUEUE;
	spin_lock_irqsave(&line->lock, flags);
	room = line_room(line);
	/* A newline may take two. */
	if (room < 2)
		line->starved = true;
	spin_unlock_irqrestore(&line->lock, flags);
	return room;
}

static unsigned int line_chars_in_buffer(struct tty_struct *tty)
{
	return kfifo_len(&tty_line(tty)->queue);
}

static void line_flush_buffer(struct tty_struct *tty)
{
	struct line *line = tty_line(tty);
	unsigned long flags;

	/* The end of a session is no reason to lose its last words. */
	if (test_bit(TTY_HUPPING, &tty->flags) || line->out.fd < 0)
		return;
	spin_lock_irqsave(&line->lock, flags);
	kfifo_reset_out(&line->queue);
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
	line_listen_locked(line);
	spin_unlock_irqrestore(&line->lock, flags);
}

static const struct tty_operations line_tty_ops = {
	.open		= line_open,
	.close		= line_close,
	.hangup		= line_hangup,
	.write		= line_write,
	.flush_chars	= line_flush_chars,
	.write_room	= line_write_room,
	.chars_in_buffer = line_chars_in_buffer,
	.flush_buffer	= line_flush_buffer,
	.throttle	= line_throttle,
	.unthrottle	= line_unthrottle,
};

/* Set-up */

static struct line_driver drivers[DRIVERS] = {
	[CON] = {
		.option		= "con",
		.name		= "tty",
		.minor		= 0,
		.type		= TTY_DRIVER_TYPE_CONSOLE,
		.subtype	= SYSTEM_TYPE_CONSOLE,
		.console = {
			.name	= "tty",
			.write	= line_console_write,
			.device	= line_console_device,
			.setup	= line_console_setup,
			.flags	= CON_PRINTBUFFER,
			.index	= -1,
			.data	= &drivers[CON],
		},
	},
	[SSL] = {
		.option		= "ssl",
		.name		= "ttyS",
		.minor		= 64,
		.type		= TTY_DRIVER_TYPE_SERIAL,
		.subtype	= SERIAL_TYPE_NORMAL,
		.console = {
			.name	= "ttyS",
			.write	= line_console_write,
			.device	= line_console_device,
			.setup	= line_console_setup,
			.flags	= CON_PRINTBUFFER,
			.index	= -1,
			.data	= &drivers[SSL],
		},
	},
};

/* <n>=<channels>, or =<channels> for all lines of which nothing is said. */
static int __init line_option(struct line_driver *driver, char *arg)
{
	unsigned long n;
	char *end = arg;

	if (isdigit(*arg)) {
		n = simple_strtoul(arg, &end, 10);
		if (*end != '=')
			return 0;
		if (n >= LINES)
			um_die("%s%s: there are only %s0 to %s%d", driver->option, arg,
			       driver->option, driver->option, LINES - 1);
		driver->specs[n] = end + 1;
		return 1;
	}
	if (*arg != '=')
		return 0;	/* an option that begins alike: console= */
	driver->others = arg + 1;
	return 1;
}

static int __init con_option(char *arg)
{
	return line_option(&drivers[CON], arg);
}
__setup("con", con_option);

static int __init ssl_option(char *arg)
{
	return line_option(&drivers[SSL], arg);
}
__setup("ssl", ssl_option);

static void __init line_create(struct line_driver *driver, unsigned int index, const char *spec)
{
	struct line *line = kzalloc(sizeof(*line), GFP_KERNEL);
	char name[16];

	if (!line)
		panic("no memory for %s%u\n", driver->name, index);
	snprintf(name, sizeof(name), "%s%u", driver->option, index);
	if (!chan_open_pair(name, spec, &line->in, &line->out)) {
		kfree(line);
		return;
	}
	if (line->out.fd >= 0 && kfifo_alloc(&line->queue, QUEUE_SIZE, GFP_KERNEL))
		panic("no memory for %s%u\n", driver->name, index);
	line->driver = driver;
	line->index = index;
	line->ended = line->in.fd < 0;
	spin_lock_init(&line->lock);
	timer_setup(&line->push_timer, line_push_timer, 0);
	INIT_DELAYED_WORK(&line->in_work, line_in_work);
	INIT_WORK(&line->resize_work, line_resize_work);
	tty_port_init(&line->port);
	line->port.ops = &line_port_ops;
	/* What is queued goes out after closing as well. */
	line->port.closing_wait = ASYNC_CLOSING_WAIT_NONE;
	driver->lines[index] = line;
}

/* Open the channels, for they can be opened only now; and show the log. */
static int __init line_console_init(void)
{
	struct line_driver *driver;
	unsigned int i;

	if (!drivers[CON].others && !drivers[CON].specs[0])
		drivers[CON].specs[0] = "fd:0,fd:1";
	for (driver = drivers; driver < drivers + DRIVERS; driver++) {
		for (i = 0; i < LINES; i++) {
			const char *spec = driver->specs[i] ?: driver->others;

			if (spec)
				line_create(driver, i, spec);
		}
	}
	for (driver = drivers; driver < drivers + DRIVERS; driver++)
		register_console(&driver->console);
	return 0;
}
console_initcall(line_console_init);

/* A channel that is always ready (a file) has no interrupt: 0. */
static int __init line_irq(struct line *line, int fd, irq_handler_t handler)
{
	int irq;

	if (fd < 0)
		return 0;
	irq = request_fd_irq(fd, 0, handler, line->driver->name, line);
	if (irq < 0 && irq != -EPERM)
		pr_err("%s%u: no interrupt: %pe\n", line->driver->name, line->index, ERR_PTR(irq));
	return max(irq, 0);
}

static int __init line_register(struct line_driver *driver)
{
	struct tty_driver *tty;
	unsigned int i;
	int err;

	tty = tty_alloc_driver(LINES, TTY_DRIVER_REAL_RAW | TTY_DRIVER_DYNAMIC_DEV);
	if (IS_ERR(tty))
		return PTR_ERR(tty);
	tty->driver_name = driver->option;
	tty->name = driver->name;
	tty->major = TTY_MAJOR;
	tty->minor_start = driver->minor;
	tty->type = driver->type;
	tty->subtype = driver->subtype;
	tty->init_termios = tty_std_termios;
	tty->init_termios.c_iflag |= IUTF8;
	tty->init_termios.c_cflag |= CLOCAL;
	tty_set_operations(tty, &line_tty_ops);
	err = tty_register_driver(tty);
	if (err) {
		tty_driver_kref_put(tty);
		return err;
	}
	driver->tty = tty;

	for (i = 0; i < LINES; i++) {
		struct line *line = driver->lines[i];
		struct device *device;

		if (!line)
			continue;
		line->in_irq = line_irq(line, line->in.fd, line_in_interrupt);
		line->out_irq = line_irq(line, line->out.fd, line_out_interrupt);
		device = tty_port_register_device(&line->port, tty, i, NULL);
		if (IS_ERR(device))
			pr_err("no %s%u: %pe\n", driver->name, i, device);
		/* What the host had no room for so far has had no interrupt. */
		line_push(line);
	}
	return 0;
}

static int __init line_init(void)
{
	struct line_driver *driver;
	int err;

	for (driver = drivers; driver < drivers + DRIVERS; driver++) {
		err = line_register(driver);
		if (err)
			pr_err("no %s: %pe\n", driver->name, ERR_PTR(err));
	}
	return 0;
}
device_initcall(line_init);
