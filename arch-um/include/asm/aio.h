/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Asynchronous I/O on host files, for drivers: requests are struct host_aio
 * (asm/host.h), and their completions raise an interrupt.
 *
 * There is one ring for all drivers, since the confined process can make no other.
 * All but um_aio_start() in any context, with interrupts off.
 */
#ifndef __ASM_UM_AIO_H
#define __ASM_UM_AIO_H

#include <linux/interrupt.h>
#include <asm/host.h>

/* Requests in flight; the host has room for twice that. */
#define AIO_DEPTH	512

/*
 * Have @handler called when there are completions to take.  At initcall time, once.
 * 0, or -errno: the host gives no ring.
 */
int um_aio_start(irq_handler_t handler, const char *name, void *dev);

/* As host_aio_submit() and host_aio_reap() */
int um_aio_submit(struct host_aio **io, unsigned int nr);
int um_aio_reap(struct host_aio **io, unsigned int max);
unsigned int um_aio_in_flight(void);

/* Call the handler a little later, see fd_irq_soon(). */
void um_aio_soon(void);
bool um_aio_is_soon(void);

#endif /* __ASM_UM_AIO_H */
