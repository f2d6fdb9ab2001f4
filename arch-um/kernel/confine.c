// SPDX-License-Identifier: GPL-2.0
/*
 * What the process may still ask of its host once user code runs: what this guest
 * says about it to host/confine.c.
 */
#include <asm/boot.h>
#include <asm/drivers.h>
#include <asm/end.h>
#include <asm/guard.h>
#include <asm/hostmem.h>
#include <asm/layout.h>
#include <asm/sections.h>
#include <asm/trap.h>

/* Right before the first user instruction, once. */
void confine_before_user(void)
{
	static bool confined;
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

	if (likely(confined))
		return;
	confined = true;
	um_umid_folder(&to.folder, &to.parent);
	to.hotplug = um_hotplug_folders();
	to.connect = um_hotplug_connects();
	err = host_confine(&to);
	if (err)
		um_die("the host refuses the seccomp filter that user code needs (error %d)", err);
}
