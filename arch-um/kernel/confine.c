// SPDX-License-Identifier: GPL-2.0
/*
 * What the process may still ask of its host: what this guest says about it to
 * host/confine.c, and when.
 */
#include <linux/init.h>
#include <asm/boot.h>
#include <asm/drivers.h>
#include <asm/end.h>
#include <asm/guard.h>
#include <asm/hostmem.h>
#include <asm/layout.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/trap.h>

bool um_confined __ro_after_init;

/*
 * Everything that the options name is open, by the options themselves, for consoles and
 * at core_initcall.  What follows reads what others have written: partition tables,
 * journals, the initrd, programs, requests of mconsole, what comes on networks and
 * consoles.  Of images only the headers of COW files have been read.
 */
static int __init confine(void)
{
	struct host_confinement to = {
		.text_start = (unsigned long)_stext,
		.text_end = (unsigned long)_etext,
		.gate_open = GATE_TEXT + (gate_open_ret - gate_start),
		.gate_hide = GATE_TEXT + (gate_hide_ret - gate_start),
		.guard_start = PAGE_OFFSET,
		.guard_size = guard_gate_size(),
		.memfd = boot_info->memfd,
		.empty = boot_info->empty,
	};
	int err;

	to.answers = um_umid_folder(&to.folder, &to.parent);
	to.hotplug = um_hotplug_folders();
	to.connect = um_hotplug_connects();
	um_hostfs_shared(&to);
	err = host_confine(&to);
	if (err)
		um_die("the host refuses the seccomp filter that user code needs (error %d)", err);
	um_confined = true;
	return 0;
}
core_initcall_sync(confine);
