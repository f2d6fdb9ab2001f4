// SPDX-License-Identifier: GPL-2.0
/*
 * Attach to a console of a running guest, and list the guests that run.  See usage[].
 *
 * The console is a unix socket (channel socket) or a pseudo terminal (pty). On a terminal, the socket gets telnet's
 * commands among the input, which is how it learns of the window's size (drivers-virtual/console/client.c); what comes
 * from it are plain bytes.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static const char usage[] =
"usage: attach [-d FOLDER]                  list the guests that run\n"
"       attach [-d FOLDER] NAME [CONSOLE]   attach to a console of guest NAME\n"
"       attach PATH                         attach to the socket or terminal at PATH, which has a /\n"
"\n"
"  FOLDER   where guests have their folders: their option uml_dir= (~/.uml)\n"
"  NAME     their option umid=\n"
"  CONSOLE  con0, con1, ..., ssl0, ...: one that is a socket or a pty\n"
"\n"
"Ctrl-] and then q or . detaches; the guest runs on. Ctrl-] twice types one.\n";

#define ESCAPE	0x1d	/* Ctrl-] */
#define IAC	255
#define WILL	251
#define SB	250
#define SE	240
#define NAWS	31

/* Bytes on their way. */
struct buffer {
	unsigned char data[8192];
	size_t start, end;
};

static struct buffer to_guest, to_user;

static struct termios modes;	/* of the user's terminal, as they were */
static int raw;			/* they are not as they were */
static int framed;		/* the guest is told sizes */
static int size_due;		/* there is one to tell */

/* The user's terminal */

static void restore(void)
{
	if (raw)
		tcsetattr(0, TCSANOW, &modes);
	raw = 0;
}

static void make_raw(void)
{
	struct termios t;

	if (tcgetattr(0, &modes))
		return;
	t = modes;
	cfmakeraw(&t);
	raw = !tcsetattr(0, TCSANOW, &t);
}

static void say(const char *format, ...)
{
	const char *end = raw ? "\r\n" : "\n";
	va_list args;

	fprintf(stderr, "%s[", raw ? "\r\n" : "");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "]%s", end);
}

/* A description of our own, so that its flags are nobody else's; as it is where that does not work. */
static int own(int fd, int flags)
{
	char path[32];
	int new;

	if (!isatty(fd))
		return fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	new = open(path, flags | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	return new < 0 ? fd : new;
}

/* Buffers */

static size_t room(const struct buffer *b)
{
	return sizeof(b->data) - b->end;
}

/* What needs room at the end has looked for it. */
static void put(struct buffer *b, unsigned char c)
{
	b->data[b->end++] = c;
}

static void put_data(struct buffer *b, unsigned char c)
{
	if (framed && c == IAC)
		put(b, IAC);
	put(b, c);
}

static void compact(struct buffer *b)
{
	memmove(b->data, b->data + b->start, b->end - b->start);
	b->end -= b->start;
	b->start = 0;
}

/* Returns 0 if nobody takes it any more. */
static int drain(struct buffer *b, int fd, int is_socket)
{
	size_t n = b->end - b->start;
	ssize_t done = is_socket ? send(fd, b->data + b->start, n, MSG_NOSIGNAL | MSG_DONTWAIT) :
				   write(fd, b->data + b->start, n);

	if (done < 0)
		return errno == EAGAIN || errno == EINTR;
	b->start += done;
	compact(b);
	return 1;
}

/* In front of what is typed from now on; @first: of everything.  Where there is no room, later. */
static void put_size(int first)
{
	struct winsize size;

	if (!framed || room(&to_guest) < 16 || ioctl(0, TIOCGWINSZ, &size))
		return;
	size_due = 0;
	if (first) {
		put(&to_guest, IAC);
		put(&to_guest, WILL);
		put(&to_guest, NAWS);
	}
	put(&to_guest, IAC);
	put(&to_guest, SB);
	put(&to_guest, NAWS);
	put_data(&to_guest, size.ws_col >> 8);
	put_data(&to_guest, size.ws_col);
	put_data(&to_guest, size.ws_row >> 8);
	put_data(&to_guest, size.ws_row);
	put(&to_guest, IAC);
	put(&to_guest, SE);
}

/* What was typed.  Returns 0 to detach. */
static int keys(const unsigned char *data, ssize_t n)
{
	static int escaped;

	for (; n > 0; data++, n--) {
		if (!escaped && *data == ESCAPE) {
			escaped = 1;
			continue;
		}
		if (!escaped || *data == ESCAPE)
			put_data(&to_guest, *data);
		else if (*data == 'q' || *data == '.')
			return 0;
		else
			say("Ctrl-] q detaches, Ctrl-] Ctrl-] types Ctrl-]");
		escaped = 0;
	}
	return 1;
}

/* Attaching */

static int ends_us(int sig)
{
	return sig == SIGTERM || sig == SIGHUP || sig == SIGINT || sig == SIGQUIT;
}

/* Die of @sig, as whoever sent it expects. */
static void die_of(int sig)
{
	sigset_t set;

	restore();
	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void on_signal(int sig, int terminal)
{
	if (ends_us(sig)) {
		die_of(sig);
	} else if (sig == SIGTSTP) {
		restore();
		raise(SIGSTOP);
	}
	if (terminal && !raw)
		make_raw();
	size_due = 1;
}

static int watch_signals(void)
{
	static const int sigs[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH };
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(*sigs); i++)
		sigaddset(&set, sigs[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		err(1, "signalfd");
	signal(SIGPIPE, SIG_IGN);
	return fd;
}

/* Returns when it is over; 0: detached, 1: the guest has ended. */
static int attached(int guest, int is_socket)
{
	enum { IN, OUT, GUEST, SIGNALS, NR };
	int terminal = isatty(0), in = own(0, O_RDONLY), out = own(1, O_WRONLY);
	int typing = 1, sending = is_socket, ended = 0, result = -1;
	struct pollfd p[NR] = { { .fd = in }, { .fd = out }, { .fd = guest }, { .fd = watch_signals() } };
	struct signalfd_siginfo info;
	unsigned char data[2048];
	ssize_t n;

	if (terminal) {
		framed = is_socket;
		put_size(1);
		make_raw();
	}
	while (result < 0) {
		/* Twice as much, for what has to be marked. */
		p[IN].fd = typing && room(&to_guest) > 2 * sizeof(data) ? in : -1;
		p[IN].events = POLLIN;
		p[OUT].fd = to_user.end ? out : -1;
		p[OUT].events = POLLOUT;
		p[GUEST].events = (!ended && !to_user.end ? POLLIN : 0) | (to_guest.end ? POLLOUT : 0);
		p[GUEST].fd = ended || !p[GUEST].events ? -1 : guest;
		p[SIGNALS].events = POLLIN;
		if (poll(p, NR, -1) < 0 && errno != EINTR)
			err(1, "poll");

		if (p[SIGNALS].revents && read(p[SIGNALS].fd, &info, sizeof(info)) == sizeof(info))
			on_signal(info.ssi_signo, terminal);
		if (size_due)
			put_size(0);
		if (p[IN].revents) {
			n = read(in, data, sizeof(data));
			if (n > 0 && terminal && !keys(data, n))
				result = 0;
			for (ssize_t i = 0; i < n && !terminal; i++)
				put(&to_guest, data[i]);
			if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
				typing = 0;
		}
		if (p[GUEST].revents & ~POLLOUT && !to_user.end) {
			n = read(guest, to_user.data, sizeof(to_user.data));
			if (n > 0)
				to_user.end = n;
			else if (n == 0 || (errno != EAGAIN && errno != EINTR))
				ended = 1;
		}
		if (to_guest.end && !ended && !drain(&to_guest, guest, is_socket))
			to_guest.start = to_guest.end = 0;
		if (!typing && !to_guest.end && sending) {
			shutdown(guest, SHUT_WR);
			sending = 0;
		}
		if (p[OUT].revents && !drain(&to_user, out, 0))
			result = 0;
		if (ended && !to_user.end && result < 0)
			result = 1;
	}
	restore();
	return result;
}

static int open_console(const char *path, int *is_socket)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct termios t;
	struct stat st;
	int fd;

	if (stat(path, &st))
		err(1, "%s", path);
	*is_socket = S_ISSOCK(st.st_mode);
	if (*is_socket) {
		if (strlen(path) >= sizeof(addr.sun_path))
			errx(1, "%s: this is too long for a socket", path);
		strcpy(addr.sun_path, path);
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			err(1, "socket");
		if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
			if (errno == ECONNREFUSED)
				errx(1, "%s: the guest is gone", path);
			err(1, "%s", path);
		}
		return fd;
	}
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	if (tcgetattr(fd, &t))
		errx(1, "%s: neither a socket nor a terminal", path);
	cfmakeraw(&t);
	tcsetattr(fd, TCSANOW, &t);
	return fd;
}

static int attach(const char *path, const char *what)
{
	int is_socket, fd = open_console(path, &is_socket), ended;

	if (isatty(0))
		say("attached to %s; Ctrl-] q detaches", what);
	ended = attached(fd, is_socket);
	if (isatty(0)) {
		fputs("\r\n", stderr);
		say(ended ? "%s has ended" : "detached from %s", what);
	}
	return 0;
}

/* Guests */

/* The process of the guest that has @folder, or 0.  It holds a lock as long as it lives. */
static int guest_pid(const char *folder)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[4096], text[16] = "";
	int fd, pid = 0;

	snprintf(path, sizeof(path), "%s/pid", folder);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return 0;
	if (!fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK &&
	    read(fd, text, sizeof(text) - 1) > 0)
		pid = atoi(text);
	close(fd);
	return pid;
}

static int is_console(const struct dirent *entry)
{
	const char *digits = entry->d_name + 3;

	return (!strncmp(entry->d_name, "con", 3) || !strncmp(entry->d_name, "ssl", 3)) &&
	       *digits && strspn(digits, "0123456789") == strlen(digits);
}

static int is_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int list(const char *folder)
{
	struct dirent **name, **console;
	int n = scandir(folder, &name, is_name, versionsort), found = 0;

	for (int i = 0; i < n; i++) {
		char path[4096];
		int pid, m;

		snprintf(path, sizeof(path), "%s/%s", folder, name[i]->d_name);
		pid = guest_pid(path);
		if (!pid)
			continue;
		if (!found++)
			printf("%-20s %8s  %s\n", "NAME", "PID", "CONSOLES");
		printf("%-20s %8d ", name[i]->d_name, pid);
		m = scandir(path, &console, is_console, versionsort);
		for (int k = 0; k < m; k++)
			printf(" %s", console[k]->d_name);
		putchar('\n');
	}
	if (!found)
		fprintf(stderr, "attach: no guest with a name runs here (%s)\n", folder);
	return !found;
}

static int attach_by_name(const char *folder, const char *name, const char *console)
{
	struct dirent **there;
	char guest[4096], path[8192], what[300];

	snprintf(guest, sizeof(guest), "%s/%s", folder, name);
	if (!guest_pid(guest))
		errx(1, "no guest %s runs here (%s): attach without a name lists those that do", name, folder);
	if (!console) {
		if (scandir(guest, &there, is_console, versionsort) <= 0)
			errx(1, "%s has no console to attach to: start it with con1=socket", name);
		console = there[0]->d_name;
	}
	snprintf(path, sizeof(path), "%s/%s", guest, console);
	if (access(path, F_OK))
		errx(1, "%s has no %s to attach to: start it with %s=socket", name, console, console);
	snprintf(what, sizeof(what), "%s %s", name, console);
	return attach(path, what);
}

int main(int argc, char **argv)
{
	const char *home = getenv("HOME");
	char folder[4096] = "";
	int c;

	snprintf(folder, sizeof(folder), "%s/.uml", home ? home : "");
	while ((c = getopt(argc, argv, "d:h")) >= 0) {
		switch (c) {
		case 'd':
			snprintf(folder, sizeof(folder), "%s", optarg);
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	argc -= optind;
	argv += optind;
	if (argc > 2 || (argc == 2 && strchr(argv[0], '/'))) {
		fputs(usage, stderr);
		return 2;
	}
	if (!argc)
		return list(folder);
	if (strchr(argv[0], '/'))
		return attach(argv[0], argv[0]);
	return attach_by_name(folder, argv[0], argv[1]);
}
