// SPDX-License-Identifier: GPL-2.0
/*
 * Which lines there are: options, the kernel's consoles, and mconsole's commands.
 *
 *	con<n>=	/dev/tty<n>	consoles; con0 is fd:0,fd:1 if nothing else is said
 *	ssl<n>=	/dev/ttyS<n>	serial lines
 */
#define pr_fmt(fmt) "console: " fmt

#include <linux/ctype.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/major.h>
#include <linux/serial.h>
#include <linux/string.h>
#include <linux/tty_driver.h>
#include <asm/boot.h>
#include <asm/drivers.h>
#include <asm/end.h>
#include <asm/hotplug.h>
#include "line.h"

/* The kernel's console: printk */

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

	if (!line || !line->ring)
		return;
	/* The lock may be held by the code that crashed. */
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

struct line_driver line_drivers[DRIVERS] = {
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
			.data	= &line_drivers[CON],
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
			.data	= &line_drivers[SSL],
		},
	},
};

/* Options */

/* The number that @text begins with, and what follows.  -EINVAL: none, -ERANGE: no such line. */
static int line_number(const char *text, char **rest)
{
	unsigned long n;

	if (!isdigit(*text))
		return -EINVAL;
	n = simple_strtoul(text, rest, 10);
	return n < LINES ? n : -ERANGE;
}

/* <n>=<channels>, or =<channels> for all lines without an option of their own. */
static int __init line_option(struct line_driver *driver, char *arg)
{
	char *rest = arg;
	int n = line_number(arg, &rest);

	if (*rest != '=')
		return 0;	/* an option that begins alike: console= */
	if (n == -ERANGE)
		um_die("%s%s: there are only %s0 to %s%d", driver->option, arg, driver->option,
		       driver->option, LINES - 1);
	if (n < 0)
		driver->others = rest + 1;
	else
		driver->specs[n] = rest + 1;
	return 1;
}

static int __init con_option(char *arg)
{
	return line_option(&line_drivers[CON], arg);
}
__setup("con", con_option);

static int __init ssl_option(char *arg)
{
	return line_option(&line_drivers[SSL], arg);
}
__setup("ssl", ssl_option);

/* Open what @spec says, for a new line or in place of what the line has. */
static int line_configure(struct line_driver *driver, unsigned int index, const char *spec,
			  struct seq_buf *why)
{
	struct line *line = driver->lines[index];
	LIST_HEAD(chans);
	char name[8];
	int err;

	snprintf(name, sizeof(name), "%s%u", driver->option, index);
	err = chan_open_all(name, spec, &chans, why);
	if (err)
		return err;
	mutex_lock(&lines_mutex);
	if (line)
		err = line_change(line, spec, &chans);
	else if (!line_create(driver, index, spec, &chans))
		err = -ENOMEM;
	mutex_unlock(&lines_mutex);
	if (err) {
		chan_close_all(&chans);
		seq_buf_printf(why, "%s=%s: the guest has no memory left", name, spec);
	}
	return err;
}

static void __init line_at_boot(struct line_driver *driver, unsigned int index, const char *spec)
{
	static char text[400];
	struct seq_buf why;
	int err;

	if (!strcmp(spec, "none"))
		return;
	seq_buf_init(&why, text, sizeof(text));
	err = line_configure(driver, index, spec, &why);
	if (!err)
		return;
	/* What was removed before a restart cannot be opened any more. */
	if (!boot_info->reboots)
		um_die("%s", seq_buf_str(&why));
	pr_warn("%s\n", seq_buf_str(&why));
}

/* console= a line that there is not shows nothing, and init has no console. */
static void __init look_at_consoles(void)
{
	const char *at = boot_info->command_line, *name;
	struct line_driver *driver;
	unsigned int i;
	char *rest;
	int n;

	for (; (at = strstr(at, "console=")); at++) {
		if (at != boot_info->command_line && at[-1] != ' ')
			continue;
		name = at + strlen("console=");
		for (i = DRIVERS; i-- > 0;) {
			driver = &line_drivers[i];
			if (!strstarts(name, driver->name))
				continue;
			n = line_number(name + strlen(driver->name), &rest);
			if (n == -ERANGE || (n >= 0 && !driver->lines[n]))
				um_tell("console=%.*s: this line leads nowhere: give it a channel, as with %s%.*s=fd:0,fd:1",
					(int)strcspn(name, " ,"), name, driver->option,
					(int)strspn(name + strlen(driver->name), "0123456789"),
					name + strlen(driver->name));
			break;
		}
	}
}

/* Open the channels, for they can be opened only now; and show the log. */
static int __init line_console_init(void)
{
	struct line_driver *driver;
	unsigned int i;

	um_umid_claim();
	if (!line_drivers[CON].others && !line_drivers[CON].specs[0])
		line_drivers[CON].specs[0] = "fd:0,fd:1";
	for (driver = line_drivers; driver < line_drivers + DRIVERS; driver++) {
		for (i = 0; i < LINES; i++) {
			const char *spec = driver->specs[i] ?: driver->others;

			if (spec)
				line_at_boot(driver, i, spec);
		}
	}
	if (!boot_info->reboots)
		look_at_consoles();
	for (driver = line_drivers; driver < line_drivers + DRIVERS; driver++)
		register_console(&driver->console);
	line_output_start();
	return 0;
}
console_initcall(line_console_init);

/* Hot-plug */

static int no_such_line(const struct line_driver *driver, const char *unit, struct seq_buf *why)
{
	seq_buf_printf(why, "%s%s: there is no such line: %s0 to %s%d can be", driver->option,
		       unit, driver->option, driver->option, LINES - 1);
	return -ENODEV;
}

static int line_config(struct line_driver *driver, char *arg, struct seq_buf *why)
{
	char *rest = arg;
	int n = line_number(arg, &rest), err;
	struct line *line;

	if (n < 0 || *rest != '=')
		return no_such_line(driver, arg, why);
	if (!strcmp(rest + 1, "none")) {
		line = driver->lines[n];
		if (line)
			line_remove(line);
		return 0;
	}
	line = driver->lines[n];
	err = line_configure(driver, n, rest + 1, why);
	if (!err && !line)
		line_go_live(driver->lines[n]);
	return err;
}

static struct line *line_of_unit(struct line_driver *driver, const char *unit, struct seq_buf *why)
{
	char *rest;
	int n = line_number(unit, &rest);

	if (n < 0 || *rest)
		no_such_line(driver, unit, why);
	else if (!driver->lines[n])
		seq_buf_printf(why, "%s%s: it is not there: config %s%s=... makes it",
			       driver->option, unit, driver->option, unit);
	else
		return driver->lines[n];
	return NULL;
}

static int line_unplug(struct line_driver *driver, const char *unit, struct seq_buf *why)
{
	struct line *line = line_of_unit(driver, unit, why);

	if (!line)
		return -ENODEV;
	line_remove(line);
	return 0;
}

/* What it is; as upstream's, with the terminal that the host has given: pts:/dev/pts/3 */
static int line_get(struct line_driver *driver, const char *unit, struct seq_buf *answer)
{
	struct line *line = line_of_unit(driver, unit, answer);
	const char *word, *next;
	struct chan *chan;

	if (!line)
		return -ENODEV;
	mutex_lock(&lines_mutex);
	for (word = line->spec; *word; word = next) {
		next = strchrnul(word, ',');
		seq_buf_printf(answer, "%.*s", (int)(next - word), word);
		list_for_each_entry(chan, &line->chans, list)
			if (chan->device && !strncmp(word, chan->ops->name, next - word))
				seq_buf_printf(answer, ":%s", chan->device);
		if (*next)
			seq_buf_putc(answer, *next++);
	}
	mutex_unlock(&lines_mutex);
	return 0;
}

#define KIND(driver, prefix)							\
static int prefix##_config(char *arg, struct seq_buf *why)			\
{										\
	return line_config(&line_drivers[driver], arg, why);			\
}										\
static int prefix##_remove(const char *unit, struct seq_buf *why)		\
{										\
	return line_unplug(&line_drivers[driver], unit, why);			\
}										\
static int prefix##_get(const char *unit, struct seq_buf *answer)		\
{										\
	return line_get(&line_drivers[driver], unit, answer);			\
}										\
static struct um_device_kind prefix##_kind = {					\
	.name	= #prefix,							\
	.config	= prefix##_config,						\
	.remove	= prefix##_remove,						\
	.get	= prefix##_get,							\
}

KIND(CON, con);
KIND(SSL, ssl);

/* The tty drivers */

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
	tty->driver_state = driver;
	tty_set_operations(tty, &line_tty_ops);
	err = tty_register_driver(tty);
	if (err) {
		tty_driver_kref_put(tty);
		return err;
	}
	driver->tty = tty;

	for (i = 0; i < LINES; i++)
		if (driver->lines[i])
			line_go_live(driver->lines[i]);
	return 0;
}

static int __init line_init(void)
{
	struct line_driver *driver;
	int err;

	for (driver = line_drivers; driver < line_drivers + DRIVERS; driver++) {
		err = line_register(driver);
		if (err)
			pr_err("no %s: %pe\n", driver->name, ERR_PTR(err));
	}
	um_device_kind_register(&con_kind);
	um_device_kind_register(&ssl_kind);
	return 0;
}
device_initcall(line_init);
