/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The telnet protocol (RFC 854), as far as a terminal needs it: bytes as they
 * are (RFC 856), no local echo (857), character by character (858), and the
 * window's size (1073).
 */
#ifndef TELNET_H
#define TELNET_H

#include <linux/types.h>

#define TELNET_IAC	255
#define TELNET_DONT	254
#define TELNET_DO	253
#define TELNET_WONT	252
#define TELNET_WILL	251
#define TELNET_SB	250
#define TELNET_SE	240

#define TELNET_BINARY	0
#define TELNET_ECHO	1
#define TELNET_SGA	3	/* suppress go ahead */
#define TELNET_NAWS	31	/* negotiate about window size */

struct telnet {
	u8 state, verb;
	u8 sub[5], nr_sub;	/* of a subnegotiation */
	bool binary;		/* a return is a return, and nothing follows it */
	bool returned;		/* the last byte was one, and is not binary */

	unsigned short rows, cols;
	bool resized;		/* that is news */
};

/* Take what is not data out of @len bytes; returns how many are left. */
size_t telnet_input(struct telnet *telnet, u8 *buf, size_t len);

/* What a server says first. */
extern const u8 telnet_greeting[15];

#endif
