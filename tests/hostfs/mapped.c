// SPDX-License-Identifier: GPL-2.0
/*
 * A file of a shared folder, by way of a mapping.
 *
 *	mapped read FILE OFFSET		prints the word that is at OFFSET
 *	mapped write FILE OFFSET WORD	touches all pages, puts WORD there, makes the file
 *					"touched", and writes back when there is a file "go"
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int writes = argc == 5 && !strcmp(argv[1], "write");
	int fd = argc > 3 ? open(argv[2], writes ? O_RDWR : O_RDONLY) : -1;
	volatile char sum = 0;
	struct stat st;
	off_t at;
	char *map;

	if (fd < 0 || fstat(fd, &st))
		return 1;
	map = mmap(NULL, st.st_size, writes ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return 1;
	for (at = 0; at < st.st_size; at += 4096)
		sum += map[at];
	at = atol(argv[3]);
	if (!writes) {
		printf("%.*s\n", (int)strcspn(map + at, "\n"), map + at);
		return 0;
	}
	memcpy(map + at, argv[4], strlen(argv[4]));
	close(open("touched", O_CREAT | O_WRONLY, 0600));
	while (access("go", F_OK))
		usleep(10000);
	return msync(map, st.st_size, MS_SYNC);
}
