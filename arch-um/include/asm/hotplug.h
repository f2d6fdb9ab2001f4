/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices that come and go while the guest runs: what mconsole's commands
 * config and remove ask of a driver.  The syntax is that of the options.
 */
#ifndef __ASM_UM_HOTPLUG_H
#define __ASM_UM_HOTPLUG_H

#include <linux/list.h>
#include <linux/seq_buf.h>

struct um_device_kind {
	struct list_head list;
	const char *name;	/* what the option begins with: "ubd", "con", "ssl", "vec" */

	/*
	 * All in process context, one call at a time, and may sleep.  They return
	 * 0, or -errno with a line in @why that says what is wrong and what to do.
	 *
	 * @arg is what follows the name in the option: "1r=FILE".
	 * @unit is the number or letter of a device.
	 */
	int (*config)(char *arg, struct seq_buf *why);
	int (*remove)(const char *unit, struct seq_buf *why);
	/* What the option was: "FILE,BACKING". */
	int (*get)(const char *unit, struct seq_buf *answer);
};

/* At initcall time.  @kind stays. */
void um_device_kind_register(struct um_device_kind *kind);

/* What hotplug= has to do with it that a driver got @err when it opened something; or NULL. */
const char *um_hotplug_hint(int err);

/* The kind that @text begins with, and in @rest what follows; NULL: none does. */
struct um_device_kind *um_device_kind_find(char *text, char **rest);

#endif
