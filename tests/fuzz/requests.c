// SPDX-License-Identifier: GPL-2.0
/*
 * Random datagrams to mconsole: commands with arguments of all kinds, lengths and
 * versions that are not true, and noise.  Spared are those that end the guest by
 * design.  In the end "version" must be answered as ever.
 *   requests SOCKET SEED SECONDS
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "fuzz.h"

#define MAGIC	0xcafebabe

struct request {
	uint32_t magic, version, len;
	char data[4096];
};

static const char *const commands[] = {
	"version", "help", "log", "proc", "stack", "config", "remove", "sysrq h", "sysrq m", "sysrq t",
	"sysrq w", "go", "stop", "frob", "",
};

static const char *const arguments[] = {
	"", "1", "0", "-1", "99999999999999999999", "ubd1", "ubd1=/dev/null", "ubd1=/etc/passwd", "ubd63=",
	"vec1", "vec1:transport=bess,src=/nowhere/x", "con5=pty", "con5", "ssl3=null", "meminfo",
	"self/mem", "../etc/passwd", "kcore", "mem=1G", "%s%s%n", "1 2 3", "\t\n", "ubd1r=a,b,c,d",
};

static size_t make(struct request *r)
{
	size_t len = snprintf(r->data, sizeof(r->data), "%s %s", ONE_OF(commands), ONE_OF(arguments));

	if (!below(4))
		for (size_t more = below(1000); more && len < sizeof(r->data) - 1; more--)
			r->data[len++] = below(4) ? 'a' + below(26) : rnd();
	if (!below(4))
		/* never the first letters: nothing must become halt or reboot */
		for (int i = below(8); i > 0 && len > 8; i--)
			r->data[8 + below(len - 8)] = rnd();
	r->magic = below(16) ? MAGIC : rnd();
	r->version = below(16) ? 2 : rnd();
	r->len = below(4) ? len : below(2) ? below(4096) : rnd();
	return below(8) ? 12 + len : below(12 + len + 1);
}

static void drain(int fd)
{
	char buf[1024];

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
		;
}

static void put(int fd, const void *buf, size_t len, double end)
{
	while (send(fd, buf, len, MSG_DONTWAIT) < 0) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		if (errno != EAGAIN)
			err(1, "send");
		drain(fd);
		if (fuzz_now() > end + 20)
			errx(1, "the guest takes no requests");
		poll(&p, 1, 10);
	}
}

/* What a request of TEXT is answered with, behind what others were. */
static int answered(int fd, const char *text, const char *with, double end)
{
	struct request r = { .magic = MAGIC, .version = 2, .len = strlen(text) };
	char buf[1024];

	strcpy(r.data, text);
	put(fd, &r, 12 + r.len, end);
	while (fuzz_now() < end + 20) {
		ssize_t n = recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);

		if (n > 12) {
			buf[n] = 0;
			if (strstr(buf + 12, with))
				return 1;
		} else {
			poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 100);
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX }, own = { .sun_family = AF_UNIX };
	unsigned long sent = 0;
	struct request r;
	double end;
	int fd;

	if (argc != 4)
		errx(2, "usage: requests SOCKET SEED SECONDS");
	end = fuzz_now() + atof(argv[3]);
	fuzz_seed(strtoul(argv[2], NULL, 0), 0);
	strncpy(addr.sun_path, argv[1], sizeof(addr.sun_path) - 1);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	/* a name of the host's choice, for the answers */
	if (bind(fd, (struct sockaddr *)&own, sizeof(own.sun_family)) ||
	    connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(1, "%s", argv[1]);
	for (; fuzz_now() < end; sent++) {
		size_t len = make(&r);

		put(fd, &r, len, end);
		if (below(4))
			drain(fd);
	}
	printf("# %lu requests\n", sent);
	answered(fd, "go", "", end);
	if (!answered(fd, "version", "Linux", end))
		errx(1, "no answer any more");
	return 0;
}
