// SPDX-License-Identifier: GPL-2.0
/*
 * ubd<n><flags>=<file>,... at boot and by hot-plug: which disks there are.
 *
 * Files are opened while the command line is parsed: a name that is wrong ends the
 * process before anything else happens.
 */
#define pr_fmt(fmt) "ubd: " fmt

#include <linux/blkdev.h>
#include <linux/ctype.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/major.h>
#include <linux/mutex.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/boot.h>
#include <asm/end.h>
#include <asm/hotplug.h>
#include "ubd.h"

#define UBD_DISKS	64
#define UBD_LETTERS	26		/* disks that a letter can name */

static struct ubd *disks[UBD_DISKS];
/* For disks[], and for opening images. */
static DEFINE_MUTEX(disks_mutex);
static int aio_error = -ENODEV;		/* 0: the host gives asynchronous I/O */

/* Parsing */

static const struct {
	char letter;
	unsigned int flag;
} ubd_flags[] = {
	{ 'r', UBD_READ_ONLY },
	{ 's', UBD_SYNC },
	{ 'd', UBD_RAW },
	{ 'c', UBD_SHARED },
	{ 't', UBD_NO_TRIM },
	{ 'v', UBD_DISPOSABLE },
};

static bool all_sync;		/* upstream's ubd=sync: flag s for all disks */

static int __init ubd_common(char *arg)
{
	if (!arg || strcmp(arg, "sync"))
		um_die("ubd=%s: write ubd<n>=<file>, or ubd=sync for flag s on all disks", arg ?: "");
	all_sync = true;
	return 0;
}
early_param("ubd", ubd_common);

/* <n>, as a number or a letter; moves @arg behind it.  -1: neither. */
static int parse_unit(const char **arg)
{
	int n;

	if (islower(**arg))
		return *(*arg)++ - 'a';
	if (!isdigit(**arg))
		return -1;
	for (n = 0; isdigit(**arg) && n < UBD_DISKS; (*arg)++)
		n = n * 10 + **arg - '0';
	return n < UBD_DISKS ? n : -1;
}

static unsigned int parse_flag(char c)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ubd_flags); i++)
		if (ubd_flags[i].letter == c)
			return ubd_flags[i].flag;
	return 0;
}

/*
 * <n><flags>=<file>[,<backing file>[,<serial>]], where : does for a comma, and
 * "snapshot" for a backing file is flag v.
 * Writes to @arg, which stays as long as @o.
 */
static int parse(char *arg, struct ubd_option *o)
{
	const char *p = arg;
	char *rest;
	int unit = parse_unit(&p);

	o->name = arg;
	if (all_sync)
		o->flags |= UBD_SYNC;
	for (; unit >= 0 && parse_flag(*p); p++)
		o->flags |= parse_flag(*p);
	if (unit < 0 || *p != '=') {
		seq_buf_printf(o->why,
			       "ubd%s: write ubd<n><flags>=<file>, <n> from 0 to %d or a to z, flags of r s c d t v",
			       arg, UBD_DISKS - 1);
		return -EINVAL;
	}
	o->unit = unit;
	rest = arg + (p - arg);
	*rest++ = 0;
	o->path = strsep(&rest, ",:");
	o->backing = strsep(&rest, ",:");
	o->serial = strsep(&rest, ",:");
	if (o->backing && !*o->backing)
		o->backing = NULL;
	if (o->backing && !strcmp(o->backing, "snapshot")) {
		o->flags |= UBD_DISPOSABLE;
		o->backing = NULL;
	}
	if (!*o->path)
		return ubd_refuse(o, -EINVAL, ": no file is named");
	if (o->backing && o->flags & UBD_RAW)
		return ubd_refuse(o, -EINVAL,
				  "%s,%s: flag d is for a file without a backing file: leave out one of the two",
				  o->path, o->backing);
	if (disks[unit])
		return ubd_refuse(o, -EBUSY, "%s: this disk is %s already", o->path,
				  disks[unit]->option.path);
	return 0;
}

/* uml_mconsole puts its own folder before a relative name: take it off a name of the start. */
static char *name_at_start(char *path)
{
	const char *folder = host_getenv("PWD");
	size_t len = folder ? strlen(folder) : 0;
	struct host_stat st;

	if (len == 1)
		len = 0;	/* "/" has its slash already */
	if (!path || !folder || strncmp(path, folder, len) || path[len] != '/' ||
	    !host_stat(path, &st) || host_stat(path + len + 1, &st))
		return path;
	return path + len + 1;
}

/* uml_mconsole makes a path of each word, even of an empty one and of "snapshot". */
static void undo_mconsole(struct ubd_option *o)
{
	const char *word = o->backing ? kbasename(o->backing) : NULL;
	struct host_stat st;

	if (word && !strcmp(word, "snapshot") && host_stat(o->backing, &st)) {
		o->flags |= UBD_DISPOSABLE;
		o->backing = NULL;
	} else if (word && !*word) {
		o->backing = NULL;
	}
	o->path = name_at_start(o->path);
	o->backing = name_at_start(o->backing);
}

/* The disk that @arg asks for, not seen by the guest yet.  An ERR_PTR has a line in @why. */
static struct ubd *make_disk(char *arg, struct seq_buf *why)
{
	struct ubd *ubd = ubd_alloc(sizeof(*ubd));
	struct ubd_option *o = &ubd->option;
	unsigned int n;
	int err;

	o->why = why;
	err = parse(arg, o);
	if (!err && system_state >= SYSTEM_RUNNING)
		undo_mconsole(o);
	if (!err) {
		ubd->image = ubd_image_open(o);
		err = PTR_ERR_OR_ZERO(ubd->image);
	}
	if (err) {
		ubd_free(ubd);
		return ERR_PTR(err);
	}
	n = ubd->index = o->unit;
	if (n < UBD_LETTERS)
		snprintf(ubd->name, sizeof(ubd->name), "ubd%c", 'a' + n);
	else
		snprintf(ubd->name, sizeof(ubd->name), "ubd%c%c", 'a' + n / UBD_LETTERS - 1,
			 'a' + n % UBD_LETTERS);
	return ubd;
}

/* Show @ubd to the guest, or forget it. */
static int start_disk(struct ubd *ubd, struct seq_buf *why)
{
	struct ubd_option *o = &ubd->option;
	struct ubd_image *image = ubd->image;
	int err = 0;

	o->why = why;
	if (aio_error)
		err = ubd_refuse(o, aio_error,
				 "%s: the host refuses asynchronous I/O: raise its fs.aio-max-nr, or allow io_setup",
				 o->path);
	if (!err && image->ops->start)
		err = image->ops->start(image, o);
	if (!err) {
		err = ubd_disk_add(ubd);
		if (err)
			ubd_refuse(o, err, "%s: there is no disk for it: %pe", o->path,
				   ERR_PTR(err));
	}
	o->why = NULL;
	if (err) {
		image->ops->close(image);
		ubd_free(ubd);
	}
	return err;
}

/*
 * Opens the image, so that a name that is wrong ends the process before anything
 * else happens.
 */
static int __init ubd_setup(char *arg)
{
	static char line[512] __initdata;
	struct seq_buf why;
	struct ubd *ubd;

	if (*arg == '=')
		return 1;
	seq_buf_init(&why, line, sizeof(line));
	ubd = make_disk(arg, &why);
	if (!IS_ERR(ubd))
		disks[ubd->index] = ubd;
	else if (boot_info->reboots)
		/* It was removed, and cannot be opened any more: the guest goes on without it. */
		pr_warn("%s (it was removed before the restart)\n", seq_buf_str(&why));
	else
		um_die("%s", seq_buf_str(&why));
	return 1;
}
__setup("ubd", ubd_setup);

/* Hot-plug */

static int ubd_config(char *arg, struct seq_buf *why)
{
	char *text = kstrdup(arg, GFP_KERNEL);
	struct ubd *ubd;
	int err;

	if (!text)
		return -ENOMEM;
	mutex_lock(&disks_mutex);
	ubd = make_disk(text, why);
	err = PTR_ERR_OR_ZERO(ubd);
	if (!err)
		err = start_disk(ubd, why);
	if (!err)
		disks[ubd->index] = ubd;
	else
		kfree(text);
	mutex_unlock(&disks_mutex);
	return err;
}

/* Under disks_mutex. */
static struct ubd *find_disk(const char *unit, struct seq_buf *why)
{
	const char *p = unit;
	int n = parse_unit(&p);

	if (n < 0 || *p) {
		seq_buf_printf(why, "ubd%s: name a disk by its number or letter", unit);
		return NULL;
	}
	if (!disks[n])
		seq_buf_printf(why, "ubd%s: there is no such disk", unit);
	return disks[n];
}

static int ubd_remove(const char *unit, struct seq_buf *why)
{
	struct ubd *ubd;
	int err = 0;

	mutex_lock(&disks_mutex);
	ubd = find_disk(unit, why);
	if (!ubd) {
		err = -ENODEV;
	} else if (!ubd_disk_leave(ubd)) {
		seq_buf_printf(why, "ubd%s: %s is in use: unmount /dev/%s in the guest first",
			       unit, ubd->option.path, ubd->name);
		err = -EBUSY;
	} else {
		const char *text = ubd->option.name;

		disks[ubd->index] = NULL;
		ubd_disk_remove(ubd);
		ubd_free((void *)text);
	}
	mutex_unlock(&disks_mutex);
	return err;
}

static int ubd_get(const char *unit, struct seq_buf *answer)
{
	const struct ubd_option *o;
	struct ubd *ubd;

	mutex_lock(&disks_mutex);
	ubd = find_disk(unit, answer);
	if (ubd) {
		o = &ubd->option;
		seq_buf_puts(answer, o->path);
		if (o->backing || o->serial)
			seq_buf_printf(answer, ",%s", o->backing ?: "");
		if (o->serial)
			seq_buf_printf(answer, ",%s", o->serial);
	}
	mutex_unlock(&disks_mutex);
	return ubd ? 0 : -ENODEV;
}

static struct um_device_kind ubd_kind = {
	.name	= "ubd",
	.config	= ubd_config,
	.remove	= ubd_remove,
	.get	= ubd_get,
};

/* The guest ends in order: as with any disk, nothing stays in its cache. */
static int ubd_end(struct notifier_block *nb, unsigned long event, void *data)
{
	unsigned int i;

	for (i = 0; i < UBD_DISKS; i++)
		if (disks[i])
			ubd_disk_flush(disks[i]);
	return NOTIFY_DONE;
}

static struct notifier_block ubd_end_block = { .notifier_call = ubd_end };

static int __init ubd_init(void)
{
	static char line[512] __initdata;
	struct seq_buf why;
	unsigned int i;
	int err;

	err = register_blkdev(UBD_MAJOR, "ubd");
	if (err)
		return err;
	aio_error = ubd_aio_start();
	for (i = 0; i < UBD_DISKS; i++) {
		if (!disks[i])
			continue;
		seq_buf_init(&why, line, sizeof(line));
		if (!start_disk(disks[i], &why))
			continue;
		if (!boot_info->reboots)
			um_die("%s", seq_buf_str(&why));
		pr_warn("%s\n", seq_buf_str(&why));
		disks[i] = NULL;
	}
	register_reboot_notifier(&ubd_end_block);
	um_device_kind_register(&ubd_kind);
	return 0;
}
device_initcall(ubd_init);
