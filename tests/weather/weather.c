// SPDX-License-Identifier: GPL-2.0
/*
 * A program of an ordinary user that takes all there is of something, and what is left afterwards.
 *
 *	weather memory | pids | inodes | cache
 *
 * Status 0: there was an end to it, and afterwards the same can be had again.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK	(16L << 20)

static void eat(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	if (fd < 0 || write(fd, "1000", 4) != 4)
		err(1, "oom_score_adj");
	close(fd);
	for (;;) {
		char *p = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			_exit(2);
		memset(p, 1, CHUNK);
	}
}

/* Four that eat, until each is killed for it. */
static void memory(void)
{
	int i, status, killed = 0;

	for (i = 0; i < 4; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (!pid)
			eat();
	}
	while (wait(&status) > 0)
		killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	if (killed != 4)
		errx(1, "%d of 4 programs that ate all memory were killed", killed);
	if (mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0) == MAP_FAILED)
		err(1, "memory afterwards");
}

static void pids(void)
{
	int n, hold[2];
	char byte;

	if (pipe(hold))
		err(1, "pipe");
	for (n = 0;; n++) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (!pid) {
			/* until the first one closes its end */
			close(hold[1]);
			if (read(hold[0], &byte, 1))
				_exit(1);
			_exit(0);
		}
	}
	if (errno != EAGAIN && errno != ENOMEM)
		err(1, "fork ends with");
	if (n < 100)
		errx(1, "only %d processes", n);
	close(hold[1]);
	while (wait(NULL) > 0)
		;
	if (errno != ECHILD)
		err(1, "wait");
	switch (fork()) {
	case -1:
		err(1, "fork afterwards");
	case 0:
		_exit(0);
	}
	wait(NULL);
}

static void inodes(void)
{
	char name[32];
	long n, i;
	int fd;

	if (chdir("/dev/shm"))
		err(1, "/dev/shm");
	for (n = 0;; n++) {
		sprintf(name, "%ld", n);
		fd = open(name, O_CREAT | O_EXCL, 0600);
		if (fd < 0)
			break;
		close(fd);
	}
	if (errno != ENOSPC)
		err(1, "file %ld ends with", n);
	for (i = 0; i < n; i++) {
		sprintf(name, "%ld", i);
		if (unlink(name))
			err(1, "unlink");
	}
	fd = open("0", O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		err(1, "a file afterwards");
	unlink("0");
}

/* Programs that touch memory while a file of more than there is of it is written to /mnt: none may die. */
static void cache(void)
{
	static char buf[1 << 20];
	int round, i, fd, status;
	pid_t writer;

	for (round = 0; round < 4; round++) {
		writer = fork();
		if (!writer) {
			fd = open("/mnt/file", O_WRONLY | O_CREAT | O_TRUNC, 0600);
			for (i = 0; fd >= 0 && i < 200; i++)
				if (write(fd, buf, sizeof(buf)) != sizeof(buf))
					_exit(1);
			_exit(fd < 0);
		}
		for (i = 0; i < 12; i++) {
			pid_t pid = fork();

			if (!pid) {
				char *p = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE,
					       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

				if (p == MAP_FAILED)
					_exit(2);
				memset(p, round + i, CHUNK);
				_exit(p[CHUNK - 1] != round + i);
			}
			/* three at a time */
			while (i >= 2 && (pid = wait(&status)) > 0) {
				if (status)
					errx(1, "%s: status %#x", pid == writer ? "writer" : "a program", status);
				if (pid != writer)
					break;
			}
		}
		while (wait(&status) > 0)
			if (status)
				errx(1, "status %#x", status);
	}
}

/* A byte in each 2 MiB: a page table for each, in the guest and in the host. */
static void sparse(void)
{
	char *p = mmap(NULL, 30000UL << 21, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		       -1, 0);

	if (p == MAP_FAILED)
		err(1, "mmap");
	for (unsigned long i = 0; i < 30000; i++)
		if (((volatile char *)p)[i << 21])
			errx(1, "not zero");
}

int main(int argc, char **argv)
{
	if (argc != 2)
		errx(1, "usage: weather memory | pids | inodes | cache | sparse");
	/* dumpable: whose /proc/self is its own */
	if (setgid(1000) || setuid(1000) || prctl(PR_SET_DUMPABLE, 1))
		err(1, "uid 1000");
	if (!strcmp(argv[1], "memory"))
		memory();
	else if (!strcmp(argv[1], "pids"))
		pids();
	else if (!strcmp(argv[1], "inodes"))
		inodes();
	else if (!strcmp(argv[1], "cache"))
		cache();
	else if (!strcmp(argv[1], "sparse"))
		sparse();
	else
		errx(1, "no such weather: %s", argv[1]);
	return 0;
}
