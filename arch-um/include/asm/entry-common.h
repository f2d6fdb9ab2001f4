/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the port adds to kernel/entry/common.c: nothing on the way in, and on
 * the way out trap_exit() does the rest with interrupts off.
 */
#ifndef __ASM_UM_ENTRY_COMMON_H
#define __ASM_UM_ENTRY_COMMON_H

#include <linux/bug.h>
#include <linux/kconfig.h>
#include <asm/ptrace.h>

static __always_inline void arch_enter_from_user_mode(struct pt_regs *regs)
{
	if (IS_ENABLED(CONFIG_DEBUG_ENTRY))
		WARN_ON_ONCE(!user_mode(regs));
}
#define arch_enter_from_user_mode arch_enter_from_user_mode

#endif /* __ASM_UM_ENTRY_COMMON_H */
