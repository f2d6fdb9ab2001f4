/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interrupts are host signals.  Masking them in the host for every
 * local_irq_save() would cost a host call; instead a flag says whether kernel
 * code may be interrupted, and a signal that finds it clear leaves a bit in
 * um_cpu.irq_pending for the one who sets the flag again.
 */
#ifndef __ASM_UM_IRQFLAGS_H
#define __ASM_UM_IRQFLAGS_H

#include <linux/compiler.h>
#include <asm/cpu_state.h>

void irq_run_pending(void);

#define ARCH_IRQ_DISABLED	0
#define ARCH_IRQ_ENABLED	1

static __always_inline unsigned long arch_local_save_flags(void)
{
	return READ_ONCE(um_cpu.irq_enabled);
}
#define arch_local_save_flags arch_local_save_flags

static __always_inline void arch_local_irq_disable(void)
{
	WRITE_ONCE(um_cpu.irq_enabled, 0);
	barrier();
}
#define arch_local_irq_disable arch_local_irq_disable

static __always_inline void arch_local_irq_enable(void)
{
	barrier();
	WRITE_ONCE(um_cpu.irq_enabled, 1);
	barrier();
	if (unlikely(READ_ONCE(um_cpu.irq_pending)))
		irq_run_pending();
}
#define arch_local_irq_enable arch_local_irq_enable

static __always_inline void arch_local_irq_restore(unsigned long flags)
{
	if (flags)
		arch_local_irq_enable();
	else
		arch_local_irq_disable();
}
#define arch_local_irq_restore arch_local_irq_restore

#include <asm-generic/irqflags.h>

#endif
