// SPDX-License-Identifier: GPL-2.0
/*
 * More mappings than a host process may have (vm.max_map_count, 65530 by
 * default): first each page of a region is a mapping of its own, since its
 * neighbours come from elsewhere in a file, then each second page has other
 * rights. The file is small, and memory that is only read is the one page of
 * zeros, so all this costs little.
 */
#include "tap.h"

#define PAGES		72000UL
#define FILE_PAGES	16

static const char limit_file[] = "/proc/sys/vm/max_map_count";

static int file_page(unsigned long i)
{
	return i * 7 % FILE_PAGES;
}

static unsigned long map_one_by_one(char *region, int fd, unsigned long from)
{
	unsigned long i;

	for (i = from; i < PAGES; i++)
		if (mmap(region + i * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			 fd, file_page(i) * PAGE) == MAP_FAILED)
			break;
	return i;
}

static bool right(char *region, unsigned long i)
{
	return *(volatile int *)(region + i * PAGE) == 100 + file_page(i);
}

static int check_some(void *arg)
{
	char *region = arg;

	for (unsigned long i = 0; i < PAGES; i += 331)
		must(right(region, i));
	must(try_write(region + 5 * PAGE) == SIGSEGV);
	return 0;
}

static void alternate_rights(void)
{
	char *region = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	bool good = true;

	must(region != MAP_FAILED);
	madvise(region, PAGES * PAGE, MADV_NOHUGEPAGE);	/* EINVAL where there are none */
	for (unsigned long i = 0; good && i < PAGES; i += 2)
		good = !mprotect(region + i * PAGE, PAGE, PROT_READ);
	ok(good, "every second of %lu pages can be made read-only", PAGES);
	for (unsigned long i = 0; i < PAGES; i++)
		good &= !*(volatile int *)(region + i * PAGE + 8);
	for (unsigned long i = 1; i < PAGES; i += 300)
		*(volatile int *)(region + (i | 1) * PAGE) = i;
	for (unsigned long i = 1; i < PAGES; i += 300) {
		good &= *(volatile int *)(region + (i | 1) * PAGE) == (int)i;
		good &= !*(volatile int *)(region + (i | 1) * PAGE - PAGE);
	}
	ok(good, "pages of alternate rights are read and written");
	ok(try_write(region + 7000 * PAGE) == SIGSEGV && !try_write(region + 7001 * PAGE),
	   "alternate rights are as they were set");
	ok(!mprotect(region, PAGES * PAGE, PROT_READ | PROT_WRITE) &&
	   !try_write(region + 7000 * PAGE),
	   "one mprotect makes pages of alternate rights writable");
	munmap(region, PAGES * PAGE);
}

int main(void)
{
	int fd = memfd_create("pages", MFD_CLOEXEC);
	char *region = mmap(NULL, PAGES * PAGE, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned long limit, got, wrong = 0;
	char old[32];
	char *line = file_line(limit_file, "");

	must(fd >= 0 && region != MAP_FAILED && line);
	limit = strtoul(line, NULL, 10);
	snprintf(old, sizeof(old), "%lu", limit);
	for (int i = 0; i < FILE_PAGES; i++)
		must(pwrite(fd, &(int){ 100 + i }, 4, i * PAGE) == 4);
	must(!ftruncate(fd, FILE_PAGES * PAGE));

	got = map_one_by_one(region, fd, 0);
	if (limit < PAGES)
		ok(got < limit && got > limit - 200 && errno == ENOMEM,
		   "%lu mappings up to this system's limit of %lu, then ENOMEM", got, limit);
	else
		ok(got == PAGES, "%lu mappings without reaching the limit", got);
	for (unsigned long i = 0; i < got; i++)
		wrong += !right(region, i);
	ok(!wrong, "each mapping holds what it should");

	if (got < PAGES && getenv("IN_GUEST")) {
		ok(write_file(limit_file, "200000"), "the limit of mappings can be raised");
		got = map_one_by_one(region, fd, got);
		ok(got == PAGES, "%lu mappings under a raised limit", got);
		for (unsigned long i = 0; i < got; i++)
			wrong += !right(region, i);
		ok(!wrong, "each mapping under a raised limit holds what it should");
		for (unsigned long i = got; i-- > got - 20000;)
			*(volatile int *)(region + i * PAGE + 64) = i;
		ok(*(int *)(region + (got - 20000) * PAGE + 64) ==
		   *(int *)(region + (got - 20000 + FILE_PAGES) * PAGE + 64),
		   "what is written through 20,000 mappings shows in others");
		ok(!mprotect(region, PAGES * PAGE, PROT_READ), "one mprotect changes all mappings");
		ok(!in_child(check_some, region),
		   "fork copies more mappings than the default limit");
	} else {
		skip_on_host("more mappings than the limit", "it is for the whole system");
	}
	ok(!munmap(region, PAGES * PAGE), "one munmap removes all mappings");
	ok(try_read(region) == SIGSEGV && try_read(region + (got - 1) * PAGE) == SIGSEGV,
	   "mappings that one munmap removed are gone");
	if (got == PAGES)
		alternate_rights();
	if (getenv("IN_GUEST"))
		write_file(limit_file, old);
	return tap_done();
}
