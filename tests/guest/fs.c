// SPDX-License-Identifier: GPL-2.0
/* File systems: ext4 or hostfs, tmpfs, and an overlay of the one on the other. */
#include "tap.h"
#include <dirent.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <pthread.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

static const char *fs;

static void make(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	must(!close(fd));
}

static bool holds(const char *name, const char *text)
{
	char buf[256] = "";
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(text) && !strcmp(buf, text);
}

static void files(void)
{
	struct stat st, st2;
	struct timespec times[2] = { { 1000, 5 }, { 2000, 7 } };
	int fd, fd2;
	char buf[16];

	make("file", "hello");
	ok(holds("file", "hello") && !stat("file", &st) && st.st_size == 5 && st.st_nlink == 1 &&
	   S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0644,
	   "%s: a new file has its contents, size, links and mode", fs);
	errno = 0;
	ok(open("file", O_CREAT | O_EXCL | O_RDWR, 0644) == -1 && errno == EEXIST,
	   "%s: O_EXCL of a file that is there: EEXIST",
	   fs);
	fd = open("file", O_RDWR | O_APPEND | O_CLOEXEC);
	ok(write(fd, " you", 4) == 4 && pwrite(fd, "!", 1, 0) == 1 && holds("file", "hello you!"),
	   "%s: O_APPEND writes at the end, by write and pwrite", fs);
	ok(!ftruncate(fd, 3) && holds("file", "hel") && !ftruncate(fd, 6) && !fstat(fd, &st) &&
	   st.st_size == 6 && pread(fd, buf, 6, 0) == 6 && !memcmp(buf, "hel\0\0", 6),
	   "%s: truncate", fs);
	close(fd);
	ok(!link("file", "second") && !stat("second", &st) && st.st_nlink == 2, "%s: hard link",
	   fs);
	ok(!symlink("file", "soft") && readlink("soft", buf, 16) == 4 && stat("soft", &st2) == 0 &&
	   st2.st_ino == st.st_ino,
	   "%s: symbolic link", fs);
	ok(!rename("file", "third") && access("file", F_OK) && !stat("third", &st2) &&
	   st2.st_ino == st.st_ino, "%s: rename", fs);
	make("target", "old");
	make("source", "new");
	ok(!rename("source", "target") && holds("target", "new"), "%s: rename over a file", fs);
	ok(!syscall(SYS_renameat2, AT_FDCWD, "target", AT_FDCWD, "third", RENAME_EXCHANGE) &&
	   holds("third", "new"), "%s: RENAME_EXCHANGE exchanges two files", fs);
	ok(!unlink("second") && !unlink("target") && access("second", F_OK), "%s: unlink", fs);
	ok(!chmod("third", 0600) && !utimensat(AT_FDCWD, "third", times, 0) &&
	   !stat("third", &st) &&
	   (st.st_mode & 0777) == 0600 && st.st_mtime == 2000 && st.st_mtim.tv_nsec == 7 &&
	   st.st_atime == 1000, "%s: mode and times", fs);

	fd = open("third", O_RDWR | O_CLOEXEC);
	unlink("third");
	ok(pwrite(fd, "alive", 5, 0) == 5 && pread(fd, buf, 5, 0) == 5 && !fstat(fd, &st) &&
	   st.st_nlink == 0, "%s: an unlinked file lives while open", fs);
	close(fd);
	fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ok(write(fd, "tmp", 3) == 3 && !linkat(AT_FDCWD, path, AT_FDCWD, "named",
						       AT_SYMLINK_FOLLOW) && holds("named", "tmp"),
		   "%s: O_TMPFILE", fs);
		unlink("named");
		close(fd);
	} else {
		ok(errno == EOPNOTSUPP && (!strcmp(fs, "overlay") || !strcmp(fs, "hostfs")),
		   "%s: O_TMPFILE", fs);
	}
	unlink("soft");

	make("lock", "");
	fd = open("lock", O_RDWR | O_CLOEXEC);
	fd2 = open("lock", O_RDWR | O_CLOEXEC);
	ok(!flock(fd, LOCK_EX) && flock(fd2, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK &&
	   !flock(fd, LOCK_UN) && !flock(fd2, LOCK_EX | LOCK_NB), "%s: flock", fs);
	close(fd);
	close(fd2);
	unlink("lock");
	ok(!mkfifo("fifo", 0600) && !stat("fifo", &st) && S_ISFIFO(st.st_mode) && !unlink("fifo"),
	   "%s: a named pipe", fs);
}

static void folders(void)
{
	bool seen[300] = { false }, good = true;
	struct dirent *e;
	char name[64], longest[257];
	int count = 0;
	DIR *d;

	ok(!mkdir("dir", 0755) && mkdir("dir", 0755) == -1 && errno == EEXIST, "%s: mkdir", fs);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "dir/a rather long file name, number %d", i);
		make(name, "x");
	}
	must((d = opendir("dir")));
	while ((e = readdir(d))) {
		char *number = strrchr(e->d_name, ' ');

		if (!number)
			continue;
		count++;
		good &= !seen[atoi(number)];
		seen[atoi(number)] = true;
	}
	ok(good && count == 300, "%s: a folder of 300 entries lists each once", fs);
	closedir(d);
	errno = 0;
	ok(rmdir("dir") == -1 && (errno == ENOTEMPTY || errno == EEXIST),
	   "%s: rmdir of a folder with entries is refused",
	   fs);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "dir/a rather long file name, number %d", i);
		must(!unlink(name));
	}
	ok(!rmdir("dir") && access("dir", F_OK), "%s: rmdir", fs);
	must(!mkdir("a", 0755) && !mkdir("a/b", 0755) && !mkdir("a/b/c", 0755));
	errno = 0;
	ok(rename("a", "a/b/c/d") == -1 && errno == EINVAL,
	   "%s: moving a folder into itself: EINVAL", fs);
	ok(!rename("a/b", "b") && !access("b/c", F_OK) && !rmdir("b/c") && !rmdir("b") &&
	   !rmdir("a"),
	   "%s: a folder can be moved", fs);
	memset(longest, 'n', 256);
	longest[255] = longest[256] = '\0';
	must(!mkdir(longest, 0755) && !rmdir(longest));
	longest[255] = 'n';
	errno = 0;
	ok(mkdir(longest, 0755) == -1 && errno == ENAMETOOLONG, "%s: names of 255 bytes, not 256",
	   fs);
}

static void big_file(void)
{
	const size_t size = 2 << 20;
	unsigned char *data = malloc(size), *back = malloc(size);
	int fd = open("big", O_RDWR | O_CREAT | O_CLOEXEC, 0644), copy;
	struct stat st;
	off_t off = 0;

	for (size_t i = 0; i < size; i++)
		data[i] = i * 31 + i / 4096 * 7;
	must(fd >= 0);
	ok(write(fd, data, size) == (ssize_t)size && !fsync(fd), "%s: 2 MiB written and synced",
	   fs);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	ok(pread(fd, back, size, 0) == (ssize_t)size && !memcmp(data, back, size),
	   "%s: 2 MiB read back",
	   fs);
	copy = open("copy", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	ok(sendfile(copy, fd, &off, size) == (ssize_t)size &&
	   pread(copy, back, size, 0) == (ssize_t)size &&
	   !memcmp(data, back, size), "%s: sendfile", fs);
	ok(!ftruncate(copy, 0) && !ftruncate(copy, 1L << 32) && !fstat(copy, &st) &&
	   st.st_blocks < 100 &&
	   pwrite(copy, "end", 3, (1L << 32) - 3) == 3 && lseek(copy, 0, SEEK_DATA) > 0,
	   "%s: a sparse file of 4 GiB", fs);
	if (!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 65536, 65536)) {
		memset(data + 65536, 0, 65536);
		ok(pread(fd, back, size, 0) == (ssize_t)size && !memcmp(data, back, size),
		   "%s: a hole is punched", fs);
	} else {
		ok(errno == EOPNOTSUPP && !strcmp(fs, "overlay"), "%s: a hole is punched", fs);
	}
	close(fd);
	close(copy);
	unlink("big");
	unlink("copy");
	free(data);
	free(back);
}

static void direct(void)
{
	char *buf = map_anon(4 * PAGE, PROT_READ | PROT_WRITE);
	int fd = open("direct", O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0644);

	if (fd < 0) {
		ok(errno == EINVAL && strcmp(fs, "ext4"), "%s: O_DIRECT", fs);
		return;
	}
	memset(buf, 'd', 2 * PAGE);
	ok(pwrite(fd, buf, 2 * PAGE, 0) == 2 * PAGE &&
	   pread(fd, buf + 2 * PAGE, 2 * PAGE, 0) == 2 * PAGE &&
	   !memcmp(buf, buf + 2 * PAGE, 2 * PAGE), "%s: O_DIRECT", fs);
	close(fd);
	unlink("direct");
	munmap(buf, 4 * PAGE);
}

static void attributes(void)
{
	char buf[64];

	make("file", "x");
	ok(!setxattr("file", "user.colour", "blue", 4, 0) &&
	   getxattr("file", "user.colour", buf, 64) == 4 &&
	   !memcmp(buf, "blue", 4) && listxattr("file", buf, 64) >= 12 &&
	   !removexattr("file", "user.colour") &&
	   getxattr("file", "user.colour", buf, 64) == -1 && errno == ENODATA,
	   "%s: extended attributes", fs);
	unlink("file");
}

static void *many_files(void *arg)
{
	char name[64];

	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "t%ld-%d", (long)arg, i);
		make(name, name);
		must(holds(name, name));
		if (i % 10 == 0) {
			int fd = open(name, O_RDONLY | O_CLOEXEC);

			must(fd >= 0 && !fsync(fd));
			close(fd);
		}
	}
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "t%ld-%d", (long)arg, i);
		must(holds(name, name) && !unlink(name));
	}
	return NULL;
}

static void at_once(void)
{
	pthread_t t[3];

	for (long i = 0; i < 3; i++)
		must(!pthread_create(&t[i], NULL, many_files, (void *)i));
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	ok(true, "%s: three threads make, sync and remove files", fs);
}

static void all(const char *name, const char *where)
{
	char dir[64];

	fs = name;
	snprintf(dir, sizeof(dir), "%s/fs.XXXXXX", where);
	must(mkdtemp(dir) && !chdir(dir));
	files();
	folders();
	big_file();
	direct();
	attributes();
	at_once();
	must(!chdir("/"));
	ok(!rmdir(dir), "%s: nothing is left over", fs);
}

static void whiteouts(void)
{
	struct stat st;
	struct dirent *e;
	int count = 0;
	DIR *d;

	ok(holds("lower-file", "lower") && holds("dir/in-lower", "lower"),
	   "overlay: files of the lower folder show");
	make("lower-file", "changed");
	ok(holds("lower-file", "changed") && holds("../lower/lower-file", "lower") &&
	   holds("../upper/lower-file", "changed"), "overlay: a change goes to the upper folder");
	ok(!unlink("dir/in-lower") && access("dir/in-lower", F_OK) &&
	   !access("../lower/dir/in-lower", F_OK) &&
	   !stat("../upper/dir/in-lower", &st) && S_ISCHR(st.st_mode) &&
	   st.st_rdev == makedev(0, 0),
	   "overlay: a removal is a whiteout in the upper folder");
	must((d = opendir("dir")));
	while ((e = readdir(d)))
		count += e->d_name[0] != '.';
	closedir(d);
	ok(count == 0 && !rmdir("dir") && !mkdir("dir", 0755) && access("dir/in-lower", F_OK),
	   "overlay: a folder made anew is empty");
}

static void overlay(void)
{
	char dir[] = "/tmp/overlay.XXXXXX";

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
		skip_on_host("overlay", "not for this user");
		return;
	}
	/* A file system of its own, so that nothing needs cleaning up but the folder. */
	must(mkdtemp(dir) && !mount("overlay-test", dir, "tmpfs", 0, NULL) && !chdir(dir));
	must(!mkdir("lower", 0755) && !mkdir("upper", 0755) && !mkdir("work", 0755) &&
	     !mkdir("all", 0755) &&
	     !mkdir("lower/dir", 0755));
	make("lower/lower-file", "lower");
	make("lower/dir/in-lower", "lower");
	if (mount("overlay", "all", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work")) {
		skip_on_host("overlay", "cannot mount it");
	} else {
		char where[64];

		must(!chdir("all"));
		whiteouts();
		snprintf(where, sizeof(where), "%s/all", dir);
		all("overlay", where);
		must(!chdir("/") && !umount(where));
	}
	must(!chdir("/") && !umount(dir) && !rmdir(dir));
}

static void limits(void)
{
	char dir[] = "/tmp/limit.XXXXXX", name[64];
	static char data[65536];
	ssize_t n, total = 0;
	int fd;

	must(mkdtemp(dir));
	if (mount("limit-test", dir, "tmpfs", 0, "size=1m,nr_inodes=10")) {
		skip_on_host("a full tmpfs", "not for this user");
		rmdir(dir);
		return;
	}
	snprintf(name, sizeof(name), "%s/fill", dir);
	fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while ((n = write(fd, data, sizeof(data))) > 0)
		total += n;
	ok(n == -1 && errno == ENOSPC && total == 1 << 20, "a full tmpfs: ENOSPC after 1 MiB");
	close(fd);
	errno = 0;
	for (int i = 0; i < 12 && fd >= 0; i++) {
		snprintf(name, sizeof(name), "%s/%d", dir, i);
		fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd >= 0)
			close(fd);
	}
	ok(fd == -1 && errno == ENOSPC, "a tmpfs without free inodes: ENOSPC");
	must(!umount(dir) && !rmdir(dir));
}

static void devices(void)
{
	char buf[64];
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	memset(buf, 1, sizeof(buf));
	ok(read(fd, buf, 64) == 64 && !buf[0] && !buf[63], "/dev/zero gives zeros");
	close(fd);
	fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	errno = 0;
	ok(write(fd, buf, 1) == -1 && errno == ENOSPC, "/dev/full: ENOSPC");
	close(fd);
	fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	ok(read(fd, buf, 64) == 64 && memcmp(buf, buf + 32, 32),
	   "/dev/urandom gives bytes that differ");
	close(fd);
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
	overlay();
	limits();
	devices();
	return tap_done();
}
