// SPDX-License-Identifier: GPL-2.0
/*
 * Process 1 of a guest: mounts what F_CONFIG says, starts a command for each F_START,
 * and carries their streams.
 *
 * Nothing of it is in the image: it comes in an archive (cpio.c), and stays in memory.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "guest-net.h"
#include "link.h"
#include "session.h"

#define PORT		"/dev/port0"
#define GO_MS		2000		/* for processes to end in, at the end of the guest */
#define MAX_STRINGS	65536

struct out {
	int fd;				/* -1: it has ended */
	uint32_t credit;
};

struct session {
	struct session *next;
	uint16_t id;
	pid_t pid;
	bool exited, terminal;
	int wait_status;
	int in;				/* -1: closed */
	bool in_ends;			/* when @waiting is empty */
	struct bytes waiting;		/* for @in */
	struct out out[3];		/* 1 and 2 */
};

static struct link host;
static struct session *sessions;
static struct poller poller;
static sigset_t old_signals;

/* What a command that cannot be started says; its stderr is the caller's. */
__attribute__((noreturn, format(printf, 2, 3)))
static void refuse(int status, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) > 0)
		warn("%s", text);
	va_end(ap);
	_exit(status);
}

/* --- Users ------------------------------------------------------------------------ */

struct user {
	uid_t uid;
	gid_t gid;
	char name[64], home[256], shell[256];
};

/* The fields of a line of passwd or group; how many there are. */
static unsigned int fields(char *line, char **field, unsigned int max)
{
	unsigned int n = 0;

	line[strcspn(line, "\n")] = 0;
	while (n < max && line)
		field[n++] = strsep(&line, ":");
	return n;
}

static bool is_number(const char *text, unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *number < (uint32_t)-1;
}

static bool find_group(const char *name, gid_t *gid)
{
	char line[8192], *f[3];
	unsigned long number;
	bool found = is_number(name, &number);
	FILE *file;

	if (found) {
		*gid = number;
		return true;
	}
	file = fopen("/etc/group", "re");
	while (file && !found && fgets(line, sizeof(line), file)) {
		if (fields(line, f, 3) == 3 && !strcmp(f[0], name) && is_number(f[2], &number)) {
			*gid = number;
			found = true;
		}
	}
	if (file)
		fclose(file);
	return found;
}

static void find_user(const char *who, struct user *user)
{
	char *name = strdup(who), *group = strchr(name, ':'), line[8192], *f[7];
	unsigned long number, wanted;
	bool found = false, numeric;
	FILE *file = fopen("/etc/passwd", "re");

	if (group)
		*group++ = 0;
	numeric = is_number(name, &wanted);
	while (file && !found && fgets(line, sizeof(line), file)) {
		if (fields(line, f, 7) < 6 || !is_number(f[2], &number))
			continue;
		if (strcmp(f[0], name) && !(numeric && number == wanted))
			continue;
		found = true;
		user->uid = number;
		user->gid = is_number(f[3], &number) ? number : 0;
		snprintf(user->name, sizeof(user->name), "%s", f[0]);
		snprintf(user->home, sizeof(user->home), "%s", f[5]);
		if (f[6] && *f[6])
			snprintf(user->shell, sizeof(user->shell), "%s", f[6]);
	}
	if (file)
		fclose(file);
	if (!found && numeric) {
		user->uid = user->gid = wanted;
		snprintf(user->name, sizeof(user->name), "%s", name);
	} else if (!found && strcmp(name, "root")) {
		refuse(STATUS_ERROR, "--user %s: the guest's /etc/passwd has no such user", who);
	}
	if (group && !find_group(group, &user->gid))
		refuse(STATUS_ERROR, "--user %s: the guest's /etc/group has no such group", who);
	free(name);
}

/* The groups that /etc/group has @user in. */
static void set_groups(const struct user *user)
{
	char line[8192], *f[4], *member;
	gid_t groups[256] = { user->gid };
	unsigned int n = 1;
	unsigned long number;
	FILE *file = fopen("/etc/group", "re");

	while (file && n < ARRAY_SIZE(groups) && fgets(line, sizeof(line), file)) {
		if (fields(line, f, 4) < 4 || !is_number(f[2], &number))
			continue;
		while ((member = strsep(&f[3], ",")))
			if (!strcmp(member, user->name) && n < ARRAY_SIZE(groups))
				groups[n++] = number;
	}
	if (file)
		fclose(file);
	if (setgroups(n, groups) || setgid(user->gid) || setuid(user->uid))
		refuse(STATUS_CANNOT, "the guest's user cannot be changed: %s", strerror(errno));
}

/* --- Commands --------------------------------------------------------------------- */

struct start {
	char **args, **env;
	unsigned int nr_args, nr_env;
	const char *folder, *user, *builtin;
	unsigned int terminal;
	struct winsize size;
};

static bool parse_start(const struct frame *frame, char *data, struct start *start)
{
	char *end = data + frame->len, *at;

	if (!frame->len || end[-1])
		return false;
	for (at = data; at < end; at += strlen(at) + 1) {
		switch (*at) {
		case KEY_ARG:
			if (start->nr_args == MAX_STRINGS)
				return false;
			start->args = must_alloc(start->args, (start->nr_args + 2) * sizeof(char *));
			start->args[start->nr_args++] = at + 1;
			start->args[start->nr_args] = NULL;
			break;
		case KEY_ENV:
			if (start->nr_env == MAX_STRINGS)
				return false;
			start->env = must_alloc(start->env, (start->nr_env + 1) * sizeof(char *));
			start->env[start->nr_env++] = at + 1;
			break;
		case KEY_FOLDER:
			start->folder = at + 1;
			break;
		case KEY_USER:
			start->user = at + 1;
			break;
		case KEY_BUILTIN:
			start->builtin = at + 1;
			break;
		case KEY_TERMINAL:
			start->terminal = atoi(at + 1) & 7;
			break;
		case KEY_SIZE:
			sscanf(at + 1, "%hux%hu", &start->size.ws_row, &start->size.ws_col);
			break;
		}
	}
	return start->nr_args || start->builtin;
}

static void set_environment(const struct start *start, const struct user *user)
{
	unsigned int i;

	clearenv();
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", user->home, 1);
	setenv("USER", user->name, 1);
	setenv("LOGNAME", user->name, 1);
	setenv("SHELL", user->shell, 1);
	for (i = 0; i < start->nr_env; i++)
		putenv(start->env[i]);
}

/* All of the file system at @path is on its disk; or a disk did not take some of it. */
static int write_out(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && !syncfs(fd))
		return 0;
	warn("the image could not be written: %s: there may be no room for it on the host",
	     strerror(errno));
	return 1;
}

static void __attribute__((noreturn)) run_builtin(const struct start *start)
{
	const char *path = start->nr_args ? start->args[0] : ".";

	if (!strcmp(start->builtin, "pack"))
		_exit(pack(path, STDOUT_FILENO));
	if (!strcmp(start->builtin, "unpack"))
		_exit(unpack(path, STDIN_FILENO, NULL));
	if (!strcmp(start->builtin, "untar") || !strcmp(start->builtin, "layer"))
		_exit(untar(path, STDIN_FILENO, start->builtin[0] == 'l'));
	if (!strcmp(start->builtin, "sync"))
		_exit(write_out(path));
	refuse(STATUS_ERROR, "the guest has no %s", start->builtin);
}

/* In the child; @fd are its streams. */
static void __attribute__((noreturn)) become(const struct start *start, const int *fd)
{
	struct user user = { .name = "root", .home = "/", .shell = "/bin/sh" };
	char *shell[2] = { };
	char **args = start->args;
	struct stat st;
	unsigned int i;

	setsid();
	for (i = 0; i < 3; i++)
		dup2(fd[i], i);
	close_range(3, ~0U, 0);
	if (start->terminal) {
		for (i = 0; !(start->terminal & 1 << i); i++)
			;
		ioctl(i, TIOCSCTTY, 0);
	}
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old_signals, NULL);

	find_user(start->user ?: "root", &user);
	/* Who opens /dev/stdout opens a pipe or a terminal of root's otherwise. */
	for (i = 0; i < 3; i++)
		if (user.uid && !fstat(i, &st))
			fchown(i, user.uid, S_ISCHR(st.st_mode) ? st.st_gid : user.gid);
	set_groups(&user);
	set_environment(start, &user);
	umask(022);
	if (start->folder && !start->builtin) {
		if (chdir(start->folder))
			refuse(STATUS_ERROR, "--workdir %s: %s", start->folder, strerror(errno));
	} else if (chdir(start->folder ?: user.home)) {
		/* Of a copy, it may be what is to be made. */
		chdir("/");
	}
	if (start->builtin)
		run_builtin(start);
	if (!*args[0]) {
		/* a login's shell */
		shell[0] = user.shell;
		args = shell;
		if (access(shell[0], X_OK))
			shell[0] = "/bin/sh";
	}
	execvp(args[0], args);
	if (errno == ENOENT && !strchr(args[0], '/'))
		refuse(STATUS_NOT_FOUND, "%s: command not found in the guest", args[0]);
	refuse(errno == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT, "%s: %s", args[0], strerror(errno));
}

static void make_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static int open_terminal(const struct start *start, int *slave)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), zero = 0;

	if (master < 0)
		return -1;
	if (ioctl(master, TIOCSPTLCK, &zero) ||
	    (*slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
		close(master);
		return -1;
	}
	ioctl(*slave, TIOCSWINSZ, &start->size);
	make_nonblocking(master);
	return master;
}

static void free_session(struct session *s)
{
	struct session **at;
	int i;

	for (at = &sessions; *at && *at != s; at = &(*at)->next)
		;
	if (*at)
		*at = s->next;
	for (i = 1; i <= 2; i++)
		if (s->out[i].fd >= 0)
			close(s->out[i].fd);
	if (s->in >= 0)
		close(s->in);
	bytes_free(&s->waiting);
	free(s);
}

/*
 * Pipes and a terminal for @s; the command's ends in @fd.  What the terminal shows comes
 * once, as stream 1 or, where that is none, 2.
 */
static bool open_streams(struct session *s, const struct start *start, int *fd)
{
	int i, ends[2], slave = -1, master = -1;

	if (start->terminal) {
		master = open_terminal(start, &slave);
		if (master < 0)
			return false;
		s->terminal = true;
	}
	for (i = 0; i < 3; i++) {
		if (start->terminal & 1 << i) {
			fd[i] = fcntl(slave, F_DUPFD_CLOEXEC, 3);
			if (!i)
				s->in = fcntl(master, F_DUPFD_CLOEXEC, 3);
			else if (i == 1 || !(start->terminal & 2))
				s->out[i].fd = fcntl(master, F_DUPFD_CLOEXEC, 3);
			continue;
		}
		if (pipe2(ends, O_CLOEXEC))
			return false;
		fcntl(ends[0], F_SETPIPE_SZ, 1 << 20);
		fd[i] = ends[!!i];
		if (i)
			s->out[i].fd = ends[0];
		else
			s->in = ends[1];
		make_nonblocking(ends[!i]);
	}
	if (master >= 0) {
		close(master);
		close(slave);
	}
	return true;
}

static void start_session(const struct frame *frame, char *data)
{
	struct start start = { };
	struct session *s;
	int fd[3] = { -1, -1, -1 }, i;

	if (!parse_start(frame, data, &start)) {
		static const char why[] = "this is no command";

		link_send(&host, frame->session, F_FAILED, 0, why, sizeof(why));
		goto out;
	}
	s = must_alloc(NULL, sizeof(*s));
	*s = (struct session){ .next = sessions, .id = frame->session, .in = -1 };
	for (i = 0; i < 3; i++)
		s->out[i] = (struct out){ .fd = -1, .credit = WINDOW };
	sessions = s;
	if (open_streams(s, &start, fd))
		s->pid = fork();
	else
		s->pid = -1;
	if (!s->pid)
		become(&start, fd);
	for (i = 0; i < 3; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	if (s->pid < 0) {
		char *why = format("the command cannot be started: %s", strerror(errno));

		link_send(&host, s->id, F_FAILED, 0, why, strlen(why) + 1);
		free(why);
		free_session(s);
	}
out:
	free(start.args);
	free(start.env);
}

/* --- Streams ---------------------------------------------------------------------- */

static void close_in(struct session *s, bool tell)
{
	if (s->in < 0)
		return;
	close(s->in);
	s->in = -1;
	bytes_free(&s->waiting);
	if (tell)
		link_send(&host, s->id, F_CLOSED, 0, NULL, 0);
}

static void give_input(void *arg, short events)
{
	struct session *s = arg;
	ssize_t n;

	if (s->in < 0)
		return;
	if (!s->waiting.len) {
		if (events & (POLLERR | POLLHUP))
			close_in(s, true);
		return;
	}
	n = write(s->in, s->waiting.data + s->waiting.head, s->waiting.len);
	if (n > 0) {
		bytes_drop(&s->waiting, n);
		link_send_number(&host, s->id, F_CREDIT, 0, n);
		if (!s->waiting.len && s->in_ends)
			close_in(s, false);
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		close_in(s, true);
	}
}

/*
 * Without a copy where the command takes it at once.  Memory that this process touches
 * costs more than the bytes: it is mapped anew after each switch between processes.
 */
static void put_input(struct session *s, const char *data, size_t len)
{
	ssize_t n = 0;

	if (s->in < 0)
		return;
	if (!s->waiting.len) {
		n = write(s->in, data, len);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			close_in(s, true);
			return;
		}
		if (n > 0)
			link_send_number(&host, s->id, F_CREDIT, 0, n);
	}
	n = n > 0 ? n : 0;
	bytes_add(&s->waiting, data + n, len - n);
}

static void end_out(struct session *s, int stream)
{
	if (s->out[stream].fd < 0)
		return;
	close(s->out[stream].fd);
	s->out[stream].fd = -1;
	link_send(&host, s->id, F_EOF, stream, NULL, 0);
}

static void take_output(struct session *s, int stream)
{
	struct out *out = &s->out[stream];
	size_t max = out->credit < PIECE ? out->credit : PIECE;
	struct frame frame = { .session = s->id, .type = F_DATA, .stream = stream };
	char *room;
	ssize_t n;

	if (out->fd < 0 || !max)
		return;
	/* Where it goes to, behind the frame's head, without a copy. */
	room = bytes_reserve(&host.out, sizeof(frame) + PIECE);
	n = read(out->fd, room + sizeof(frame), max);
	if (n > 0) {
		frame.len = n;
		memcpy(room, &frame, sizeof(frame));
		host.out.len += sizeof(frame) + n;
		out->credit -= n;
	} else if (!n || (errno != EAGAIN && errno != EINTR) || (errno == EAGAIN && s->exited)) {
		/* A command that has ended has written all; what others hold open is not waited for. */
		end_out(s, stream);
	}
}

static void take_output1(void *arg, short events)
{
	take_output(arg, 1);
}

static void take_output2(void *arg, short events)
{
	take_output(arg, 2);
}

/* The command has ended, and so have its streams: say how. */
static bool is_over(struct session *s)
{
	int i;

	if (!s->exited)
		return false;
	for (i = 1; i <= 2; i++)
		while (s->out[i].fd >= 0 && s->out[i].credit && !link_full(&host))
			take_output(s, i);
	return s->out[1].fd < 0 && s->out[2].fd < 0;
}

static void end_sessions(void)
{
	struct session *s, *next;

	for (s = sessions; s; s = next) {
		next = s->next;
		if (!is_over(s))
			continue;
		link_send_number(&host, s->id, F_EXIT, 0, s->wait_status);
		free_session(s);
	}
}

static void reap(void)
{
	struct session *s;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (s = sessions; s; s = s->next)
			if (s->pid == pid && !s->exited) {
				s->exited = true;
				s->wait_status = status;
			}
}

/* --- The root file system --------------------------------------------------------- */

struct config {
	const char *root, *type;		/* as in mount(8); no root: the archive is it */
	bool overlay;				/* changes stay in memory */
	bool boot;				/* process 1 is the image's own init */
	const char *name, *net;
	char *shares[16];			/* see mount_share() */
	unsigned int nr_shares;
	const char *build;			/* a device, to be mounted at /root and filled */
};

static bool booted;		/* process 1 is another */
static char *why;		/* F_FAILED */

static bool failed(const char *what)
{
	free(why);
	why = format("%s: %s", what, strerror(errno));
	return false;
}

static bool mount_device(const char *device, const char *at, unsigned long flags)
{
	static const char *const types[] = {
		"ext4", "squashfs", "erofs", "btrfs", "xfs", "iso9660", "vfat",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (!mount(device, at, types[i], flags, NULL))
			return true;
	why = format("the image holds no file system that can be mounted");
	return false;
}

/* Some file systems cannot be written to, whatever the mount says. */
static bool is_read_only(const char *at)
{
	struct statvfs fs;

	return !statvfs(at, &fs) && fs.f_flag & ST_RDONLY;
}

static bool mount_root(const struct config *c)
{
	unsigned long flags = c->overlay ? MS_RDONLY : 0;

	mkdir("/root", 0755);
	mkdir("/lower", 0755);
	mkdir("/over", 0755);
	if (c->type) {
		if (mount(c->root, "/lower", c->type, flags, NULL))
			return failed("the root file system");
	} else if (!mount_device(c->root, "/lower", flags)) {
		return false;
	}
	if (!c->overlay && !is_read_only("/lower"))
		return !mount("/lower", "/root", NULL, MS_MOVE, NULL) || failed("the root file system");
	if (mount("tmpfs", "/over", "tmpfs", 0, "mode=755,size=100%") ||
	    mkdir("/over/up", 0755) || mkdir("/over/work", 0755) ||
	    mount("overlay", "/root", "overlay", 0,
		  "lowerdir=/lower,upperdir=/over/up,workdir=/over/work"))
		return failed("the layer over the root file system");
	return true;
}

static void mount_system(void)
{
	static const struct {
		const char *type, *at;
		unsigned long flags;
		const char *data;
	} all[] = {
		{ "proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
		{ "sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
		{ "devtmpfs", "/dev", MS_NOSUID, "mode=755" },
		{ "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=620,ptmxmode=666" },
		{ "tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777" },
		{ "mqueue", "/dev/mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
		{ "tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755" },
		{ "tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777" },
		{ "cgroup2", "/sys/fs/cgroup", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		mkdir(all[i].at, 0755);
		mount(all[i].type, all[i].at, all[i].type, all[i].flags, all[i].data);
	}
	symlink("/proc/self/fd", "/dev/fd");
	symlink("/proc/self/fd/0", "/dev/stdin");
	symlink("/proc/self/fd/1", "/dev/stdout");
	symlink("/proc/self/fd/2", "/dev/stderr");
}

static void make_folders(char *path)
{
	char *slash;

	for (slash = path + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = 0;
		mkdir(path, 0755);
	}
	mkdir(path, 0755);
}

/* A folder of the host at @path, with changes in memory. */
static bool mount_layered(const char *tag, const char *path)
{
	char *at = format("/run/solo/%s", tag), *lower = format("%s/lower", at);
	char *up = format("%s/up", at), *work = format("%s/work", at);
	char *options = format("lowerdir=%s,upperdir=%s,workdir=%s", lower, up, work);
	struct stat st;
	bool ok;

	make_folders(lower);
	mkdir(up, 0755);
	mkdir(work, 0755);
	/* The folder itself is the upper one, and belongs to whom the host's does. */
	ok = !mount(tag, lower, "hostfs", MS_RDONLY, NULL) && !stat(lower, &st) &&
	     !chown(up, st.st_uid, st.st_gid) && !chmod(up, st.st_mode & 07777) &&
	     !mount("overlay", path, "overlay", 0, options);
	free(at);
	free(lower);
	free(up);
	free(work);
	free(options);
	return ok || failed(path);
}

/* "TAG KIND PATH", where KIND is d: directly, or m: with changes in memory */
static bool mount_share(char *share)
{
	char *kind = strchr(share, ' '), *path = kind + 3;

	*kind++ = 0;
	make_folders(path);
	if (*kind == 'm')
		return mount_layered(share, path);
	return !mount(share, path, "hostfs", 0, NULL) || failed(path);
}

static bool enter_root(const struct config *c)
{
	unsigned int i;

	if (c->root) {
		if (!mount_root(c))
			return false;
		/* A program that stays takes no file system with it but its own, in memory. */
		unlink("/init");
		if (chdir("/root") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
			return failed("the root file system");
	}
	if (c->build && (mkdir("/root", 0755), mount(c->build, "/root", "ext4", 0, NULL)))
		return failed("the image");
	mount_system();
	for (i = 0; i < c->nr_shares; i++)
		if (!mount_share(c->shares[i]))
			return false;
	sethostname(c->name, strlen(c->name));
	guest_net_up("lo", NULL);
	return !c->net || guest_net_up("vec0", c->net) || failed("the network");
}

/* --- The image's own init --------------------------------------------------------- */

static const char *find_init(void)
{
	static const char *const places[] = { "/sbin/init", "/lib/systemd/systemd", "/etc/init", "/bin/init" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		if (!access(places[i], X_OK))
			return places[i];
	return NULL;
}

/* As process 1, which it has been until now: what the kernel gives to an init. */
static void __attribute__((noreturn)) become_init(const char *init)
{
	int console = open("/dev/console", O_RDWR | O_NOCTTY);

	dup2(console, 0);
	dup2(console, 1);
	dup2(console, 2);
	close_range(3, ~0U, 0);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old_signals, NULL);
	setenv("HOME", "/", 1);
	setenv("TERM", "linux", 1);
	execl(init, init, NULL);
	warn("%s: %s", init, strerror(errno));
	_exit(STATUS_CANNOT);
}

/* systemd says when it has started what it is to start; of others it is not known. */
static void wait_for_boot(void)
{
	struct timespec tick = { .tv_nsec = 20000000 };
	unsigned int turns;
	pid_t pid;

	/* It has its bus a moment after it has begun. */
	for (turns = 0; turns < 1500 && access("/run/systemd/private", F_OK); turns++) {
		if (turns > 50 && access("/run/systemd", F_OK))
			return;
		nanosleep(&tick, NULL);
	}
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		sigprocmask(SIG_SETMASK, &old_signals, NULL);
		execlp("systemctl", "systemctl", "is-system-running", "--wait", NULL);
		_exit(STATUS_NOT_FOUND);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

/* What carries the commands goes on in a process of its own. */
static bool boot_image(void)
{
	const char *init = find_init();
	pid_t pid;

	if (!init) {
		why = format("--boot: the image has no /sbin/init");
		return false;
	}
	pid = fork();
	if (pid < 0)
		return failed("--boot");
	if (pid)
		become_init(init);
	setsid();
	prctl(PR_SET_NAME, "solo");
	booted = true;
	wait_for_boot();
	return true;
}

static void configure(const struct frame *frame, char *data)
{
	struct config c = { .name = "solo" };
	char *end = data + frame->len, *at, *value;

	for (at = data; at < end && !end[-1]; at += strlen(at) + 1) {
		value = strchr(at, '=');
		if (!value)
			continue;
		value++;
		if (!strncmp(at, "root=", 5))
			c.root = value;
		else if (!strncmp(at, "type=", 5))
			c.type = value;
		else if (!strncmp(at, "overlay=", 8))
			c.overlay = *value == '1';
		else if (!strncmp(at, "boot=", 5))
			c.boot = *value == '1';
		else if (!strncmp(at, "share=", 6) && c.nr_shares < ARRAY_SIZE(c.shares))
			c.shares[c.nr_shares++] = value;
		else if (!strncmp(at, "name=", 5))
			c.name = value;
		else if (!strncmp(at, "build=", 6))
			c.build = value;
		else if (!strncmp(at, "net=", 4))
			c.net = value;
	}
	if (enter_root(&c) && (!c.boot || boot_image()))
		link_send(&host, 0, F_READY, 0, NULL, 0);
	else
		link_send(&host, 0, F_FAILED, 0, why, strlen(why) + 1);
}

/* --- The end ---------------------------------------------------------------------- */

/* As /proc/mounts writes blanks and the like: \ooo */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		unsigned int c;

		if (*text == '\\' && sscanf(text + 1, "%3o", &c) == 1 && strlen(text) >= 4) {
			*to++ = c;
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = 0;
}

/* The last first.  What is in use is written out and may not be written to any more. */
static void unmount_all(void)
{
	FILE *file = fopen("/proc/mounts", "re");
	unsigned int n = 0;
	char *mounts[512], *line = NULL, *at, *end;
	size_t room = 0;

	while (file && n < ARRAY_SIZE(mounts) && getline(&line, &room, file) > 0) {
		at = strchr(line, ' ');
		end = at ? strchr(++at, ' ') : NULL;
		if (!end)
			continue;
		*end = 0;
		unescape(at);
		mounts[n++] = strdup(at);
	}
	if (file)
		fclose(file);
	while (n--)
		if (umount2(mounts[n], UMOUNT_NOFOLLOW))
			mount(NULL, mounts[n], NULL, MS_REMOUNT | MS_RDONLY, NULL);
}

static void __attribute__((noreturn)) power_off(void)
{
	int64_t until = now_ms() + GO_MS;
	const struct timespec tick = { .tv_nsec = 10000000 };
	sigset_t child;
	int i;

	if (booted) {
		/* systemd's poweroff.target; others power off by SIGUSR2. */
		kill(1, access("/run/systemd/system", F_OK) ? SIGUSR2 : SIGRTMIN + 4);
		_exit(0);	/* and none that has to be ended first is left */
	}
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	kill(-1, SIGTERM);
	kill(-1, SIGCONT);
	for (i = 0; i < 2; i++) {
		while (waitpid(-1, NULL, WNOHANG) >= 0 && now_ms() < until)
			sigtimedwait(&child, NULL, &tick);
		kill(-1, SIGKILL);
		until = now_ms() + GO_MS;
	}
	sync();
	unmount_all();
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/* --- The loop --------------------------------------------------------------------- */

static struct session *find(uint16_t id)
{
	struct session *s;

	for (s = sessions; s && s->id != id; s = s->next)
		;
	return s;
}

static void to_session(struct session *s, const struct frame *frame, char *data)
{
	struct winsize size = { };
	uint16_t rows_cols[2];
	int stream = frame->stream;

	switch (frame->type) {
	case F_DATA:
		put_input(s, data, frame->len);
		break;
	case F_EOF:
		if (s->terminal && s->in >= 0) {
			bytes_add(&s->waiting, "\4", 1);	/* as typed */
			break;
		}
		s->in_ends = true;
		if (!s->waiting.len)
			close_in(s, false);
		break;
	case F_CREDIT:
		if (stream == 1 || stream == 2)
			s->out[stream].credit += frame_number(frame, data);
		break;
	case F_CLOSED:
		if ((stream == 1 || stream == 2) && s->out[stream].fd >= 0) {
			close(s->out[stream].fd);
			s->out[stream].fd = -1;
		}
		break;
	case F_WINSIZE:
		if (frame->len < sizeof(rows_cols))
			break;
		memcpy(rows_cols, data, sizeof(rows_cols));
		size.ws_row = rows_cols[0];
		size.ws_col = rows_cols[1];
		if (s->terminal)
			ioctl(s->in >= 0 ? s->in : s->out[1].fd, TIOCSWINSZ, &size);
		break;
	case F_SIGNAL:
		if (!s->exited)
			kill(-s->pid, frame_number(frame, data));
		break;
	case F_HANGUP:
		if (!s->exited) {
			kill(-s->pid, SIGHUP);
			kill(-s->pid, SIGCONT);
		}
		close_in(s, false);
		s->out[1].credit = s->out[2].credit = WINDOW;
		break;
	}
}

static void from_host(void *arg, short events)
{
	struct frame frame;
	struct session *s;
	char *data;

	if (!(events & POLLIN) && !(events & (POLLHUP | POLLERR)))
		return;
	link_fill(&host);
	while (link_next(&host, &frame, &data)) {
		if (frame.type == F_CONFIG) {
			configure(&frame, data);
		} else if (frame.type == F_START) {
			start_session(&frame, data);
		} else if (frame.type == F_END) {
			link_flush(&host);
			power_off();
		} else {
			s = find(frame.session);
			if (s)
				to_session(s, &frame, data);
		}
	}
}

static void take_signals(void *arg, short events)
{
	struct signalfd_siginfo si;
	int fd = *(int *)arg;

	while (read(fd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			reap();
		else
			power_off();
	}
}

static void wait_for_all(int signals)
{
	struct session *s;
	bool full = link_full(&host);

	poller_add(&poller, host.fd, POLLIN | (host.out.len ? POLLOUT : 0), from_host, NULL);
	poller_add(&poller, signals, POLLIN, take_signals, &signals);
	for (s = sessions; s; s = s->next) {
		if (s->in >= 0)
			poller_add(&poller, s->in, s->waiting.len ? POLLOUT : 0, give_input, s);
		if (s->out[1].fd >= 0 && s->out[1].credit && !full)
			poller_add(&poller, s->out[1].fd, POLLIN, take_output1, s);
		if (s->out[2].fd >= 0 && s->out[2].credit && !full)
			poller_add(&poller, s->out[2].fd, POLLIN, take_output2, s);
	}
	poller_wait(&poller, -1);
}

int main_init(void)
{
	sigset_t handled;
	int fd, signals;

	sigemptyset(&handled);
	sigaddset(&handled, SIGCHLD);
	sigaddset(&handled, SIGINT);
	sigaddset(&handled, SIGTERM);
	sigaddset(&handled, SIGPWR);
	sigprocmask(SIG_BLOCK, &handled, &old_signals);
	signal(SIGPIPE, SIG_IGN);
	/* ctrl-alt-del, by which linux asks for an end, is to be a signal. */
	reboot(RB_DISABLE_CAD);
	umask(0);
	mkdir("/dev", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=755");
	/* None of the descriptors below may be one that a command's streams get. */
	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd < 3);
	fd = open(PORT, O_RDWR | O_CLOEXEC);
	signals = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || signals < 0) {
		warn("%s: %s", PORT, strerror(errno));
		power_off();
	}
	link_init(&host, fd);
	for (;;) {
		wait_for_all(signals);
		end_sessions();
		if (!link_flush(&host) || host.ended)
			power_off();
	}
}
