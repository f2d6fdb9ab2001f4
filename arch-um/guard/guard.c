// SPDX-License-Identifier: GPL-2.0
/*
 * Which guard there is.
 */
#include <linux/cache.h>
#include <linux/init.h>
#include <asm/boot.h>
#include <asm/trap.h>
#include "ops.h"

const struct guard_ops *guard __ro_after_init = &guard_none;

void __init guard_init(void)
{
	if (boot_info->guard == GUARD_MPROTECT)
		guard = &guard_mprotect;
	gate_size = guard->init();
	gate_guarded = gate_size != 0;
}

unsigned long guard_gate_size(void)
{
	return gate_size;
}

void guard_enter(void)
{
	if (guard->enter)
		guard->enter();
}

bool guard_direct(unsigned long phys)
{
	return !guard->direct || guard->direct(phys);
}

void guard_foreseen(unsigned int faults)
{
	if (guard->foreseen)
		guard->foreseen(faults);
}
