// SPDX-License-Identifier: GPL-2.0
/*
 * mconsole=notify:SOCKET: tell a program on the host what happens to the guest.
 *
 * Datagrams, upstream's: when the socket for commands is there (its path), when
 * the guest panics (the message), and what it writes to /proc/mconsole.  They go
 * out through the guest's own socket, so nothing has to be opened for them.
 */
#define pr_fmt(fmt) "mconsole: " fmt

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/panic_notifier.h>
#include <linux/proc_fs.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/end.h>
#include <asm/host.h>
#include "mconsole.h"

static const char *socket __initdata;
static u8 peer[HOST_PEER_LEN];
static unsigned int peer_len;
static int notify_fd = -1;

static int __init mconsole_option(char *arg)
{
	size_t n = str_has_prefix(arg, "notify:");

	if (!n || !arg[n])
		um_die("mconsole=%s: write mconsole=notify:SOCKET, with the path of a unix datagram socket",
		       arg);
	socket = arg + n;
	return 1;
}
__setup("mconsole=", mconsole_option);

static long notify(enum mc_event event, const void *data, size_t len)
{
	struct {
		u32 magic, version, event, len;
		char data[MC_DATA];
	} packet = {
		.magic = MC_MAGIC,
		.version = MC_VERSION,
		.event = event,
		.len = min_t(size_t, len, MC_DATA),
	};

	memcpy(packet.data, data, packet.len);
	return host_send_peer(notify_fd, &packet, offsetof(typeof(packet), data) + packet.len,
			      peer, peer_len);
}

static int on_panic(struct notifier_block *nb, unsigned long event, void *message)
{
	notify(MC_PANIC, message, strlen(message));
	return NOTIFY_DONE;
}

/* Runs before the notifier that ends the machine. */
static struct notifier_block panic_block = {
	.notifier_call = on_panic,
	.priority = INT_MAX,
};

static ssize_t user_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	char data[MC_DATA];
	size_t n = min(len, sizeof(data));
	long ret;

	if (copy_from_user(data, text, n))
		return -EFAULT;
	ret = notify(MC_USER, data, n);
	return ret < 0 ? ret : n;
}

static const struct proc_ops user_ops = {
	.proc_write	= user_write,
	.proc_lseek	= noop_llseek,
};

void __init mc_notify_open(int fd, const char *path)
{
	long ret;

	if (!socket)
		return;
	if (fd < 0)
		um_die("mconsole=notify:%s: the guest needs a name for that: add umid=NAME",
		       socket);
	ret = host_unix_address(socket, peer);
	if (ret < 0)
		um_die("mconsole=notify:%s: this is too long for the name of a socket", socket);
	peer_len = ret;
	notify_fd = fd;
	ret = notify(MC_SOCKET, path, strlen(path));
	if (ret < 0)
		pr_warn("nobody listens on %s: %pe\n", socket, ERR_PTR(ret));
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
}

static int __init notify_init(void)
{
	if (notify_fd >= 0 && !proc_create("mconsole", 0200, NULL, &user_ops))
		pr_err("no /proc/mconsole\n");
	return 0;
}
device_initcall(notify_init);
