/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links: streams that carry frames, between solo and its guest, and between a solo
 * that has a guest and one that wants something of it.
 *
 * A session is a command with its streams.  Its number is the host's choice; 0 is the
 * guest itself.  Each stream of a session may have WINDOW bytes on their way; F_CREDIT
 * gives back what has been taken, so a stream that nobody reads stops its writer and
 * nothing else.
 */
#ifndef SOLO_LINK_H
#define SOLO_LINK_H

#include "solo.h"

enum frame_type {
	/* between host and guest */
	F_CONFIG = 1,	/* to the guest, first: "KEY=VALUE" NUL ... */
	F_READY,	/* from the guest: the root file system is there */
	F_FAILED,	/* from the guest: why it is not, or a command could not be started */
	F_START,	/* to the guest: a new session, see session.h */
	F_DATA,		/* both ways, of @stream: 0 to the command, 1 and 2 from it */
	F_EOF,		/* both ways: the end of @stream */
	F_CREDIT,	/* both ways: so many bytes (uint32_t) of @stream have been taken */
	F_CLOSED,	/* both ways: nobody reads @stream any more */
	F_WINSIZE,	/* to the guest: rows, columns (uint16_t) */
	F_SIGNAL,	/* to the guest: number (uint32_t) */
	F_EXIT,		/* from the guest, last of a session: the wait status (uint32_t) */
	F_HANGUP,	/* to the guest: who started the session is gone */
	F_END,		/* to the guest: write out what there is, and power off */

	/* besides, to a solo that has a guest */
	F_INFO,		/* and back: "KEY=VALUE" NUL ... */
	F_LOGS,		/* the output of a command in the background; @stream 2: the kernel's log */
	F_ATTACH,	/* likewise, and what is still to come, and F_EXIT */
	F_STOP,		/* end the command, and the guest in order */
	F_KILL,		/* end the guest */
};

struct frame {
	uint32_t len;		/* of what follows this */
	uint16_t session;
	uint8_t type;
	uint8_t stream;
};

#define WINDOW		(512U << 10)
#define PIECE		((64U << 10) - sizeof(struct frame))	/* of F_DATA at most: a port moves 64 KiB */
#define LONGEST		(4U << 20)	/* of any frame: a command may have 2 MiB of arguments */

struct link {
	int fd;			/* does not wait; -1: closed */
	bool ended;		/* the other side is gone, or talks nonsense */
	bool nonsense;		/* the latter */
	struct bytes in, out;
};

void link_init(struct link *link, int fd);
void link_close(struct link *link);
/* Take what has come; false: there will be no more (what came before is still there). */
bool link_fill(struct link *link);
/* The next frame that is complete, valid until the next call on this link. */
bool link_next(struct link *link, struct frame *frame, char **data);
void link_send(struct link *link, uint16_t session, uint8_t type, uint8_t stream,
	       const void *data, size_t len);
void link_send_number(struct link *link, uint16_t session, uint8_t type, uint8_t stream,
		      uint32_t number);
/* Hand to the host what is there to send; false: the other side is gone. */
bool link_flush(struct link *link);
/* Wait until something comes, or there is room; for a program that has nothing else to do. */
void link_wait(struct link *link, struct poller *poller, int64_t timeout_ms);
/* So much waits that no more should be read for it. */
static inline bool link_full(const struct link *link)
{
	return link->out.len > 4 * PIECE;
}

static inline uint32_t frame_number(const struct frame *frame, const char *data)
{
	uint32_t n = 0;

	if (frame->len >= sizeof(n))
		__builtin_memcpy(&n, data, sizeof(n));
	return n;
}

#endif
