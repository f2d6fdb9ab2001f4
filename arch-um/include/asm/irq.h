/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_IRQ_H
#define __ASM_UM_IRQ_H

#define TIMER_IRQ	0
#define FIRST_FD_IRQ	1
#define NR_IRQS		256

/* What host signals ask for; bits of um_cpu.irq_pending. */
#define IRQ_PENDING_TIMER	0x01	/* SIGALRM */
#define IRQ_PENDING_FD		0x02	/* SIGIO: some descriptor became ready */
#define IRQ_PENDING_WINCH	0x04	/* SIGWINCH */
#define IRQ_PENDING_TERM	0x08	/* SIGTERM */
#define IRQ_PENDING_SOON	0x10	/* no signal: see fd_irq_soon() */
#define IRQ_PENDING_INT		0x20	/* SIGINT */
#define IRQ_PENDING_HUP		0x40	/* SIGHUP */
#define IRQ_PENDING_CONT	0x80	/* SIGCONT */

#ifndef __ASSEMBLY__
#include <asm/cpu_state.h>

struct pt_regs;

/* Handle what is pending as an interrupt of @regs.  Interrupts are off. */
void irq_dispatch(struct pt_regs *regs);

/* From a host signal's handler too: one instruction. */
static inline void irq_raise(unsigned int bits)
{
	asm volatile("orl %1, %0" : "+m"(um_cpu.irq_pending) : "r"(bits) : "memory");
}

/* Idle, with interrupts off: wait in the host until there is something to dispatch. */
void irq_wait(void);

/* kernel/time.c: SIGALRM came.  Interrupts are off. */
void um_timer_interrupt(void);
#endif

#include <asm-generic/irq.h>

#endif
