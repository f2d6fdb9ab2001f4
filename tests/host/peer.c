// SPDX-License-Identifier: GPL-2.0
/*
 * peer KIND PATH WORD...: the bad neighbour of a guest's network device. Connects to the socket at PATH and does what
 * the words say, one after the other; says "done" after the last.
 *
 *   KIND       seqpacket, stream (each frame after its length), dgram (from a socket PATH.peer)
 *   runts      frames of 0 to 13 bytes
 *   large      frames of 2000 to 150,000 bytes
 *   noise:N    N frames of random bytes and lengths
 *   flood:N    N broadcast frames of 64 bytes, as fast as they are taken
 *   lengths    frames of correct length in pieces of 1 to 7 bytes (stream)
 *   nonsense   a length that no frame has (stream)
 *   deaf       read nothing, until stdin ends
 *   lazy       read up to 300 frames each 90 ms, until the guest hangs up
 *   knock:N    connect N times more, and hang up
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fd, type, stream;
static struct sockaddr_un to = { .sun_family = AF_UNIX };
static unsigned char frame[200000];
static unsigned long sent;

static unsigned int number(void)
{
	static uint64_t x = 88172645463325252ULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x >> 16;
}

static void stop(const char *what)
{
	fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void put(const void *from, size_t len)
{
	const char *at = from;

	do {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n < 0) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };

			if (errno != EAGAIN && errno != ENOBUFS)
				stop("send");
			poll(&p, 1, 10);
			continue;
		}
		at += n;
		len -= n;
	} while (len);
}

static void put_frame(size_t len)
{
	uint32_t prefix = htonl(len);

	if (stream)
		put(&prefix, sizeof(prefix));
	if (!stream || len)
		put(frame, len);
	sent++;
}

static void fill(size_t from, size_t to)
{
	for (; from < to; from++)
		frame[from] = number();
}

/* To everybody, of a kind that nobody knows. */
static void address(void)
{
	memset(frame, 0xff, 6);
	memcpy(frame + 6, "\x02uml!!", 6);
	frame[12] = 0x88;
	frame[13] = 0xb5;
}

/* False: the other end is closed. */
static int receive_some(unsigned int frames)
{
	ssize_t n = 1;

	while (frames-- && n > 0)
		n = recv(fd, frame, sizeof(frame), MSG_DONTWAIT);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

static void knock(void)
{
	int other = socket(AF_UNIX, type, 0);

	if (connect(other, (void *)&to, sizeof(to)))
		stop("knock");
	close(other);
	usleep(5000);
}

static void act(const char *word)
{
	unsigned long n = strchr(word, ':') ? strtoul(strchr(word, ':') + 1, NULL, 10) : 0, i;
	char c;

	fill(0, sizeof(frame));
	if (!strcmp(word, "runts")) {
		for (i = 0; i < 14; i++)
			put_frame(i);
	} else if (!strcmp(word, "large")) {
		put_frame(2000);
		put_frame(65000);
		put_frame(150000);
	} else if (!strncmp(word, "noise:", 6)) {
		for (i = 0; i < n; i++) {
			/* Half of them begin as frames of this network do. */
			fill(0, 64);
			if (i & 1)
				memset(frame, 0xff, 6);
			if (i & 2)
				memcpy(frame + 12, "\x08\x00\x45", 3);
			if (i & 4)
				memcpy(frame + 12, "\x86\xdd\x60", 3);
			put_frame(14 + number() % 1500);
		}
	} else if (!strncmp(word, "flood:", 6)) {
		address();
		for (i = 0; i < n; i++)
			put_frame(64);
	} else if (!strcmp(word, "lengths")) {
		unsigned char bytes[104];
		size_t at, piece;

		address();
		memcpy(bytes, "\0\0\0\144", 4);
		memcpy(bytes + 4, frame, 100);
		for (i = 0; i < 200; i++, sent++)
			for (at = 0; at < sizeof(bytes); at += piece) {
				piece = 1 + number() % 7;
				if (piece > sizeof(bytes) - at)
					piece = sizeof(bytes) - at;
				put(bytes + at, piece);
			}
	} else if (!strcmp(word, "nonsense")) {
		put("\xde\xad\xbe\xef what is this?", 19);
	} else if (!strcmp(word, "deaf")) {
		while (read(0, &c, 1) > 0)
			;
	} else if (!strcmp(word, "lazy")) {
		while (receive_some(300))
			usleep(90000);
	} else if (!strncmp(word, "knock:", 6)) {
		for (i = 0; i < n; i++)
			knock();
	} else {
		fprintf(stderr, "peer: no such word: %s\n", word);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	int i, size = 1 << 20;

	if (argc < 4 || strlen(argv[2]) > 100) {
		fprintf(stderr, "usage: peer seqpacket|stream|dgram PATH WORD...\n");
		return 2;
	}
	stream = !strcmp(argv[1], "stream");
	type = stream ? SOCK_STREAM : !strcmp(argv[1], "dgram") ? SOCK_DGRAM : SOCK_SEQPACKET;
	fd = socket(AF_UNIX, type, 0);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	strcpy(to.sun_path, argv[2]);
	if (type == SOCK_DGRAM) {
		sprintf(own.sun_path, "%s.peer", argv[2]);
		unlink(own.sun_path);
		if (bind(fd, (void *)&own, sizeof(own)))
			stop(own.sun_path);
	}
	if (connect(fd, (void *)&to, sizeof(to)))
		stop(argv[2]);
	printf("there\n");
	fflush(stdout);
	for (i = 3; i < argc; i++)
		act(argv[i]);
	printf("done %lu\n", sent);
	return 0;
}
