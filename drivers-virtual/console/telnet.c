// SPDX-License-Identifier: GPL-2.0
/*
 * The telnet protocol, server's side.
 *
 * The greeting asks for all that is wanted.  What the client answers needs no
 * answer again, and what it asks for beyond that gets none: it goes on without.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include "telnet.h"

const u8 telnet_greeting[15] = {
	TELNET_IAC, TELNET_WILL, TELNET_ECHO,
	TELNET_IAC, TELNET_WILL, TELNET_SGA,
	TELNET_IAC, TELNET_WILL, TELNET_BINARY,
	TELNET_IAC, TELNET_DO, TELNET_BINARY,
	TELNET_IAC, TELNET_DO, TELNET_NAWS,
};

enum { DATA, COMMAND, OPTION, SUB, SUB_COMMAND };

static void option(struct telnet *t, u8 code)
{
	if (code == TELNET_BINARY && (t->verb == TELNET_WILL || t->verb == TELNET_WONT))
		t->binary = t->verb == TELNET_WILL;
}

static void sub_byte(struct telnet *t, u8 c)
{
	if (t->nr_sub < sizeof(t->sub))
		t->sub[t->nr_sub] = c;
	if (t->nr_sub < U8_MAX)
		t->nr_sub++;
}

static void sub_end(struct telnet *t)
{
	if (t->nr_sub != sizeof(t->sub) || t->sub[0] != TELNET_NAWS)
		return;
	t->cols = t->sub[1] << 8 | t->sub[2];
	t->rows = t->sub[3] << 8 | t->sub[4];
	t->resized = t->cols && t->rows;
}

/* Whether @c is data. */
static bool data_byte(struct telnet *t, u8 c)
{
	bool end = t->returned && (c == '\n' || !c);

	t->returned = c == '\r' && !t->binary;
	return !end;
}

/* Whether @c, which is not in a run of data, is data. */
static bool byte(struct telnet *t, u8 c)
{
	switch (t->state) {
	case DATA:
		if (c != TELNET_IAC)
			return data_byte(t, c);
		t->state = COMMAND;
		return false;
	case COMMAND:
		t->state = DATA;
		switch (c) {
		case TELNET_IAC:
			return data_byte(t, c);
		case TELNET_SB:
			t->state = SUB;
			t->nr_sub = 0;
			break;
		case TELNET_WILL ... TELNET_DONT:
			t->state = OPTION;
			t->verb = c;
			break;
		}
		return false;
	case OPTION:
		t->state = DATA;
		option(t, c);
		return false;
	case SUB:
		if (c == TELNET_IAC)
			t->state = SUB_COMMAND;
		else
			sub_byte(t, c);
		return false;
	default:
		t->state = SUB;
		if (c == TELNET_IAC) {
			sub_byte(t, c);
		} else if (c == TELNET_SE) {
			t->state = DATA;
			sub_end(t);
		}
		return false;
	}
}

size_t telnet_input(struct telnet *t, u8 *buf, size_t len)
{
	size_t from, to = 0;

	for (from = 0; from < len; from++)
		if (byte(t, buf[from]))
			buf[to++] = buf[from];
	return to;
}
