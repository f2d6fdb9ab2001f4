// SPDX-License-Identifier: GPL-2.0
/*
 * Images of folders and archives, and the cache of them.
 *
 * A guest makes them: there solo is root, so owners, devices and modes are what the
 * archive says, without any rights on the host.  The image has no name until it is
 * complete, so nothing is left of one that is not.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "build.h"
#include "guest.h"
#include "session.h"
#include "term.h"

#define VERSION		1		/* of how images are made: another one makes them anew */
#define ROOM		(1ULL << 30)	/* bytes that are free in an image */
#define EXPANDS		6		/* what is compressed to so much at most, usually */
#define PATIENCE_MS	120000		/* for a guest to boot, and to end */

struct sum {
	uint64_t a, b, size;
};

static void add(struct sum *sum, const void *data, size_t len)
{
	const unsigned char *at = data;

	/* FNV-1a, and a second one that begins elsewhere */
	for (; len--; at++) {
		sum->a = (sum->a ^ *at) * 0x100000001b3ULL;
		sum->b = (sum->b ^ *at) * 0x100000001b3ULL + 1;
	}
}

/* What changes when a file does. */
static void add_file(struct sum *sum, const char *name, const struct stat *st)
{
	uint64_t what[] = {
		st->st_dev, st->st_ino, st->st_mode, st->st_size, st->st_mtim.tv_sec,
		st->st_mtim.tv_nsec, st->st_ctim.tv_sec, st->st_ctim.tv_nsec,
	};

	add(sum, name, strlen(name) + 1);
	add(sum, what, sizeof(what));
	sum->size += S_ISREG(st->st_mode) ? st->st_blocks * 512 + 4096 : 4096;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_folder(struct sum *sum, int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), n, i;
	struct dirent **names;
	struct stat st;

	n = fd < 0 ? -1 : scandirat(fd, ".", &names, NULL, by_name);
	for (i = 0; i < n; i++) {
		const char *each = names[i]->d_name;

		if (strcmp(each, ".") && strcmp(each, "..") &&
		    !fstatat(fd, each, &st, AT_SYMLINK_NOFOLLOW)) {
			add_file(sum, each, &st);
			if (S_ISDIR(st.st_mode))
				add_folder(sum, fd, each);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	if (fd >= 0)
		close(fd);
	add(sum, "/", 1);
}

static struct sum sum_of(const char *path, enum archive_kind kind)
{
	struct sum sum = { .a = 0xcbf29ce484222325ULL, .b = 0x9ae16a3b2f90404fULL + VERSION };
	char full[PATH_MAX];
	struct stat st;

	if (!realpath(path, full) || stat(full, &st))
		die("%s: %s", path, strerror(errno));
	add_file(&sum, full, &st);
	if (kind == ARCHIVE_FOLDER)
		add_folder(&sum, AT_FDCWD, full);
	else
		sum.size *= EXPANDS;
	return sum;
}

/* --- The cache -------------------------------------------------------------------- */

static char *cache_folder(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *path, *at;

	if (cache && *cache)
		path = format("%s/solo", cache);
	else if (home && *home)
		path = format("%s/.cache/solo", home);
	else
		die("neither XDG_CACHE_HOME nor HOME says where images are to be kept");
	for (at = path + 1; (at = strchr(at, '/')); *at++ = '/') {
		*at = 0;
		mkdir(path, 0700);
	}
	if (mkdir(path, 0700) && errno != EEXIST)
		die("%s: %s", path, strerror(errno));
	return path;
}

static int new_image(const char *folder, uint64_t size)
{
	int fd = open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600), status;
	char *path;
	pid_t pid;

	if (fd < 0 || ftruncate(fd, size))
		die("%s: no image can be made there: %s", folder, strerror(errno));
	path = format("/proc/%d/fd/%d", getpid(), fd);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setenv("PATH", format("%s:/usr/sbin:/sbin", getenv("PATH") ?: "/usr/bin:/bin"), 1);
		execlp("mke2fs", "mke2fs", "-q", "-F", "-t", "ext4", "-m", "0", "-E",
		       "lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0", path, NULL);
		warn("an image needs the program mke2fs: install e2fsprogs");
		_exit(STATUS_ERROR);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		exit(STATUS_ERROR);
	free(path);
	return fd;
}

/* --- The guest -------------------------------------------------------------------- */

static struct guest guest;
static struct term term;
static struct poller poller;
static bool is_ready;

static void from_guest(void *arg, short events)
{
	struct frame frame;
	char *data;

	if (!(events & (POLLIN | POLLHUP | POLLERR)))
		return;
	link_fill(&guest.link);
	while (link_next(&guest.link, &frame, &data)) {
		if (!frame.session && frame.type == F_READY)
			is_ready = true;
		else if (!frame.session && frame.type == F_FAILED)
			die("the image cannot be made: %.*s", (int)frame.len, data);
		else if (frame.session)
			term_frame(&term, &frame, data);
	}
}

static void wait_for_guest(int64_t timeout)
{
	poller_add(&poller, guest.link.fd, POLLIN | (guest.link.out.len ? POLLOUT : 0), from_guest, NULL);
	poller_wait(&poller, timeout);
	link_flush(&guest.link);
}

__attribute__((noreturn)) static void give_up(const char *why)
{
	guest_kill(&guest);
	guest_explain(&guest, 10);
	die("%s", why);
}

/* Carry the session of @builtin to its end, with @in as its stdin or -1; has it gone well? */
static bool do_builtin(const char *builtin, int in)
{
	struct bytes start = { };
	bool ok;

	bytes_add_text(&start, KEY_BUILTIN, builtin);
	bytes_add_text(&start, KEY_ARG, "/root");
	term_init(&term, &guest.link, 1, in, -1, STDERR_FILENO, false);
	term_start(&term, &start);
	bytes_free(&start);
	while (!term_over(&term) && !guest.link.ended) {
		link_flush(&guest.link);
		term_poll(&term, &poller);
		wait_for_guest(-1);
	}
	ok = term.exited && !term.wait_status;
	if (term.in >= 0)
		close(term.in);
	term_free(&term);
	return ok;
}

/* One part, or with @part NULL the folder at @path, into the image. */
static void put(const struct part *part, const char *path)
{
	int fd[2], status;
	bool ok;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC))
		die("the host gives no pipes: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_DFL);
		close(fd[0]);
		close(guest.link.fd);
		/* What is in it, not the folder itself */
		_exit(part ? archive_send(part, fd[1]) : pack(format("%s/.", path), fd[1]));
	}
	close(fd[1]);
	ok = do_builtin(!part ? "unpack" : part->layer ? "layer" : "untar", fd[0]);
	if (waitpid(pid, &status, 0) != pid || status || !ok)
		give_up("the image could not be made");
}

static void boot(int image, const char *kernel)
{
	struct guest_options options = { .root = "none", .kernel = kernel };
	int64_t until = now_ms() + PATIENCE_MS;

	signal(SIGPIPE, SIG_IGN);
	list_add(&options.append, format("ubd0=/proc/%d/fd/%d", getpid(), image));
	guest_prepare(&guest, &options);
	guest_config(&guest, "build", "/dev/ubda");
	guest_start(&guest, &options);
	link_flush(&guest.link);
	while (!is_ready && !guest.link.ended && now_ms() < until)
		wait_for_guest(until - now_ms());
	if (!is_ready)
		give_up("the guest that makes images does not boot");
}

static void end(void)
{
	int64_t until = now_ms() + PATIENCE_MS;

	link_send(&guest.link, 0, F_END, 0, NULL, 0);
	link_flush(&guest.link);
	while (!guest.link.ended && now_ms() < until)
		wait_for_guest(until - now_ms());
	while (!guest_reap(&guest) && now_ms() < until)
		poll(NULL, 0, 2);
	if (guest.pid || guest.status)
		give_up("the guest that makes images has not ended well");
	link_close(&guest.link);
}

/* As ext4's superblock says: unmounted in order, without errors and without a journal to replay. */
static bool is_whole(int fd)
{
	unsigned char super[1024];
	unsigned int state;

	if (pread(fd, super, sizeof(super), 1024) != sizeof(super))
		return false;
	state = super[0x3a] | super[0x3b] << 8;
	return (state & 3) == 1 && !(super[0x60] & 4);
}

char *build_image(const char *path, enum archive_kind kind, const char *kernel, bool dry)
{
	struct sum sum = sum_of(path, kind);
	char *folder = cache_folder(), *image, *self;
	struct part *parts;
	unsigned int nr, i;
	int fd, from;

	image = format("%s/%016llx%016llx.ext4", folder, (unsigned long long)sum.a,
		       (unsigned long long)sum.b);
	if (dry || !access(image, F_OK))
		return image;
	parts = archive_parts(path, &nr);
	if (!quiet)
		warn("%s: an image of it is made, and kept in %s", path, folder);
	fd = new_image(folder, (sum.size * 5 / 4 + ROOM) & ~4095ULL);
	boot(fd, kernel);
	for (i = 0; i < nr; i++)
		put(&parts[i], path);
	if (!parts)
		put(NULL, path);
	/* A host without room has the guest's disk fail, and nobody else in the guest would say so. */
	if (!do_builtin("sync", -1)) {
		if (guest.link.ended)
			give_up("the image could not be made");
		guest_kill(&guest);
		exit(STATUS_ERROR);
	}
	end();
	if (!is_whole(fd))
		die("the image could not be made: its file system is damaged: there may be no room for it in %s",
		    folder);
	self = format("/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, self, AT_FDCWD, image, AT_SYMLINK_FOLLOW) && errno != EEXIST)
		die("%s: %s", image, strerror(errno));
	free(self);
	self = format("%.*s.from", (int)(strlen(image) - 5), image);
	from = open(self, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (from >= 0) {
		char full[PATH_MAX] = "";

		write_all(from, full, realpath(path, full) ? strlen(full) : 0);
		close(from);
	}
	free(self);
	close(fd);
	return image;
}

/* --- solo images ------------------------------------------------------------------ */

static void print_image(const char *folder, const char *name)
{
	char *file = format("%s/%s.ext4", folder, name), *from = format("%s/%s.from", folder, name);
	char path[PATH_MAX] = "";
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	struct stat st = { };

	if (fd >= 0) {
		read(fd, path, sizeof(path) - 1);
		close(fd);
	}
	stat(file, &st);
	printf("%-12.12s %6lld MiB  %s\n", name, (long long)st.st_blocks / 2048, path);
	free(file);
	free(from);
}

static void remove_image(const char *folder, const char *name)
{
	char *file = format("%s/%s.ext4", folder, name), *from = format("%s/%s.from", folder, name);

	if (unlink(file))
		die("%s: %s", file, strerror(errno));
	unlink(from);
	free(file);
	free(from);
}

static bool begins(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

int main_images(int argc, char **argv)
{
	bool remove = argc == 3 && !strcmp(argv[1], "rm");
	char *folder = cache_folder();
	struct dirent **names;
	unsigned int found = 0, fit = 0;
	int n, i;
	bool all;

	if (argc != 1 && !remove)
		die("write solo images, or solo images rm NAME, or rm all");
	if (remove && !*argv[2])
		die("the name is empty: write solo images rm NAME, or rm all");
	all = remove && !strcmp(argv[2], "all");
	n = scandir(folder, &names, NULL, by_name);
	for (i = 0; i < n && remove; i++)
		fit += strstr(names[i]->d_name, ".ext4") && begins(names[i]->d_name, argv[2]);
	if (fit > 1 && !all)
		die("%s: %u images have names that begin so: write more of the one that is meant",
		    argv[2], fit);
	for (i = 0; i < n; i++) {
		char *dot = strstr(names[i]->d_name, ".ext4");

		if (!dot || dot[5])
			continue;
		*dot = 0;
		if (!remove)
			print_image(folder, names[i]->d_name);
		else if (all || begins(names[i]->d_name, argv[2]))
			remove_image(folder, names[i]->d_name);
		else
			continue;
		found++;
	}
	if (remove && !found && !all)
		die("%s: there is no such image: solo images lists them", argv[2]);
	return 0;
}
