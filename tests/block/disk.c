// SPDX-License-Identifier: GPL-2.0
/*
 * Writes whose loss is noticed.  Runs in a guest that is killed meanwhile, and in
 * the next one that looks what is there.
 *
 *	disk blocks FILE SEED	number blocks at places that follow from SEED and the
 *				number, for ever, each synced, and say "done SEED NUMBER"
 *	disk blocks FILE SEED LAST
 *				is everything there that was said up to number LAST?
 *	disk files FOLDER SEED [LAST]
 *				the same with files that are made, renamed and removed
 *	disk zero FILE OFFSET LENGTH
 *	disk discard FILE OFFSET LENGTH
 *				of a block device
 *
 * A block is never torn: what is there is one that was written, or what was there
 * before the first.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK	4096
#define SLOTS	4096UL			/* blocks that one seed writes to */
#define KEPT	24UL			/* files that stay until they are removed */

struct block {
	uint64_t seed, number, slot, sum;
	uint64_t fill[BLOCK / 8 - 4];
};

static struct block block __attribute__((aligned(BLOCK)));

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stdout, fmt, ap);
	va_end(ap);
	puts("");
	exit(1);
}

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static uint64_t sum_of(const struct block *b)
{
	uint64_t sum = mix(b->seed) ^ mix(b->number + 1) ^ mix(b->slot + 2);

	for (size_t i = 0; i < sizeof(b->fill) / sizeof(b->fill[0]); i++)
		sum = mix(sum ^ b->fill[i]);
	return sum;
}

static uint64_t slot_of(uint64_t seed, uint64_t number)
{
	return mix(mix(seed) ^ number) % SLOTS;
}

static void fill(uint64_t seed, uint64_t number, uint64_t slot)
{
	block.seed = seed;
	block.number = number;
	block.slot = slot;
	for (size_t i = 0; i < sizeof(block.fill) / sizeof(block.fill[0]); i++)
		block.fill[i] = mix(number * 512 + i);
	block.sum = sum_of(&block);
}

static off_t place(uint64_t seed, uint64_t slot)
{
	return (seed * SLOTS + slot) * BLOCK;
}

static int open_or_die(const char *name, int flags)
{
	int fd = open(name, flags, 0600);

	if (fd < 0)
		die("%s: %s", name, strerror(errno));
	return fd;
}

static void say(uint64_t seed, uint64_t number)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "done %llu %llu\n", (unsigned long long)seed,
			 (unsigned long long)number);

	if (write(1, line, n) != n)
		exit(1);
}

static void write_blocks(const char *name, uint64_t seed)
{
	/* Seeds differ in how they write, too. */
	int fd = open_or_die(name, O_RDWR | O_DIRECT | (seed % 2 ? O_DSYNC : 0));

	for (uint64_t n = 1;; n++) {
		uint64_t slot = slot_of(seed, n);

		fill(seed, n, slot);
		if (pwrite(fd, &block, BLOCK, place(seed, slot)) != BLOCK)
			die("%s: write: %s", name, strerror(errno));
		if (!(seed % 2) && fdatasync(fd))
			die("%s: sync: %s", name, strerror(errno));
		say(seed, n);
	}
}

static void check_blocks(const char *name, uint64_t seed, uint64_t last)
{
	static uint64_t least[SLOTS];
	int fd = open_or_die(name, O_RDONLY);
	unsigned long there = 0;

	for (uint64_t n = 1; n <= last; n++)
		least[slot_of(seed, n)] = n;
	for (uint64_t slot = 0; slot < SLOTS; slot++) {
		if (pread(fd, &block, BLOCK, place(seed, slot)) != BLOCK)
			die("%s: read: %s", name, strerror(errno));
		if (!least[slot] && block.seed != seed)
			continue;	/* never written, as far as is known */
		if (block.seed != seed || block.slot != slot || block.sum != sum_of(&block))
			die("seed %d: slot %d is torn, or lost number %d", (int)seed, (int)slot,
			    (int)least[slot]);
		if (block.number < least[slot] || slot_of(seed, block.number) != slot)
			die("seed %d: slot %d has number %d instead of %d", (int)seed, (int)slot,
			    (int)block.number, (int)least[slot]);
		there++;
	}
	printf("good %lu\n", there);
}

static void sync_folder(int dir)
{
	if (fsync(dir))
		die("sync of a folder: %s", strerror(errno));
}

static void write_files(const char *folder, uint64_t seed)
{
	int dir = open_or_die(folder, O_RDONLY | O_DIRECTORY);

	for (uint64_t n = 1;; n++) {
		unsigned long size = 1 + mix(n) % 8;
		char name[64], old[64];
		int fd;

		snprintf(name, sizeof(name), "new.%d", (int)seed);
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (fd < 0)
			die("%s: %s", name, strerror(errno));
		for (unsigned long i = 0; i < size; i++) {
			fill(seed, n, i);
			if (write(fd, &block, BLOCK) != BLOCK)
				die("%s: %s", name, strerror(errno));
		}
		if (fsync(fd) || close(fd))
			die("%s: %s", name, strerror(errno));
		snprintf(old, sizeof(old), "%d.%llu", (int)seed, (unsigned long long)n);
		if (renameat(dir, name, dir, old))
			die("%s: %s", old, strerror(errno));
		snprintf(old, sizeof(old), "%d.%llu", (int)seed, (unsigned long long)(n - KEPT));
		if (n > KEPT && unlinkat(dir, old, 0))
			die("%s: %s", old, strerror(errno));
		sync_folder(dir);
		say(seed, n);
	}
}

/* The newest number, which may be some after the last that was said: words take their time. */
static uint64_t newest(int dir, uint64_t seed)
{
	DIR *d = fdopendir(dup(dir));
	unsigned long long number, max = 0;
	struct dirent *entry;
	int of;

	if (!d)
		die("a folder: %s", strerror(errno));
	while ((entry = readdir(d)))
		if (sscanf(entry->d_name, "%d.%llu", &of, &number) == 2 && of == (int)seed &&
		    number > max)
			max = number;
	closedir(d);
	return max;
}

static void check_files(const char *folder, uint64_t seed, uint64_t last)
{
	int dir = open_or_die(folder, O_RDONLY | O_DIRECTORY);
	uint64_t end = newest(dir, seed), first = end > KEPT ? end + 1 - KEPT : 1;

	if (end < last)
		die("%d.%d: lost", (int)seed, (int)last);
	for (uint64_t n = first; n <= end; n++) {
		char name[64];
		int fd;

		snprintf(name, sizeof(name), "%d.%llu", (int)seed, (unsigned long long)n);
		fd = openat(dir, name, O_RDONLY);
		if (fd < 0)
			die("%s: lost: %s", name, strerror(errno));
		for (unsigned long i = 0; i < 1 + mix(n) % 8; i++) {
			if (read(fd, &block, BLOCK) != BLOCK)
				die("%s: too short", name);
			if (block.seed != seed || block.number != n || block.slot != i ||
			    block.sum != sum_of(&block))
				die("%s: block %d is wrong", name, (int)i);
		}
		if (read(fd, &block, BLOCK))
			die("%s: too long", name);
		close(fd);
	}
	printf("good %d\n", (int)(end + 1 - first));
}

int main(int argc, char **argv)
{
	const char *what = argc > 3 ? argv[1] : "";
	uint64_t a = argc > 3 ? strtoull(argv[3], NULL, 0) : 0;
	uint64_t b = argc > 4 ? strtoull(argv[4], NULL, 0) : 0;
	uint64_t range[2] = { a, b };

	if (!strcmp(what, "blocks"))
		argc > 4 ? check_blocks(argv[2], a, b) : write_blocks(argv[2], a);
	else if (!strcmp(what, "files"))
		argc > 4 ? check_files(argv[2], a, b) : write_files(argv[2], a);
	else if (!strcmp(what, "zero")) {
		if (fallocate(open_or_die(argv[2], O_RDWR),
			      FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, a, b))
			die("%s: %s", argv[2], strerror(errno));
	} else if (!strcmp(what, "discard")) {
		if (ioctl(open_or_die(argv[2], O_RDWR), BLKDISCARD, range))
			die("%s: %s", argv[2], strerror(errno));
	} else
		die("usage: disk blocks|files|zero|discard FILE NUMBER [NUMBER]");
	return 0;
}
