/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host descriptors as interrupt sources.
 */
#ifndef __ASM_HOST_IRQ_H
#define __ASM_HOST_IRQ_H

#include <linux/interrupt.h>
#include <asm/host.h>
#include <asm/tsc.h>

/*
 * Call @handler (hard interrupt context) whenever @fd is ready for @events
 * (HOST_POLLIN | HOST_POLLOUT).  Level triggered: the handler takes what is
 * there or mutes the source with fd_irq_events().  Process context; at any
 * time.  Returns the interrupt's number, or -errno.
 */
int request_fd_irq(int fd, unsigned int events, irq_handler_t handler, const char *name,
		   void *dev);
void free_fd_irq(int irq, void *dev);

/* Change what @irq waits for; 0 mutes it.  Any context. */
void fd_irq_events(int irq, unsigned int events);

/*
 * An eventfd cannot raise SIGIO.  Between fd_irq_busy(irq, true) and
 * fd_irq_busy(irq, false) entries into the kernel look whether the source is
 * ready, so completions do not wait for the next timer.  Nests; any context
 * with interrupts off.
 */
void fd_irq_busy(int irq, bool busy);

/*
 * TSC cycles that a busy source may wait for a look while there is other work: some
 * 150 us.  A look is a host call, and finds the more the later it comes.
 */
#define IRQ_LOOK	400000
extern u64 irq_looked;			/* the last time, by the TSC */

/*
 * Did such a look come late, not long ago?  User code then computes without ever
 * entering the kernel, and signals serve better where there are any.
 */
bool irq_looks_late(void);
void irq_look_was_late(void);		/* trap/ notices */

/*
 * For work that is cheaper in a batch: have the handler of @irq called, ready or not,
 * before the processor idles, or with the first entry into the kernel after IRQ_SOON.
 * At the latest that is the next tick.  Any context with interrupts off.
 */
void fd_irq_soon(int irq);
#define IRQ_SOON	400000		/* TSC cycles, some 150 us */
extern u64 irq_due;			/* when the first of these is due; 0: there is none */

/* Every entry into the kernel asks this. */
static __always_inline void irq_raise_due(void)
{
	if (irq_busy_sources && rdtsc() - irq_looked > IRQ_LOOK)
		irq_raise(IRQ_PENDING_FD);
	if (irq_due && (s64)(rdtsc() - irq_due) > 0)
		irq_raise(IRQ_PENDING_SOON);
}

#endif /* __ASM_HOST_IRQ_H */
