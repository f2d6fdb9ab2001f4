// SPDX-License-Identifier: GPL-2.0
/* Mappings of files: shared, private, beyond the end, in any order; on tmpfs, and ext4 or hostfs. */
#include "tap.h"
#include <sys/statfs.h>

#define PAGES	256

static const char *fs;

/* An open file of PAGES pages, each filled with its number. */
static int make_file(const char *dir)
{
	char path[PATH_MAX], buf[PAGE];
	int fd;

	snprintf(path, sizeof(path), "%s/filemap.XXXXXX", dir);
	fd = mkstemp(path);
	must(fd >= 0);
	unlink(path);
	for (int i = 0; i < PAGES; i++) {
		for (size_t j = 0; j < PAGE / 4; j++)
			((int *)buf)[j] = i;
		must(write(fd, buf, PAGE) == PAGE);
	}
	return fd;
}

static bool is_page(const char *p, int number)
{
	const int *i = (const void *)p;

	return i[0] == number && i[511] == number && i[1023] == number;
}

static char *map_file(int fd, int from, int pages, int prot, int flags)
{
	char *p = mmap(NULL, pages * PAGE, prot, flags, fd, from * PAGE);

	must(p != MAP_FAILED);
	return p;
}

static void reading(const char *dir)
{
	int fd = make_file(dir);
	char *p;
	bool good = true;

	p = map_file(fd, 0, PAGES, PROT_READ, MAP_PRIVATE);
	for (int i = 0; i < PAGES; i++)
		good &= is_page(p + i * PAGE, i);
	ok(good, "%s: pages are read in order", fs);
	munmap(p, PAGES * PAGE);

	p = map_file(fd, 100, 100, PROT_READ, MAP_SHARED);
	for (int i = 0, at = 57; i < 100; i++, at = (at + 37) % 100)
		good &= is_page(p + at * PAGE, 100 + at);
	ok(good, "%s: pages of a mapping from an offset are read in disorder", fs);

	/* Neighbours in memory that are not neighbours in the file. */
	for (int i = 0; i < 100; i++)
		must(mmap(p + i * PAGE, PAGE, PROT_READ,
		     MAP_FIXED | (i & 1 ? MAP_SHARED : MAP_PRIVATE),
			  fd, (PAGES - 1 - i) * PAGE) == p + i * PAGE);
	for (int i = 0; i < 100; i++)
		good &= is_page(p + i * PAGE, PAGES - 1 - i);
	ok(good, "%s: a hundred pages mapped one by one, backwards", fs);
	munmap(p, 100 * PAGE);
	close(fd);
}

static void shared(const char *dir)
{
	int fd = make_file(dir), number = 0;
	char *p = map_file(fd, 0, PAGES, PROT_READ | PROT_WRITE, MAP_SHARED);
	char *q = map_file(fd, 10, 10, PROT_READ | PROT_WRITE, MAP_SHARED);
	char *once = map_file(fd, 0, PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char buf[16];

	strcpy(p + 12 * PAGE + 100, "through the map");
	ok(pread(fd, buf, 16, 12 * PAGE + 100) == 16 && !strcmp(buf, "through the map"),
	   "%s: read() sees a store", fs);
	ok(!strcmp(q + 2 * PAGE + 100, "through the map"),
	   "%s: another shared mapping sees a store", fs);
	ok(!strcmp(once + 12 * PAGE + 100, "through the map"),
	   "%s: a private mapping that was not written to sees a store", fs);
	must(pwrite(fd, "through a write", 16, 15 * PAGE + 8) == 16);
	ok(!strcmp(p + 15 * PAGE + 8, "through a write") &&
	   !strcmp(q + 5 * PAGE + 8, "through a write"), "%s: a load sees write()", fs);

	strcpy(once + 30 * PAGE, "private");
	ok(pread(fd, &number, 4, 30 * PAGE) == 4 && number == 30 && is_page(p + 30 * PAGE, 30),
	   "%s: a private store stays private", fs);
	strcpy(p + 30 * PAGE, "shared");
	ok(!strcmp(once + 30 * PAGE, "private"),
	   "%s: a private store is not overwritten by a shared one", fs);
	ok(!madvise(once + 30 * PAGE, PAGE, MADV_DONTNEED) && !strcmp(once + 30 * PAGE, "shared"),
	   "%s: MADV_DONTNEED gives the file's page back", fs);

	ok(!msync(p, PAGES * PAGE, MS_SYNC) && !msync(p, PAGES * PAGE, MS_ASYNC),
	   "%s: msync succeeds", fs);
	/* msync has made the page clean; this write must not be lost either. */
	strcpy(p + 12 * PAGE + 100, "once more clean");
	ok(pread(fd, buf, 16, 12 * PAGE + 100) == 16 && !strcmp(buf, "once more clean") &&
	   !fsync(fd) && !strcmp(p + 12 * PAGE + 100, "once more clean"),
	   "%s: a store after msync is not lost", fs);
	munmap(p, PAGES * PAGE);
	munmap(q, 10 * PAGE);
	munmap(once, PAGES * PAGE);
	ok(pread(fd, buf, 16, 12 * PAGE + 100) == 16 && !strcmp(buf, "once more clean"),
	   "%s: stores outlive their mapping", fs);
	close(fd);
}

static int change_both(void *arg)
{
	char **maps = arg;

	maps[0][0] = 'S';
	maps[1][0] = 'P';
	must(maps[0][0] == 'S' && maps[1][0] == 'P');
	return 0;
}

static void forked(const char *dir)
{
	int fd = make_file(dir);
	char *maps[2] = {
		map_file(fd, 0, 1, PROT_READ | PROT_WRITE, MAP_SHARED),
		map_file(fd, 1, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE),
	};

	maps[0][0] = 's';
	maps[1][0] = 'p';
	ok(!in_child(change_both, maps) && maps[0][0] == 'S' && maps[1][0] == 'p',
	   "%s: after fork, shared is shared and private private", fs);
	munmap(maps[0], PAGE);
	munmap(maps[1], PAGE);
	close(fd);
}

static void beyond_the_end(const char *dir)
{
	int fd = make_file(dir), fds[2];
	char *p;
	bool zero = true;

	must(!ftruncate(fd, 3 * PAGE + 100));
	p = map_file(fd, 0, 8, PROT_READ | PROT_WRITE, MAP_SHARED);
	for (size_t i = 100; i < PAGE; i++)
		zero &= !p[3 * PAGE + i];
	ok(zero && *(int *)(p + 3 * PAGE) == 3,
	   "%s: the last page has zeros after the file's end", fs);
	ok(try_read(p + 4 * PAGE + 5) == SIGBUS && fault_info.si_code == BUS_ADRERR &&
	   fault_info.si_addr == p + 4 * PAGE + 5,
	   "%s: reading beyond the last page: SIGBUS with the address",
	   fs);
	ok(try_write(p + 8 * PAGE - 1) == SIGBUS && fault_info.si_code == BUS_ADRERR &&
	   fault_info.si_addr == p + 8 * PAGE - 1,
	   "%s: writing beyond the last page: SIGBUS with the address", fs);
	must(!ftruncate(fd, 6 * PAGE));
	ok(!try_write(p + 5 * PAGE) && p[5 * PAGE] == 1 && try_read(p + 6 * PAGE) == SIGBUS,
	   "%s: what a file grows by can be reached", fs);
	must(!ftruncate(fd, 2 * PAGE));
	ok(!try_read(p + PAGE) && try_read(p + 2 * PAGE) == SIGBUS &&
	   try_read(p + 5 * PAGE) == SIGBUS,
	   "%s: a file that shrinks takes its pages away", fs);
	must(!ftruncate(fd, 6 * PAGE));
	ok(!try_read(p + 5 * PAGE) && p[5 * PAGE] == 0,
	   "%s: a file that shrank and grows again has zeros there", fs);
	must(!pipe(fds));
	errno = 0;
	ok(write(fds[1], p + 6 * PAGE, 1) == -1 && errno == EFAULT,
	   "%s: a system call's buffer beyond the end: EFAULT", fs);
	munmap(p, 8 * PAGE);
	close(fds[0]);
	close(fds[1]);
	close(fd);
}

static void permissions(const char *dir)
{
	char path[64];
	int fd = make_file(dir), ro;
	char *p;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ro = open(path, O_RDONLY | O_CLOEXEC);
	must(ro >= 0);
	errno = 0;
	ok(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0) == MAP_FAILED &&
	   errno == EACCES, "%s: shared writing of a read-only file: EACCES", fs);
	p = map_file(ro, 1, 1, PROT_READ, MAP_SHARED);
	errno = 0;
	ok(mprotect(p, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES,
	   "%s: mprotect to shared writing of a read-only file: EACCES", fs);
	munmap(p, PAGE);
	p = map_file(ro, 1, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	ok(is_page(p, 1) && !try_write(p),
	   "%s: a read-only file can be mapped for private writing", fs);
	munmap(p, PAGE);
	errno = 0;
	ok(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 100) == MAP_FAILED && errno == EINVAL,
	   "%s: an odd offset: EINVAL", fs);
	close(ro);
	close(fd);
}

static void truncated_memfd(void)
{
	int fd = memfd_create("sealed", MFD_ALLOW_SEALING);
	char *p;

	must(fd >= 0 && !ftruncate(fd, PAGE));
	ok(!fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK), "memfd takes seals");
	errno = 0;
	ok(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EPERM,
	   "a memfd sealed against writing refuses a shared mapping to write");
	p = map_file(fd, 0, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	ok(!try_write(p), "a memfd sealed against writing can be mapped for private writing");
	munmap(p, PAGE);
	close(fd);
}

static void far_offset(const char *dir)
{
	int fd = make_file(dir);
	const off_t far = 1L << 33;
	char *p;

	must(!ftruncate(fd, far + 2 * PAGE));
	p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, far);
	must(p != MAP_FAILED);
	p[PAGE] = 42;
	ok(p[0] == 0 && pread(fd, p, 1, far + PAGE) == 1 && p[0] == 42,
	   "%s: pages at 8 GiB can be mapped", fs);
	munmap(p, 2 * PAGE);
	close(fd);
}

static void all(const char *name, const char *dir)
{
	fs = name;
	reading(dir);
	shared(dir);
	forked(dir);
	beyond_the_end(dir);
	permissions(dir);
	far_offset(dir);
}

int main(void)
{
	struct statfs sfs;

	all("tmpfs", "/dev/shm");
	if (!statfs("/var/tmp", &sfs) && sfs.f_type == 0xef53 && !access("/var/tmp", W_OK))
		all("ext4", "/var/tmp");
	else if (!statfs("/var/tmp", &sfs) && sfs.f_type == 0xc0ffee && !access("/var/tmp", W_OK))
		all("hostfs", "/var/tmp");
	else
		skip_on_host("ext4", "no writable ext4 at /var/tmp");
	truncated_memfd();
	return tap_done();
}
