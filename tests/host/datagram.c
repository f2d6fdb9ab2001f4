// SPDX-License-Identifier: GPL-2.0
/*
 * Unix datagrams, for what uml_mconsole does not do.
 *
 *   datagram send SOCKET		what is on stdin, as one datagram; prints the answers
 *   datagram flood SOCKET SECONDS	what is on stdin, again and again; prints how often
 *   datagram deaf SOCKET		what is on stdin, and never read an answer
 *   datagram as SOCKET OWN		likewise, from a socket of its own at OWN
 *   datagram listen SOCKET COUNT	COUNT notifications: number and text of each
 *
 * Exit status 1 if no answer comes within 20 seconds.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 20000

struct answer {
	uint32_t err, more, len;
	char data[512];
};

struct notification {
	uint32_t magic, version, event, len;
	char data[513];
};

static struct sockaddr_un address(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(addr.sun_path))
		errx(2, "%s: too long", path);
	strcpy(addr.sun_path, path);
	return addr;
}

static ssize_t receive(int fd, void *buf, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, PATIENCE_MS) != 1)
		errx(1, "no answer");
	return recv(fd, buf, len, 0);
}

static void answers(int fd)
{
	struct answer a;
	ssize_t n;

	do {
		memset(&a, 0, sizeof(a));
		n = receive(fd, &a, sizeof(a));
		if (n >= 4 && !memcmp(&a, "ERR ", 4)) {
			printf("old: %.*s\n", (int)n, (char *)&a);
			return;
		}
		printf("%s%s", a.err ? "error: " : "", a.data);
	} while (a.more);
	putchar('\n');
}

static void listen_for(int fd, int count)
{
	struct notification n;

	while (count--) {
		memset(&n, 0, sizeof(n));
		receive(fd, &n, sizeof(n) - 1);
		if (n.magic != 0xcafebabe || n.version != 2)
			errx(1, "not a notification");
		printf("%u %s\n", n.event, n.data);
		fflush(stdout);
	}
}

static void flood(int fd, const struct sockaddr_un *to, const char *data, size_t len, int seconds)
{
	time_t end = time(NULL) + seconds;
	struct answer a;
	long sent = 0;

	while (time(NULL) < end) {
		if (sendto(fd, data, len, MSG_DONTWAIT, (void *)to, sizeof(*to)) >= 0)
			sent++;
		else if (errno != EAGAIN)
			err(1, "send");
		while (recv(fd, &a, sizeof(a), MSG_DONTWAIT) >= 0)
			;
	}
	printf("%ld\n", sent);
}

int main(int argc, char **argv)
{
	struct sockaddr_un to, own = { .sun_family = AF_UNIX };
	static char data[65536];
	size_t len;
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (argc < 3)
		errx(2, "usage: datagram send|as|flood|deaf|listen SOCKET [NUMBER|OWN]");
	to = address(argv[2]);
	if (!strcmp(argv[1], "listen")) {
		unlink(argv[2]);
		if (bind(fd, (void *)&to, sizeof(to)))
			err(1, "%s", argv[2]);
		puts("listening");
		fflush(stdout);
		listen_for(fd, atoi(argv[3]));
		return 0;
	}
	if (!strcmp(argv[1], "as"))
		own = address(argv[3]);
	if (bind(fd, (void *)&own, own.sun_path[0] ? sizeof(own) : sizeof(own.sun_family)))
		err(1, "bind");
	len = fread(data, 1, sizeof(data), stdin);
	if (!strcmp(argv[1], "flood")) {
		flood(fd, &to, data, len, atoi(argv[3]));
		return 0;
	}
	if (sendto(fd, data, len, 0, (void *)&to, sizeof(to)) < 0)
		err(1, "%s", argv[2]);
	if (!strcmp(argv[1], "deaf")) {
		puts("sent");
		fflush(stdout);
		pause();
	}
	answers(fd);
	return 0;
}
