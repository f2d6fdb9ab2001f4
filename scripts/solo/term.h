/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's end of a session: descriptors of this process, carried over a link.
 */
#ifndef SOLO_TERM_H
#define SOLO_TERM_H

#include <termios.h>
#include "link.h"

struct term_out {
	int fd;			/* -1: nobody reads it */
	bool own;		/* its flags are ours alone, and it does not wait */
	bool file;		/* it never makes us wait */
	bool socket;
	struct bytes waiting;
	bool ended;		/* no more will come */
};

struct term {
	struct link *link;
	uint16_t session;
	int in;			/* -1: there is none, or it has ended */
	uint32_t credit;
	struct term_out out[3];	/* 1 and 2 */
	unsigned int terminal;	/* bits, as KEY_TERMINAL */
	bool lost;		/* output, for another reason than that nobody reads it */
	bool exited;		/* and all output is where it should be when term_over() */
	uint32_t wait_status;
	char *failed;		/* F_FAILED: why */
	int64_t interrupted;	/* when Ctrl-C was typed last */
	bool abandoned;		/* Ctrl-C twice */
};

/* Descriptors @in, @out, @err, which may be -1; @terminals: they may be terminals. */
void term_init(struct term *term, struct link *link, uint16_t session, int in, int out, int err,
	       bool terminals);
/* Send F_START, with @start and what is known of the terminal; and make it raw. */
void term_start(struct term *term, struct bytes *start);
void term_frame(struct term *term, const struct frame *frame, const char *data);
void term_poll(struct term *term, struct poller *poller);
/* SIGWINCH has come; or another that is the command's. */
void term_resize(struct term *term);
void term_signal(struct term *term, int signo);
bool term_over(const struct term *term);
void term_free(struct term *term);
/* As it was; at any time, and at exit(). */
void term_restore(void);

/* What a shell would say of a wait status */
int exit_status(uint32_t wait_status);

#endif
