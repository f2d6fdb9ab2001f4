/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the experiments share. Each is a program that says in three lines what it
 * is about, tries something in one or more containers (groups of processes with
 * namespaces of their own), and ends with what it measured and one answer. Its
 * exit status is 0 if the isolation held, 1 if it did not, 2 if the experiment
 * could not be made.
 *
 * With the option --break the namespaces are left out, so that it must fail:
 * that is the test of the experiment itself.
 */
#ifndef EXPERIMENT_H
#define EXPERIMENT_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME	0x00000080
#endif
#define ALL_NAMESPACES	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | \
			 CLONE_NEWPID | CLONE_NEWUSER | CLONE_NEWCGROUP | CLONE_NEWTIME)

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define NOBODY		65534

/* --break was said. */
extern bool broken;

/* The three lines. First thing that main does; nothing may take more than 100 s after it. */
void experiment(int argc, char **argv, const char *question, const char *done,
		const char *expected);

/* One step's outcome. May be called in any process of the experiment; returns HELD. */
bool check(bool held, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A figure for the line "measured". */
void measured(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The last line, if all held; returns the exit status for main. */
int answer(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * What the experiment needs is not there. WHAT names it; errno says why. Ends the
 * calling process; where that is a child, answer() then says that there is none.
 */
void __attribute__((noreturn)) cannot(const char *what);

/* A process that runs FN(ARG) and exits with what it returns; dies with its parent. */
pid_t start(int namespaces, int (*fn)(void *), void *arg);

/* Its exit status, or 128 + the signal that ended it. */
int ended(pid_t pid);

/* The same in one. */
int in_container(int namespaces, int (*fn)(void *), void *arg);

/* unshare(), but not with --break. 0 or -1 with errno. */
int leave(int namespaces);

/* A door between processes: made open before the fork; who waits goes on when it is opened. */
struct door {
	int in, out;
};
void make_door(struct door *door);
void open_door(struct door *door);
void wait_at(struct door *door);

/* Memory that all processes of the experiment have in common, zeroed. */
void *common(size_t size);

/* Whole small files. read_file returns a static buffer, empty if there is no such file. */
char *read_file(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int write_file(const char *path, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Monotonic time in ns. */
long long now(void);
void nap_ms(int ms);

/* Ask FN(ARG) again and again until it says yes; no after SECONDS. */
bool wait_for(int seconds, bool (*fn)(void *), void *arg);

/* Give up root for user USER of the caller's namespace, who may still look after himself in /proc. */
void become_user(unsigned int user);

/* In a new user namespace: make uid and gid OUTSIDE its root. 0 or -1 with errno. */
int become_its_root(unsigned int outside);

/* Processes that this /proc shows. */
int count_processes(void);

/* lo up in this network namespace. */
int loopback_up(void);

#endif
