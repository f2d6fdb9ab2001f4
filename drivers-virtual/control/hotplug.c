// SPDX-License-Identifier: GPL-2.0
/*
 * The kinds of devices that come and go, and what may be opened for them.
 *
 * hotplug=FOLDER[,FOLDER...][,connect][,fd:N...]: files in these folders, and sockets
 * to listen on, can be opened while the guest runs.  fd:N: descriptor N stays open for
 * what is plugged in (boot/descriptors.c does it).  connect: sockets can be connected
 * to, anywhere on the host; see host/confine.c for why that is not to be had for less.
 */
#include <linux/err.h>
#include <linux/init.h>
#include <linux/string.h>
#include <asm/boot.h>
#include <asm/drivers.h>
#include <asm/end.h>
#include <asm/host.h>
#include <asm/hotplug.h>

static LIST_HEAD(kinds);	/* complete before mconsole takes commands */

static char folders[1024];	/* \0 behind each, one more at the end */
static size_t used;
static bool may_connect;

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

static void __init add_folder(const char *path)
{
	size_t len = strlen(path) + 1;
	int fd;

	if (used + len >= sizeof(folders))
		um_die("hotplug=%s: these are too many folders", path);
	memcpy(folders + used, path, len);
	used += len;
	if (boot_info->reboots)
		return;
	fd = host_open(path, HOST_O_READ | HOST_O_DIR);
	if (fd < 0)
		um_die("hotplug=%s: %s: name a folder that is there",
		       path, fd == -ENOENT ? "No such folder" :
		       fd == -ENOTDIR ? "It is not a folder" : "It cannot be opened");
	host_close(fd);
}

static int __init hotplug_option(char *arg)
{
	bool descriptors = false;
	char *name;

	while ((name = strsep(&arg, ","))) {
		if (!strcmp(name, "connect"))
			may_connect = true;
		else if (!strncmp(name, "fd:", 3))
			descriptors = true;
		else if (*name)
			add_folder(name);
	}
	if (!used && (may_connect || !descriptors))
		um_die("hotplug=: no folder is named");
	if (used && !boot_info->reboots && host_landlock_abi() < 1)
		um_die("hotplug=%s: this host has no Landlock, which keeps the guest to its folders: start linux without hotplug=",
		       folders);
	return 1;
}
__setup("hotplug=", hotplug_option);

const char *um_hotplug_hint(int err)
{
	if (err == -EPERM && !used)
		return "nothing can be opened any more: start linux with hotplug=FOLDER to allow that";
	if (err == -EPERM && !may_connect)
		return "to connect to sockets, start linux with hotplug=FOLDER,connect";
	if (err == -EACCES && used)
		return "what is to be opened must be a file, and lie in a folder of hotplug=";
	return NULL;
}

const char *um_hotplug_folders(void)
{
	return used ? folders : NULL;
}

bool um_hotplug_connects(void)
{
	return may_connect;
}
