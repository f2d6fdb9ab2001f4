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
 * Two services of a source, for descriptors whose signals are missing (an eventfd
 * cannot raise SIGIO) or dearer than what they announce.
 *
 * Polling: between fd_irq_poll(irq, true) and fd_irq_poll(irq, false) entries into
 * the kernel ask the host whether the source is ready, so that its events do not
 * wait for the next timer.  Nests.
 *
 * Soon: for work that is cheaper in a batch, the handler of @irq is called once,
 * ready or not: before the processor idles, or with the first entry into the kernel
 * after IRQ_SOON.  At the latest that is the next tick.
 *
 * Both in any context with interrupts off.
 */
void fd_irq_poll(int irq, bool on);
void fd_irq_soon(int irq);
bool fd_irq_is_soon(int irq);		/* asked for, and not called yet */

/*
 * Have polls come late lately?  Then user code computes without entering the kernel,
 * and where a source can raise signals they serve better.
 */
bool irq_polls_are_late(void);

/* TSC cycles, some 150 us each */
#define IRQ_POLL	400000		/* between two polls: each is a host call, and finds more the later it comes */
#define IRQ_SOON	400000

/* TSC cycles, about a ms: user code that runs for so long makes the next poll late. */
#define IRQ_POLL_LATE	3000000

/* The state of these services: kernel/irq.c's, for the functions below alone. */
struct irq_polling {
	unsigned int sources;		/* that are polled */
	u64 polled;			/* TSC at the last poll */
	u64 soon;			/* TSC when the first "soon" is due; 0: there is none */
	u64 left_kernel;		/* TSC; only while there are sources */
};

extern struct irq_polling irq_polling;
void irq_poll_was_late(void);

/* Every entry into the kernel asks this. */
static __always_inline void irq_raise_due(void)
{
	if (irq_polling.sources && rdtsc() - irq_polling.polled > IRQ_POLL)
		irq_raise(IRQ_PENDING_FD);
	if (irq_polling.soon && (s64)(rdtsc() - irq_polling.soon) > 0)
		irq_raise(IRQ_PENDING_SOON);
}

/* trap/: user code was entered from here, and is left. */
static __always_inline void irq_enter_user(void)
{
	if (irq_polling.sources)
		irq_polling.left_kernel = rdtsc();
}

static __always_inline void irq_leave_user(void)
{
	if (irq_polling.sources && rdtsc() - irq_polling.left_kernel > IRQ_POLL_LATE)
		irq_poll_was_late();
	irq_raise_due();
}

#endif /* __ASM_HOST_IRQ_H */
