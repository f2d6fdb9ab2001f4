/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What F_START carries: strings, each with its kind before it and a NUL behind it.
 */
#ifndef SOLO_SESSION_H
#define SOLO_SESSION_H

#include <stdbool.h>

enum session_key {
	KEY_ARG = 'a',		/* the command and its arguments, in order */
	KEY_ENV = 'e',		/* NAME=VALUE */
	KEY_FOLDER = 'w',	/* where it starts; the user's home if there is none */
	KEY_USER = 'u',		/* a name or a number, and :GROUP; root if there is none */
	KEY_TERMINAL = 't',	/* bits: which of the streams 0 to 2 are a terminal */
	KEY_SIZE = 's',		/* its ROWSxCOLUMNS */
	KEY_BUILTIN = 'b',	/* no command, but this of init's own: "pack", "unpack", "untar", "layer" or "sync" */
};

/*
 * Files on their way (pack.c).  pack() writes what is at @path to @fd, with the name @name;
 * unpack() reads it, and puts it at @path, or into @path where that is a folder.  @from:
 * what a guest was asked for, and nothing else is taken; NULL: this is a guest, where
 * special files are made too, and modes are kept whole.  0, or a line on stderr and 1.
 */
int pack(const char *path, int fd);
int unpack(const char *path, int fd, const char *from);

/*
 * In a guest: put what the tar archive on @in holds beneath @root, which is made the root
 * of this process (untar.c).  @layer: names of whiteouts remove.
 */
int untar(const char *root, int in, bool layer);

#endif
