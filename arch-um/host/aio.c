// SPDX-License-Identifier: GPL-2.0
/*
 * Asynchronous I/O on host files: the host kernel's AIO, without its library.
 *
 * One context serves all disks, as no other can be made after host_confine().  The
 * host answers in a ring that it maps where it likes.  It is moved to AIO_BASE,
 * into the memory that is hidden while user code runs; its address is the
 * context's id.  Completions are taken from the ring in memory.
 *
 * The host starts a request on a file opened with O_DIRECT and goes on; one on
 * the page cache it serves before io_submit() returns.
 *
 * Calls after host_confine():
 *	io_submit
 *	fdatasync write		where the host has no asynchronous fsync
 *	ppoll			host_aio_drain()
 */
#include <libaio.h>
#include <linux/fs.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include "../include/asm/host.h"
#include "../include/asm/layout.h"
#include "keep.h"
#include "syscall.h"

#define RING_MAGIC	0xa10a10a1
#define DEPTH_MIN	32
#define PAGE		4096UL
#define NS_PER_S	1000000000LL

/* fs/aio.c of the host kernel; its ABI since 2.6. */
struct aio_ring {
	unsigned int id;
	unsigned int nr;		/* entries of @event */
	unsigned int head;		/* ours */
	unsigned int tail;		/* the host's */
	unsigned int magic;
	unsigned int compat_features;
	unsigned int incompat_features;
	unsigned int header_length;
	struct io_event event[];
};

static struct aio_ring *ring;
static long ring_end;			/* address, or -errno */
static int efd = -1;
static unsigned int in_flight;		/* submitted, and not reaped yet */
static struct host_aio *done;		/* of these: completed here, see sync_here(); latest first */

_Static_assert(sizeof(struct iocb) == sizeof(((struct host_aio *)0)->iocb), "");
_Static_assert(offsetof(struct host_aio, iocb) == 0, "host_aio_submit() passes them as iocbs");
_Static_assert(sizeof(struct host_iovec) == sizeof(struct iovec), "");

static struct iocb *iocb_of(struct host_aio *io)
{
	return (struct iocb *)io->iocb;
}

/* A ring for @depth requests, in its place: where it ends there, or -errno. */
static long make_ring(unsigned int depth)
{
	unsigned long size, id = 0;
	struct aio_ring *made;
	long ret;

	/* What all processes have may not exceed fs.aio-max-nr: take less rather than nothing. */
	do {
		ret = boot_syscall2(__NR_io_setup, depth, (long)&id);
		depth /= 2;
	} while (ret == -EAGAIN && depth >= DEPTH_MIN);
	if (ret < 0)
		return ret;
	/* The host rounds the number of entries up, by its number of processors too. */
	made = (struct aio_ring *)id;
	size = sizeof(*made) + made->nr * sizeof(made->event[0]);
	size = (size + PAGE - 1) & -PAGE;
	if (made->magic != RING_MAGIC || made->incompat_features ||
	    made->header_length != sizeof(*made) || size > AIO_END - AIO_BASE)
		ret = -ENOSYS;
	else
		ret = boot_syscall5(__NR_mremap, id, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
				    AIO_BASE);
	if (ret < 0) {
		boot_syscall1(__NR_io_destroy, id);
		return ret;
	}
	return AIO_BASE + size;
}

int host_aio_setup(unsigned int depth)
{
	if (!kept_recall(KEPT_AIO, depth, "", &ring_end))
		ring_end = kept_record(KEPT_AIO, depth, "", make_ring(depth));
	if (ring_end < 0)
		return ring_end;
	efd = host_eventfd();
	if (efd >= 0)
		ring = (struct aio_ring *)AIO_BASE;
	return efd;
}

unsigned long host_aio_end(void)
{
	return ring_end;
}

void host_aio_prep(struct host_aio *io, enum host_aio_op op, int fd,
		   const struct host_iovec *iov, unsigned int niov, unsigned long long offset,
		   int dsync)
{
	struct iocb *cb = iocb_of(io);

	switch (op) {
	case HOST_AIO_READV:
		io_prep_preadv(cb, fd, (const struct iovec *)iov, niov, offset);
		break;
	case HOST_AIO_WRITEV:
		io_prep_pwritev(cb, fd, (const struct iovec *)iov, niov, offset);
		if (dsync)
			cb->aio_rw_flags = RWF_DSYNC;
		break;
	case HOST_AIO_FDSYNC:
		io_prep_fdsync(cb, fd);
		break;
	}
	cb->data = io;
}

/* fdatasync() of a file that knows no asynchronous one; blocks.  Signals like the host. */
static void sync_here(struct host_aio *io)
{
	unsigned long long one = 1;

	io->res = host_retry(host_syscall1(__NR_fdatasync, iocb_of(io)->aio_fildes));
	io->iocb[0] = (unsigned long)done;
	done = io;
	in_flight++;
	host_write(efd, &one, sizeof(one));
}

int host_aio_submit(struct host_aio **io, unsigned int nr)
{
	long ret;

	for (unsigned int i = 0; i < nr; i++)
		io_set_eventfd(iocb_of(io[i]), efd);
	/* The host finds the context by reading its ring. */
	host_touch(ring, sizeof(*ring));

	ret = host_syscall3(__NR_io_submit, (long)ring, nr, (long)io);
	if (ret > 0)
		in_flight += ret;
	if (ret == -EINVAL && iocb_of(io[0])->aio_lio_opcode == IO_CMD_FDSYNC) {
		sync_here(io[0]);
		return 1;
	}
	return ret;
}

int host_aio_reap(struct host_aio **io, unsigned int max)
{
	unsigned int head, tail, n = 0;

	while (done && n < max) {
		io[n] = done;
		done = (struct host_aio *)io[n++]->iocb[0];
		in_flight--;
	}

	head = ring->head;
	/* The host writes an entry, then the tail. */
	tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
	while (head != tail && n < max) {
		const struct io_event *ev = &ring->event[head];

		io[n] = ev->data;
		io[n++]->res = (long)ev->res;
		in_flight--;
		if (++head == ring->nr)
			head = 0;
	}
	__atomic_store_n(&ring->head, head, __ATOMIC_RELEASE);
	return n;
}

unsigned int host_aio_in_flight(void)
{
	return in_flight;
}

void host_aio_drain(void)
{
	struct host_aio *io[16];
	unsigned long long count;

	while (in_flight) {
		host_read(efd, &count, sizeof(count));
		if (!host_aio_reap(io, sizeof(io) / sizeof(io[0])))
			host_wait_fd(efd, HOST_POLLIN, NS_PER_S);
	}
}
