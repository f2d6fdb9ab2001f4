// SPDX-License-Identifier: GPL-2.0
/*
 * The end of the machine: see asm/end.h.
 */
#include <linux/atomic.h>
#include <linux/console.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kernel_stat.h>
#include <linux/kmsg_dump.h>
#include <linux/notifier.h>
#include <linux/panic.h>
#include <linux/panic_notifier.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/sched/stat.h>
#include <linux/signal.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/time64.h>
#include <linux/tick.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
#include <asm/boot.h>
#include <asm/end.h>
#include <asm/host.h>
#include <asm/setup.h>

/* Exit status where the guest did not set /proc/exitcode */
#define STATUS_BAD_INPUT	1
#define STATUS_LOST		1
#define STATUS_HALT		96
#define STATUS_NO_INIT		97
#define STATUS_NO_ROOT		98
#define STATUS_PANIC		99
#define STATUS_SIGNAL		128	/* and its number */

/* its being set is what makes power off possible: kernel_can_power_off() */
void (*pm_power_off)(void) = machine_power_off;
EXPORT_SYMBOL(pm_power_off);

int uml_exitcode;
bool uml_exitcode_written;

static int asked_by;		/* the signal that asked for the end */
static bool forced;		/* the guest did not end by itself */
static bool output_lost;
static int panic_status;	/* once there was one */
static bool noreboot;

static int __init noreboot_option(char *arg)
{
	noreboot = true;
	return 1;
}
__setup("noreboot", noreboot_option);

void um_output_lost(void)
{
	output_lost = true;
}

static RAW_NOTIFIER_HEAD(end_chain);

void um_end_register(struct notifier_block *nb)
{
	raw_notifier_chain_register(&end_chain, nb);
}

#define STDERR		2
#define TELL_PATIENCE	(NSEC_PER_SEC / 10)	/* with a reader that does not read */

/* A terminal that is raw wants a return, too. */
static void tell(const char *fmt, va_list ap)
{
	char line[512];
	int n;

	n = scnprintf(line, sizeof(line), "linux: ");
	n += vscnprintf(line + n, sizeof(line) - n - 2, fmt, ap);
	if (host_isatty(STDERR))
		line[n++] = '\r';
	line[n++] = '\n';
	if (host_wait_fd(STDERR, HOST_POLLOUT, TELL_PATIENCE) > 0)
		host_write(STDERR, line, n);
}

void um_tell(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(fmt, ap);
	va_end(ap);
}

/* Put in order what is left of the machine, and tell those that wait for its end. */
static void settle(enum um_end how)
{
	static bool ending;

	/* What is done at the end may panic, too. */
	if (ending)
		return;
	ending = true;
	raw_notifier_call_chain(&end_chain, how, NULL);
}

static void __noreturn end(int status)
{
	settle(UM_END_EXIT);
	host_remove_sockets();
	if (!status && output_lost)
		status = STATUS_LOST;
	host_exit(status);
}

void um_die(const char *fmt, ...)
{
	va_list ap;

	host_tty_restore();
	va_start(ap, fmt);
	tell(fmt, ap);
	va_end(ap);
	end(STATUS_BAD_INPUT);
}

/*
 * What the guest has set counts most.  A job that was ended because the host sent a
 * signal gives the status of a process that the signal has killed.
 */
static int status_or(int otherwise)
{
	if (panic_status)
		return panic_status;
	if (asked_by && (forced || !uml_exitcode_written) && !uml_exitcode &&
	    (boot_info->job || forced))
		return STATUS_SIGNAL + asked_by;
	return uml_exitcode ?: otherwise;
}

void machine_power_off(void)
{
	end(status_or(0));
}

void machine_halt(void)
{
	end(status_or(STATUS_HALT));
}

void machine_restart(char *command)
{
	if (noreboot)
		end(status_or(0));
	settle(UM_END_RESTART);
	host_timer_arm(0);
	host_aio_drain();
	restart_image();
}

/*
 * The host asks for the end by a signal, and init carries it out.  An init that ignores
 * it, a shell for example, must not keep the guest running for ever.  So a second signal
 * ends the guest at once, if it comes later than those of a tool that repeats its signal.
 * After a single one the guest is ended when it has been idle for a while and none of its
 * processes has ended.  Time in which it works does not count, for the host may be slow.
 */
#define AGAIN		HZ
#define TICK		(HZ / 2)
#define IDLE_US		(3 * USEC_PER_SEC)
#define BUSY_TICKS	40	/* in any case, where no process ends */
#define ENDING_TICKS	240	/* in any case */
#define SYNC_TIME	(10 * HZ)

static unsigned long asked_at;
static unsigned int ticks;
static int processes;
static u64 idle_before;

static u64 idle_us(void)
{
	u64 idle = get_cpu_idle_time_us(0, NULL);

	return idle == -1ULL ? 0 : idle;
}

static void ask_init(struct work_struct *work)
{
	orderly_poweroff(true);
}
static DECLARE_WORK(ask_work, ask_init);

static void hard_end(struct timer_list *unused)
{
	machine_power_off();
}
static DEFINE_TIMER(hard_timer, hard_end);

static void force_end(struct work_struct *work)
{
	um_tell("the guest does not end by itself: it is powered off");
	forced = true;
	mod_timer(&hard_timer, jiffies + SYNC_TIME);
	ksys_sync();
	kernel_power_off();
}
static DECLARE_WORK(force_work, force_end);

static void watch_end(struct work_struct *work)
{
	bool ending = nr_processes() < processes;

	if (system_state > SYSTEM_RUNNING)
		return;
	ticks++;
	if (ticks >= ENDING_TICKS ||
	    (!ending && (ticks >= BUSY_TICKS || idle_us() - idle_before >= IDLE_US)))
		queue_work(system_highpri_wq, &force_work);
	else
		schedule_delayed_work(to_delayed_work(work), TICK);
}
static DECLARE_DELAYED_WORK(watch_work, watch_end);

void um_end_request(int signo)
{
	if (!asked_by) {
		asked_by = signo;
		/* There is no init yet, and nothing to write out. */
		if (system_state < SYSTEM_RUNNING) {
			forced = true;
			machine_power_off();
		}
		asked_at = jiffies;
		processes = nr_processes();
		idle_before = idle_us();
		schedule_work(&ask_work);
		schedule_delayed_work(&watch_work, TICK);
	} else if (signo != SIGPIPE && time_after(jiffies, asked_at + AGAIN)) {
		if (forced)
			machine_power_off();
		queue_work(system_highpri_wq, &force_work);
	}
}

/* A job's output is its own, up to the last line. */
static int be_quiet(struct notifier_block *nb, unsigned long event, void *command)
{
	if (console_loglevel <= CONSOLE_LOGLEVEL_QUIET)
		console_loglevel = CONSOLE_LOGLEVEL_SILENT;
	return NOTIFY_DONE;
}

static struct notifier_block quiet_block = {
	.notifier_call = be_quiet,
	.priority = INT_MIN,
};

static int __init quiet_init(void)
{
	return register_reboot_notifier(&quiet_block);
}
core_initcall(quiet_init);

/* Panics */

/* Does the kernel's log have a line with @text? */
static bool log_has(const char *text)
{
	struct kmsg_dump_iter at;
	static char line[1024];
	size_t len;

	kmsg_dump_rewind(&at);
	while (kmsg_dump_get_line(&at, false, line, sizeof(line) - 1, &len)) {
		line[len] = 0;
		if (strstr(line, text))
			return true;
	}
	return false;
}

/* What the log has, and what to do about it */
static const struct {
	const char *text, *advice;
} root_advice[] = {
	{ "write access unavailable",
	  "its journal has to be written to, and the disk is read-only: start it once with ubd0=FILE, or with ubd0=FILE,snapshot" },
	{ "is a qcow2 image", "it is a qcow2 image: qemu-img convert -O raw makes a disk of it" },
	{ "is a VMDK image", "it is a VMDK image: qemu-img convert -O raw makes a disk of it" },
	{ "is a compressed file", "it is a compressed file: unpack it first" },
	{ "critical space allocation error",
	  "the host has no room for what the guest writes: make some, or name another folder in the environment's TMPDIR" },
};

static const char *why_no_root(void)
{
	unsigned int i;

	if (!um_has_option("root=") && !um_has_option("rootfstype="))
		return "there is no root= on the command line: root=/dev/ubda names the disk of ubd0=FILE";
	if (um_has_option("rootfstype=hostfs"))
		return "rootflags=FOLDER must name a folder that the host has";
	for (i = 0; i < ARRAY_SIZE(root_advice); i++)
		if (log_has(root_advice[i].text))
			return root_advice[i].advice;
	return "root= must name a disk that holds a file system";
}

/*
 * Panics that say no more than that the guest was given nothing to run: scripts
 * tell them from a crash by the exit status. The texts are those of
 * init/do_mounts.c, init/main.c and kernel/exit.c.
 */
static const struct ending {
	const char *begins;
	int status;
	const char *advice;
} endings[] = {
	{ "VFS: Unable to mount root fs", STATUS_NO_ROOT, NULL },
	{ "Requested init ", STATUS_NO_INIT,
	  "init= must name a program that the root file system holds" },
	{ "No working init found", STATUS_NO_INIT,
	  "the root file system must hold an init, or init= name another program" },
	{ "Attempted to kill init!", STATUS_PANIC, "init has ended, which nothing may" },
};

static const struct ending *find_ending(const char *message)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(endings); i++)
		if (strstarts(message, endings[i].begins))
			return &endings[i];
	return NULL;
}

/* The message is in the log already, and nowhere else that one could look. */
bool um_panic_says_all(void)
{
	static char text[64];
	unsigned int i;

	if (atomic_read(&panic_cpu) == PANIC_CPU_INVALID)
		return false;
	for (i = 0; i < ARRAY_SIZE(endings); i++) {
		snprintf(text, sizeof(text), "not syncing: %s", endings[i].begins);
		if (log_has(text))
			return true;
	}
	return false;
}

/* With panic= the generic code waits and restarts; without, this is the end. */
static int on_panic(struct notifier_block *nb, unsigned long event, void *message)
{
	const struct ending *ending = find_ending(message);

	panic_status = ending ? ending->status : STATUS_PANIC;
	if (!panic_timeout) {
		settle(UM_END_EXIT);
		host_tty_restore();
	}
	if (ending)
		um_tell("%s: %s", (const char *)message, ending->advice ?: why_no_root());
	else
		um_tell("the guest's kernel panics: %s", (const char *)message);
	if (!panic_timeout)
		end(panic_status);
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
