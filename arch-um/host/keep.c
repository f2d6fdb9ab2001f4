// SPDX-License-Identifier: GPL-2.0
/*
 * What outlives a restart of the machine.
 *
 * A restart begins the kernel's memory anew in the same process, which stays
 * confined: the next kernel cannot open anything.  But it has the same command
 * line and asks for the same things.  So the first kernel's [boot] calls write
 * down what they got, in struct boot_info, and those of later kernels take it from
 * there, in the same order where several asked for the same.
 *
 * What is opened once the process is confined (hotplug=) is nothing that a next
 * kernel asks for: it is closed before a restart.  What was opened at the start and is closed later
 * will be asked for again, by the next kernel or when it is plugged in again.
 * Where hotplug= allows it, it is opened anew then; where not, its descriptor
 * stays open meanwhile.
 */
#include <stddef.h>
#include <string.h>
#include "../include/asm/boot.h"
#include "../include/asm/host.h"
#include "keep.h"
#include "syscall.h"

/* The owner of an item, instead of a number of kernels. */
#define FREE	(~0U)		/* none: the item was given back */
#define LATE	(~1U)		/* this kernel; opened once confined */

#define CLOSED	(-1L)		/* value of a descriptor that is to be opened anew */

static int confined;		/* the start is over */
static int may_open, may_connect;	/* still, because hotplug= says so */

static int is_fd(unsigned int what)
{
	switch (what) {
	case KEPT_OPEN:
	case KEPT_UNNAMED:
	case KEPT_FOLDER:
	case KEPT_IN_FOLDER:
	case KEPT_PRIVATE:
	case KEPT_SHARED:
	case KEPT_EVENTFD:
	case KEPT_EPOLL:
	case KEPT_LISTEN:
	case KEPT_CLIENT:
	case KEPT_PTY:
	case KEPT_PTY_PEER:
	case KEPT_NET_CONNECT:
	case KEPT_NET_LISTEN:
	case KEPT_NET_PEER:
	case KEPT_NET_DATAGRAMS:
	case KEPT_NET_SWITCH:
	case KEPT_NET_CONTROL:
	case KEPT_NET_TAP:
		return 1;
	default:
		return 0;
	}
}

/* Is the name that of a socket's file? */
static int is_bound(const struct host_kept_item *item)
{
	switch (item->what) {
	case KEPT_LISTEN:
		return boot_info->kept.text[item->name];	/* TCP has none */
	case KEPT_NET_LISTEN:
	case KEPT_NET_DATAGRAMS:
	case KEPT_NET_SRC:
		return 1;
	default:
		return 0;
	}
}

/*
 * A socket's file is removed with it: to find out later that it is left over would
 * take a connect().  It may have been removed before, and its name be that of a newer
 * socket.  0, or -errno if it is still there.
 */
static int remove_name(const struct host_kept_item *item)
{
	struct host_kept *kept = &boot_info->kept;
	struct host_kept_item *other;
	int err;

	if (!is_bound(item))
		return -EINVAL;
	for (other = kept->item; other < kept->item + kept->nr; other++)
		if (other != item && other->name == item->name && is_bound(other) &&
		    other->value != CLOSED)
			return 0;
	err = host_unlink(kept->text + item->name);
	return err == -ENOENT ? 0 : err;
}

/*
 * What was opened at the start is to be closed.  Can it be opened again?  A socket
 * can where its file may be removed.
 */
static int reopens(const struct host_kept_item *item)
{
	switch (item->what) {
	case KEPT_UNNAMED:
	case KEPT_FOLDER:
	case KEPT_IN_FOLDER:
	case KEPT_PRIVATE:	/* what we were given stays open anyway, and a stream goes on */
	case KEPT_SHARED:
	case KEPT_PTY:
	case KEPT_PTY_PEER:
	case KEPT_NET_TAP:
		return 0;
	case KEPT_LISTEN:
	case KEPT_NET_LISTEN:
		return may_open && !remove_name(item);
	case KEPT_NET_DATAGRAMS:
		return may_connect && !remove_name(item);
	case KEPT_NET_CONNECT:
	case KEPT_NET_SWITCH:
	case KEPT_NET_CONTROL:
		return may_connect;
	default:
		return may_open;
	}
}

/* Descriptors that a confined process gets, and that the next kernel finds all the same. */
static int outlives(unsigned int what)
{
	return what == KEPT_CLIENT || what == KEPT_NET_PEER;
}

int kept_after_restart(void)
{
	return boot_info->reboots > 0;
}

int kept_confined(void)
{
	return confined;
}

void kept_confine(int opens, int connects)
{
	confined = 1;
	may_open = opens;
	may_connect = connects;
}

/* What can be handed out, or what has to be opened anew. */
static struct host_kept_item *find(enum kept_what what, unsigned int arg, const char *name,
				   int closed)
{
	struct host_kept *kept = &boot_info->kept;
	struct host_kept_item *item;

	for (item = kept->item; item < kept->item + kept->nr; item++) {
		if (item->what != what || item->arg != arg || strcmp(kept->text + item->name, name))
			continue;
		if (closed != (item->value == CLOSED))
			continue;
		if (closed || item->taken == FREE ||
		    (confined ? !is_fd(what) : item->taken < boot_info->reboots))
			return item;
	}
	return NULL;
}

int kept_recall(enum kept_what what, unsigned int arg, const char *name, long *value)
{
	struct host_kept_item *item;

	if (!confined && !kept_after_restart())
		return 0;
	item = find(what, arg, name, 0);
	if (item) {
		item->taken = boot_info->reboots;
		*value = item->value;
		return 1;
	}
	*value = -ENOENT;
	return !confined && !find(what, arg, name, 1);
}

/* Where @name lies in the text: items share it.  Or -ENFILE. */
static long take_name(const char *name)
{
	struct host_kept *kept = &boot_info->kept;
	unsigned long len = strlen(name) + 1;
	unsigned int at;

	for (at = 0; at < kept->text_used; at += strlen(kept->text + at) + 1)
		if (!strcmp(kept->text + at, name))
			return at;
	if (len > HOST_KEPT_TEXT - at)
		return -ENFILE;
	memcpy(kept->text + at, name, len);
	kept->text_used += len;
	return at;
}

/* Descriptors may come and go for ever, so the names of those that are gone go too. */
static void leave_name(unsigned int at)
{
	struct host_kept *kept = &boot_info->kept;
	unsigned int len = strlen(kept->text + at) + 1, i;

	for (i = 0; i < kept->nr; i++)
		if (kept->item[i].name == at)
			return;
	kept->text_used -= len;
	memmove(kept->text + at, kept->text + at + len, kept->text_used - at);
	for (i = 0; i < kept->nr; i++)
		if (kept->item[i].name > at)
			kept->item[i].name -= len;
}

static struct host_kept_item *add(enum kept_what what, unsigned int arg, const char *name)
{
	struct host_kept *kept = &boot_info->kept;
	long at = kept->nr == HOST_KEPT ? -ENFILE : take_name(name);

	if (at < 0)
		return NULL;
	kept->item[kept->nr] = (struct host_kept_item) {
		.what = what,
		.arg = arg,
		.name = at,
	};
	return &kept->item[kept->nr++];
}

static void drop(struct host_kept_item *item)
{
	struct host_kept *kept = &boot_info->kept;
	unsigned int name = item->name;

	kept->nr--;
	memmove(item, item + 1, (char *)&kept->item[kept->nr] - (char *)item);
	leave_name(name);
}

long kept_record(enum kept_what what, unsigned int arg, const char *name, long value)
{
	struct host_kept_item *item;

	if (value < 0)
		return value;
	item = find(what, arg, name, 1);
	if (item) {
		item->taken = boot_info->reboots;
	} else {
		item = add(what, arg, name);
		if (!item)
			return -ENFILE;
		item->taken = confined && is_fd(what) && !outlives(what) ? LATE : boot_info->reboots;
	}
	item->value = value;
	return value;
}

static struct host_kept_item *find_fd(int fd)
{
	struct host_kept *kept = &boot_info->kept;
	struct host_kept_item *item;

	for (item = kept->item; item < kept->item + kept->nr; item++)
		if (is_fd(item->what) && item->value == fd)
			return item;
	return NULL;
}

int kept_next(enum kept_what what, unsigned int arg, const char **name, long *value)
{
	struct host_kept *kept = &boot_info->kept;
	struct host_kept_item *item;

	for (item = kept->item; item < kept->item + kept->nr; item++) {
		if (item->what == what && item->arg == arg && item->taken < boot_info->reboots) {
			item->taken = boot_info->reboots;
			*name = kept->text + item->name;
			*value = item->value;
			return 1;
		}
	}
	return 0;
}

void kept_rename(int fd, const char *name)
{
	struct host_kept_item *item = find_fd(fd);
	unsigned int old;
	long at;

	if (!item)
		return;
	at = take_name(name);
	if (at < 0)
		return;
	old = item->name;
	item->name = at;
	leave_name(old);
}

static struct host_kept_item *find_value(enum kept_what what, unsigned int arg)
{
	struct host_kept *kept = &boot_info->kept;
	struct host_kept_item *item;

	for (item = kept->item; item < kept->item + kept->nr; item++)
		if (item->what == what && item->arg == arg)
			return item;
	return NULL;
}

void kept_set(enum kept_what what, unsigned int arg, long value)
{
	struct host_kept_item *item = find_value(what, arg);

	if (item)
		item->value = value;
	else
		kept_record(what, arg, "", value);
}

int kept_is_named(enum kept_what what, unsigned int arg, const char *name)
{
	struct host_kept_item *item = find_value(what, arg);

	return item && !strcmp(boot_info->kept.text + item->name, name);
}

long kept_get(enum kept_what what, unsigned int arg)
{
	struct host_kept_item *item = find_value(what, arg);

	return item ? item->value : 0;
}

/* What is known of a descriptor that is to be closed. */
static void drop_notes(int fd)
{
	static const enum kept_what notes[] = {
		KEPT_DIO_ALIGN, KEPT_NET_CONNECTED, KEPT_NET_SRC, KEPT_NET_OFFLOAD, KEPT_NET_KIND,
		KEPT_NET_NOTE,
	};
	struct host_kept_item *item;
	unsigned int i;

	for (i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		item = find_value(notes[i], fd);
		if (item) {
			remove_name(item);
			drop(item);
		}
	}
}

void kept_free(int fd)
{
	struct host_kept_item *item = find_fd(fd);

	if (item)
		item->taken = FREE;
}

int kept_forget(int fd)
{
	struct host_kept_item *item = find_fd(fd);
	int late;

	if (!item) {
		/* nobody's, but its number will be another's */
		drop_notes(fd);
		return 0;
	}
	late = !confined || item->taken == LATE || outlives(item->what);
	if (!late && !reopens(item)) {
		item->taken = FREE;
		return 1;
	}
	if (late)
		remove_name(item);
	drop_notes(fd);
	item = find_fd(fd);
	if (late)
		drop(item);
	else
		item->value = CLOSED;
	return 0;
}

static struct host_kept_item *find_late(void)
{
	struct host_kept *kept = &boot_info->kept;
	struct host_kept_item *item;

	for (item = kept->item; item < kept->item + kept->nr; item++)
		if (item->taken == LATE)
			return item;
	return NULL;
}

static void close_item(struct host_kept_item *item)
{
	long fd = item->value;

	remove_name(item);
	drop(item);
	drop_notes(fd);
	host_syscall1(__NR_close, fd);
}

void kept_drop_late(void)
{
	struct host_kept_item *item;

	while ((item = find_late())) {
		long fd = item->value;

		close_item(item);
		/* nobody will ask for connections that came by it */
		while ((item = find_value(KEPT_CLIENT, fd)) ||
		       (item = find_value(KEPT_NET_PEER, fd)))
			close_item(item);
	}
}

void host_remove_sockets(void)
{
	struct host_kept *kept = &boot_info->kept;
	struct host_kept_item *item;

	for (item = kept->item; item < kept->item + kept->nr; item++)
		if (item->value != CLOSED)
			remove_name(item);
}

int kept_file(const char *name)
{
	struct host_kept *kept = &boot_info->kept;
	struct host_kept_item *item;

	for (item = kept->item; item < kept->item + kept->nr; item++)
		if (item->what == KEPT_OPEN && item->value >= 0 && item->taken != LATE &&
		    !strcmp(kept->text + item->name, name))
			return item->value;
	return -ENOENT;
}

int kept_closed(const char *name)
{
	struct host_kept *kept = &boot_info->kept;
	struct host_kept_item *item;

	for (item = kept->item; item < kept->item + kept->nr; item++)
		if (item->what == KEPT_OPEN && item->value == CLOSED &&
		    !strcmp(kept->text + item->name, name))
			return 1;
	return 0;
}

int kept_next_fd(unsigned int *i, enum kept_what *what)
{
	struct host_kept *kept = &boot_info->kept;

	while (*i < kept->nr) {
		struct host_kept_item *item = &kept->item[(*i)++];

		if (is_fd(item->what) && item->value >= 0) {
			*what = item->what;
			return item->value;
		}
	}
	return -1;
}
