// SPDX-License-Identifier: GPL-2.0
/*
 * What mconsole understands.
 */
#include <linux/errname.h>
#include <linux/kernel.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/sched/debug.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/sysrq.h>
#include <linux/utsname.h>
#include <asm/drivers.h>
#include <asm/hotplug.h>
#include "mconsole.h"

static void mc_version(struct mc_request *req)
{
	struct new_utsname *u = init_utsname();
	char text[MC_DATA];

	down_read(&uts_sem);
	scnprintf(text, sizeof(text), "%s %s %s %s %s", u->sysname, u->nodename, u->release,
		  u->version, u->machine);
	up_read(&uts_sem);
	mc_reply(req, text);
}

static void mc_help(struct mc_request *req)
{
	unsigned int i;
	char line[80];

	mc_write(req, "Commands:\n", 10);
	for (i = 0; i < mc_nr_commands; i++)
		mc_write(req, line, scnprintf(line, sizeof(line), "    %s\n", mc_commands[i].help));
	mc_end(req);
}

/* As a machine that loses its power: nothing is written out. */
static void mc_halt(struct mc_request *req)
{
	mc_reply(req, "");
	machine_halt();
}

static void mc_reboot(struct mc_request *req)
{
	mc_reply(req, "");
	machine_restart(NULL);
}

static void mc_cad(struct mc_request *req)
{
	mc_reply(req, "");
	ctrl_alt_del();
}

static void mc_sysrq(struct mc_request *req)
{
	u64 from = mc_log_position();

	if (strlen(req->arg) != 1) {
		mc_refuse(req, "Write sysrq and a letter; sysrq h lists the letters");
		return;
	}
	/* kernel.sysrq says what the guest's users may do, not its owner */
	__handle_sysrq(req->arg[0], false);
	mc_reply_log(req, from);
}

static void mc_log(struct mc_request *req)
{
	printk(KERN_WARNING "%s\n", req->arg);
	mc_reply(req, "");
}

static void mc_stack(struct mc_request *req)
{
	u64 from = mc_log_position();
	struct task_struct *task;
	int pid;

	if (kstrtoint(req->arg, 10, &pid) || pid <= 0) {
		mc_refuse(req, "Write stack and the number of a process");
		return;
	}
	rcu_read_lock();
	task = find_task_by_pid_ns(pid, &init_pid_ns);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	if (!task) {
		mc_refuse(req, "There is no process %d", pid);
		return;
	}
	sched_show_task(task);
	put_task_struct(task);
	mc_reply_log(req, from);
}

/* Devices */

static void no_kind(struct mc_request *req, const char *command)
{
	mc_refuse(req, "%s %s: no such device: write for example %s ubd1%s", command, req->arg,
		  command, strcmp(command, "config") ? "" : "=FILE");
}

static void refuse_device(struct mc_request *req, const char *command, const char *device,
			  int err, struct seq_buf *why)
{
	const char *hint = um_hotplug_hint(err);

	if (hint)
		mc_refuse(req, "%s %s: %s", command, device, hint);
	else if (seq_buf_used(why))
		mc_refuse(req, "%s", seq_buf_str(why));
	else
		mc_refuse(req, "%s %s: error %s", command, device, errname(err) ?: "unknown");
}

/* config <device>=<as on the command line>, or config <device> to see it */
static void mc_config(struct mc_request *req)
{
	DECLARE_SEQ_BUF(text, MC_DATA);
	char device[MC_DATA], *unit;
	struct um_device_kind *kind = um_device_kind_find(req->arg, &unit);
	int err;

	if (!kind) {
		no_kind(req, "config");
		return;
	}
	/* drivers take the text apart */
	strscpy(device, req->arg);
	if (strchr(unit, '='))
		err = kind->config(unit, &text);
	else if (kind->get)
		err = kind->get(unit, &text);
	else
		err = -EOPNOTSUPP;
	if (err)
		refuse_device(req, "config", device, err, &text);
	else
		mc_reply(req, seq_buf_str(&text));
}

static void mc_remove(struct mc_request *req)
{
	DECLARE_SEQ_BUF(why, MC_DATA);
	char *unit;
	struct um_device_kind *kind = um_device_kind_find(req->arg, &unit);
	int err;

	if (!kind) {
		no_kind(req, "remove");
		return;
	}
	err = kind->remove ? kind->remove(unit, &why) : -EOPNOTSUPP;
	if (err)
		refuse_device(req, "remove", req->arg, err, &why);
	else
		mc_reply(req, "");
}

const struct mc_command mc_commands[] = {
	{ "version", MC_PROCESS, mc_version, "version - the guest's kernel" },
	{ "help", MC_INTERRUPT, mc_help, "help - this list" },
	{ "halt", MC_INTERRUPT, mc_halt, "halt - end the guest at once" },
	{ "reboot", MC_INTERRUPT, mc_reboot, "reboot - start it anew at once" },
	{ "cad", MC_INTERRUPT, mc_cad, "cad - press ctrl-alt-del" },
	{ "sysrq", MC_INTERRUPT, mc_sysrq, "sysrq LETTER - the magic key; h lists the letters" },
	{ "stop", MC_PROCESS, mc_stop, "stop - let nothing run" },
	{ "go", MC_INTERRUPT, mc_go, "go - on after a stop" },
	{ "config", MC_PROCESS, mc_config, "config DEVICE=... - plug a device in, as on the command line" },
	{ "config", MC_PROCESS, mc_config, "config DEVICE - what it is" },
	{ "config", MC_PROCESS, mc_config, "config mem=-SIZE - give memory back; mem=+SIZE takes it again" },
	{ "remove", MC_PROCESS, mc_remove, "remove DEVICE - unplug it" },
	{ "proc", MC_PROCESS, mc_proc, "proc FILE - contents of the guest's /proc/FILE" },
	{ "log", MC_INTERRUPT, mc_log, "log TEXT - write it to the kernel's log" },
	{ "stack", MC_INTERRUPT, mc_stack, "stack PID - what a process does in the kernel" },
};
const unsigned int mc_nr_commands = ARRAY_SIZE(mc_commands);
