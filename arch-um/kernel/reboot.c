// SPDX-License-Identifier: GPL-2.0
/*
 * The end of the machine: see asm/end.h.
 */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/panic.h>
#include <linux/panic_notifier.h>
#include <linux/reboot.h>
#include <linux/string.h>
#include <asm/boot.h>
#include <asm/end.h>
#include <asm/host.h>
#include <asm/setup.h>

/* Exit status where the guest did not set /proc/exitcode */
#define STATUS_BAD_INPUT	1
#define STATUS_HALT		96
#define STATUS_NO_INIT		97
#define STATUS_NO_ROOT		98
#define STATUS_PANIC		99

/* its being set is what makes power off possible: kernel_can_power_off() */
void (*pm_power_off)(void) = machine_power_off;
EXPORT_SYMBOL(pm_power_off);

int uml_exitcode;

static RAW_NOTIFIER_HEAD(end_chain);

void um_end_register(struct notifier_block *nb)
{
	raw_notifier_chain_register(&end_chain, nb);
}

/* Every end of the machine.  @line, if not NULL, goes to the host's stderr. */
static void __noreturn end(enum um_end how, int status, const char *line)
{
	static bool ending;

	/* What is done at the end may panic, too. */
	if (!ending) {
		ending = true;
		raw_notifier_call_chain(&end_chain, how, NULL);
	}
	if (line) {
		/* A raw terminal would show it askew. */
		host_tty_restore();
		host_write(2, line, strlen(line));
	}
	if (how == UM_END_RESTART) {
		host_timer_arm(0);
		host_aio_drain();
		restart_image();
	}
	host_remove_sockets();
	host_exit(status);
}

void machine_power_off(void)
{
	end(UM_END_EXIT, uml_exitcode, NULL);
}

void machine_halt(void)
{
	end(UM_END_EXIT, uml_exitcode ?: STATUS_HALT, NULL);
}

void machine_restart(char *command)
{
	end(UM_END_RESTART, 0, NULL);
}

void um_die(const char *fmt, ...)
{
	static char line[512];
	va_list ap;
	int n;

	n = scnprintf(line, sizeof(line), "linux: ");
	va_start(ap, fmt);
	n += vscnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	line[n] = '\n';
	line[n + 1] = 0;
	end(UM_END_EXIT, STATUS_BAD_INPUT, line);
}

/*
 * Panics that say no more than that the guest was given nothing to run: scripts
 * tell them from a crash by the exit status, people by a line on stderr. The
 * texts are those of init/do_mounts.c and init/main.c.
 */
static const struct unbootable {
	const char *begins;
	int status;
	const char *advice;
} unbootable[] = {
	{ "VFS: Unable to mount root fs", STATUS_NO_ROOT,
	  "root= must name a disk that holds a file system" },
	{ "Requested init ", STATUS_NO_INIT,
	  "init= must name a program that the root file system holds" },
	{ "No working init found", STATUS_NO_INIT,
	  "the root file system must hold an init, or init= name another program" },
};

static void __noreturn end_unbootable(const struct unbootable *why, const char *message)
{
	static char line[512];

	scnprintf(line, sizeof(line), "linux: %s: %s\n", message, why->advice);
	end(UM_END_EXIT, why->status, line);
}

/* With panic= the generic code waits and restarts; without, this is the end. */
static int on_panic(struct notifier_block *nb, unsigned long event, void *message)
{
	int i;

	if (panic_timeout)
		return NOTIFY_DONE;
	for (i = 0; i < ARRAY_SIZE(unbootable); i++)
		if (strstarts(message, unbootable[i].begins))
			end_unbootable(&unbootable[i], message);
	end(UM_END_EXIT, STATUS_PANIC, NULL);
}

static struct notifier_block panic_block = {
	.notifier_call = on_panic,
	.priority = INT_MIN,
};

void __init panic_init(void)
{
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
}
