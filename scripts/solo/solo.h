/* SPDX-License-Identifier: GPL-2.0 */
/*
 * solo: run commands in guests of their own.
 *
 * One program with two lives.  On the host it starts linux, hands it an archive with
 * itself in it, and speaks with the guest over one stream of frames (link.h).  In the
 * guest it is process 1, which mounts the root file system and runs the commands
 * (init.c).
 */
#ifndef SOLO_H
#define SOLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* What solo itself exits with; all else is the command's. */
enum status {
	STATUS_NO_BOOT = 122,	/* the guest did not come as far as running a command */
	STATUS_PANIC = 123,	/* it ended before the command did */
	STATUS_TIMEOUT = 124,
	STATUS_ERROR = 125,	/* bad input, or something that is missing here */
	STATUS_CANNOT = 126,	/* as shells have it: the command is there and cannot be run */
	STATUS_NOT_FOUND = 127,
};

/* One line on stderr, and the end with STATUS_ERROR. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void warn(const char *fmt, ...);
extern bool quiet, verbose;
/*
 * @from as a terminal may have it, into @to of @room bytes: what names and logs of a guest
 * hold that a terminal would take for orders is written as \xHH.  Its length.
 */
size_t printable(char *to, size_t room, const char *from);

/* Without memory there is nothing to be done: these end the process. */
void *must_alloc(void *old, size_t size);
__attribute__((format(printf, 1, 2))) char *format(const char *fmt, ...);

/* Bytes that grow. */
struct bytes {
	char *data;
	size_t head, len, room;		/* what is there begins at @head */
};

void bytes_add(struct bytes *b, const void *data, size_t len);
void bytes_add_text(struct bytes *b, char key, const char *text);	/* KEY TEXT NUL */
void *bytes_reserve(struct bytes *b, size_t len);	/* room behind the end; count it by hand */
void bytes_drop(struct bytes *b, size_t len);		/* from the front */
void bytes_free(struct bytes *b);

bool write_all(int fd, const void *data, size_t len);
bool read_all(int fd, void *data, size_t len);
/* A descriptor that tells of these signals, which do nothing else from now on; nor does SIGPIPE. */
int signals_open(const int *list, size_t nr);
int64_t now_ms(void);			/* monotonic */

/* Descriptors to wait for; rebuilt before each wait. */
typedef void (*ready_fn)(void *arg, short events);
struct poller {
	struct pollfd *fds;
	struct { ready_fn call; void *arg; } *who;
	unsigned int nr, room;
};

void poller_add(struct poller *p, int fd, short events, ready_fn call, void *arg);
void poller_wait(struct poller *p, int64_t timeout_ms);	/* -1: for ever; and empties it */

/* Subcommands: what follows the command's name */
int main_run(int argc, char **argv);
int main_shell(int argc, char **argv);
int main_exec(int argc, char **argv);
int main_attach(int argc, char **argv);
int main_logs(int argc, char **argv);
int main_cp(int argc, char **argv);
int main_stop(int argc, char **argv);
int main_kill(int argc, char **argv);
int main_ps(int argc, char **argv);
int main_doctor(int argc, char **argv);
int main_test(int argc, char **argv);
int main_images(int argc, char **argv);
int main_init(void);

#endif
