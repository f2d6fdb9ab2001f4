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
	case KEPT_CLIENT:
	case KEPT_PTY:
	case KEPT_PTY_PEER:
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

void kept_rename(int fd, char letter)
{
	struct host_kept *kept = &boot_info->kept;
	struct host_kept_item *item;

	for (item = kept->item; item < kept->item + kept->nr; item++)
		if (is_fd(item) && item->value == fd && kept->text[item->name])
			kept->text[item->name] = letter;
}

/* Descriptors may come and go for ever, so their names must not pile up. */
static void forget_name(unsigned int at)
{
	struct host_kept *kept = &boot_info->kept;
	unsigned int len = strlen(kept->text + at) + 1, i;

	kept->text_used -= len;
	memmove(kept->text + at, kept->text + at + len, kept->text_used - at);
	for (i = 0; i < kept->nr; i++)
		if (kept->item[i].name > at)
			kept->item[i].name -= len;
}

void kept_forget(int fd)
{
	struct host_kept *kept = &boot_info->kept;
	unsigned int i;

	for (i = 0; i < kept->nr; i++) {
		if (is_fd(&kept->item[i]) && kept->item[i].value == fd) {
			forget_name(kept->item[i].name);
			kept->nr--;
			memmove(&kept->item[i], &kept->item[i + 1],
				(kept->nr - i) * sizeof(kept->item[0]));
			return;
		}
	}
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
