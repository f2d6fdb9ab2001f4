// SPDX-License-Identifier: GPL-2.0
/*
 * The ends of the machine.
 */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/panic.h>
#include <linux/panic_notifier.h>
#include <linux/reboot.h>
#include <linux/string.h>
#include <asm/boot.h>
#include <asm/drivers.h>
#include <asm/host.h>
#include <asm/setup.h>

/* Exit status where the guest did not set /proc/exitcode */
#define STATUS_HALT	96
#define STATUS_NO_INIT	97
#define STATUS_NO_ROOT	98
#define STATUS_PANIC	99

/* its being set is what makes power off possible: kernel_can_power_off() */
void (*pm_power_off)(void) = machine_power_off;
EXPORT_SYMBOL(pm_power_off);

static void __noreturn end(int status)
{
	um_console_drain();
	um_mconsole_end("The guest has ended");
	um_umid_cleanup();
	host_remove_sockets();
	host_exit(status);
}

void machine_power_off(void)
{
	end(uml_exitcode);
}

void machine_halt(void)
{
	end(uml_exitcode ?: STATUS_HALT);
}

void machine_restart(char *command)
{
	um_console_drain();
	um_mconsole_end("The guest starts anew");
	host_timer_arm(0);
	host_aio_drain();
	restart_image();
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
	int n = scnprintf(line, sizeof(line), "linux: %s: %s\n", message, why->advice);

	um_console_drain();
	host_tty_restore();
	host_write(2, line, n);
	end(why->status);
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
	end(STATUS_PANIC);
}

static struct notifier_block panic_block = {
	.notifier_call = on_panic,
	.priority = INT_MIN,
};

void __init panic_init(void)
{
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
}
