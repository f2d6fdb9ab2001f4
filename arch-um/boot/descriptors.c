// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors that whoever started this program left open: a shell's log, a CI's
 * token.  A guest kernel that has been taken over could read them, so those that no
 * option names are closed before anything else is done.
 *
 *	con1=fd:5,fd:6  ssl3=fd:7	channels of consoles and serial lines
 *	vec0:transport=fd,fd=8		networks
 *	hotplug=fd:9			what is plugged in later
 *	port0=fd:10			ports
 *	initrd=fd:11			the archive to boot from
 *
 * 0, 1 and 2 stay: the first console uses two of them if no option says else, and
 * messages go to the third.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "stage.h"

#define MAX_NAMED	1024

static unsigned int named[MAX_NAMED];
static unsigned int nr_named;

static int is_named(unsigned int fd)
{
	unsigned int i;

	for (i = 0; i < nr_named; i++)
		if (named[i] == fd)
			return 1;
	return fd <= STDERR_FILENO;
}

/* The numbers behind each @word in @text, which follows one of @before. */
static void find_numbers(const char *text, const char *word, const char *before)
{
	const char *at = text;

	while ((at = strstr(at, word))) {
		int begins = at > text && strchr(before, at[-1]);

		at += strlen(word);
		if (!begins || !isdigit((unsigned char)*at))
			continue;
		if (nr_named == MAX_NAMED)
			die("the options name more than %d descriptors", MAX_NAMED);
		named[nr_named++] = strtoul(at, NULL, 10);
	}
}

static int begins_with(const char *text, const char *word)
{
	return !strncmp(text, word, strlen(word));
}

static void find_named(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (begins_with(argv[i], "con") || begins_with(argv[i], "ssl") ||
		    begins_with(argv[i], "hotplug=") || begins_with(argv[i], "port") ||
		    begins_with(argv[i], "initrd="))
			find_numbers(argv[i], "fd:", "=,");
		else if (begins_with(argv[i], "vec"))
			find_numbers(argv[i], "fd=", ":,");
	}
}

/* Hosts before Linux 5.9, and sandboxes, have no close_range(). */
static void close_one_by_one(unsigned int from)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;
	unsigned int fd, limit = sysconf(_SC_OPEN_MAX);

	if (!folder) {
		for (fd = from; fd < limit; fd++)
			if (!is_named(fd))
				close(fd);
		return;
	}
	while ((entry = readdir(folder))) {
		fd = strtoul(entry->d_name, NULL, 10);
		if (isdigit((unsigned char)entry->d_name[0]) && fd >= from && !is_named(fd) &&
		    fd != (unsigned int)dirfd(folder))
			close(fd);
	}
	closedir(folder);
}

void close_unnamed(int argc, char **argv)
{
	unsigned int from = STDERR_FILENO + 1, i, next;

	find_named(argc, argv);
	for (;;) {
		/* from there to the next that is named */
		next = ~0U;
		for (i = 0; i < nr_named; i++)
			if (named[i] >= from && named[i] < next)
				next = named[i];
		if (next > from && close_range(from, next - 1, 0))
			return close_one_by_one(from);
		if (next == ~0U)
			return;
		from = next + 1;
	}
}
