// SPDX-License-Identifier: GPL-2.0
/*
 * The names of guests that run: abstract sockets.  Whoever can see one can connect, so
 * each side makes sure that the other belongs to the same user.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "control.h"

bool name_is_good(const char *name)
{
	size_t len = strlen(name);

	return len && len <= NAME_LONGEST && isalnum((unsigned char)*name) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

static socklen_t address(struct sockaddr_un *to, const char *name)
{
	*to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return offsetof(struct sockaddr_un, sun_path) + 1 +
	       snprintf(to->sun_path + 1, sizeof(to->sun_path) - 1, "solo/%u/%s", getuid(), name);
}

/* The other side is this user, or root. */
static bool is_ours(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) &&
	       (peer.uid == getuid() || !peer.uid);
}

int control_listen(const char *name)
{
	struct sockaddr_un to;
	socklen_t len = address(&to, name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		die("the host gives no sockets: %s", strerror(errno));
	if (bind(fd, (struct sockaddr *)&to, len) || listen(fd, 64)) {
		close(fd);
		return -1;
	}
	return fd;
}

int control_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0 && !is_ours(fd)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int try_connect(const char *name)
{
	struct sockaddr_un to;
	socklen_t len = address(&to, name);
	const struct timeval patience = { .tv_sec = 5 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* Anybody may listen at such a name, and accept nothing. */
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (fd >= 0 && (connect(fd, (struct sockaddr *)&to, len) || !is_ours(fd))) {
		close(fd);
		return -1;
	}
	return fd;
}

bool control_is_there(const char *name)
{
	int fd = name_is_good(name) ? try_connect(name) : -1;

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

void control_connect(struct link *link, const char *name)
{
	int fd = name_is_good(name) ? try_connect(name) : -1;

	if (fd < 0)
		die("%s: no guest of this name runs: solo ps lists them", name);
	link_init(link, fd);
}

/* --- ps --------------------------------------------------------------------------- */

/* The answer to F_INFO, in @data until the link is closed. */
static bool ask(struct link *link, char **data, size_t *len)
{
	struct frame frame;
	struct poller poller = { };
	int64_t until = now_ms() + 5000;

	link_send(link, 0, F_INFO, 0, NULL, 0);
	while (link_flush(link) && !link->ended && now_ms() < until) {
		while (link_next(link, &frame, data))
			if (frame.type == F_INFO) {
				*len = frame.len;
				return frame.len && !(*data)[frame.len - 1];
			}
		link_wait(link, &poller, until - now_ms());
	}
	return false;
}

static void print_quoted(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < ' ' || c == 127)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static const char *value(const char *data, size_t len, const char *key)
{
	const char *at;
	size_t n = strlen(key);

	for (at = data; at < data + len; at += strlen(at) + 1)
		if (!strncmp(at, key, n) && at[n] == '=')
			return at + n + 1;
	return "";
}

static void print_json(const char *data, size_t len, bool first)
{
	const char *at, *equals;

	printf("%s{", first ? "" : ",\n ");
	for (at = data; at < data + len; at += strlen(at) + 1) {
		equals = strchr(at, '=');
		if (!equals)
			continue;
		printf("%s\"%.*s\": ", at == data ? "" : ", ", (int)(equals - at), at);
		if (equals[1] && !equals[1 + strspn(equals + 1, "0123456789")])
			printf("%s", equals + 1);
		else
			print_quoted(equals + 1);
	}
	printf("}");
}

static void print_line(const char *data, size_t len, bool first)
{
	long seconds = atol(value(data, len, "seconds"));
	char age[32];

	if (first)
		printf("%-16s %8s %-8s %8s %9s  %s\n", "NAME", "PID", "STATE", "AGE", "MEMORY",
		       "COMMAND");
	if (seconds < 120)
		snprintf(age, sizeof(age), "%ld s", seconds);
	else if (seconds < 7200)
		snprintf(age, sizeof(age), "%ld min", seconds / 60);
	else
		snprintf(age, sizeof(age), "%ld h", seconds / 3600);
	printf("%-16s %8s %-8s %8s %5ld MiB  %s\n", value(data, len, "name"), value(data, len, "pid"),
	       value(data, len, "state"), age, atol(value(data, len, "memory_kib")) / 1024,
	       value(data, len, "command"));
}

int main_ps(int argc, char **argv)
{
	char *line = NULL, *at, prefix[32];
	bool json = argc > 1 && !strcmp(argv[1], "--json"), first = true;
	size_t room = 0, len;
	FILE *list;

	if (argc > 1 + json)
		die("%s: solo ps takes --json and nothing else", argv[1 + json]);
	list = fopen("/proc/net/unix", "re");
	if (!list)
		die("/proc/net/unix cannot be read: mount /proc");
	snprintf(prefix, sizeof(prefix), "@solo/%u/", getuid());
	if (json)
		printf("[");
	while (getline(&line, &room, list) > 0) {
		struct link link;
		char *data;
		int fd;

		line[strcspn(line, "\n")] = 0;
		at = strstr(line, prefix);
		/* Only what listens: connections have its name, too. */
		if (!at || !strstr(line, " 00010000 "))
			continue;
		fd = try_connect(at + strlen(prefix));
		if (fd < 0)
			continue;
		link_init(&link, fd);
		if (ask(&link, &data, &len)) {
			(json ? print_json : print_line)(data, len, first);
			first = false;
		}
		link_close(&link);
	}
	if (json)
		printf("]\n");
	free(line);
	fclose(list);
	return 0;
}
