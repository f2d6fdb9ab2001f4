/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is user code's, and registers for user mode that come from elsewhere: signal
 * frames and debuggers.  What passes here is loaded by the gate's iretq without
 * a fault.  It may still lead user code anywhere it could jump by itself.
 */
#ifndef __ASM_UM_USER_CONTEXT_H
#define __ASM_UM_USER_CONTEXT_H

#include <linux/types.h>
#include <asm/layout.h>
#include <asm/ptrace.h>

/* May user code have something at @addr? */
static inline bool is_user_address(unsigned long addr)
{
	return addr < TASK_SIZE && (addr < HOLE || addr >= HOLE_END);
}

/* Canonical, with four levels of page tables. */
static inline bool user_ip_ok(unsigned long ip)
{
	return (long)(ip << 16) >> 16 == (long)ip;
}

/* 32-bit code has a segment limit of 4 GiB. */
static inline bool user_context_ok(const struct pt_regs *regs)
{
	if (regs->ss != __USER_DS)
		return false;
	if (regs->cs == __USER_CS)
		return user_ip_ok(regs->ip);
	return regs->cs == __USER32_CS && regs->ip >> 32 == 0;
}

#endif /* __ASM_UM_USER_CONTEXT_H */
