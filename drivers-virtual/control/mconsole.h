/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mconsole: requests from the host, and the commands that answer them.
 */
#ifndef MCONSOLE_H
#define MCONSOLE_H

#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/types.h>
#include <asm/host.h>

/* The protocol is that of upstream's UML and of uml_mconsole (uml-utilities). */
#define MC_MAGIC	0xcafebabe
#define MC_VERSION	2
#define MC_DATA		512

struct mc_packet {		/* a request, or a notification: see notify.c */
	u32 magic;
	u32 version;
	u32 len;
	char data[MC_DATA + 1];	/* one byte more than any request has */
};

struct mc_answer {
	u32 err;
	u32 more;
	u32 len;		/* with the \0 behind the text */
	char data[MC_DATA];
};

#define MC_LINE		1200	/* a line of the kernel's log, with its time */

struct mc_request {
	struct list_head link;
	const struct mc_command *command;
	char *arg;

	u8 peer[HOST_PEER_LEN];
	unsigned int peer_len;
	bool used;		/* nothing of this is free for another request */
	bool may_wait;		/* process context */
	bool failed;
	bool gone;		/* the client takes no answer */
	bool answering;		/* a part of the answer has gone */
	bool answered;

	/* What of the kernel's log is still to be sent: see mc_send_log() */
	u64 seq, end;
	char line[MC_LINE];
	size_t line_len, line_sent;

	struct mc_packet in;
	struct mc_answer out;
	unsigned int fill;	/* bytes in out.data */
};

struct mc_command {
	const char *name;
	/*
	 * In interrupt context, so that it works in a guest that is busy or stuck,
	 * or in process context, one command after the other.  Must answer.
	 */
	enum { MC_INTERRUPT, MC_PROCESS } context;
	void (*run)(struct mc_request *req);
	const char *help;
};

extern const struct mc_command mc_commands[];
extern const unsigned int mc_nr_commands;

/* The answer, all at once. */
void mc_reply(struct mc_request *req, const char *text);
__printf(2, 3) void mc_refuse(struct mc_request *req, const char *fmt, ...);

/* The answer in parts, in process context.  False: the client does not take it. */
bool mc_write(struct mc_request *req, const void *data, size_t len);
void mc_end(struct mc_request *req);

/*
 * The answer is what the kernel's log has got since mc_log_position() was @from.
 * Any context.
 */
u64 mc_log_position(void);
void mc_reply_log(struct mc_request *req, u64 from);

/* No user code runs until go.  Process context; answers and runs commands meanwhile. */
void mc_stop(struct mc_request *req);
void mc_go(struct mc_request *req);

/* proc.c */
void mc_proc(struct mc_request *req);

/* notify.c: a datagram to the socket that mconsole=notify: names.  Any context. */
enum mc_event { MC_SOCKET, MC_PANIC, MC_HANG, MC_USER };	/* upstream's numbers */
void mc_notify_open(int fd, const char *path);

#endif
