// SPDX-License-Identifier: GPL-2.0
/*
 * What the memory files of a guest let somebody do with them who has their descriptors.
 *
 *   seals PID
 *
 * A line for each: its name, whether it can be made longer, shorter, and written to behind its end.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char folder[64], path[400], target[256];
	struct dirent *entry;
	DIR *dir;

	if (argc != 2)
		return 1;
	snprintf(folder, sizeof(folder), "/proc/%s/fd", argv[1]);
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		struct stat st;
		ssize_t n;
		int fd;

		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = 0;
		target[strcspn(target, " ")] = 0;
		if (strncmp(target, "/memfd:", 7))
			continue;
		fd = open(path, O_RDWR);
		if (fd < 0 || fstat(fd, &st)) {
			printf("%s cannot be opened\n", target);
			continue;
		}
		/* longer first: what can be made shorter is a guest's memory */
		printf("%s:%s%s%s\n", target + 7, ftruncate(fd, st.st_size + 4096) ? "" : " longer",
		       pwrite(fd, "x", 1, st.st_size + 8192) == 1 ? " written" : "",
		       !st.st_size || ftruncate(fd, st.st_size - 4096) ? "" : " shorter");
		close(fd);
	}
	return 0;
}
