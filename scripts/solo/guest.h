/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest: the process of linux, and what it was started with.
 */
#ifndef SOLO_GUEST_H
#define SOLO_GUEST_H

#include "link.h"

struct list {
	const char **item;
	unsigned int nr;
};

void list_add(struct list *list, const char *item);

struct guest_options {
	const char *kernel;		/* linux; NULL: the one that is installed with solo */
	const char *root;		/* as the user says it */
	struct list disks;		/* FILE[,ro|,temp] */
	struct list share;		/* HOST[:GUEST][:ro] */
	struct list publish;		/* HOST:GUEST */
	struct list append;		/* options of linux */
	const char *present;		/* with root host: where the command starts; or NULL */
	const char *mem, *guard, *log, *name;
	bool net, write, boot;
	bool dry;			/* nothing is to be started or made, only said */
};

struct guest {
	pid_t pid;			/* of linux; 0: it has been waited for */
	int status;			/* then */
	long memory;			/* KiB that it had at most */
	pid_t passt;			/* 0: there is none */
	struct link link;
	int log;			/* its kernel's log, to read */
	int messages;			/* what linux itself has to say, to read */
	int net_messages;		/* what passt has to say, likewise */
	bool explained;
	bool keeps;			/* what it writes outlives it */
	struct bytes config;		/* for F_CONFIG */
	struct list args;		/* of linux */
};

/* Check @options, and find out what linux is to be started with.  Bad input ends the process. */
void guest_prepare(struct guest *guest, const struct guest_options *options);
/* One more thing for F_CONFIG. */
void guest_config(struct guest *guest, const char *key, const char *value);
void guest_print(const struct guest *guest);	/* as a line for a shell */
void guest_start(struct guest *guest, const struct guest_options *options);
void guest_kill(struct guest *guest);		/* and wait */
/* SIGCHLD has come: has linux ended? */
bool guest_reap(struct guest *guest);
/* Print what linux has said, and the end of the kernel's log if @lines is not 0. */
void guest_explain(struct guest *guest, unsigned int lines);

/* The folder that this program lies in. */
const char *own_folder(void);
char *find_kernel(const char *said);
/* The image that a root's name means, or NULL. */
char *find_image(const char *name);

#endif
