// SPDX-License-Identifier: GPL-2.0
/* Descriptors that tell of events: eventfd, epoll, timerfd, signalfd, inotify, pidfd; AIO. */
#include "tap.h"
#include <linux/aio_abi.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

static bool readable(int fd, int ms)
{
	return poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, ms) == 1;
}

static void *add_later(void *arg)
{
	sleep_ms(30);
	must(eventfd_write(*(int *)arg, 5) == 0);
	return NULL;
}

static void event_fd(void)
{
	int fd = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC),
	     sem = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK), wait;
	eventfd_t v;
	pthread_t t;

	ok(!eventfd_write(fd, 4) && !eventfd_read(fd, &v) && v == 7,
	   "eventfd adds what is written");
	errno = 0;
	ok(eventfd_read(fd, &v) == -1 && errno == EAGAIN && !readable(fd, 0),
	   "an eventfd that was read is empty");
	ok(!eventfd_read(sem, &v) && v == 1 && !eventfd_read(sem, &v) && v == 1 &&
	   eventfd_read(sem, &v) == -1,
	   "EFD_SEMAPHORE counts down");
	wait = eventfd(0, 0);
	must(!pthread_create(&t, NULL, add_later, &wait));
	ok(!eventfd_read(wait, &v) && v == 5, "a read of an eventfd waits for a write");
	pthread_join(t, NULL);
	close(fd);
	close(sem);
	close(wait);
}

static void poll_sets(void)
{
	int ep = epoll_create1(EPOLL_CLOEXEC), inner = epoll_create1(0), a[2], b[2];
	struct epoll_event ev, got[4];
	struct timeval tv = { 0, 10000 };
	sigset_t none;
	fd_set set;
	char c;

	must(!pipe(a) && !pipe(b));
	ev = (struct epoll_event){ .events = EPOLLIN, .data.u64 = 111 };
	must(!epoll_ctl(ep, EPOLL_CTL_ADD, a[0], &ev));
	ev = (struct epoll_event){ .events = EPOLLIN | EPOLLET, .data.u64 = 222 };
	must(!epoll_ctl(ep, EPOLL_CTL_ADD, b[0], &ev));
	ok(epoll_wait(ep, got, 4, 0) == 0 && epoll_wait(ep, got, 4, 10) == 0,
	   "epoll: nothing is ready before a write");
	must(write(a[1], "x", 1) == 1 && write(b[1], "x", 1) == 1);
	ok(epoll_wait(ep, got, 4, 1000) == 2 && got[0].data.u64 + got[1].data.u64 == 333,
	   "epoll: two pipes are ready");
	ok(epoll_wait(ep, got, 4, 0) == 1 && got[0].data.u64 == 111,
	   "epoll: EPOLLET tells of an edge only once");
	must(write(b[1], "x", 1) == 1 && read(a[0], &c, 1) == 1);
	ok(epoll_wait(ep, got, 4, 0) == 1 && got[0].data.u64 == 222,
	   "epoll: EPOLLET tells of a further edge");
	ev = (struct epoll_event){ .events = EPOLLIN | EPOLLONESHOT, .data.u64 = 333 };
	must(!epoll_ctl(ep, EPOLL_CTL_MOD, a[0], &ev) && write(a[1], "x", 1) == 1);
	ok(epoll_wait(ep, got, 4, 0) == 1 && got[0].data.u64 == 333 &&
	   epoll_wait(ep, got, 4, 0) == 0,
	   "epoll: EPOLLONESHOT tells of an event once");
	must(!epoll_ctl(ep, EPOLL_CTL_MOD, a[0], &ev));
	ev = (struct epoll_event){ .events = EPOLLIN, .data.u64 = 444 };
	must(!epoll_ctl(inner, EPOLL_CTL_ADD, ep, &ev));
	ok(epoll_wait(inner, got, 4, 0) == 1 && got[0].data.u64 == 444,
	   "epoll: one epoll can wait for another");
	errno = 0;
	ok(epoll_ctl(ep, EPOLL_CTL_ADD, inner, &ev) == -1 && errno == ELOOP,
	   "epoll: a circle is refused with ELOOP");
	close(a[1]);
	must(epoll_wait(ep, got, 4, 0) == 1);
	ok(got[0].events & EPOLLHUP, "epoll: a closed writer is EPOLLHUP");
	must(!epoll_ctl(ep, EPOLL_CTL_DEL, b[0], NULL) &&
	     !epoll_ctl(ep, EPOLL_CTL_DEL, a[0], NULL));
	errno = 0;
	ok(epoll_ctl(ep, EPOLL_CTL_DEL, b[0], NULL) == -1 && errno == ENOENT,
	   "epoll: a descriptor that was removed cannot be removed: ENOENT");

	FD_ZERO(&set);
	FD_SET(b[0], &set);
	ok(select(b[0] + 1, &set, NULL, NULL, &tv) == 1 && FD_ISSET(b[0], &set),
	   "select: a readable pipe");
	must(read(b[0], &c, 1) == 1 && read(b[0], &c, 1) == 1);
	FD_SET(b[0], &set);
	ok(select(b[0] + 1, &set, NULL, NULL, &tv) == 0 && !FD_ISSET(b[0], &set),
	   "select: an empty pipe, until the time is over");
	sigemptyset(&none);
	ok(ppoll(&(struct pollfd){ b[1], POLLOUT, 0 }, 1, NULL, &none) == 1,
	   "ppoll: a writable pipe");
	close(a[0]);
	close(b[0]);
	close(b[1]);
	close(inner);
	close(ep);
}

static void timer_fd(void)
{
	struct itimerspec its = { { 0, 2000000 }, { 0, 5000000 } }, get;
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	uint64_t n = 0;

	must(fd >= 0);
	errno = 0;
	ok(read(fd, &n, 8) == -1 && errno == EAGAIN,
	   "timerfd: a timer that is not set has not expired");
	must(!timerfd_settime(fd, 0, &its, NULL));
	ok(readable(fd, 20000) && read(fd, &n, 8) == 8 && n >= 1,
	   "timerfd: the first expiry can be read");
	sleep_ms(40);
	ok(read(fd, &n, 8) == 8 && n >= 10, "timerfd: a read gives the number of expiries");
	its = (struct itimerspec){ { 0, 0 }, { 1000, 0 } };
	must(!timerfd_settime(fd, 0, &its, NULL) && !timerfd_gettime(fd, &get));
	ok(get.it_value.tv_sec >= 998 && get.it_value.tv_sec <= 1000 && !readable(fd, 0),
	   "timerfd_gettime gives the time that is left");
	close(fd);
}

static void signal_fd(void)
{
	struct signalfd_siginfo si;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	ok(fd >= 0 && !readable(fd, 0), "signalfd: without a signal there is nothing to read");
	sigqueue(getpid(), SIGRTMIN + 3, (union sigval){ .sival_int = 99 });
	kill(getpid(), SIGUSR1);
	ok(readable(fd, 1000) && read(fd, &si, sizeof(si)) == sizeof(si) &&
	   si.ssi_signo == SIGUSR1 &&
	   si.ssi_pid == (uint32_t)getpid(), "signalfd: a signal and its sender");
	ok(read(fd, &si, sizeof(si)) == sizeof(si) && si.ssi_int == 99 && !readable(fd, 0),
	   "signalfd: a queued signal and its value");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	close(fd);
}

static void watches(void)
{
	char dir[] = "/tmp/inotify.XXXXXX", path[64], buf[4096];
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), wd, file;
	uint32_t seen = 0;
	bool named = false;
	ssize_t n;

	must(mkdtemp(dir) && fd >= 0);
	wd = inotify_add_watch(fd, dir, IN_ALL_EVENTS);
	ok(wd >= 0 && !readable(fd, 0), "inotify: there is no event before a change");
	snprintf(path, sizeof(path), "%s/file", dir);
	file = creat(path, 0600);
	must(write(file, "x", 1) == 1);
	close(file);
	unlink(path);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + n;) {
			struct inotify_event *e = (void *)p;

			seen |= e->mask;
			named |= e->len && !strcmp(e->name, "file");
			p += sizeof(*e) + e->len;
		}
	ok(named && (seen & IN_CREATE) && (seen & IN_MODIFY) && (seen & IN_CLOSE_WRITE) &&
	   (seen & IN_DELETE),
	   "inotify: a file is made, changed, closed, removed");
	must(!rmdir(dir));
	ok(readable(fd, 1000) && read(fd, buf, sizeof(buf)) > 0,
	   "inotify: the removal of the folder itself");
	close(fd);
}

static int wait_to_be_killed(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return 0;
}

static void pid_fds(void)
{
	pid_t pid = spawn(wait_to_be_killed, NULL);
	int fd = syscall(SYS_pidfd_open, pid, 0), pair[2], stolen;
	siginfo_t si;

	ok(fd >= 0 && !readable(fd, 0), "pidfd_open: a running process is not ready");
	must(!pipe(pair));
	stolen = syscall(SYS_pidfd_getfd, fd, pair[0], 0);
	/* The child has no pair[0]: it was made later. Its standard output is ours. */
	ok(stolen == -1 && errno == EBADF && (stolen = syscall(SYS_pidfd_getfd, fd, 1, 0)) >= 0,
	   "pidfd_getfd takes a descriptor that is open, no other");
	close(stolen);
	ok(!syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0) && readable(fd, 20000),
	   "pidfd_send_signal ends a process, and poll shows the end");
	memset(&si, 0, sizeof(si));
	ok(!waitid(3 /* P_PIDFD */, fd, &si, WEXITED) && si.si_pid == pid &&
	   si.si_status == SIGTERM,
	   "waitid(P_PIDFD) reaps a process");
	errno = 0;
	ok(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) == -1 && errno == ESRCH,
	   "pidfd_send_signal to a reaped process: ESRCH");
	close(pair[0]);
	close(pair[1]);
	close(fd);
}

static void aio(void)
{
	aio_context_t ctx = 0;
	char buf[16] = "";
	int fd = memfd_create("aio", MFD_CLOEXEC);
	struct iocb w = { .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = fd, .aio_data = 1,
			  .aio_buf = (unsigned long)"asynchronous", .aio_nbytes = 13 };
	struct iocb r = { .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = fd, .aio_data = 2,
			  .aio_buf = (unsigned long)buf, .aio_nbytes = 13 };
	struct iocb *list[1] = { &w };
	struct io_event ev;

	if (syscall(SYS_io_setup, 8, &ctx)) {
		must(errno == ENOSYS);
		skip("AIO", "not in this kernel");
		return;
	}
	ok(syscall(SYS_io_submit, ctx, 1, list) == 1 &&
	   syscall(SYS_io_getevents, ctx, 1, 1, &ev, NULL) == 1 &&
	   ev.data == 1 && ev.res == 13, "io_submit: a write");
	list[0] = &r;
	ok(syscall(SYS_io_submit, ctx, 1, list) == 1 &&
	   syscall(SYS_io_getevents, ctx, 1, 1, &ev, NULL) == 1 &&
	   ev.data == 2 && ev.res == 13 && !strcmp(buf, "asynchronous"), "io_submit: a read");
	ok(!syscall(SYS_io_destroy, ctx), "io_destroy succeeds");
	close(fd);
}

int main(void)
{
	event_fd();
	poll_sets();
	timer_fd();
	signal_fd();
	watches();
	pid_fds();
	aio();
	return tap_done();
}
