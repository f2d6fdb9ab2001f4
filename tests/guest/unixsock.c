// SPDX-License-Identifier: GPL-2.0
/* Unix sockets: streams, datagrams, descriptors and credentials passed along; pipes. */
#include "tap.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>

static bool send_fds(int s, const int *fds, int n)
{
	char buf[CMSG_SPACE(sizeof(int) * 8)] = { 0 }, c = 'f';
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = buf,
			      .msg_controllen = CMSG_SPACE(sizeof(int) * n) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&msg);

	*cm = (struct cmsghdr){ CMSG_LEN(sizeof(int) * n), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(cm), fds, sizeof(int) * n);
	return sendmsg(s, &msg, 0) == 1;
}

static int recv_fds(int s, int *fds)
{
	char buf[CMSG_SPACE(sizeof(int) * 8)], c;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = buf,
			      .msg_controllen = sizeof(buf) };
	struct cmsghdr *cm;
	int n;

	if (recvmsg(s, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	cm = CMSG_FIRSTHDR(&msg);
	if (!cm || cm->cmsg_type != SCM_RIGHTS)
		return -1;
	n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(cm), n * sizeof(int));
	return n;
}

static int pass_files(void *arg)
{
	int s = *(int *)arg, fds[3];

	fds[0] = memfd_create("passed", 0);
	must(write(fds[0], "in the file", 11) == 11);
	must(!pipe(fds + 1) && write(fds[2], "in the pipe", 11) == 11);
	must(send_fds(s, fds, 2));
	return 0;
}

static void descriptors(void)
{
	int pair[2], fds[8], again[8];
	struct stat a, b;
	char buf[16];

	must(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	must(in_child(pass_files, &pair[1]) == 0);
	ok(recv_fds(pair[0], fds) == 2, "two descriptors arrive from a child that has gone");
	ok(pread(fds[0], buf, 16, 0) == 11 && !memcmp(buf, "in the file", 11),
	   "a file that was passed can be read");
	ok(read(fds[1], buf, 16) == 11 && !memcmp(buf, "in the pipe", 11),
	   "a pipe that was passed can be read");
	ok(fcntl(fds[0], F_GETFD) == FD_CLOEXEC, "MSG_CMSG_CLOEXEC is set on what was passed");
	/* A socket sent through itself. */
	ok(send_fds(pair[1], &pair[0], 1) && recv_fds(pair[0], again) == 1 && !fstat(pair[0], &a) &&
	   !fstat(again[0], &b) && a.st_ino == b.st_ino, "a socket can be passed through itself");
	for (int i = 0; i < 5; i++)
		must(send_fds(pair[1], fds, 2));
	/* In flight when everything is closed: the kernel must let go of them. */
	close(again[0]);
	close(fds[0]);
	close(fds[1]);
	close(pair[0]);
	close(pair[1]);
	errno = 0;
	must(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ok(!send_fds(pair[0], (int[]){ 9999 }, 1) && errno == EBADF,
	   "passing a bad descriptor: EBADF");
	close(pair[0]);
	close(pair[1]);
}

static int connect_and_talk(void *arg)
{
	struct sockaddr_un *a = arg;
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char c;

	must(!connect(s, (void *)a, sizeof(*a)));
	must(write(s, "hi", 2) == 2);
	must(read(s, &c, 1) == 0);	/* until the server has looked at us */
	return 0;
}

static void named(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), c;
	struct ucred cred;
	socklen_t len = sizeof(cred);
	const char *name = *path ? "by name" : "by abstract name";
	char buf[8];
	pid_t pid;

	memcpy(a.sun_path, path, *path ? strlen(path) : 20);
	must(!bind(s, (void *)&a, sizeof(a)) && !listen(s, 5));
	pid = spawn(connect_and_talk, &a);
	c = accept(s, NULL, NULL);
	ok(c >= 0 && read(c, buf, 8) == 2 && !memcmp(buf, "hi", 2),
	   "%s: a connection carries data", name);
	ok(!getsockopt(c, SOL_SOCKET, SO_PEERCRED, &cred, &len) && cred.pid == pid &&
	   cred.uid == geteuid(),
	   "%s: SO_PEERCRED names the peer", name);
	close(c);
	ok(wait_for(pid) == 0, "%s: the peer sees the end", name);
	close(s);
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	errno = 0;
	ok(connect(s, (void *)&a, sizeof(a)) == -1 && errno == ECONNREFUSED,
	   "%s: connect where nothing listens: ECONNREFUSED",
	   name);
	close(s);
	if (*path)
		unlink(path);
}

static void datagrams(void)
{
	char buf[CMSG_SPACE(sizeof(struct ucred))], text[64];
	struct iovec iov = { text, sizeof(text) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = buf,
			      .msg_controllen = sizeof(buf) };
	struct ucred *cred;
	int pair[2], one = 1;

	must(!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	must(!setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)));
	must(send(pair[1], "first", 5, 0) == 5 && send(pair[1], "second one", 10, 0) == 10);
	ok(recvmsg(pair[0], &msg, 0) == 5 && CMSG_FIRSTHDR(&msg),
	   "a datagram arrives with control data");
	cred = (void *)CMSG_DATA(CMSG_FIRSTHDR(&msg));
	ok(CMSG_FIRSTHDR(&msg)->cmsg_type == SCM_CREDENTIALS && cred->pid == getpid(),
	   "SCM_CREDENTIALS names the sender");
	ok(recv(pair[0], text, 4, 0) == 4 && recv(pair[0], text, 4, MSG_DONTWAIT) == -1 &&
	   errno == EAGAIN,
	   "a datagram that is too long loses its rest");
	close(pair[0]);
	close(pair[1]);
	must(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	must(send(pair[1], "abc", 3, 0) == 3 && send(pair[1], "de", 2, 0) == 2);
	ok(recv(pair[0], text, 64, 0) == 3 && recv(pair[0], text, 64, 0) == 2,
	   "SOCK_SEQPACKET keeps the limits of packets");
	close(pair[1]);
	ok(recv(pair[0], text, 64, 0) == 0, "SOCK_SEQPACKET ends when its peer closes");
	close(pair[0]);
}

static int fill_pipe(void *arg)
{
	int *fds = arg;
	char buf[5000];

	close(fds[0]);
	for (int i = 0; i < 200; i++) {
		memset(buf, i, sizeof(buf));
		must(write(fds[1], buf, sizeof(buf)) == sizeof(buf));
	}
	return 0;
}

static void pipes(void)
{
	int fds[2], size, null;
	unsigned char buf[5000];
	bool good = true;
	size_t total = 0;
	ssize_t n;
	pid_t pid;

	must(!pipe(fds));
	pid = spawn(fill_pipe, fds);
	close(fds[1]);
	while ((n = read(fds[0], buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			good &= buf[i] == (total + i) / 5000 % 256;
		total += n;
	}
	ok(good && total == 1000000 && wait_for(pid) == 0, "a megabyte goes through a pipe");
	close(fds[0]);

	must(!pipe2(fds, O_NONBLOCK));
	size = fcntl(fds[1], F_GETPIPE_SZ);
	total = 0;
	while ((n = write(fds[1], buf, 4096)) > 0)
		total += n;
	ok(errno == EAGAIN && total == (size_t)size, "a full pipe holds %d bytes", size);
	ok(!ioctl(fds[0], FIONREAD, &size) && (size_t)size == total,
	   "FIONREAD of a full pipe gives what it holds");
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	ok(splice(fds[0], NULL, null, NULL, 8192, 0) == 8192,
	   "splice takes 8 KiB out of a full pipe");
	ok(fcntl(fds[1], F_SETPIPE_SZ, 1 << 17) == 1 << 17 && write(fds[1], buf, 4096) == 4096,
	   "a pipe made larger takes more");
	close(null);
	close(fds[0]);
	close(fds[1]);
	{
		struct iovec iov = { buf, sizeof(buf) };
		int copy[2];

		must(!pipe(fds) && !pipe(copy));
		memset(buf, 'v', sizeof(buf));
		ok(vmsplice(fds[1], &iov, 1, 0) == sizeof(buf) &&
		   tee(fds[0], copy[1], sizeof(buf), 0) == sizeof(buf) &&
		   read(fds[0], buf, 5000) == 5000 && read(copy[0], buf, 5000) == 5000 &&
		   buf[4999] == 'v',
		   "vmsplice and tee give the same data");
		close(fds[0]);
		close(fds[1]);
		close(copy[0]);
		close(copy[1]);
	}
}

int main(void)
{
	char path[64], abstract[20] = "";

	snprintf(path, sizeof(path), "/tmp/unixsock.%d", getpid());
	snprintf(abstract + 1, 19, "test.%d", getpid());
	descriptors();
	named(path);
	named(abstract);
	datagrams();
	pipes();
	return tap_done();
}
