// SPDX-License-Identifier: GPL-2.0
/*
 * Readiness of descriptors: one epoll set.
 *
 * Calls after host_confine():
 *	epoll_ctl			the one set
 *	epoll_pwait2 epoll_pwait	without a signal mask
 *	ppoll				host_wait_fd(), without a signal mask
 */
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include "../include/asm/host.h"
#include "keep.h"
#include "syscall.h"

#define NS_PER_S	1000000000LL
#define NS_PER_MS	1000000LL

/* The numbers of host.h are poll(2)'s and epoll's. */
_Static_assert(HOST_POLLIN == EPOLLIN && HOST_POLLOUT == EPOLLOUT && HOST_POLLHUP == EPOLLHUP, "");
_Static_assert(HOST_POLLIN == POLLIN && HOST_POLLOUT == POLLOUT && HOST_POLLHUP == POLLHUP, "");

static int epoll_fd = -1;

static int set_ctl(int op, int fd, unsigned int events, unsigned int irq)
{
	struct epoll_event ev = { .events = events, .data.u64 = irq };

	return host_syscall4(__NR_epoll_ctl, epoll_fd, op, fd, (long)&ev);
}

/* The last kernel's set, without its members. */
static void empty_set(void)
{
	enum kept_what what;
	unsigned int i = 0;
	int fd;

	while ((fd = kept_next_fd(&i, &what)) >= 0)
		set_ctl(EPOLL_CTL_DEL, fd, 0, 0);
}

static int make_set(void)
{
	long fd;

	if (kept_recall(KEPT_EPOLL, 0, "", &fd)) {
		epoll_fd = fd;
		empty_set();
	} else {
		epoll_fd = kept_record(KEPT_EPOLL, 0, "",
				       boot_syscall1(__NR_epoll_create1, EPOLL_CLOEXEC));
	}
	return epoll_fd < 0 ? epoll_fd : 0;
}

int host_poll_add(int fd, unsigned int events, unsigned int irq)
{
	int ret;

	if (epoll_fd < 0) {
		ret = make_set();
		if (ret)
			return ret;
	}
	ret = set_ctl(EPOLL_CTL_ADD, fd, events, irq);
	if (!ret && !events)
		ret = set_ctl(EPOLL_CTL_DEL, fd, 0, 0);
	return ret;
}

/*
 * Hang-ups are reported for every descriptor in the set, whatever it waits for.
 * One that waits for nothing therefore leaves the set.
 */
int host_poll_mod(int fd, unsigned int events, unsigned int irq)
{
	int ret;

	if (!events) {
		ret = set_ctl(EPOLL_CTL_DEL, fd, 0, 0);
		return ret == -ENOENT ? 0 : ret;
	}
	ret = set_ctl(EPOLL_CTL_MOD, fd, events, irq);
	return ret == -ENOENT ? set_ctl(EPOLL_CTL_ADD, fd, events, irq) : ret;
}

int host_poll_del(int fd)
{
	return host_poll_mod(fd, 0, 0);
}

/*
 * long host_poll_wait(int epoll_fd, struct epoll_event *ev, int max, long timeout,
 *		       const unsigned int *pending, long call)
 *
 * A system call that is not begun when *@pending is set.  A signal between the
 * comparison and the call would be slept over, so trap code resumes a context that was
 * interrupted inside the window at host_poll_interrupted (see host.h).  Once the
 * call has begun the host ends it with EINTR, behind the window.
 */
asm(".pushsection .text\n"
    "	.balign	16\n"
    "	.globl	host_poll_wait, host_poll_window, host_poll_window_end\n"
    "	.globl	host_poll_interrupted\n"
    "	.hidden	host_poll_wait, host_poll_window, host_poll_window_end\n"
    "	.hidden	host_poll_interrupted\n"
    "	.type	host_poll_wait, @function\n"
    "host_poll_wait:\n"
    "	mov	%rcx, %r10\n"		/* timeout */
    "	mov	%r8, %rcx\n"		/* pending, until the call clobbers it */
    "	mov	%r9, %r11\n"		/* number of the call, likewise */
    "	xor	%r8d, %r8d\n"		/* no signal mask */
    "	mov	$8, %r9d\n"		/* sizeof(sigset_t) of the host kernel */
    "host_poll_window:\n"
    "	cmpl	$0, (%rcx)\n"
    "	jne	host_poll_interrupted\n"
    "	mov	%r11d, %eax\n"
    "	syscall\n"
    "host_poll_window_end:\n"
    "	ret\n"
    "host_poll_interrupted:\n"
    "	mov	$-4, %rax\n"		/* -EINTR */
    "	ret\n"
    "	.size	host_poll_wait, . - host_poll_wait\n"
    "	.popsection\n");

long host_poll_wait(int epoll_fd, struct epoll_event *ev, int max, long timeout,
		    const unsigned int *pending, long call);

/* Old hosts, and containers that know no epoll_pwait2, wait in whole milliseconds. */
static long wait_ms(struct epoll_event *ev, int max, long long ns, const unsigned int *pending)
{
	long ms = -1;

	if (ns >= 0) {
		ms = ns / NS_PER_MS + (ns % NS_PER_MS != 0);
		if (ms > 0x7fffffff)
			ms = 0x7fffffff;
	}
	return host_poll_wait(epoll_fd, ev, max, ms, pending, __NR_epoll_pwait);
}

int host_poll(struct host_event *ev, unsigned int max, long long ns, const unsigned int *pending)
{
	static const unsigned int none;
	static int no_pwait2;
	struct timespec ts = { .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
	struct epoll_event got[32];
	long n;

	if (epoll_fd < 0) {
		n = make_set();
		if (n)
			return n;
	}
	if (max > sizeof(got) / sizeof(got[0]))
		max = sizeof(got) / sizeof(got[0]);
	if (!pending)
		pending = &none;
	if (!no_pwait2) {
		n = host_poll_wait(epoll_fd, got, max, ns < 0 ? 0 : (long)&ts, pending,
				   __NR_epoll_pwait2);
		if (n == -ENOSYS || n == -EPERM)
			no_pwait2 = 1;
	}
	if (no_pwait2)
		n = wait_ms(got, max, ns, pending);
	for (long i = 0; i < n; i++) {
		ev[i].events = got[i].events & (HOST_POLLIN | HOST_POLLOUT | HOST_POLLHUP |
					  HOST_POLLRDHUP);
		if (got[i].events & EPOLLERR)
			ev[i].events |= HOST_POLLHUP;
		ev[i].irq = got[i].data.u64;
	}
	return n;
}

int host_wait_fd(int fd, unsigned int events, long long ns)
{
	struct timespec ts = { .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
	struct pollfd p = { .fd = fd, .events = events };
	/* The host leaves in @ts what a signal interrupts. */
	long ret = host_retry(host_syscall5(__NR_ppoll, (long)&p, 1, (long)&ts, 0, 8));

	return ret <= 0 ? ret : p.revents & (POLLIN | POLLOUT | POLLHUP | HOST_POLLRDHUP);
}

int host_eventfd(void)
{
	long fd;

	if (kept_recall(KEPT_EVENTFD, 0, "", &fd))
		return fd;
	fd = boot_syscall2(__NR_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK);
	return kept_record(KEPT_EVENTFD, 0, "", fd);
}
