// SPDX-License-Identifier: GPL-2.0
/*
 * The init of the tiny image: makes the usual mounts, then either runs one
 * command, or gives a shell on the console, and when that ends powers off with
 * its exit status.
 *
 * The kernel hands every NAME=VALUE of its command line that it does not know
 * to init's environment. This init takes from there:
 *
 *   run="COMMAND"  run it with /bin/sh -c, write its exit status (128+N if
 *                  signal N killed it) to /proc/exitcode, power off
 *   overlay=1      put a tmpfs over the root file system before all else, so
 *                  that one read-only image serves many guests
 *
 * Signals are those that busybox's halt, poweroff and reboot send: SIGUSR1
 * halts, SIGUSR2 powers off, SIGTERM reboots. SIGINT is how the kernel passes
 * on ctrl-alt-del, which for a guest means that its owner wants it to end:
 * it powers off.
 *
 * The root file system is left as the kernel mounted it (ro or rw).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Consoles beyond /dev/console: /dev/tty1 to /dev/tty15. */
#define NCONS		15

/* How long processes may take to end after SIGTERM, and after SIGKILL. */
#define TERM_MS		2000
#define KILL_MS		2000

struct console {
	char path[16];
	int fd;		/* open while no shell runs on it; -1: none */
	pid_t shell;	/* 0: none */
};

static struct console cons[NCONS];
static sigset_t handled;
static pid_t main_pid;		/* the job, or the console's shell, until it has ended */
static bool is_job;

static void __attribute__((format(printf, 1, 2))) warn(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	fputs("init: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, ": %s\n", strerror(err));
}

/*
 * The value of NAME from the environment or, for an init that was started
 * without the kernel's, from /proc/cmdline with the kernel's own quoting:
 * double quotes may stand around the value or around the whole word.
 */
static char *param(const char *name)
{
	static char buf[4096];
	size_t len = strlen(name);
	char *p = getenv(name);
	ssize_t n;
	int fd;

	if (p)
		return strdup(p);
	fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return NULL;
	buf[n] = '\0';

	for (p = buf; *p;) {
		char *word, *out;
		bool quoted = false;

		p += strspn(p, " \t\n");
		for (word = out = p; *p && (quoted || !strchr(" \t\n", *p)); p++) {
			if (*p == '"')
				quoted = !quoted;
			else
				*out++ = *p;
		}
		if (*p)
			p++;
		*out = '\0';
		if (!strncmp(word, name, len) && word[len] == '=')
			return strdup(word + len + 1);
	}
	return NULL;
}

static void do_mount(const char *what, const char *where, const char *type,
		     unsigned long flags, const char *data)
{
	/* No such file system in this kernel (ENODEV) is no fault of the image. */
	if (mount(what, where, type, flags, data) && errno != EBUSY && errno != ENODEV)
		warn("mount %s", where);
}

static bool is_mounted(const char *dir)
{
	struct stat a, b;
	char up[64];

	snprintf(up, sizeof(up), "%s/..", dir);
	return !stat(dir, &a) && !stat(up, &b) && a.st_dev != b.st_dev;
}

/*
 * Replaces the root by an overlay of a tmpfs on it; the old root stays visible,
 * read-only, as /overlay. An initramfs needs none: nobody else writes to it.
 */
static void overlay_root(void)
{
	struct statfs sfs;

	if (!statfs("/", &sfs) && (sfs.f_type == 0x01021994 || sfs.f_type == 0x858458f6))
		return;
	umount2("/proc", MNT_DETACH);
	mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL);
	if (mount("overlay", "/overlay", "tmpfs", 0, "mode=755") ||
	    mkdir("/overlay/upper", 0755) || mkdir("/overlay/work", 0755) ||
	    mkdir("/overlay/root", 0755) ||
	    mount("overlay", "/overlay/root", "overlay", 0,
		  "lowerdir=/,upperdir=/overlay/upper,workdir=/overlay/work") ||
	    syscall(SYS_pivot_root, "/overlay/root", "/overlay/root/overlay") ||
	    chdir("/"))
		warn("overlay over the root");
}

/* The second disk of the tests, told from any other by its label. */
static void mount_tests(void)
{
	char sb[1024];
	int fd = open("/dev/ubdb", O_RDONLY | O_CLOEXEC);
	bool found;

	if (fd < 0)
		return;
	/* ext4's super block: magic at 0x38, label at 0x78 */
	found = pread(fd, sb, sizeof(sb), 1024) == sizeof(sb) &&
		!memcmp(sb + 0x38, "\x53\xef", 2) && !strncmp(sb + 0x78, "tests", 16);
	close(fd);
	if (found)
		do_mount("/dev/ubdb", "/tests", "ext4", MS_RDONLY, NULL);
}

static void mount_all(void)
{
	static const struct {
		const char *what, *where, *type;
		unsigned long flags;
		const char *data;
	} mounts[] = {
		{ "proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
		{ "sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
		{ "devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=755" },
		{ "devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		  "gid=5,mode=620,ptmxmode=666" },
		{ "shm", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777" },
		{ "mqueue", "/dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
		{ "tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755" },
		{ "tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777" },
		{ "cgroup2", "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  NULL },
	};
	char *overlay;

	/* /proc first: param() and the overlay's fallback need it. */
	if (!is_mounted("/proc"))
		do_mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	overlay = param("overlay");
	if (overlay && !strcmp(overlay, "1"))
		overlay_root();
	free(overlay);

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		/* The directories in /dev are not in the image: devtmpfs is new. */
		mkdir(mounts[i].where, 0755);
		if (!is_mounted(mounts[i].where))
			do_mount(mounts[i].what, mounts[i].where, mounts[i].type,
				 mounts[i].flags, mounts[i].data);
	}
	if (!symlink("/proc/self/fd", "/dev/fd")) {
		/* devtmpfs has only nodes; without it these are in the image */
		symlink("/proc/self/fd/0", "/dev/stdin");
		symlink("/proc/self/fd/1", "/dev/stdout");
		symlink("/proc/self/fd/2", "/dev/stderr");
	}
	mount_tests();
}

static void set_up_host(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	char name[65] = "tiny";
	FILE *f = fopen("/etc/hostname", "re");
	int fd;

	if (f) {
		if (fscanf(f, "%64s", name) != 1)
			strcpy(name, "tiny");
		fclose(f);
	}
	sethostname(name, strlen(name));

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (!ioctl(fd, SIOCGIFFLAGS, &ifr)) {
		ifr.ifr_flags |= IFF_UP;
		if (ioctl(fd, SIOCSIFFLAGS, &ifr))
			warn("bring up lo");
	}
	close(fd);
}

/*
 * Descriptors 0 to 2 and the controlling terminal. Init itself leads the
 * console's session: were it the shell, its exit would hang up the terminal
 * and throw away output that is still on its way.
 */
static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0)
		fd = open("/dev/null", O_RDWR);
	if (fd >= 0) {
		for (int i = 0; i <= 2; i++)
			if (fd != i)
				dup2(fd, i);
		if (fd > 2)
			close(fd);
	}
	setsid();
	ioctl(0, TIOCSCTTY, 1);
}

/* In the child: signals as a program expects to find them. */
static void reset_signals(void)
{
	sigset_t none;

	signal(SIGTTOU, SIG_DFL);
	signal(SIGTTIN, SIG_DFL);
	signal(SIGTSTP, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void exec_shell(void)
{
	execl("/bin/bash", "-bash", NULL);
	execl("/bin/sh", "-sh", NULL);
	warn("/bin/sh");
	_exit(127);
}

/* A job in the foreground of the console: the command, or a shell if NULL. */
static pid_t start_on_console(const char *command)
{
	pid_t pid = fork();

	if (pid < 0)
		warn("fork");
	if (pid)
		return pid;
	setpgid(0, 0);
	tcsetpgrp(0, getpid());
	reset_signals();
	if (command) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		warn("/bin/sh");
		_exit(errno == ENOENT ? 127 : 126);
	}
	exec_shell();
	return -1;
}

static void watch(struct console *c)
{
	static const char hello[] = "\r\nPress Enter for a shell.\r\n";

	c->shell = 0;
	c->fd = open(c->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (c->fd >= 0 && write(c->fd, hello, sizeof(hello) - 1) < 0 && errno == EIO) {
		close(c->fd);
		c->fd = -1;
	}
}

/*
 * Someone typed on a further console, or it hung up. A shell starts only when
 * there is input, so a console that leads nowhere costs nothing and one that
 * hangs up at once is left alone.
 */
static void console_event(struct console *c, short revents)
{
	int fd = c->fd;
	pid_t pid;

	c->fd = -1;
	if (!(revents & POLLIN) || (revents & (POLLHUP | POLLERR))) {
		close(fd);
		return;
	}
	tcflush(fd, TCIFLUSH);
	pid = fork();
	if (pid == 0) {
		setsid();
		fcntl(fd, F_SETFL, O_RDWR);
		ioctl(fd, TIOCSCTTY, 1);
		for (int i = 0; i <= 2; i++)
			dup2(fd, i);
		reset_signals();
		exec_shell();
	}
	if (pid < 0)
		warn("fork");
	else
		c->shell = pid;
	close(fd);
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void write_exit_code(int status)
{
	int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	FILE *f = fopen("/proc/exitcode", "we");

	/* A kernel that cannot exit with a status has no such file. */
	if (!f)
		return;
	fprintf(f, "%d\n", code);
	if (fclose(f))
		warn("/proc/exitcode");
}

/* The job or the shell has ended: how it did is how the machine does. */
static bool is_main(pid_t pid, int status)
{
	if (pid != main_pid)
		return false;
	main_pid = 0;
	write_exit_code(status);
	return true;
}

/*
 * While the machine shuts down: a job that takes the signal to end may have something
 * to say.  What a signal has ended has not.
 */
static void take_last_status(pid_t pid, int status)
{
	if (is_job && WIFEXITED(status))
		is_main(pid, status);
}

/* Waits until no process but this one is left; false when MS have passed. */
static bool all_gone(int ms)
{
	static const struct timespec tick = { .tv_nsec = 10 * 1000 * 1000 };
	long long end = now_ms() + ms;
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		/*
		 * Orphans become init's children, so no child is no process. The
		 * tick is for a child's SIGCHLD that an earlier wait consumed.
		 */
		if (pid < 0 && errno == ECHILD)
			return true;
		if (pid == 0) {
			if (now_ms() >= end)
				return false;
			sigtimedwait(&chld, NULL, &tick);
		} else {
			take_last_status(pid, status);
		}
	}
}

/* /proc/mounts writes blanks and backslashes in names as \ooo. */
static void unescape(char *s)
{
	char *out = s;

	while (*s) {
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*out++ = (s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0');
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

static void umount_all(void)
{
	char *line = NULL, *dirs[256];
	size_t size = 0, n = 0;
	FILE *f = fopen("/proc/mounts", "re");

	while (f && getline(&line, &size, f) > 0 && n < ARRAY_SIZE(dirs)) {
		char *save, *dir;

		strtok_r(line, " ", &save);
		dir = strtok_r(NULL, " ", &save);
		if (dir && strcmp(dir, "/")) {
			unescape(dir);
			dirs[n++] = strdup(dir);
		}
	}
	if (f)
		fclose(f);
	/* What is still in use (/dev by the console) holds no data: let it be. */
	while (n--)
		if (umount2(dirs[n], UMOUNT_NOFOLLOW))
			mount(NULL, dirs[n], NULL, MS_REMOUNT | MS_RDONLY, NULL);
	mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL);
}

static void __attribute__((noreturn)) shut_down(int how)
{
	/* Output that ^S holds back would be waited for in vain. */
	tcflow(0, TCOON);
	tcdrain(0);
	kill(-1, SIGTERM);
	/* Interactive shells ignore that one; a job may have something to say yet. */
	if (!is_job)
		kill(-1, SIGHUP);
	kill(-1, SIGCONT);
	if (!all_gone(TERM_MS)) {
		kill(-1, SIGKILL);
		all_gone(KILL_MS);
	}
	sync();
	umount_all();
	sync();
	reboot(how);
	warn("reboot");
	for (;;)
		pause();
}

/* Reaps all that ended; ends the machine if MAIN did. */
static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (is_main(pid, status))
			shut_down(RB_POWER_OFF);
		for (int i = 0; i < NCONS; i++)
			if (cons[i].shell == pid)
				watch(&cons[i]);
	}
}

static void take_signals(int sigfd)
{
	struct signalfd_siginfo si;

	while (read(sigfd, &si, sizeof(si)) == sizeof(si)) {
		switch (si.ssi_signo) {
		case SIGCHLD:
			reap();
			break;
		case SIGTERM:
			shut_down(RB_AUTOBOOT);
		case SIGUSR1:
			shut_down(RB_HALT_SYSTEM);
		case SIGUSR2:
		case SIGINT:
		case SIGPWR:
			shut_down(RB_POWER_OFF);
		}
	}
}

static void main_loop(int sigfd)
{
	for (;;) {
		struct pollfd fds[1 + NCONS] = { { .fd = sigfd, .events = POLLIN } };

		for (int i = 0; i < NCONS; i++) {
			fds[1 + i].fd = cons[i].fd;
			fds[1 + i].events = POLLIN;
		}
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		for (int i = 0; i < NCONS; i++)
			if (fds[1 + i].revents)
				console_event(&cons[i], fds[1 + i].revents);
		if (fds[0].revents)
			take_signals(sigfd);
	}
}

int main(void)
{
	static const int signals[] = {
		SIGCHLD, SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGPWR,
	};
	char *command;
	int sigfd;

	if (getpid() != 1) {
		fputs("init: this is for process 1 of the tiny image\n", stderr);
		return 1;
	}

	sigemptyset(&handled);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&handled, signals[i]);
	sigprocmask(SIG_SETMASK, &handled, NULL);
	signal(SIGTTOU, SIG_IGN);
	signal(SIGTTIN, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	/* ctrl-alt-del is to be a SIGINT to us, not an immediate reboot. */
	reboot(RB_DISABLE_CAD);

	umask(022);
	mount_all();
	open_console();
	set_up_host();
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", 0);
	setenv("HOME", "/root", 1);
	setenv("USER", "root", 1);
	setenv("SHELL", "/bin/bash", 1);
	if (chdir("/root"))
		chdir("/");

	for (int i = 0; i < NCONS; i++)
		cons[i].fd = -1;
	sigfd = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
	if (sigfd < 0) {
		warn("signalfd");
		shut_down(RB_POWER_OFF);
	}

	command = param("run");
	unsetenv("run");
	unsetenv("overlay");
	is_job = command != NULL;
	main_pid = start_on_console(command);
	if (main_pid < 0)
		shut_down(RB_POWER_OFF);
	if (!command) {
		for (int i = 0; i < NCONS; i++) {
			snprintf(cons[i].path, sizeof(cons[i].path), "/dev/tty%d", i + 1);
			watch(&cons[i]);
		}
	}
	main_loop(sigfd);
}
