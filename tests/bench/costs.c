// SPDX-License-Identifier: GPL-2.0
/*
 * Work whose cost in host calls must not grow.
 *
 *	costs pingpong MIB N	two processes of so much memory pass a byte to and fro N times
 *	costs touch MIB		write to each page of so much fresh memory
 *	costs read MIB N	N reads of 4 KiB, here and there in a cached file of that size
 *
 * The file is /dev/shm/costs.  Says "done"; 1 and a reason on stderr if something fails.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096L
#define MIB	(1L << 20)

static void own(long mib)
{
	long size = mib * MIB, i;
	char *p;

	if (!size)
		return;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		err(1, "%ld MiB of memory", mib);
	for (i = 0; i < size; i += PAGE)
		p[i] = 1;
}

static void pass(int fd)
{
	if (write(fd, "", 1) != 1)
		err(1, "write");
}

static int take(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 1;
}

static void pingpong(long mib, long n)
{
	int to[2], from[2], status;
	pid_t pid;

	if (pipe(to) || pipe(from))
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		close(to[1]);
		own(mib);
		do
			pass(from[1]);
		while (take(to[0]));
		_exit(0);
	}
	own(mib);
	while (n-- && take(from[0]))
		pass(to[1]);
	if (n >= 0)
		errx(1, "the other end has gone");
	close(to[1]);
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "the other process: status %#x", status);
}

static void reads(long mib, long n)
{
	static char buf[MIB];
	unsigned int seed = 1;
	long i;
	int fd = open("/dev/shm/costs", O_RDWR | O_CREAT, 0600);

	if (fd < 0)
		err(1, "/dev/shm/costs");
	for (i = 0; i < mib; i++) {
		memset(buf, i, MIB);
		if (pwrite(fd, buf, MIB, i * MIB) != MIB)
			err(1, "%ld MiB in /dev/shm", mib);
	}
	for (i = 0; i < n; i++) {
		long page;

		seed = seed * 1103515245 + 12345;
		page = (seed >> 4) % (mib * (MIB / PAGE));
		if (pread(fd, buf, PAGE, page * PAGE) != PAGE)
			err(1, "pread");
		if (buf[PAGE - 1] != (char)(page / (MIB / PAGE)))
			errx(1, "page %ld holds something else", page);
	}
}

int main(int argc, char **argv)
{
	long mib = argc > 2 ? atol(argv[2]) : 0, n = argc > 3 ? atol(argv[3]) : 0;

	if (argc > 3 && !strcmp(argv[1], "pingpong"))
		pingpong(mib, n);
	else if (argc > 2 && !strcmp(argv[1], "touch"))
		own(mib);
	else if (argc > 3 && !strcmp(argv[1], "read"))
		reads(mib, n);
	else
		errx(1, "usage: costs pingpong MIB N | touch MIB | read MIB N");
	puts("done");
	return 0;
}
