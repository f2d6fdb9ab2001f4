// SPDX-License-Identifier: GPL-2.0
/*
 * The kinds of devices that come and go.
 */
#include <linux/init.h>
#include <linux/string.h>
#include <asm/hotplug.h>

static LIST_HEAD(kinds);	/* complete before there is anybody who could look */

void __init um_device_kind_register(struct um_device_kind *kind)
{
	list_add_tail(&kind->list, &kinds);
}

struct um_device_kind *um_device_kind_find(char *text, char **rest)
{
	struct um_device_kind *kind;

	list_for_each_entry(kind, &kinds, list) {
		size_t len = str_has_prefix(text, kind->name);

		if (len) {
			*rest = text + len;
			return kind;
		}
	}
	return NULL;
}
