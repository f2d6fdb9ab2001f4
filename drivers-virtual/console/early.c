// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's log before there is a console: it is kept, and shown by the first
 * console.  If the kernel panics before that, or with the option earlyprintk, it
 * goes to descriptor 1.
 */
#include <linux/console.h>
#include <linux/init.h>
#include <linux/kmsg_dump.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/time64.h>
#include <asm/drivers.h>
#include <asm/host.h>

#define STDOUT		1
#define PATIENCE_NS	(NSEC_PER_SEC / 10)	/* with a reader that does not read */

static void early_write(struct console *console, const char *text, unsigned int len)
{
	long n;

	/* Shared with the program that started us, which may have made it not wait. */
	while (len && host_wait_fd(STDOUT, HOST_POLLOUT, PATIENCE_NS) > 0) {
		n = host_write(STDOUT, text, len);
		if (n <= 0)
			break;
		text += n;
		len -= n;
	}
}

static struct console boot_console = {
	.name	= "early",
	.write	= early_write,
	.flags	= CON_BOOT | CON_PRINTBUFFER,
	.index	= -1,
};

static int __init early_option(char *arg)
{
	register_console(&boot_console);
	return 0;
}
early_param("earlyprintk", early_option);

static int early_panic(struct notifier_block *nb, unsigned long event, void *message)
{
	struct kmsg_dump_iter at;
	static char line[1024];
	size_t len;

	if (!hlist_empty(&console_list))
		return NOTIFY_DONE;
	kmsg_dump_rewind(&at);
	while (kmsg_dump_get_line(&at, false, line, sizeof(line), &len))
		early_write(NULL, line, len);
	return NOTIFY_DONE;
}

static struct notifier_block early_panic_block = {
	.notifier_call = early_panic,
	.priority = INT_MAX,
};

void __init um_console_early(void)
{
	atomic_notifier_chain_register(&panic_notifier_list, &early_panic_block);
}
