// SPDX-License-Identifier: GPL-2.0
/* Loopback networking: TCP, UDP, IPv4 and IPv6, netlink, raw addresses. */
#include "tap.h"
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#define BIG	(4 << 20)

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static socklen_t loopback(union address *a, int family)
{
	memset(a, 0, sizeof(*a));
	a->any.sa_family = family;
	if (family == AF_INET) {
		a->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(a->in);
	}
	a->in6.sin6_addr = in6addr_loopback;
	return sizeof(a->in6);
}

/* A socket on a free port of the loopback address, which goes to *a. */
static int bound(union address *a, int family, int type)
{
	socklen_t len = loopback(a, family);
	int s = socket(family, type | SOCK_CLOEXEC, 0);

	if (s < 0)
		return s;
	if (bind(s, &a->any, len) || getsockname(s, &a->any, &len)) {
		close(s);
		return -1;
	}
	return s;
}

static unsigned char pattern(size_t i)
{
	return i * 7 + i / 1000;
}

struct transfer {
	int listener;
	union address to;
	socklen_t len;
	size_t received;
	bool good;
};

static void *receive(void *arg)
{
	struct transfer *t = arg;
	static unsigned char buf[30000];
	int s = accept4(t->listener, NULL, NULL, SOCK_CLOEXEC);
	ssize_t n;

	must(s >= 0);
	t->good = true;
	while ((n = read(s, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			t->good &= buf[i] == pattern(t->received + i);
		t->received += n;
	}
	must(write(s, "thanks", 6) == 6);
	close(s);
	return NULL;
}

static void tcp(int family, const char *name)
{
	struct transfer t = { 0 };
	unsigned char *data = malloc(BIG);
	char thanks[8];
	pthread_t thread;
	size_t sent = 0;
	ssize_t n;
	int s, one = 1;

	t.listener = bound(&t.to, family, SOCK_STREAM);
	if (t.listener < 0 && family == AF_INET6) {
		skip(name, "no IPv6");
		free(data);
		return;
	}
	ok(t.listener >= 0 && !listen(t.listener, 5), "%s: a socket listens", name);
	t.len = family == AF_INET ? sizeof(t.to.in) : sizeof(t.to.in6);
	for (size_t i = 0; i < BIG; i++)
		data[i] = pattern(i);
	must(!pthread_create(&thread, NULL, receive, &t));
	s = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ok(!connect(s, &t.to.any, t.len), "%s: a client connects", name);
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	while (sent < BIG && (n = write(s, data + sent, BIG - sent)) > 0)
		sent += n;
	ok(sent == BIG && !shutdown(s, SHUT_WR), "%s: 4 MiB are sent", name);
	ok(recv(s, thanks, 8, MSG_WAITALL) == 6 && !memcmp(thanks, "thanks", 6),
	   "%s: an answer arrives after the end was sent",
	   name);
	pthread_join(thread, NULL);
	ok(t.good && t.received == BIG, "%s: 4 MiB are received in order", name);
	close(s);
	close(t.listener);
	free(data);
	s = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	errno = 0;
	ok(connect(s, &t.to.any, t.len) == -1 && errno == ECONNREFUSED,
	   "%s: connect where nothing listens: ECONNREFUSED", name);
	close(s);
}

static void udp(int family, const char *name)
{
	union address a, b, from;
	socklen_t len = sizeof(from);
	int s = bound(&a, family, SOCK_DGRAM), t;
	char buf[2000], big[1400];
	struct pollfd p = { .events = POLLIN };

	if (s < 0 && family == AF_INET6) {
		skip(name, "no IPv6");
		return;
	}
	t = bound(&b, family, SOCK_DGRAM);
	must(s >= 0 && t >= 0);
	memset(big, 'u', sizeof(big));
	ok(sendto(t, "one", 3, 0, &a.any, sizeof(a)) == 3 &&
	   sendto(t, big, sizeof(big), 0, &a.any, sizeof(a)) == sizeof(big) &&
	   sendto(t, "", 0, 0, &a.any, sizeof(a)) == 0, "%s: three datagrams are sent", name);
	p.fd = s;
	ok(poll(&p, 1, 5000) == 1 && recvfrom(s, buf, sizeof(buf), 0, &from.any, &len) == 3 &&
	   from.in.sin_port == b.in.sin_port,
	   "%s: the first datagram comes with its sender's address", name);
	ok(recv(s, buf, 100, MSG_TRUNC) == sizeof(big), "%s: the second datagram is cut off", name);
	ok(recv(s, buf, 100, 0) == 0, "%s: the third datagram is empty", name);
	errno = 0;
	ok(recv(s, buf, 100, MSG_DONTWAIT) == -1 && errno == EAGAIN,
	   "%s: there is no fourth datagram", name);
	close(s);
	ok(!connect(t, &a.any, sizeof(a)) && send(t, "x", 1, 0) == 1 &&
	   poll(&(struct pollfd){ t, POLLIN, 0 },
	   1, 5000) == 1 && recv(t, buf, 100, 0) == -1 && errno == ECONNREFUSED,
	   "%s: a datagram where nothing listens: ECONNREFUSED", name);
	close(t);
}

static void options(void)
{
	union address a;
	int s = bound(&a, AF_INET, SOCK_STREAM), t, value = 0, c;
	socklen_t len = sizeof(value);
	struct linger reset = { 1, 0 };
	struct timeval tv = { 0, 20000 };
	char buf[8];

	must(!listen(s, 5));
	ok(!getsockopt(s, SOL_SOCKET, SO_TYPE, &value, &len) && value == SOCK_STREAM &&
	   !getsockopt(s, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) && value == 1,
	   "getsockopt knows type and state of a socket");
	t = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	value = connect(t, &a.any, sizeof(a.in));
	ok((value == 0 || errno == EINPROGRESS) &&
	   poll(&(struct pollfd){ t, POLLOUT, 0 }, 1, 5000) == 1 &&
	   !getsockopt(t, SOL_SOCKET, SO_ERROR, &value, &len) && value == 0,
	   "connect without waiting");
	c = accept(s, NULL, NULL);
	must(c >= 0 && !setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	errno = 0;
	ok(recv(c, buf, 8, 0) == -1 && errno == EAGAIN, "SO_RCVTIMEO ends a read");
	must(send(t, "abc", 3, 0) == 3);
	ok(recv(c, buf, 8, MSG_PEEK) == 3 && !ioctl(c, FIONREAD, &value) && value == 3 &&
	   recv(c, buf, 8, 0) == 3, "MSG_PEEK and FIONREAD leave the data");
	must(send(t, "!", 1, MSG_OOB) == 1);
	ok(eventually(ioctl(c, SIOCATMARK, &value) == 0 && value == 1) &&
	   recv(c, buf, 1, MSG_OOB) == 1 &&
	   buf[0] == '!', "urgent data is marked and read");
	must(!setsockopt(t, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) && !close(t));
	errno = 0;
	ok(recv(c, buf, 8, 0) == -1 && errno == ECONNRESET,
	   "a connection that was reset: ECONNRESET");
	close(c);
	t = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	errno = 0;
	ok(bind(t, &a.any, sizeof(a.in)) == -1 && errno == EADDRINUSE,
	   "a port that is in use: EADDRINUSE");
	close(t);
	close(s);
}

/* Many connections at once, served by one thread with poll. */
static void *serve(void *arg)
{
	struct pollfd fds[31] = { { .fd = *(int *)arg, .events = POLLIN } };
	int n = 1, left = 30;
	char buf[100];

	while (left) {
		must(poll(fds, n, 20000) > 0);
		if (fds[0].revents & POLLIN) {
			fds[n].fd = accept(fds[0].fd, NULL, NULL);
			must(fds[n].fd >= 0);
			fds[n++].events = POLLIN;
			continue;
		}
		for (int i = 1; i < n; i++) {
			ssize_t got;

			if (!(fds[i].revents & (POLLIN | POLLHUP)))
				continue;
			got = read(fds[i].fd, buf, sizeof(buf));
			if (got > 0) {
				must(write(fds[i].fd, buf, got) == got);
				continue;
			}
			close(fds[i].fd);
			fds[i].fd = -1;
			left--;
		}
	}
	return NULL;
}

static void many(void)
{
	union address a;
	int s = bound(&a, AF_INET, SOCK_STREAM), c[30];
	bool good = true;
	pthread_t t;
	char buf[100], text[100];

	must(!listen(s, 50) && !pthread_create(&t, NULL, serve, &s));
	for (int i = 0; i < 30; i++) {
		c[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		must(!connect(c[i], &a.any, sizeof(a.in)));
	}
	for (int round = 0; round < 5; round++)
		for (int i = 0; i < 30; i++) {
			int len = sprintf(text, "connection %d round %d", i, round);

			must(write(c[i], text, len) == len);
			good &= read(c[i], buf, sizeof(buf)) == len && !memcmp(buf, text, len);
		}
	for (int i = 0; i < 30; i++)
		close(c[i]);
	pthread_join(t, NULL);
	ok(good, "each of thirty connections gets its own answers");
	close(s);
}

static void netlink(void)
{
	struct {
		struct nlmsghdr nh;
		struct rtgenmsg gen;
	} req = {
		.nh = { .nlmsg_len = sizeof(req), .nlmsg_type = RTM_GETLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = 1 },
	};
	char buf[16384];
	int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	bool lo = false, done = false;

	must(s >= 0 && send(s, &req, sizeof(req), 0) == sizeof(req));
	while (!done) {
		ssize_t n = recv(s, buf, sizeof(buf), 0);

		must(n > 0);
		for (struct nlmsghdr *nh = (void *)buf; NLMSG_OK(nh, n); nh = NLMSG_NEXT(nh, n)) {
			struct ifinfomsg *ifi = NLMSG_DATA(nh);

			done |= nh->nlmsg_type == NLMSG_DONE || nh->nlmsg_type == NLMSG_ERROR;
			lo |= nh->nlmsg_type == RTM_NEWLINK && (ifi->ifi_flags & IFF_LOOPBACK) &&
			      (ifi->ifi_flags & IFF_UP);
		}
	}
	ok(lo, "netlink shows lo as up");
	ok(if_nametoindex("lo") > 0, "lo has an index");
	close(s);
}

int main(void)
{
	tcp(AF_INET, "TCP");
	tcp(AF_INET6, "TCP on IPv6");
	udp(AF_INET, "UDP");
	udp(AF_INET6, "UDP on IPv6");
	options();
	many();
	netlink();
	return tap_done();
}
