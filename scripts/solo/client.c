// SPDX-License-Identifier: GPL-2.0
/*
 * What solo does with a guest that another solo has: exec, shell, attach, logs, cp, stop,
 * kill.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "client.h"
#include "control.h"
#include "options.h"
#include "session.h"
#include "term.h"

static struct link peer;
static struct term term;
static struct poller poller;
static int signals = -1;
static bool passes_signals;
static bool follows;		/* it is sent output without asking for it piece by piece */

/* So much waits for who reads our stdout that one more piece may not find room. */
static bool is_full(void)
{
	return follows && term.out[1].fd >= 0 && term.out[1].waiting.len + PIECE > WINDOW;
}

static void take_frames(void)
{
	struct frame frame;
	char *data;

	while (!is_full() && link_next(&peer, &frame, &data))
		term_frame(&term, &frame, data);
}

static void from_solo(void *arg, short events)
{
	if (!(events & (POLLIN | POLLHUP | POLLERR)))
		return;
	link_fill(&peer);
	take_frames();
}

static void take_signals(void *arg, short events)
{
	struct signalfd_siginfo si;

	while (read(signals, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGWINCH)
			term_resize(&term);
		else if (passes_signals)
			term_signal(&term, si.ssi_signo);
		else
			exit(128 + si.ssi_signo);
	}
}

static void open_signals(void)
{
	static const int all[] = { SIGWINCH, SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	signals = signals_open(all, ARRAY_SIZE(all));
}

/* Until the session is over; its status. */
static int carry(void)
{
	int status;

	while (!term_over(&term)) {
		/* It may have closed its end, and what it sent before that is still to be read. */
		link_flush(&peer);
		take_frames();
		if (term_over(&term))
			break;
		if (peer.ended && !term.out[1].waiting.len && !term.out[2].waiting.len)
			break;
		if (!peer.ended && !is_full())
			poller_add(&poller, peer.fd, POLLIN | (peer.out.len ? POLLOUT : 0), from_solo, NULL);
		if (signals >= 0)
			poller_add(&poller, signals, POLLIN, take_signals, NULL);
		term_poll(&term, &poller);
		poller_wait(&poller, -1);
		if (term.abandoned) {
			term_restore();
			return 128 + SIGINT;
		}
	}
	term_restore();
	if (term.failed)
		die("%s", term.failed);
	status = term.exited ? exit_status(term.wait_status) : STATUS_PANIC;
	if (!term.exited)
		warn("the guest has ended");
	if (!status && term.lost)
		status = STATUS_ERROR;
	term_free(&term);
	return status;
}

/* @command NULL: a login's shell. */
static int run_in(const char *name, const struct list *command, const struct list *env,
		  const char *user, const char *folder)
{
	struct bytes start = { };
	const char *type = getenv("TERM");
	unsigned int i;

	control_connect(&peer, name);
	open_signals();
	passes_signals = true;
	term_init(&term, &peer, 0, STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, true);
	for (i = 0; i < command->nr; i++)
		bytes_add_text(&start, KEY_ARG, command->item[i]);
	if (!command->nr)
		bytes_add_text(&start, KEY_ARG, "");
	if (type && term.terminal)
		bytes_add_text(&start, KEY_ENV, format("TERM=%s", type));
	for (i = 0; i < env->nr; i++)
		bytes_add_text(&start, KEY_ENV, env->item[i]);
	if (user)
		bytes_add_text(&start, KEY_USER, user);
	if (folder)
		bytes_add_text(&start, KEY_FOLDER, folder);
	term_start(&term, &start);
	bytes_free(&start);
	return carry();
}

int main_exec(int argc, char **argv)
{
	struct list command = { }, env = { };
	const char *name = NULL, *user = NULL, *folder = NULL, *value;
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (is_option(argc, argv, &i, "--env", &value))
			list_add(&env, value);
		else if (is_option(argc, argv, &i, "--user", &value))
			user = value;
		else if (is_option(argc, argv, &i, "--workdir", &value))
			folder = value;
		else if (argv[i][0] == '-' || name)
			die("%s: write solo exec [OPTION]... NAME -- COMMAND...", argv[i]);
		else
			name = argv[i];
	}
	for (i++; i < argc; i++)
		list_add(&command, argv[i]);
	if (!name || !command.nr)
		die("write solo exec [OPTION]... NAME -- COMMAND...");
	return run_in(name, &command, &env, user, folder);
}

int shell_in(const char *name)
{
	struct list none = { };

	return run_in(name, &none, &none, NULL, NULL);
}

/* The one argument that a subcommand takes. */
static const char *only_name(int argc, char **argv)
{
	if (argc != 2 || argv[1][0] == '-')
		die("write solo %s NAME: solo ps lists those that there are", argv[0]);
	return argv[1];
}

static int follow(const char *name, enum frame_type what, int stream)
{
	control_connect(&peer, name);
	open_signals();
	follows = true;
	term_init(&term, &peer, 0, -1, STDOUT_FILENO, -1, false);
	link_send(&peer, 0, what, stream, NULL, 0);
	return carry();
}

int main_attach(int argc, char **argv)
{
	return follow(only_name(argc, argv), F_ATTACH, 1);
}

int main_logs(int argc, char **argv)
{
	bool kernel = argc > 1 && !strcmp(argv[1], "--kernel");

	if (kernel)
		argv[1] = argv[0];
	return follow(only_name(argc - kernel, argv + kernel), F_LOGS, kernel ? 2 : 1);
}

/* Ask for the end, and wait for it. */
static int end(const char *name, enum frame_type how)
{
	struct frame frame;
	char *data;

	control_connect(&peer, name);
	link_send(&peer, 0, how, 0, NULL, 0);
	while (!peer.ended) {
		link_flush(&peer);
		while (link_next(&peer, &frame, &data))
			;
		link_wait(&peer, &poller, -1);
	}
	return 0;
}

int main_stop(int argc, char **argv)
{
	return end(only_name(argc, argv), F_STOP);
}

int main_kill(int argc, char **argv)
{
	return end(only_name(argc, argv), F_KILL);
}

/* NAME:PATH; false: a file of the host. */
static bool is_in_guest(const char *said, char **name, const char **path)
{
	const char *colon = strchr(said, ':'), *slash = strchr(said, '/');

	if (!colon || (slash && slash < colon))
		return false;
	*name = strndup(said, colon - said);
	*path = colon[1] ? colon + 1 : ".";
	return true;
}

int main_cp(int argc, char **argv)
{
	const char *path, *other;
	struct bytes start = { };
	int fd[2], status, code;
	char *name;
	bool in;
	pid_t pid;

	if (argc != 3)
		die("write solo cp FILE NAME:PATH, or solo cp NAME:PATH FILE");
	in = !is_in_guest(argv[1], &name, &path);
	if (in == !is_in_guest(argv[2], &name, &path))
		die("one of %s and %s has to be in a guest: NAME:PATH", argv[1], argv[2]);
	if (!in)
		is_in_guest(argv[1], &name, &path);
	other = argv[in ? 1 : 2];
	if (in && access(other, R_OK))
		die("%s: %s", other, strerror(errno));
	control_connect(&peer, name);
	if (pipe2(fd, O_CLOEXEC))
		die("the host gives no pipes: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fd[!in]);
		close(peer.fd);
		_exit(in ? pack(other, fd[1]) : unpack(other, fd[0], path));
	}
	close(fd[in]);
	signal(SIGPIPE, SIG_IGN);
	bytes_add_text(&start, KEY_BUILTIN, in ? "unpack" : "pack");
	bytes_add_text(&start, KEY_ARG, path);
	term_init(&term, &peer, 0, in ? fd[0] : -1, in ? -1 : fd[1], STDERR_FILENO, false);
	term_start(&term, &start);
	status = carry();
	if (!in)
		close(fd[1]);
	waitpid(pid, &code, 0);
	return status || code ? STATUS_ERROR : 0;
}
