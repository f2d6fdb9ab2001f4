// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts: host signals and ready descriptors.
 *
 * A signal only sets a bit in um_cpu.irq_pending.  What it stands for is handled when
 * kernel code may be interrupted, through the generic interrupt layer.
 */
#include <linux/entry-common.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/seq_file.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <asm/drivers.h>
#include <asm/end.h>
#include <asm/host.h>
#include <asm/host_irq.h>
#include <asm/irq.h>
#include <asm/irq_regs.h>
#include <asm/trap.h>
#include <asm/tsc.h>

struct irq_polling irq_polling;
static unsigned long late_until = INITIAL_JIFFIES;

#define MAX_EVENTS 16
static struct host_event events[MAX_EVENTS];
static int nr_events;		/* found by irq_wait(), not handled yet; or an error */

static struct fd_irq {
	int fd;
	unsigned int events;
	unsigned int polled;		/* by so many callers */
	bool soon;
	bool used;
} fd_irqs[NR_IRQS];

static void dispatch_soon(void)
{
	int irq;

	irq_polling.soon = 0;
	for (irq = FIRST_FD_IRQ; irq < NR_IRQS; irq++) {
		if (fd_irqs[irq].soon) {
			fd_irqs[irq].soon = false;
			generic_handle_irq(irq);
		}
	}
}

/*
 * A single late poll says little: the host may have let another process run.  A
 * program that computes makes the poll late at every tick.
 */
#define LATE_OFTEN	6		/* in LATE_WITHIN */
#define LATE_WITHIN	(HZ / 10)

void irq_poll_was_late(void)
{
	static unsigned long since = INITIAL_JIFFIES;
	static unsigned int times;

	if (time_after(jiffies, since + LATE_WITHIN)) {
		since = jiffies;
		times = 0;
	}
	if (++times >= LATE_OFTEN)
		late_until = jiffies + HZ;
}

bool irq_polls_are_late(void)
{
	return time_before(jiffies, late_until);
}
EXPORT_SYMBOL(irq_polls_are_late);

static void dispatch_events(void)
{
	int i;

	if (nr_events <= 0)
		nr_events = host_poll(events, MAX_EVENTS, 0, NULL);
	irq_polling.polled = rdtsc();
	for (i = 0; i < nr_events; i++)
		generic_handle_irq(events[i].irq);
	nr_events = 0;
}

void irq_dispatch(struct pt_regs *regs)
{
	struct pt_regs *old = set_irq_regs(regs);
	unsigned int pending;

	irq_enter_rcu();
	irq_raise_due();
	while ((pending = xchg(&um_cpu.irq_pending, 0))) {
		if (pending & IRQ_PENDING_TIMER)
			generic_handle_irq(TIMER_IRQ);
		if (pending & IRQ_PENDING_FD)
			dispatch_events();
		if (pending & IRQ_PENDING_SOON)
			dispatch_soon();
		if (pending & IRQ_PENDING_WINCH)
			um_winch();
		if (pending & IRQ_PENDING_CONT)
			um_continued();
		if (pending & IRQ_PENDING_HUP)
			um_end_request(SIGHUP);
		if (pending & IRQ_PENDING_INT)
			um_end_request(SIGINT);
		if (pending & IRQ_PENDING_TERM)
			um_end_request(SIGTERM);
	}
	irq_exit_rcu();
	set_irq_regs(old);
}

/*
 * Interrupts were enabled, or a signal came while they were, and something is
 * pending: behave as if the interrupt hit the caller just now.
 */
noinstr void irq_run_pending(void)
{
	struct pt_regs regs = {
		.ip = (unsigned long)__builtin_return_address(0),
		.sp = (unsigned long)__builtin_frame_address(0),
		.orig_ax = -1,
	};
	irqentry_state_t state;

	do {
		WRITE_ONCE(um_cpu.irq_enabled, 0);
		barrier();
		state = irqentry_enter(&regs);
		irq_dispatch(&regs);
		irqentry_exit(&regs, state);
		barrier();
		WRITE_ONCE(um_cpu.irq_enabled, 1);
		barrier();
	} while (READ_ONCE(um_cpu.irq_pending));
}
EXPORT_SYMBOL(irq_run_pending);

/*
 * Idle: wait for a signal or a descriptor.  Interrupts are off.  No timeout: the
 * host's timer is set whenever the kernel waits for a time (kernel/time.c).
 */
void irq_wait(void)
{
	if (irq_polling.soon) {
		irq_raise(IRQ_PENDING_SOON);
		return;
	}
	nr_events = host_poll(events, MAX_EVENTS, -1, &um_cpu.irq_pending);
	if (nr_events > 0)
		irq_raise(IRQ_PENDING_FD);
}

/* Descriptors as interrupts */

static void fd_mask(struct irq_data *d)
{
}

static struct irq_chip fd_chip = {
	.name = "host",
	.irq_mask = fd_mask,
	.irq_unmask = fd_mask,
	.irq_ack = fd_mask,
};

int request_fd_irq(int fd, unsigned int want, irq_handler_t handler, const char *name, void *dev)
{
	int irq, err;

	for (irq = FIRST_FD_IRQ; irq < NR_IRQS && fd_irqs[irq].used; irq++)
		;
	if (irq == NR_IRQS)
		return -ENOSPC;
	fd_irqs[irq] = (struct fd_irq){ .fd = fd, .events = want, .used = true };
	err = request_irq(irq, handler, 0, name, dev);
	if (err)
		goto free;
	err = host_poll_add(fd, want, irq);
	if (err)
		goto free_irq;
	host_set_async(fd, 1);	/* not all kinds can; those use fd_irq_poll() */
	/* what was ready before O_ASYNC was set raises no signal */
	irq_raise(IRQ_PENDING_FD);
	return irq;

free_irq:
	free_irq(irq, dev);
free:
	fd_irqs[irq].used = false;
	return err;
}
EXPORT_SYMBOL(request_fd_irq);

void free_fd_irq(int irq, void *dev)
{
	struct fd_irq *f = &fd_irqs[irq];
	unsigned long flags;

	host_set_async(f->fd, 0);
	host_poll_del(f->fd);
	local_irq_save(flags);
	irq_polling.sources -= !!f->polled;
	local_irq_restore(flags);
	free_irq(irq, dev);
	f->used = false;
}
EXPORT_SYMBOL(free_fd_irq);

void fd_irq_events(int irq, unsigned int want)
{
	struct fd_irq *f = &fd_irqs[irq];

	if (f->events == want)
		return;
	f->events = want;
	host_poll_mod(f->fd, want, irq);
	if (want)
		irq_raise(IRQ_PENDING_FD);
}
EXPORT_SYMBOL(fd_irq_events);

void fd_irq_poll(int irq, bool on)
{
	struct fd_irq *f = &fd_irqs[irq];

	if (on) {
		if (!f->polled++)
			irq_polling.sources++;
	} else if (!--f->polled) {
		irq_polling.sources--;
	}
}
EXPORT_SYMBOL(fd_irq_poll);

void fd_irq_soon(int irq)
{
	fd_irqs[irq].soon = true;
	if (!irq_polling.soon)
		irq_polling.soon = rdtsc() + IRQ_SOON;
}
EXPORT_SYMBOL(fd_irq_soon);

bool fd_irq_is_soon(int irq)
{
	return fd_irqs[irq].soon;
}
EXPORT_SYMBOL(fd_irq_is_soon);

static irqreturn_t timer_irq(int irq, void *dev)
{
	um_timer_interrupt();
	return IRQ_HANDLED;
}

void __init init_IRQ(void)
{
	int irq;

	for (irq = 0; irq < NR_IRQS; irq++)
		irq_set_chip_and_handler(irq, &fd_chip, handle_simple_irq);
	host_poll(events, MAX_EVENTS, 0, NULL);	/* makes the epoll set, which no confined process can */
	if (request_irq(TIMER_IRQ, timer_irq, IRQF_TIMER | IRQF_IRQPOLL, "timer", NULL))
		panic("no timer interrupt");
}

int arch_show_interrupts(struct seq_file *p, int prec)
{
	return 0;
}
