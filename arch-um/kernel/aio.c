// SPDX-License-Identifier: GPL-2.0
/*
 * Asynchronous I/O on host files: what host/aio.c needs of the kernel.
 *
 * The ring lies in a window that is hidden while user code runs.  It is opened here
 * before it is touched, which is cheaper than the fault that would open it.  The
 * ring's eventfd raises no signal, so it is polled while requests are in flight.
 */
#include <linux/init.h>
#include <asm/aio.h>
#include <asm/guard.h>
#include <asm/host_irq.h>
#include <asm/layout.h>

static int aio_irq = -ENODEV;
static int aio_fd = -ENODEV;	/* or why there is none */

static void poll_if_busy(bool was_busy)
{
	bool is_busy = host_aio_in_flight();

	if (is_busy != was_busy)
		fd_irq_poll(aio_irq, is_busy);
}

int um_aio_submit(struct host_aio **io, unsigned int nr)
{
	bool was_busy = host_aio_in_flight();
	int ret;

	guard_open_window(AIO_BASE);
	ret = host_aio_submit(io, nr);
	poll_if_busy(was_busy);
	return ret;
}

int um_aio_reap(struct host_aio **io, unsigned int max)
{
	bool was_busy = host_aio_in_flight();
	int n;

	guard_open_window(AIO_BASE);
	n = host_aio_reap(io, max);
	poll_if_busy(was_busy);
	return n;
}

unsigned int um_aio_in_flight(void)
{
	return host_aio_in_flight();
}

void um_aio_soon(void)
{
	fd_irq_soon(aio_irq);
}

bool um_aio_is_soon(void)
{
	return fd_irq_is_soon(aio_irq);
}

/* No confined process can have one, so it is made even where there is no disk yet. */
static int __init aio_open(void)
{
	aio_fd = host_aio_setup(AIO_DEPTH);
	if (aio_fd >= 0)
		guard_window_top(host_aio_end());
	return 0;
}
core_initcall(aio_open);

int __init um_aio_start(irq_handler_t handler, const char *name, void *dev)
{
	if (aio_fd < 0)
		return aio_fd;
	guard_open_window(AIO_BASE);
	aio_irq = request_fd_irq(aio_fd, HOST_POLLIN | HOST_POLLEDGE, handler, name, dev);
	return min(aio_irq, 0);
}
