// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that lies: stops solo's init, says that the command of SESSION has ended (or, for
 * -SESSION, lets it write "up"), and answers what is to be copied out by a file or a link of its own choice, or
 * not at all.
 *
 *   liar SESSION file NAME | SESSION link NAME TARGET | SESSION hang
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* As in scripts/solo/link.h and pack.c */
enum { F_START = 4, F_DATA, F_EOF, F_EXIT = 11 };

struct frame {
	uint32_t len;
	uint16_t session;
	uint8_t type, stream;
};

struct record {
	uint32_t mode, name_len, target_len, device;
	uint64_t size;
	int64_t mtime_s, mtime_ns;
};

static char in[1 << 16], out[8192];
static size_t have, len;
static int port;

static void put(const void *data, size_t n)
{
	memcpy(out + len, data, n);
	len += n;
}

static void send_frame(uint16_t session, uint8_t type, uint8_t stream, const void *data, size_t n)
{
	struct frame frame = { .len = n, .session = session, .type = type, .stream = stream };
	char all[sizeof(frame) + sizeof(out)];

	memcpy(all, &frame, sizeof(frame));
	memcpy(all + sizeof(frame), data, n);
	if (write(port, all, sizeof(frame) + n) < 0)
		_exit(1);
}

static void answer(uint16_t session, char **arg)
{
	static const char text[] = "echo owned\n";
	struct record r = { .name_len = strlen(arg[2]) };
	uint64_t piece[4] = { 0, sizeof(text) - 1, sizeof(text) - 1, 0 };
	uint32_t status = 0;

	len = 0;
	put(&r, sizeof(r));
	put(arg[2], r.name_len);
	if (!strcmp(arg[1], "link")) {
		r = (struct record){ .mode = S_IFLNK | 0777, .target_len = strlen(arg[3]) };
		put(&r, sizeof(r));
		put(arg[3], r.target_len);
	} else {
		r = (struct record){ .mode = S_IFREG | 0755, .size = sizeof(text) - 1 };
		put(&r, sizeof(r));
		put(piece, sizeof(*piece) * 2);
		put(text, sizeof(text) - 1);
		put(piece + 2, sizeof(*piece) * 2);
	}
	r = (struct record){ };
	put(&r, sizeof(r));
	send_frame(session, F_DATA, 1, out, len);
	send_frame(session, F_EOF, 1, "", 0);
	send_frame(session, F_EOF, 2, "", 0);
	send_frame(session, F_EXIT, 0, &status, sizeof(status));
}

int main(int argc, char **arg)
{
	uint32_t status = 0;
	struct frame frame;
	int session;
	ssize_t n;

	if (argc < 3 || ptrace(PTRACE_SEIZE, 1, 0, 0) || ptrace(PTRACE_INTERRUPT, 1, 0, 0) ||
	    waitpid(1, NULL, __WALL) != 1)
		return 1;
	session = atoi(arg[1]);
	port = open("/dev/port0", O_RDWR);
	if (port < 0)
		return 1;
	if (session < 0) {
		send_frame(-session, F_DATA, 1, "up\n", 3);
	} else {
		send_frame(session, F_EOF, 1, "", 0);
		send_frame(session, F_EOF, 2, "", 0);
		send_frame(session, F_EXIT, 0, &status, sizeof(status));
	}
	while ((n = read(port, in + have, sizeof(in) - have)) > 0) {
		have += n;
		while (have >= sizeof(frame)) {
			memcpy(&frame, in, sizeof(frame));
			if (have < sizeof(frame) + frame.len)
				break;
			if (frame.type == F_START && strcmp(arg[2], "hang"))
				answer(frame.session, arg + 1);
			have -= sizeof(frame) + frame.len;
			memmove(in, in + sizeof(frame) + frame.len, have);
		}
	}
	return 0;
}
