// SPDX-License-Identifier: GPL-2.0
/*
 * Links to an open file that has lost its name to another file: with the file's other name
 * known to the kernel, and not.  Prints what each link is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void put(const char *name, const char *text)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(name);
	close(fd);
}

static void try(int fd, const char *name)
{
	char path[64], text[64] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW)) {
		puts(errno == ESTALE ? "stale" : strerror(errno));
		return;
	}
	fd = open(name, O_RDONLY);
	if (read(fd, text, sizeof(text) - 1) < 0)
		perror(name);
	puts(text);
	close(fd);
}

int main(void)
{
	int fd;

	put("f", "first");
	if (link("f", "other"))
		perror("other");
	fd = open("f", O_RDONLY);
	unlink("f");
	put("f", "second");
	try(fd, "known");
	unlink("known");
	put("/proc/sys/vm/drop_caches", "2");
	try(fd, "unknown");
	return 0;
}
