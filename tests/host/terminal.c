// SPDX-License-Identifier: GPL-2.0
/*
 * Run a program on a terminal of its own, as a person's terminal emulator would: what comes on stdin is typed,
 * what the program shows goes to stdout.
 *
 *   terminal ROWS COLUMNS REPORT PROGRAM [ARGUMENT...]
 *
 * REPORT gets a line each for
 *   line /dev/pts/N           the terminal that the program sits on
 *   pid N                     the program
 *   exit N, or signal N       how it ended
 *   settings same|changed     whether it left the terminal's settings as it found them
 *
 * The program dies with this one. The end of stdin is not typed: the program does not see it.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void write_all(int fd, const char *data, ssize_t left)
{
	while (left > 0) {
		ssize_t n = write(fd, data, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err(125, "write");
		data += n;
		left -= n;
	}
}

/* Returns 0 when there is nothing more to come. */
static int copy(int from, int to)
{
	char data[65536];
	ssize_t n = read(from, data, sizeof(data));

	if (n <= 0)
		return n < 0 && errno == EINTR;
	write_all(to, data, n);
	return 1;
}

static void drain(int signals)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) < 0)
		err(125, "signalfd");
}

/* c_cc has unused bytes, so the structures cannot be compared as a whole. */
static int same(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
	       a->c_lflag == b->c_lflag && !memcmp(a->c_cc, b->c_cc, VEOL2 + 1);
}

int main(int argc, char **argv)
{
	struct termios before, after;
	struct winsize size = { 0 };
	int master, slave, ended, status;
	struct pollfd fds[3];
	sigset_t child;
	FILE *report;
	pid_t pid;

	if (argc < 5)
		errx(125, "usage: terminal ROWS COLUMNS REPORT PROGRAM [ARGUMENT...]");
	size.ws_row = atoi(argv[1]);
	size.ws_col = atoi(argv[2]);
	report = fopen(argv[3], "we");
	if (!report)
		err(125, "%s", argv[3]);
	setlinebuf(report);

	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || grantpt(master) || unlockpt(master))
		err(125, "no new terminal");
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || ioctl(slave, TIOCSWINSZ, &size) || tcgetattr(slave, &before))
		err(125, "%s", ptsname(master));
	fprintf(report, "line %s\n", ptsname(master));

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	ended = signalfd(-1, &child, SFD_CLOEXEC);
	if (ended < 0)
		err(125, "signalfd");

	pid = fork();
	if (pid < 0)
		err(125, "fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sigprocmask(SIG_UNBLOCK, &child, NULL);
		if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0))
			err(125, "controlling terminal");
		for (int fd = 0; fd < 3; fd++)
			dup2(slave, fd);
		execvp(argv[4], argv + 4);
		err(127, "%s", argv[4]);
	}
	close(slave);
	fprintf(report, "pid %d\n", pid);

	fds[0] = (struct pollfd){ .fd = 0, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = master, .events = POLLIN };
	fds[2] = (struct pollfd){ .fd = ended, .events = POLLIN };
	/* One that is only stopped goes on. */
	while (!waitpid(pid, &status, WNOHANG)) {
		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			err(125, "poll");
		if (fds[0].revents && !copy(0, master))
			fds[0].fd = -1;
		if (fds[1].revents && !copy(master, 1))
			fds[1].fd = -1;
		if (fds[2].revents)
			drain(ended);
	}
	/* The master shows the settings of the other end. */
	if (tcgetattr(master, &after))
		err(125, "the terminal's settings");
	/* What is on its way ends with an error once nobody has the terminal open. */
	while (copy(master, 1))
		;
	if (WIFEXITED(status))
		fprintf(report, "exit %d\n", WEXITSTATUS(status));
	else
		fprintf(report, "signal %d\n", WTERMSIG(status));
	fprintf(report, "settings %s\n", same(&before, &after) ? "same" : "changed");
	return 0;
}
