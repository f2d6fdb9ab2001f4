// SPDX-License-Identifier: GPL-2.0
/* Pseudo terminals: line discipline, sessions, job control, size. */
#include "tap.h"
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;
static char slave_name[64];

static void open_terminal(void)
{
	struct winsize ws = { 24, 80, 0, 0 };

	must(!openpty(&master, &slave, slave_name, NULL, &ws));
	fcntl(master, F_SETFD, FD_CLOEXEC);
}

/* What comes out of the terminal within a while, up to the end of TEXT. */
static bool shows(const char *text)
{
	static char buf[4096];
	static size_t len;

	for (;;) {
		char *at = memmem(buf, len, text, strlen(text));
		ssize_t n;

		if (at) {
			at += strlen(text);
			len -= at - buf;
			memmove(buf, at, len);
			return true;
		}
		if (poll(&(struct pollfd){ master, POLLIN, 0 }, 1, 20000) != 1)
			return false;
		if (len == sizeof(buf))
			len = 0;
		n = read(master, buf + len, sizeof(buf) - len);
		if (n <= 0)
			return false;
		len += n;
	}
}

static void type(const char *text)
{
	must(write(master, text, strlen(text)) == (ssize_t)strlen(text));
}

static void lines(void)
{
	struct termios t;
	char buf[64];

	open_terminal();
	ok(isatty(slave) && !strncmp(slave_name, "/dev/pts/", 9),
	   "a pseudo terminal is a terminal with a name");
	type("abx\177c\n");
	ok(read(slave, buf, 64) == 4 && !memcmp(buf, "abc\n", 4),
	   "a line is read with one letter taken back");
	ok(shows("ab"), "what is typed is echoed");
	must(write(slave, "out\n", 4) == 4);
	ok(shows("out\r\n"), "a newline is shown as two characters");
	type("x\4");
	ok(read(slave, buf, 64) == 1, "^D ends a line that was begun");
	type("\4");
	ok(read(slave, buf, 64) == 0, "^D at the start of a line ends the file");
	must(!tcgetattr(slave, &t));
	cfmakeraw(&t);
	must(!tcsetattr(slave, TCSANOW, &t));
	type("\3\n\177");
	ok(read(slave, buf, 64) == 3 && !memcmp(buf, "\3\n\177", 3),
	   "raw mode gives every key as it is");
	close(slave);
	while (read(master, buf, 64) > 0)
		;
	ok(errno == EIO, "a closed terminal: EIO after the last output");
	close(master);
}

static volatile int signalled;

static void note(int sig)
{
	signalled = sig;
}

/* Leads a session on the terminal, with a job in the foreground. */
static int job(void *arg)
{
	struct winsize ws;
	char buf[64];

	(void)arg;
	setpgid(0, 0);
	signal(SIGTTOU, SIG_IGN);
	must(!tcsetpgrp(0, getpid()));
	signal(SIGINT, note);
	signal(SIGWINCH, note);
	dprintf(1, "ready\n");
	while (signalled != SIGINT)
		pause();
	dprintf(1, "interrupted\n");
	while (signalled != SIGWINCH)
		pause();
	must(!ioctl(0, TIOCGWINSZ, &ws));
	dprintf(1, "size %d %d\n", ws.ws_row, ws.ws_col);
	must(read(0, buf, 64) > 0);
	dprintf(1, "read\n");
	return 7;
}

static int background_reader(void *arg)
{
	char c;

	(void)arg;
	setpgid(0, 0);
	return read(0, &c, 1) == 1 ? 0 : 1;
}

static int lead(void *arg)
{
	int status;
	pid_t pid;

	(void)arg;
	close(master);
	must(setsid() == getpid());
	must(!ioctl(slave, TIOCSCTTY, 0));
	for (int i = 0; i <= 2; i++)
		dup2(slave, i);
	must(tcgetsid(0) == getpid());
	must(close(open("/dev/tty", O_RDWR)) == 0);
	signal(SIGTTOU, SIG_IGN);

	pid = spawn(job, NULL);
	/* ^Z stops the job; its shell takes the terminal, then gives it back. */
	must(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) &&
	     WSTOPSIG(status) == SIGTSTP);
	must(!tcsetpgrp(0, getpgrp()));
	dprintf(1, "stopped\n");
	must(!tcsetpgrp(0, pid) && !kill(-pid, SIGCONT));
	must(wait_for(pid) == 7);
	must(!tcsetpgrp(0, getpgrp()));

	pid = spawn(background_reader, NULL);
	must(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) &&
	     WSTOPSIG(status) == SIGTTIN);
	dprintf(1, "background reader stopped\n");
	kill(pid, SIGKILL);
	wait_for(pid);
	signal(SIGHUP, note);
	dprintf(1, "waiting for the end\n");
	while (signalled != SIGHUP)
		pause();
	return 8;
}

static void jobs(void)
{
	struct winsize ws = { 33, 111, 0, 0 };
	pid_t pid;

	open_terminal();
	pid = spawn(lead, NULL);
	close(slave);
	ok(shows("ready\r\n"), "a session starts with a job in the foreground");
	type("\3");
	ok(shows("interrupted\r\n"), "^C interrupts the foreground job");
	must(!ioctl(master, TIOCSWINSZ, &ws));
	ok(shows("size 33 111\r\n"), "a new size comes with SIGWINCH");
	type("\32");
	ok(shows("stopped\r\n"), "^Z stops the foreground job");
	type("line\n");
	ok(shows("read\r\n"), "a job that is in the foreground again can read");
	ok(shows("background reader stopped\r\n"),
	   "a job in the background is stopped when it reads");
	must(shows("waiting for the end\r\n"));
	close(master);
	ok(wait_for(pid) == 8, "the end of the terminal sends SIGHUP");
}

int main(void)
{
	lines();
	jobs();
	return tap_done();
}
