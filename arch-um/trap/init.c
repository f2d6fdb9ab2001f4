// SPDX-License-Identifier: GPL-2.0
/*
 * Setting up traps: the gate is mapped, and the host's signals lead to it.
 */
#include <linux/init.h>
#include <asm/boot.h>
#include <asm/cpu_state.h>
#include <asm/end.h>
#include <asm/guard.h>
#include <asm/hostmem.h>
#include <asm/layout.h>
#include <asm/page.h>
#include <asm/trap.h>

void __init trap_init_host(void)
{
	unsigned long handler = GATE_TEXT + (gate_handler - gate_start);
	int err;

	guard_init();	/* sets the gate's constants */
	err = host_map(GATE_TEXT, PAGE_SIZE, HOST_PROT_READ | HOST_PROT_EXEC, boot_info->memfd,
		       __pa(gate_start));
	if (!err && !boot_info->reboots)
		err = host_map_anon(GATE_DATA, GATE_DATA_SIZE);
	if (!err)
		err = host_signals_init(handler, &um_cpu.user_frame);
	if (err)
		um_die("the host refuses to set up traps (error %d)", err);
	if (!um_cpu.user_frame.xsave_size || um_cpu.user_frame.xsave_size > GATE_STACK_SIZE / 4)
		um_die("this CPU or host saves its registers in a way this program does not know (XSAVE is needed, AMX is not supported)");
}
