/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOLO_OPTIONS_H
#define SOLO_OPTIONS_H

#include "guest.h"

struct run_options {
	struct guest_options guest;
	struct list command, env, copy_in, copy_out;
	const char *user, *folder, *json;
	int64_t timeout;			/* ms; 0: none */
	bool detach, dry_run, keep;
};

/*
 * Of `solo run` or, with @command false, `solo shell`, which takes no command: a shell is
 * it.  Bad input ends the process.
 */
void parse_run_options(struct run_options *options, int argc, char **argv, bool command);

/* One option of solo run at argv[*i], and its value; false: it is none. */
bool take_run_option(struct run_options *options, int argc, char **argv, int *i);

/* "30", "1.5s", "2m", "500ms" in ms; -1: it is none. */
int64_t parse_time(const char *text);

/*
 * Options of the other subcommands: takes @name, with its value behind it or a '=', off
 * @argv at *@i.
 */
bool is_option(int argc, char **argv, int *i, const char *name, const char **value);

#endif
