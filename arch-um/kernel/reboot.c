// SPDX-License-Identifier: GPL-2.0
/*
 * The ends of the machine.
 */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/panic.h>
#include <linux/panic_notifier.h>
#include <linux/reboot.h>
#include <asm/boot.h>
#include <asm/drivers.h>
#include <asm/host.h>
#include <asm/setup.h>

/* Exit status where the guest did not set /proc/exitcode */
#define STATUS_HALT	96
#define STATUS_PANIC	99

/* its being set is what makes power off possible: kernel_can_power_off() */
void (*pm_power_off)(void) = machine_power_off;
EXPORT_SYMBOL(pm_power_off);

static void __noreturn end(int status)
{
	um_console_drain();
	um_mconsole_end("The guest has ended");
	um_umid_cleanup();
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

/* With panic= the generic code waits and restarts; without, this is the end. */
static int on_panic(struct notifier_block *nb, unsigned long event, void *message)
{
	if (!panic_timeout)
		end(STATUS_PANIC);
	return NOTIFY_DONE;
}

static struct notifier_block panic_block = {
	.notifier_call = on_panic,
	.priority = INT_MIN,
};

void __init panic_init(void)
{
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
}
