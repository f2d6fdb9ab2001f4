// SPDX-License-Identifier: GPL-2.0
/*
 * The host room of the port (arch-um/host), as an ordinary program: every function that drivers call does on
 * this host what asm/host.h says. Prints TAP. Its one argument is a folder to work in.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include "../../arch-um/include/asm/boot.h"
#include "../../arch-um/include/asm/host.h"
#include "../../arch-um/include/asm/layout.h"

#define SECOND 1000000000LL

static struct boot_info info;
struct boot_info *boot_info = &info;

static int tests;
static const char *part = "";	/* what the names of tests begin with */

static int __attribute__((format(printf, 2, 3))) ok(int good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - %s", good ? "" : "not ", ++tests, part);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	return good;
}

static void is(long got, long wanted, const char *what)
{
	if (!ok(got == wanted, "%s", what))
		printf("# got %ld, wanted %ld\n", got, wanted);
}

static void skip(const char *what, const char *why)
{
	printf("ok %d - %s%s # SKIP %s\n", ++tests, part, what, why);
}

static int make_file(const char *name, unsigned long size)
{
	int fd = host_open(name, HOST_O_READ | HOST_O_WRITE | HOST_O_CREATE | HOST_O_TRUNC);

	if (fd < 0 || ftruncate(fd, size)) {
		printf("Bail out! cannot make %s: %d\n", name, fd);
		exit(1);
	}
	return fd;
}

static void test_folder(void)
{
	char names[64];
	int folder, inner, fd;

	is(host_folder_make(-1, "folder"), 0, "a folder can be made");
	is(host_folder_make(-1, "folder"), -EEXIST, "a folder cannot be made twice");
	folder = host_folder_open(-1, "folder");
	ok(folder >= 0 && !host_folder_make(folder, "inner"), "a folder can be made in a folder");
	inner = host_folder_open(folder, "inner");
	fd = host_folder_file(inner, "new", 1);
	ok(fd >= 0 && host_pwrite(fd, "x", 1, 0) == 1 && !access("folder/inner/new", F_OK),
	   "a file can be made in a folder");
	is(host_folder_list(inner, names, sizeof(names)), 1, "the files of a folder are counted");
	ok(!strcmp(names, "new") && !names[4], "the files of a folder are listed by name");
	ok(!symlink("../../file", "folder/inner/link") && !symlink("inner", "folder/other"),
	   "symbolic links are made to a file and to a folder");
	is(host_folder_file(inner, "link", 0), -ELOOP, "a symbolic link to a file is refused");
	is(host_folder_file(inner, "link", 1), -ELOOP,
	   "a symbolic link is refused where a file is to be made");
	is(host_folder_open(folder, "other"), -ENOTDIR, "a symbolic link to a folder is refused");
	ok(host_folder_left_over(inner, "link") && !host_folder_left_over(inner, "new"), "links are left over, files are not");
	ok(!host_folder_unlink(inner, "link") && !host_folder_unlink(inner, "new") && !host_folder_unlink(folder, "other") &&
	   !access("file", F_OK), "links and files can be removed, and what links lead to stays");
	host_close(fd);
	host_close(inner);
	is(host_folder_remove(folder, "inner"), 0, "an empty folder can be removed");
	host_close(folder);
	rmdir("folder");
}

static void test_file(void)
{
	char buf[8192], text[] = "what was written";
	struct host_stat st;
	int fd, other;

	is(host_open("no such file", HOST_O_READ), -ENOENT, "opening a file that is not there fails");
	fd = make_file("file", 0);
	is(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC, "descriptors are not inherited");
	is(host_pwrite(fd, text, sizeof(text), 5000), sizeof(text), "pwrite writes");
	is(host_pread(fd, buf, sizeof(buf), 5000), sizeof(text), "pread reads up to the end");
	ok(!strcmp(buf, text), "pread reads what was written");
	is(host_fstat(fd, &st), 0, "fstat succeeds");
	is(st.size, 5000 + sizeof(text), "fstat knows the size");
	is(host_stat("file", &st), 0, "stat succeeds");
	ok(S_ISREG(st.mode) && (st.mode & 0777) == 0600, "new files are for this user alone");

	memset(buf, 'x', sizeof(buf));
	host_pwrite(fd, buf, sizeof(buf), 0);
	if (host_punch_hole(fd, 0, 4096) == -EOPNOTSUPP) {
		skip("a hole reads as zeroes", "no holes here");
	} else {
		host_pread(fd, buf, sizeof(buf), 0);
		ok(!buf[0] && !buf[4095] && buf[4096] == 'x', "a hole reads as zeroes");
	}
	if (host_zero_range(fd, 4096, 1024) == -EOPNOTSUPP) {
		skip("a zeroed range reads as zeroes", "not on this file system");
	} else {
		host_pread(fd, buf, sizeof(buf), 0);
		ok(!buf[4096] && !buf[5119] && buf[5120] == 'x', "a zeroed range reads as zeroes");
	}
	is(host_fstat(fd, &st) ?: (long)st.size, sizeof(buf), "holes and zeroed ranges keep the size");

	other = host_open("file", HOST_O_READ | HOST_O_WRITE);
	is(host_lock_file(fd, 1), 0, "a file can be locked");
	is(host_lock_file(other, 1), -EAGAIN, "a file cannot be locked twice for writing");
	is(host_lock_file(other, 0), -EAGAIN, "a file cannot be locked for reading beside a writer");
	is(host_lock_file(fd, 0), 0, "a writer can become a reader");
	is(host_lock_file(other, 0), 0, "a file can be locked by two readers");
	host_close(fd);
	is(host_lock_file(other, 1), 0, "closing a file unlocks it");
	host_close(other);

	test_folder();
	is(host_unlink("file"), 0, "a file can be removed");
	is(access("file", F_OK), -1, "a file that was removed is gone");
}

static void test_time(void)
{
	unsigned long long before = host_monotonic_ns(), n;
	struct timespec ts;
	sigset_t set;
	int sig;

	ok(host_monotonic_ns() >= before, "time does not run backwards");
	clock_gettime(CLOCK_REALTIME, &ts);
	n = host_realtime_ns();
	ok(n >= ts.tv_sec * 1ULL * SECOND + ts.tv_nsec && n < (ts.tv_sec + 2) * 1ULL * SECOND,
	   "real time is the host's");

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	before = host_monotonic_ns();
	is(host_timer_arm(3000000), 0, "a timer can be armed");
	sigwait(&set, &sig);
	ok(host_monotonic_ns() - before >= 3000000, "a timer is not early");
	host_timer_arm(1000000);
	host_timer_arm(0);
	ts = (struct timespec){ .tv_nsec = 20000000 };
	is(sigtimedwait(&set, NULL, &ts), -1, "a timer can be disarmed");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static unsigned int pending;
static greg_t step_to;		/* a signal comes here */
static int stepped;

/* What the port's trap code does with a signal in kernel mode. */
static void on_signal(int sig, siginfo_t *si, void *context)
{
	greg_t *reg = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)si;
	if (sig == SIGTRAP) {
		if (reg[REG_RIP] != step_to)
			return;
		stepped++;
		reg[REG_EFL] &= ~0x100;
	}
	pending = 1;
	if (reg[REG_RIP] >= (greg_t)host_poll_window && reg[REG_RIP] < (greg_t)host_poll_window_end)
		reg[REG_RIP] = (greg_t)host_poll_interrupted;
}

static void single_step(int on)
{
	if (on)
		asm volatile("pushf; orl $0x100, (%%rsp); popf" : : : "memory", "cc");
	else
		asm volatile("pushf; andl $~0x100, (%%rsp); popf" : : : "memory", "cc");
}

static void test_poll(void)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };
	unsigned long long before;
	struct host_event ev[4];
	int p[2], fd, i, n = 0;
	char c;

	if (pipe2(p, O_NONBLOCK))
		exit(1);
	is(host_poll_add(p[0], HOST_POLLIN, 7), 0, "a pipe can be waited for");
	is(host_poll(ev, 4, 0, NULL), 0, "nothing is ready at first");
	before = host_monotonic_ns();
	is(host_poll(ev, 4, 2500000, NULL), 0, "a wait ends at its time");
	before = host_monotonic_ns() - before;
	ok(before >= 2500000 && before < SECOND, "a wait ends not before its time and not long after");
	if (write(p[1], "x", 1) != 1)
		exit(1);
	is(host_poll(ev, 4, -1, NULL), 1, "what is ready ends a wait");
	ok(ev[0].irq == 7 && ev[0].events == HOST_POLLIN, "an event says which descriptor and what for");
	is(host_poll(ev, 4, 0, NULL), 1, "an event that is not taken comes again");
	is(host_wait_fd(p[0], HOST_POLLIN, 0), HOST_POLLIN,
	   "one descriptor alone can be waited for");
	is(host_poll_mod(p[0], 0, 7), 0, "a descriptor can be muted");
	is(host_poll(ev, 4, 0, NULL), 0, "a descriptor that waits for nothing has no event");
	if (read(p[0], &c, 1) != 1)
		exit(1);
	close(p[1]);
	is(host_poll(ev, 4, 0, NULL), 0, "a descriptor that waits for nothing does not tell of a hang-up");
	is(host_poll_mod(p[0], HOST_POLLIN, 9), 0, "a muted descriptor can be waited for again");
	is(host_poll(ev, 4, 0, NULL), 1, "a descriptor that waits again has hung up");
	ok(ev[0].irq == 9 && ev[0].events & HOST_POLLHUP, "a hang-up is an event");
	is(host_poll_del(p[0]), 0, "a descriptor can be removed");
	is(host_poll(ev, 4, 0, NULL), 0, "a descriptor that was deleted has no event");
	close(p[0]);
	fd = make_file("file", 0);
	is(host_poll_add(fd, HOST_POLLIN, 1), -EPERM, "a file cannot be waited for");
	host_close(fd);
	is(host_poll_add(987, HOST_POLLIN, 1), -EBADF, "a descriptor that is not open cannot be added");

	/* A signal at every instruction between the look at what is pending and the wait. */
	sigaction(SIGALRM, &sa, NULL);
	sigaction(SIGTRAP, &sa, NULL);
	pending = 1;
	is(host_poll(ev, 4, -1, &pending), -EINTR, "a wait does not begin when something is pending");
	for (step_to = (greg_t)host_poll_window; step_to < (greg_t)host_poll_window_end; step_to++) {
		int before_step = stepped;

		pending = 0;
		single_step(1);
		i = host_poll(ev, 4, 10000000, &pending);
		single_step(0);
		n += i != (stepped > before_step ? -EINTR : 0);
	}
	is(n, 0, "a signal right before a wait is not slept over");
	is(stepped, 4, "signals came at each instruction from the check to the call");
	for (i = n = 0; i < 3000; i++) {
		pending = 0;
		host_timer_arm(1 + i * 5);
		n += host_poll(ev, 4, 20 * SECOND, &pending) != -EINTR || !pending;
	}
	is(n, 0, "no signal at any other time is slept over");

	pending = 0;
	if (pipe(p))
		exit(1);
	before = host_monotonic_ns();
	host_timer_arm(1000000);
	is(host_wait_fd(p[0], HOST_POLLIN, 30000000), 0,
	   "a wait for one descriptor goes on after a signal");
	before = host_monotonic_ns() - before;
	ok(pending && before >= 30000000 && before < SECOND,
	   "a wait for one descriptor ends at its time in spite of a signal");
	close(p[0]);
	close(p[1]);
	signal(SIGALRM, SIG_DFL);
}

static void test_tty(void)
{
	struct winsize ws = { .ws_row = 33, .ws_col = 99 };
	struct host_winsize size;
	struct termios before = { 0 }, now = { 0 };
	int master, slave, own, own2, s[2], p[2], flags;
	char c;

	if (openpty(&master, &slave, NULL, NULL, &ws))
		exit(1);
	ok(host_isatty(slave), "a terminal is known as one");
	is(host_tty_winsize(slave, &size), 0, "a terminal has a size");
	ok(size.rows == 33 && size.cols == 99, "a terminal's size is the right one");
	tcgetattr(slave, &before);

	own = host_private(slave);
	ok(own >= 0 && own != slave, "a terminal can be opened anew");
	ok(!(fcntl(slave, F_GETFL) & O_NONBLOCK) && fcntl(own, F_GETFL) & O_NONBLOCK,
	   "a terminal opened anew does not wait, the one it was opened from does");
	host_set_async(own, 1);
	ok(!(fcntl(slave, F_GETFL) & O_ASYNC) && fcntl(own, F_GETFL) & O_ASYNC &&
	   fcntl(own, F_GETOWN) == getpid(),
	   "a terminal opened anew can send signals to this process alone");
	host_set_async(own, 0);
	is(host_read(own, &c, 1), -EAGAIN, "reading a terminal opened anew does not wait");

	is(host_tty_raw(own), 0, "a terminal can be made raw");
	tcgetattr(slave, &now);
	ok(!(now.c_lflag & (ECHO | ICANON | ISIG)) && !(now.c_oflag & OPOST), "a raw terminal is raw");
	own2 = host_private(slave);
	host_tty_raw(own2);
	host_tty_raw(own);
	if (write(master, "\003", 1) != 1)
		exit(1);
	is(host_wait_fd(own, HOST_POLLIN, 5 * SECOND), HOST_POLLIN,
	   "a raw terminal is ready when a key was pressed");
	ok(host_read(own, &c, 1) == 1 && c == 3, "the interrupt key of a raw terminal is read as it is");

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) || pipe(p))
		exit(1);
	flags = fcntl(s[0], F_GETFL);
	own2 = host_private(s[0]);
	ok(own2 >= 0 && fcntl(own2, F_GETFL) & O_NONBLOCK,
	   "a socket is shared and made not to wait");
	host_tty_restore();
	tcgetattr(slave, &now);
	ok(!memcmp(&before, &now, sizeof(now)), "a terminal is given back as it was");
	is(fcntl(s[0], F_GETFL), flags, "a socket is given back as it was");
	host_tty_restore();
	tcgetattr(slave, &now);
	ok(!memcmp(&before, &now, sizeof(now)), "a terminal given back twice is the same");

	own2 = host_private(p[0]);
	is(host_read(own2, &c, 1), -EAGAIN, "a pipe can be opened anew not to wait");
	ok(!(fcntl(p[0], F_GETFL) & O_NONBLOCK), "others do not see that a pipe does not wait");
	is(host_private(p[1]) >= 0, 1, "the writing end of a pipe can be opened anew");
	is(host_private(987), -EBADF, "a descriptor that is not open cannot be opened anew");
	is(host_private(own), -EBADF, "a descriptor of this program's own cannot be opened anew");
}

static void finish(int efd, unsigned int n, const char *what)
{
	struct host_aio *done[64];
	unsigned int got = 0;
	unsigned long long count;
	int r;

	while (got < n) {
		if (host_wait_fd(efd, HOST_POLLIN, 10 * SECOND) <= 0)
			break;
		host_read(efd, &count, sizeof(count));
		while ((r = host_aio_reap(done, 3)) > 0)
			got += r;
	}
	is(got, n, what);
}

#define BLOCK 4096
#define BLOCKS 64
#define RING 128

/* There is one ring for all; @efd is its. */
static void test_aio(int efd, unsigned int flags)
{
	static char data[BLOCKS][BLOCK] __attribute__((aligned(BLOCK)));
	static char back[BLOCKS][BLOCK] __attribute__((aligned(BLOCK)));
	struct host_aio io[BLOCKS], *list[BLOCKS], bad;
	struct host_iovec iov[BLOCKS][2];
	int fd, i, n, good = 1;

	host_close(make_file("aio", BLOCKS * BLOCK));
	fd = host_open("aio", HOST_O_READ | HOST_O_WRITE | flags);
	if (fd < 0 || (flags & HOST_O_DIRECT && !host_dio_align(fd))) {
		skip("requests are completed", "no O_DIRECT here");
		return;
	}
	ok(!host_aio_in_flight(), "nothing is in flight at first");

	for (i = 0; i < BLOCKS; i++) {
		for (n = 0; n < BLOCK; n++)
			data[i][n] = i + n * 7;
		/* Each in two pieces, and the file's blocks in reverse. */
		iov[i][0] = (struct host_iovec){ data[i], 1024 };
		iov[i][1] = (struct host_iovec){ data[i] + 1024, BLOCK - 1024 };
		host_aio_prep(&io[i], HOST_AIO_WRITEV, fd, iov[i], 2, (BLOCKS - 1 - i) * BLOCK,
			      i == 5);
		io[i].res = -1;
		list[i] = &io[i];
	}
	for (i = 0; i < BLOCKS; i += n) {
		n = host_aio_submit(list + i, BLOCKS - i);
		if (n <= 0)
			break;
	}
	is(i, BLOCKS, "writes are taken");
	finish(efd, BLOCKS, "writes are completed");
	for (i = 0; i < BLOCKS; i++)
		good &= io[i].res == BLOCK;
	ok(good, "writes are completed in full");

	host_aio_prep(&io[0], HOST_AIO_FDSYNC, fd, NULL, 0, 0, 0);
	is(host_aio_submit(list, 1), 1, "a flush is taken");
	finish(efd, 1, "a flush is completed");
	is(io[0].res, 0, "a flush is completed without an error");

	for (i = 0; i < BLOCKS; i++) {
		iov[i][0].base = back[i];
		iov[i][1].base = back[i] + 1024;
		host_aio_prep(&io[i], HOST_AIO_READV, fd, iov[i], 2, (BLOCKS - 1 - i) * BLOCK, 0);
	}
	is(host_aio_submit(list, BLOCKS), BLOCKS, "reads are taken");
	finish(efd, BLOCKS, "reads are completed");
	ok(!memcmp(data, back, sizeof(data)), "reads read what was written");

	host_aio_prep(&io[0], HOST_AIO_READV, fd, iov[0], 2, (BLOCKS - 1) * BLOCK + 3072, 0);
	host_aio_submit(list, 1);
	host_aio_prep(&io[1], HOST_AIO_READV, fd, iov[1], 2, BLOCKS * BLOCK, 0);
	host_aio_submit(list + 1, 1);
	finish(efd, 2, "reads at the end are completed");
	is(io[0].res, 1024, "a read over a file's end is short");
	is(io[1].res, 0, "a read behind a file's end gives nothing");

	host_aio_prep(&bad, HOST_AIO_READV, 987, iov[0], 2, 0, 0);
	list[1] = &bad;
	is(host_aio_submit(list, 2), 1, "requests before a bad one are taken");
	is(host_aio_submit(list + 1, 1), -EBADF, "a bad request is named");
	finish(efd, 1, "a request before a bad one is completed");

	for (i = 0; i < BLOCKS; i++)
		list[i] = &io[i];
	is(host_aio_submit(list, BLOCKS), BLOCKS, "many reads are taken before a drain");
	host_aio_drain();
	is(host_aio_in_flight(), 0, "no request is left after a drain");
	host_close(fd);
	host_unlink("aio");
}

static void test_aio_place(void)
{
	struct rlimit none = { 0, 0 };
	int status;
	char line[256];
	int inside = 0, outside = 0;
	FILE *maps = fopen("/proc/self/maps", "r");

	while (fgets(line, sizeof(line), maps)) {
		unsigned long start, end;

		if (!strstr(line, "/[aio]"))
			continue;
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 && start >= AIO_BASE && end <= AIO_END)
			inside++;
		else
			outside++;
	}
	fclose(maps);
	ok(inside > 0 && !outside, "all %d AIO rings lie where the guard hides them", inside);
	if (!fork()) {
		setrlimit(RLIMIT_NOFILE, &none);
		_exit(host_aio_setup(1) >= 0);
	}
	wait(&status);
	is(status, 0, "without descriptors there is no AIO ring");
}

static void test_socket(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "socket" };
	struct sockaddr_un me = { .sun_family = AF_UNIX, .sun_path = "peer" };
	char buf[64], peer[HOST_PEER_LEN], longname[200];
	unsigned int peer_len;
	struct stat st;
	int fd, s, c, uid;

	memset(longname, 'x', sizeof(longname));
	longname[sizeof(longname) - 1] = 0;
	is(host_unix_listen(longname, HOST_SOCK_STREAM), -ENAMETOOLONG, "a socket's name can be too long");
	fd = host_unix_listen("socket", HOST_SOCK_DGRAM);
	ok(fd >= 0, "a datagram socket can be made");
	ok(!stat("socket", &st) && (st.st_mode & 07777) == 0600,
	   "a datagram socket is for this user alone");
	is(host_unix_listen("socket", HOST_SOCK_DGRAM), -EADDRINUSE, "a datagram socket cannot be made twice");
	is(host_recv_peer(fd, buf, sizeof(buf), peer, &peer_len, &uid), -EAGAIN, "receiving does not wait");
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (bind(s, (void *)&me, sizeof(me)) || connect(s, (void *)&addr, sizeof(addr)) ||
	    write(s, "hello", 5) != 5)
		exit(1);
	is(host_recv_peer(fd, buf, sizeof(buf), peer, &peer_len, &uid), 5, "a message arrives");
	is(uid, getuid(), "a message comes with its sender's user");
	is(host_send_peer(fd, "answer", 6, peer, peer_len), 6, "a message can be answered");
	ok(read(s, buf, sizeof(buf)) == 6 && !memcmp(buf, "answer", 6), "an answer to a message arrives");
	close(s);
	is(host_send_peer(fd, "answer", 6, peer, peer_len), -ECONNREFUSED, "a peer that is gone gets no answer");
	host_close(fd);
	unlink("socket");
	unlink("peer");

	fd = host_unix_listen("socket", HOST_SOCK_STREAM);
	is(host_unix_listen("socket", HOST_SOCK_STREAM), -EADDRINUSE,
	   "another cannot listen at the same place");
	is(host_accept(fd, 'x'), -EAGAIN, "asking whether a listener is alive is no connection");
	close(fd);
	fd = host_unix_listen("socket", HOST_SOCK_STREAM);
	ok(fd >= 0, "a socket that a killed guest left is replaced");
	is(host_accept(fd, 'x'), -EAGAIN, "accepting does not wait");
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(s, (void *)&addr, sizeof(addr)))
		exit(1);
	c = host_accept(fd, 'x');
	ok(c >= 0 && fcntl(c, F_GETFL) & O_NONBLOCK, "a caller is accepted");
	is(host_write(c, "hello", 5), 5, "a caller is written to");
	ok(read(s, buf, sizeof(buf)) == 5, "what is written to a caller arrives");
	unlink("socket");
}

static void test_net(void)
{
	struct host_net_note note = { .unsent = 70000, .prefix_len = 3, .prefix = { 0, 1, 2 } }, noted;
	struct host_packet p[3], q[3];
	struct host_iovec from[3], to[3];
	char out[3][100], in[3][100], address[HOST_PEER_LEN];
	unsigned char mac[6], again[6];
	int listener, a, b, i, s[2], connected;
	FILE *f;

	is(host_net_connect(HOST_SOCK_SEQPACKET, NULL, "net"), -ENOENT,
	   "connecting to a network where nothing is fails");
	listener = host_net_listen(HOST_SOCK_SEQPACKET, "net");
	ok(listener >= 0, "a peer can be waited for");
	is(host_net_listen(HOST_SOCK_SEQPACKET, "net"), -EADDRINUSE, "a network cannot listen twice at one place");
	is(host_net_accept(listener), -EAGAIN, "a network has no peer at first");
	a = host_net_connect(HOST_SOCK_SEQPACKET, NULL, "net");
	b = host_net_accept(listener);
	ok(a >= 0 && b >= 0, "a peer comes");
	for (i = 0; i < 3; i++) {
		memset(out[i], 'a' + i, sizeof(out[i]));
		from[i] = (struct host_iovec){ out[i], 60 + i };
		to[i] = (struct host_iovec){ in[i], 61 };
		p[i] = (struct host_packet){ .iov = &from[i], .niov = 1 };
		q[i] = (struct host_packet){ .iov = &to[i], .niov = 1 };
	}
	is(host_packets_send(a, p, 3), 3, "frames can be sent at once");
	is(host_packets_receive(b, q, 3), 3, "frames come at once");
	ok(q[0].len == 60 && q[1].len == 61 && !memcmp(in[1], out[1], 61), "frames come as they were sent");
	ok(!(q[1].flags & HOST_PACKET_CUT) && q[2].flags & HOST_PACKET_CUT, "frames that were cut are marked");
	is(host_packets_receive(b, q, 3), -EAGAIN, "there are no more frames than were sent");
	for (i = 0; host_packets_send(a, p, 3) > 0; i++)
		;
	ok(i > 10 && host_packets_send(a, p, 3) == -EAGAIN,
	   "a peer that does not read is not waited for");
	is(host_net_hung_up(b), 0, "a peer that is there has not hung up");
	host_close(a);
	is(host_net_hung_up(b), 1, "a peer that has gone has hung up");
	host_close(b);
	host_close(listener);
	ok((listener = host_net_listen(HOST_SOCK_STREAM, "net")) >= 0,
	   "a network's socket that is left over is replaced");
	host_close(listener);
	unlink("net");
	f = fopen("net", "w");
	fclose(f);
	is(host_net_listen(HOST_SOCK_STREAM, "net"), -EADDRINUSE, "a file is not replaced by a socket");
	unlink("net");

	a = host_net_datagrams("one", "two", &connected);
	ok(a >= 0 && !connected, "a socket for datagrams needs no peer");
	b = host_net_datagrams("two", "one", &connected);
	ok(b >= 0 && connected, "a socket for datagrams is connected to a peer that is there");
	p[0].name = address;
	p[0].name_len = host_unix_address("two", address);
	is(host_packets_send(a, p, 1), 1, "a frame can go by name");
	is(host_packets_receive(b, q, 3), 1, "a named datagram comes");
	host_close(a);
	host_close(b);
	unlink("one");
	unlink("two");

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s))
		exit(1);
	is(host_net_kind(s[0]), HOST_SOCK_STREAM, "a stream is known as one");
	is(host_net_kind(0), HOST_OTHER, "a descriptor that is no network is known as such");
	host_net_noted(s[0], &noted);
	ok(!noted.skip && !noted.unsent && !noted.prefix_len, "nothing is noted of a new stream");
	host_net_note(s[0], &note);
	host_net_noted(s[0], &noted);
	ok(noted.unsent == 70000 && !noted.skip && noted.prefix_len == 3 && !memcmp(noted.prefix, note.prefix, 3),
	   "what is noted of a stream is kept");
	note = (struct host_net_note){ .skip = 1048575 };
	host_net_note(s[0], &note);
	host_net_noted(s[0], &noted);
	ok(noted.skip == 1048575 && !noted.unsent && !noted.prefix_len, "what is noted of a stream can change");
	host_close(s[0]);
	host_net_noted(s[0], &noted);
	is(noted.skip, 0, "what is noted of a stream is forgotten with it");
	close(s[1]);

	host_net_mac(1, mac);
	host_net_mac(1, again);
	ok(!memcmp(mac, again, 6) && (mac[0] & 3) == 2, "a device keeps its address");
	host_net_mac(2, again);
	ok(memcmp(mac, again, 6), "another device has another address");
}

/* Last: the next kernel of this process asks again. */
/* @efd: of the ring */
static void test_restart(int efd)
{
	int a, b, closed, i, bad = 0;
	long align;
	struct host_stat st;

	a = host_open("kept", HOST_O_READ | HOST_O_WRITE | HOST_O_CREATE);
	b = host_open("kept", HOST_O_READ | HOST_O_WRITE | HOST_O_CREATE);
	closed = host_open("kept", HOST_O_READ);
	host_lock_file(a, 1);
	host_close(closed);
	align = host_dio_align(a);

	for (i = 0; i < 2; i++) {
		info.reboots++;
		bad += host_open("kept", HOST_O_READ | HOST_O_WRITE | HOST_O_CREATE) != a;
		bad += host_open("kept", HOST_O_READ | HOST_O_WRITE | HOST_O_CREATE) != b;
		bad += host_open("kept", HOST_O_READ | HOST_O_WRITE | HOST_O_CREATE) != -ENOENT;
		bad += host_open("kept", HOST_O_READ) != -ENOENT;
		bad += host_open("file", HOST_O_READ) != -ENOENT;
		bad += host_lock_file(a, 1) != 0;
		bad += host_dio_align(a) != align;
		bad += host_stat("kept", &st) || !S_ISREG(st.mode);
		bad += host_stat("file", &st) != -ENOENT;
		bad += host_folder_make(-1, "folder") != -EEXIST;
		is(bad, 0, "a restarted kernel gets what the first had, in its order, and no more");
		is(host_aio_setup(RING), efd, "a restarted kernel gets the ring of the first");
	}
	host_unlink("kept");
}

int main(int argc, char **argv)
{
	int efd;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 2 || chdir(argv[1])) {
		printf("Bail out! usage: room FOLDER\n");
		return 1;
	}
	strcpy(info.environment, "HOME=/home/someone");
	strcpy(info.environment + sizeof("HOME=/home/someone"), "TERM=dumb");
	ok(!strcmp(host_getenv("TERM"), "dumb") && !strcmp(host_getenv("HOME"), "/home/someone") &&
	   !host_getenv("HO") && !host_getenv("PATH"), "the environment is the one we were given");
	is(host_getpid(), getpid(), "the process number is ours");
	test_file();
	test_time();
	test_poll();
	test_tty();
	efd = host_aio_setup(RING);
	ok(efd >= 0, "an AIO ring can be made");
	part = "AIO in the page cache: ";
	test_aio(efd, 0);
	part = "AIO with O_DIRECT: ";
	test_aio(efd, HOST_O_DIRECT);
	part = "";
	test_aio_place();
	test_socket();
	test_net();
	test_restart(efd);
	printf("1..%d\n", tests);
	return 0;
}
