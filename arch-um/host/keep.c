// SPDX-License-Identifier: GPL-2.0
/*
 * What outlives a restart of the machine.
 *
 * A restart begins the kernel's memory anew in the same process, and the lock
 * still holds: the next kernel cannot open anything.  But it has the same command
 * line and asks for the same things.  So the first kernel's [boot] calls write
 * down what they got, in struct boot_info, and those of later kernels take it from
 * there, in the same order where several asked for the same.
 */
#include <stddef.h>
#include <string.h>
#include "../include/asm/boot.h"
#include "../include/asm/host.h"
#include "keep.h"
#include "syscall.h"

static int is_fd(const struct host_kept_item *item)
{
	switch (item->what) {
	case KEPT_OPEN:
	case KEPT_PRIVATE:
	case KEPT_SHARED:
	case KEPT_EVENTFD:
	case KEPT_EPOLL:
	case KEPT_LISTEN:
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

int kept_after_restart(void)
{
	return boot_info->reboots > 0;
}

int kept_recall(enum kept_what what, unsigned int arg, const char *name, long *value)
{
	struct host_kept *kept = &boot_info->kept;
	struct host_kept_item *item;

	if (!kept_after_restart())
		return 0;
	*value = -ENOENT;
	for (item = kept->item; item < kept->item + kept->nr; item++) {
		if (item->what == what && item->arg == arg && item->taken < boot_info->reboots &&
		    !strcmp(kept->text + item->name, name)) {
			item->taken = boot_info->reboots;
			*value = item->value;
			break;
		}
	}
	return 1;
}

long kept_record(enum kept_what what, unsigned int arg, const char *name, long value)
{
	struct host_kept *kept = &boot_info->kept;
	unsigned long len = strlen(name) + 1;

	if (value < 0)
		return value;
	/* What has no name takes no room: the end of the last name will do. */
	if (len == 1 && kept->text_used)
		kept->text_used--;
	if (kept->nr == HOST_KEPT || len > HOST_KEPT_TEXT - kept->text_used)
		return -ENFILE;
	memcpy(kept->text + kept->text_used, name, len);
	kept->item[kept->nr++] = (struct host_kept_item) {
		.what = what,
		.arg = arg,
		.name = kept->text_used,
		.value = value,
	};
	kept->text_used += len;
	return value;
}

static struct host_kept_item *find(enum kept_what what, unsigned int arg)
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
	struct host_kept_item *item = find(what, arg);

	if (item)
		item->value = value;
	else
		kept_record(what, arg, "", value);
}

long kept_get(enum kept_what what, unsigned int arg)
{
	struct host_kept_item *item = find(what, arg);

	return item ? item->value : 0;
}

/* Is @item about the descriptor @fd, or @fd itself? */
static int concerns(const struct host_kept_item *item, int fd)
{
	switch (item->what) {
	case KEPT_NET_CONNECTED:
	case KEPT_NET_OFFLOAD:
	case KEPT_NET_KIND:
	case KEPT_NET_NOTE:
		return item->arg == (unsigned int)fd;
	default:
		return is_fd(item) && item->value == fd;
	}
}

void kept_forget(int fd)
{
	struct host_kept *kept = &boot_info->kept;
	unsigned int i, left = 0;

	for (i = 0; i < kept->nr; i++)
		if (!concerns(&kept->item[i], fd))
			kept->item[left++] = kept->item[i];
	kept->nr = left;
}

int kept_file(const char *name)
{
	struct host_kept *kept = &boot_info->kept;
	struct host_kept_item *item;

	for (item = kept->item; item < kept->item + kept->nr; item++)
		if (item->what == KEPT_OPEN && !strcmp(kept->text + item->name, name))
			return item->value;
	return -ENOENT;
}

int kept_next_fd(unsigned int *i)
{
	struct host_kept *kept = &boot_info->kept;

	while (*i < kept->nr) {
		struct host_kept_item *item = &kept->item[(*i)++];

		if (is_fd(item))
			return item->value;
	}
	return -1;
}
