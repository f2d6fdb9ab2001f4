// SPDX-License-Identifier: GPL-2.0
/*
 * What all parts of solo use: messages, memory, bytes, waiting.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include "solo.h"

bool quiet, verbose;

size_t printable(char *to, size_t room, const char *from)
{
	const unsigned char *at = (const unsigned char *)from;
	size_t n = 0;

	for (; *at; at++) {
		bool c1 = at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0;

		if (n + 5 > room)
			break;
		if ((*at < ' ' && *at != '\t') || *at == 127 || c1)
			n += sprintf(to + n, "\\x%02x", *at);
		else
			to[n++] = *at;
	}
	to[n] = 0;
	return n;
}

static void say(const char *fmt, va_list ap)
{
	char text[4096], line[sizeof(text)];
	size_t n = sprintf(line, "solo: ");

	vsnprintf(text, sizeof(text), fmt, ap);
	n += printable(line + n, sizeof(line) - n - 1, text);
	line[n++] = '\n';
	/* One write, so that lines of several processes do not mix. */
	write_all(STDERR_FILENO, line, n);
}

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	exit(STATUS_ERROR);
}

void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void *must_alloc(void *old, size_t size)
{
	void *new = realloc(old, size ?: 1);

	if (!new)
		die("no memory for %zu bytes", size);
	return new;
}

char *format(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		die("no memory");
	va_end(ap);
	return text;
}

void *bytes_reserve(struct bytes *b, size_t len)
{
	if (!b->len)
		b->head = 0;
	if (b->head + b->len + len > b->room) {
		if (b->head) {
			memmove(b->data, b->data + b->head, b->len);
			b->head = 0;
		}
		if (b->len + len > b->room) {
			b->room = (b->len + len) * 3 / 2;
			b->data = must_alloc(b->data, b->room);
		}
	}
	return b->data + b->head + b->len;
}

void bytes_add(struct bytes *b, const void *data, size_t len)
{
	if (len)
		memcpy(bytes_reserve(b, len), data, len);
	b->len += len;
}

void bytes_add_text(struct bytes *b, char key, const char *text)
{
	bytes_add(b, &key, 1);
	bytes_add(b, text, strlen(text) + 1);
}

void bytes_drop(struct bytes *b, size_t len)
{
	b->head += len;
	b->len -= len;
	if (!b->len)
		b->head = 0;
}

void bytes_free(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ };
}

bool write_all(int fd, const void *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };

			poll(&p, 1, -1);
		} else if (n < 0 && errno != EINTR) {
			return false;
		} else if (n > 0) {
			data = (const char *)data + n;
			len -= n;
		}
	}
	return true;
}

bool read_all(int fd, void *data, size_t len)
{
	while (len) {
		ssize_t n = read(fd, data, len);

		if (!n || (n < 0 && errno != EINTR))
			return false;
		if (n > 0) {
			data = (char *)data + n;
			len -= n;
		}
	}
	return true;
}

int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

void poller_add(struct poller *p, int fd, short events, ready_fn call, void *arg)
{
	if (p->nr == p->room) {
		p->room = p->room * 2 ?: 16;
		p->fds = must_alloc(p->fds, p->room * sizeof(*p->fds));
		p->who = must_alloc(p->who, p->room * sizeof(*p->who));
	}
	p->fds[p->nr] = (struct pollfd){ .fd = fd, .events = events };
	p->who[p->nr].call = call;
	p->who[p->nr].arg = arg;
	p->nr++;
}

void poller_wait(struct poller *p, int64_t timeout_ms)
{
	unsigned int i;
	int n;

	if (timeout_ms > 1000 * 3600)
		timeout_ms = 1000 * 3600;
	n = poll(p->fds, p->nr, timeout_ms < -1 ? 0 : timeout_ms);
	for (i = 0; n > 0 && i < p->nr; i++)
		if (p->fds[i].revents)
			p->who[i].call(p->who[i].arg, p->fds[i].revents);
	p->nr = 0;
}

int signals_open(const int *list, size_t nr)
{
	sigset_t set;
	size_t i;
	int fd;

	sigemptyset(&set);
	for (i = 0; i < nr; i++)
		sigaddset(&set, list[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		die("the host gives no signalfd: %s", strerror(errno));
	return fd;
}
