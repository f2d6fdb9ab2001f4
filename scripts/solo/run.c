// SPDX-License-Identifier: GPL-2.0
/*
 * solo run: a guest, a command in it, and what others want of the guest meanwhile.
 *
 * One loop over everything: the link to the guest, the command's streams, signals, and
 * connections of other solos, whose frames go to the guest and back under numbers of
 * sessions that are given out here.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "client.h"
#include "control.h"
#include "guest.h"
#include "options.h"
#include "session.h"
#include "term.h"

#define GRACE_MS	10000		/* for what is left to be done after a time out or a stop */
#define BOOT_MS		300000		/* for a guest to boot in, on a host that has much else to do */
#define SYNC_MS		60000		/* for a guest to write out what it has */
#define STOPPED_MS	1000		/* for another solo to take something in, at the end */
#define LAST_MS		10000		/* and for all of them to take all */
#define MOST_UNREAD	(16 << 20)	/* bytes that a guest has not taken: then it is not read from */
#define TAIL		20		/* lines of the kernel's log that are shown */
#define OUTPUT_KEPT	(64 << 20)	/* bytes of a command in the background */

enum phase { BOOT, COPY_IN, COMMAND, KEEP, COPY_OUT, GO, OVER };

/* Another solo that wants something. */
struct conn {
	struct conn *next;
	struct link link;
	uint16_t session;		/* of the guest; 0: none */
	bool over;			/* close it when all has been sent */
	int follows;			/* a file that it is sent; -1: none */
	off_t at;			/* so far */
	bool to_end;			/* and what comes to that, until the command ends */
};

static struct run_options options;
static struct guest guest;
static struct term term;		/* the session of this phase */
static enum phase phase;
static unsigned int copying;		/* which of --copy-in or --copy-out */
static uint16_t last_session;
static struct conn *conns;
static struct poller poller;
static int listener = -1, signals = -1;
static int output = -1;			/* of a command in the background */
static int tell_ready = -1;		/* whom to tell that it is in the background now */

static pid_t copier;			/* packs or unpacks for --copy-in, --copy-out */
static int copier_status;
static int copier_fd = -1;		/* our end of its pipe */

static int status = -1;			/* of the command; -1: none yet */
static const char *reason = "exit";
static int signalled;			/* the command was ended by this */
static int64_t started, ready_at, ended_at, deadline = -1;
static int ends_asked;			/* how many signals asked for the end */

static void start_phase(enum phase next);

/* How the guest ended the command, unless it had ended. */
static void set_status(int value, const char *why)
{
	if (status >= 0)
		return;
	status = value;
	reason = why;
	ended_at = now_ms();
}

static uint16_t new_session(void)
{
	struct conn *c;

	for (;;) {
		last_session = last_session % 0xffff + 1;
		for (c = conns; c && c->session != last_session; c = c->next)
			;
		if (!c && last_session != term.session)
			return last_session;
	}
}

/* --- Copies ----------------------------------------------------------------------- */

/* HOST:GUEST or GUEST:HOST */
static void split(const char *said, char **first, char **second)
{
	*first = strdup(said);
	*second = strchr(*first, ':');
	*(*second)++ = 0;
}

static void start_copy(bool in)
{
	const char *said = (in ? options.copy_in : options.copy_out).item[copying];
	struct bytes start = { };
	char *from, *to;
	int fd[2];

	split(said, &from, &to);
	if (pipe2(fd, O_CLOEXEC))
		die("the host gives no pipes: %s", strerror(errno));
	copier_status = -1;
	copier = fork();
	if (!copier) {
		/* Our signals stay blocked: what is typed is for solo, which ends this one. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_DFL);
		close(fd[!in]);
		close(guest.link.fd);
		_exit(in ? pack(from, fd[1]) : unpack(to, fd[0], from));
	}
	close(fd[in]);
	copier_fd = fd[!in];
	bytes_add_text(&start, KEY_BUILTIN, in ? "unpack" : "pack");
	bytes_add_text(&start, KEY_ARG, in ? to : from);
	if (options.user && in)
		bytes_add_text(&start, KEY_USER, options.user);
	if (options.folder)
		bytes_add_text(&start, KEY_FOLDER, options.folder);
	term_init(&term, &guest.link, new_session(), in ? copier_fd : -1, in ? -1 : copier_fd,
		  STDERR_FILENO, false);
	term_start(&term, &start);
	bytes_free(&start);
	free(from);
}

/*
 * There will be no more of what is being copied out; its copier removes what is not complete.
 * @value: what the command's success becomes.
 */
static void abandon_copy(int value)
{
	int code;

	if (phase != COPY_OUT)
		return;
	if (copier_fd >= 0) {
		term_free(&term);
		close(copier_fd);
		copier_fd = -1;
	}
	if (copier > 0)
		waitpid(copier, &code, 0);
	copier = 0;
	warn("--copy-out %s: it is not complete: it has been ended", options.copy_out.item[copying]);
	if (!status) {
		status = value;
		reason = "copy";
	}
}

/* The guest's part is done, and now the copier is told by the end of its pipe. */
static void end_copy(bool in)
{
	if (copier_fd >= 0) {
		term_free(&term);
		if (!in || term.in >= 0)
			close(copier_fd);
		copier_fd = -1;
	}
	if (copier > 0)
		return;
	if (copier_status || term.wait_status) {
		if (in) {
			set_status(STATUS_ERROR, "copy");
			start_phase(GO);
			return;
		}
		/* A command that has failed has said so already. */
		if (!status)
			status = STATUS_ERROR;
	}
	copying++;
	start_phase(phase);
}

/* --- Phases ----------------------------------------------------------------------- */

static void add_environment(struct bytes *start)
{
	unsigned int i;
	const char *type = getenv("TERM");

	if (type && term.terminal) {
		char *text = format("TERM=%s", type);

		bytes_add_text(start, KEY_ENV, text);
		free(text);
	}
	for (i = 0; i < options.env.nr; i++)
		bytes_add_text(start, KEY_ENV, options.env.item[i]);
}

static void start_command(bool shell)
{
	struct bytes start = { };
	unsigned int i;

	if (options.detach)
		term_init(&term, &guest.link, new_session(), -1, output, output, false);
	else
		term_init(&term, &guest.link, new_session(), STDIN_FILENO, STDOUT_FILENO,
			  STDERR_FILENO, true);
	for (i = 0; i < options.command.nr && !shell; i++)
		bytes_add_text(&start, KEY_ARG, options.command.item[i]);
	if (!i)
		bytes_add_text(&start, KEY_ARG, "");
	add_environment(&start);
	if (options.user)
		bytes_add_text(&start, KEY_USER, options.user);
	if (options.folder)
		bytes_add_text(&start, KEY_FOLDER, options.folder);
	term_start(&term, &start);
	bytes_free(&start);
}

/* Time for what is left to be done. */
static void set_grace(void)
{
	int64_t end = now_ms() + GRACE_MS;

	if (deadline < 0 || deadline > end)
		deadline = end;
}

/* With --timeout they have what is left of it, and as long as behind a command that it has ended. */
static void limit_copies(void)
{
	int64_t now = now_ms(), end = ready_at + options.timeout;

	if (options.timeout && deadline < 0)
		deadline = (now > end ? now : end) + GRACE_MS;
	if (ends_asked)
		set_grace();
}

static void start_phase(enum phase next)
{
	/* It ended with its command: there is nobody to ask any more. */
	if (!guest.pid) {
		if (options.copy_out.nr && !status)
			status = STATUS_PANIC;
		phase = OVER;
		return;
	}
	if (next == COPY_IN && copying == options.copy_in.nr)
		next = COMMAND;
	if (next == KEEP && (!options.keep || !status || options.detach)) {
		next = COPY_OUT;
		copying = 0;
	}
	if (next == COPY_OUT && copying == options.copy_out.nr)
		next = GO;
	phase = next;
	switch (phase) {
	case COPY_IN:
		start_copy(true);
		break;
	case COMMAND:
		start_command(false);
		break;
	case KEEP:
		warn("the command has ended with status %d: this is a shell in its guest", status);
		start_command(true);
		break;
	case COPY_OUT:
		if (!copying)
			limit_copies();
		start_copy(false);
		break;
	case GO:
		deadline = now_ms() + SYNC_MS;
		if (guest.keeps) {
			link_send(&guest.link, 0, F_END, 0, NULL, 0);
			break;
		}
		/* There is nothing that it could lose. */
		guest_kill(&guest);
		phase = OVER;
		break;
	default:
		break;
	}
}

static void command_over(void)
{
	if (term.failed) {
		warn("%s", term.failed);
		set_status(STATUS_ERROR, "error");
	} else {
		set_status(exit_status(term.wait_status), "exit");
		if (WIFSIGNALED(term.wait_status) && !strcmp(reason, "exit")) {
			signalled = WTERMSIG(term.wait_status);
			reason = "signal";
		}
		if (!status && term.lost) {
			status = STATUS_ERROR;
			reason = "output lost";
		}
	}
	term_restore();
	term_free(&term);
	copying = 0;
	if (strcmp(reason, "timeout"))
		deadline = -1;
	start_phase(KEEP);
}

static void next_phase(void)
{
	if (!term_over(&term))
		return;
	switch (phase) {
	case COPY_IN:
	case COPY_OUT:
		end_copy(phase == COPY_IN);
		break;
	case COMMAND:
		command_over();
		break;
	case KEEP:
		term_restore();
		term_free(&term);
		copying = 0;
		start_phase(COPY_OUT);
		break;
	default:
		break;
	}
}

static void kill_guest(int value, const char *why)
{
	set_status(value, why);
	guest_kill(&guest);
	abandon_copy(value);
	phase = OVER;
}

/* End the command, and then the guest; by force if that is not enough. */
static void stop(int signo)
{
	if (phase == COMMAND || phase == KEEP) {
		term_signal(&term, signo);
		if (signo != SIGINT)
			deadline = now_ms() + GRACE_MS;
	} else if (phase < COMMAND) {
		kill_guest(128 + signo, "signal");
	} else if (phase == COPY_OUT) {
		set_grace();
	}
}

static void out_of_time(void)
{
	if (phase == COMMAND && strcmp(reason, "timeout")) {
		if (!ends_asked)
			set_status(STATUS_TIMEOUT, "timeout");
		/* What --copy-out is to bring can still be had. */
		if (options.copy_out.nr) {
			deadline = now_ms() + GRACE_MS;
			link_send_number(&guest.link, term.session, F_SIGNAL, 0, SIGKILL);
			return;
		}
	}
	if (phase == BOOT && deadline - started == BOOT_MS) {
		warn("the guest does not boot; the end of its log:");
		guest_explain(&guest, TAIL);
		kill_guest(STATUS_NO_BOOT, "no boot");
		return;
	}
	if (phase == GO)
		warn("the guest does not end by itself: what it had not written yet is lost");
	kill_guest(ends_asked ? 128 + SIGTERM : STATUS_TIMEOUT, ends_asked ? "signal" : "timeout");
}

/* --- Other solos ------------------------------------------------------------------ */

static void add_value(struct bytes *to, const char *key, const char *value)
{
	bytes_add(to, key, strlen(key));
	bytes_add(to, "=", 1);
	bytes_add(to, value, strlen(value) + 1);
}

static void add_number(struct bytes *to, const char *key, long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", number);
	add_value(to, key, text);
}

static long memory_now(const char *what)
{
	char *path = format("/proc/%d/status", guest.pid), line[256];
	FILE *file = fopen(path, "re");
	size_t len = strlen(what);
	long kib = 0;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, what, len))
			kib = atol(line + len);
	if (file)
		fclose(file);
	free(path);
	return kib;
}

static void send_info(struct conn *c)
{
	static const char *const names[] = {
		"boots", "boots", "runs", "kept", "copies", "ends", "ends",
	};
	struct bytes info = { }, command = { };
	unsigned int i;

	for (i = 0; i < options.command.nr; i++) {
		bytes_add(&command, " ", !!i);
		bytes_add(&command, options.command.item[i], strlen(options.command.item[i]));
	}
	bytes_add(&command, "", 1);
	add_value(&info, "name", options.guest.name);
	add_number(&info, "pid", getpid());
	add_number(&info, "linux_pid", guest.pid);
	add_value(&info, "state", names[phase]);
	add_value(&info, "root", options.guest.root ?: "");
	add_value(&info, "command", command.len > 1 ? command.data : "(shell)");
	add_number(&info, "seconds", (now_ms() - started) / 1000);
	add_number(&info, "memory_kib", memory_now("VmRSS:"));
	add_value(&info, "background", options.detach ? "yes" : "no");
	link_send(&c->link, 0, F_INFO, 0, info.data, info.len);
	bytes_free(&info);
	bytes_free(&command);
}

static void refuse_conn(struct conn *c, const char *why)
{
	link_send(&c->link, 0, F_FAILED, 0, why, strlen(why) + 1);
	c->over = true;
}

static void conn_frame(struct conn *c, const struct frame *frame, char *data)
{
	switch (frame->type) {
	case F_INFO:
		send_info(c);
		break;
	case F_START:
		if (phase == BOOT || phase >= GO || c->session) {
			refuse_conn(c, phase == BOOT ? "the guest still boots" : "the guest ends");
			break;
		}
		c->session = new_session();
		link_send(&guest.link, c->session, F_START, 0, data, frame->len);
		break;
	case F_LOGS:
	case F_ATTACH:
		c->follows = frame->stream == 2 ? guest.log : output;
		c->to_end = frame->type == F_ATTACH;
		if (c->follows < 0)
			refuse_conn(c, "its command has no log, for it does not run in the background");
		break;
	case F_STOP:
		ends_asked++;
		stop(SIGTERM);
		break;
	case F_KILL:
		kill_guest(128 + SIGKILL, "killed");
		break;
	case F_DATA:
	case F_EOF:
	case F_CREDIT:
	case F_CLOSED:
	case F_WINSIZE:
	case F_SIGNAL:
		if (c->session)
			link_send(&guest.link, c->session, frame->type, frame->stream, data, frame->len);
		break;
	}
}

static void conn_ready(void *arg, short events)
{
	struct conn *c = arg;
	struct frame frame;
	char *data;

	if (!(events & (POLLIN | POLLHUP | POLLERR)))
		return;
	link_fill(&c->link);
	while (phase != OVER && link_next(&c->link, &frame, &data))
		conn_frame(c, &frame, data);
}

static void take_conn(void *arg, short events)
{
	struct conn *c;
	int fd = control_accept(listener);

	if (fd < 0)
		return;
	c = must_alloc(NULL, sizeof(*c));
	*c = (struct conn){ .next = conns, .follows = -1 };
	link_init(&c->link, fd);
	conns = c;
}

static void follow(struct conn *c)
{
	static char piece[PIECE];
	ssize_t n;

	while (!link_full(&c->link)) {
		/* What is older than what is kept is a hole. */
		off_t data = lseek(c->follows, c->at, SEEK_DATA);

		if (data > c->at)
			c->at = data;
		n = pread(c->follows, piece, sizeof(piece), c->at);
		if (n <= 0)
			break;
		link_send(&c->link, 0, F_DATA, 1, piece, n);
		c->at += n;
	}
	if (link_full(&c->link) || (c->to_end && phase <= COMMAND))
		return;
	if (c->to_end)
		link_send_number(&c->link, 0, F_EXIT, 0, (status & 0xff) << 8);
	else
		link_send_number(&c->link, 0, F_EXIT, 0, 0);
	c->follows = -1;
	c->over = true;
}

static void serve_conns(void)
{
	struct conn **at = &conns, *c;

	while ((c = *at)) {
		if (c->follows >= 0)
			follow(c);
		if (!link_flush(&c->link) || c->link.ended || (c->over && !c->link.out.len)) {
			if (c->session && !c->over)
				link_send(&guest.link, c->session, F_HANGUP, 0, NULL, 0);
			*at = c->next;
			link_close(&c->link);
			free(c);
		} else {
			at = &c->next;
		}
	}
}

/* --- The guest -------------------------------------------------------------------- */

static void is_ready(void)
{
	ready_at = now_ms();
	if (options.timeout)
		deadline = ready_at + options.timeout;
	else
		deadline = -1;
	if (tell_ready >= 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		write_all(tell_ready, "", 1);
		close(tell_ready);
		tell_ready = -1;
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		close(null);
	}
	copying = 0;
	start_phase(COPY_IN);
}

static void guest_frame(const struct frame *frame, char *data)
{
	struct conn *c;

	if (!frame->session) {
		if (frame->type == F_READY && phase == BOOT) {
			is_ready();
		} else if (frame->type == F_FAILED && phase == BOOT) {
			warn("%s: %.*s", options.guest.root ?: "the guest", (int)frame->len, data);
			kill_guest(STATUS_NO_BOOT, "no boot");
		}
		return;
	}
	if (frame->session == term.session) {
		term_frame(&term, frame, data);
		return;
	}
	for (c = conns; c && c->session != frame->session; c = c->next)
		;
	if (!c)
		return;
	/* A guest that knows no window */
	if (c->link.out.len > MOST_UNREAD) {
		c->over = true;
		return;
	}
	link_send(&c->link, 0, frame->type, frame->stream, data, frame->len);
	if (frame->type == F_EXIT || frame->type == F_FAILED)
		c->over = true;
}

static void guest_ready(void *arg, short events)
{
	struct frame frame;
	char *data;

	if (!(events & (POLLIN | POLLHUP | POLLERR)))
		return;
	link_fill(&guest.link);
	while (phase != OVER && link_next(&guest.link, &frame, &data))
		guest_frame(&frame, data);
}

/* linux has ended; what it had sent before has been read. */
static void guest_gone(void)
{
	int code = guest.status;

	if (phase == GO) {
		if (code)
			warn("the guest did not end well: what it had not written yet may be lost");
		if (code && !status)
			status = STATUS_PANIC;
	} else if (phase == BOOT && WIFEXITED(code) && (WEXITSTATUS(code) == 1 ||
							WEXITSTATUS(code) == STATUS_ERROR)) {
		/* It was not content with its options, and has said so. */
		guest_explain(&guest, 0);
		set_status(STATUS_ERROR, "error");
	} else {
		bool boots = phase == BOOT;

		warn(boots ? "the guest has not booted; the end of its log:" :
		     "the guest has ended before its command did; the end of its log:");
		guest_explain(&guest, TAIL);
		set_status(boots ? STATUS_NO_BOOT : STATUS_PANIC, boots ? "no boot" : "panic");
		abandon_copy(STATUS_PANIC);
	}
	phase = OVER;
}

static void reap(void)
{
	int code;

	if (copier > 0 && waitpid(copier, &code, WNOHANG) == copier) {
		copier = 0;
		copier_status = exit_status(code);
	}
	if (guest_reap(&guest) && phase != OVER) {
		while (link_fill(&guest.link))
			;
		guest_ready(NULL, POLLHUP);
		/* All that it had to say may have been that its command has ended. */
		if (phase == COMMAND && term.exited && !guest.keeps) {
			guest.link.ended = true;
			return;
		}
		if (phase != OVER)
			guest_gone();
	}
}

static void take_signals(void *arg, short events)
{
	struct signalfd_siginfo si;

	while (read(signals, &si, sizeof(si)) == sizeof(si)) {
		switch (si.ssi_signo) {
		case SIGCHLD:
			reap();
			break;
		case SIGWINCH:
			if (phase == COMMAND || phase == KEEP)
				term_resize(&term);
			break;
		case SIGINT:
			if (phase == COPY_OUT && ends_asked++)
				kill_guest(128 + SIGINT, "signal");
			else
				stop(SIGINT);
			break;
		default:
			if (ends_asked++)
				kill_guest(128 + si.ssi_signo, "signal");
			else
				stop(si.ssi_signo);
		}
	}
}

static void has_room(void *arg, short events)
{
	*(bool *)arg = true;
}

/* Whoever waits for a word gets it, if he takes it. */
static void say_last(void)
{
	int64_t now = now_ms(), end = now + LAST_MS, patience = now + STOPPED_MS;
	bool waits, moves;
	struct conn *c;

	do {
		waits = moves = false;
		for (c = conns; c; c = c->next) {
			if (c->follows >= 0)
				follow(c);
			if (!link_flush(&c->link))
				c->follows = -1;
			if (c->link.out.len || c->follows >= 0) {
				poller_add(&poller, c->link.fd, POLLOUT, has_room, &moves);
				waits = true;
			}
		}
		if (waits)
			poller_wait(&poller, (patience < end ? patience : end) - now);
		now = now_ms();
		if (moves)
			patience = now + STOPPED_MS;
	} while (waits && now < patience && now < end);
}

static void loop(void)
{
	struct conn *c;
	int64_t left;

	while (phase != OVER) {
		if (guest.link.fd >= 0 && !guest.link.ended)
			poller_add(&poller, guest.link.fd, (guest.link.out.len < MOST_UNREAD ? POLLIN : 0) | (guest.link.out.len ? POLLOUT : 0),
				   guest_ready, NULL);
		poller_add(&poller, signals, POLLIN, take_signals, NULL);
		poller_add(&poller, listener, POLLIN, take_conn, NULL);
		for (c = conns; c; c = c->next)
			poller_add(&poller, c->link.fd, (link_full(&guest.link) ? 0 : POLLIN) |
				   (c->link.out.len ? POLLOUT : 0), conn_ready, c);
		if (phase > BOOT && phase < GO)
			term_poll(&term, &poller);
		left = deadline < 0 ? -1 : deadline > now_ms() ? deadline - now_ms() : 0;
		poller_wait(&poller, left);
		if (guest.link.nonsense && phase != OVER) {
			warn("the guest does not keep to the protocol, and is ended");
			kill_guest(STATUS_PANIC, "panic");
		}
		if (phase == OVER)
			break;
		if (deadline >= 0 && now_ms() >= deadline)
			out_of_time();
		if (phase > BOOT && phase < GO) {
			if (term.abandoned && phase != COPY_OUT)
				kill_guest(128 + SIGINT, "interrupt");
			else
				next_phase();
		}
		if (output >= 0) {
			off_t end = lseek(output, 0, SEEK_END);

			if (end > OUTPUT_KEPT)
				fallocate(output, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
					  (end - OUTPUT_KEPT) & ~4095L);
		}
		serve_conns();
		link_flush(&guest.link);
	}
	say_last();
}

/* --- From start to end ------------------------------------------------------------ */

/* The process that stays in the foreground until the guest is ready. */
static void go_to_background(void)
{
	int fd[2], code;
	char word;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC))
		die("the host gives no pipes: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		die("the host gives no processes: %s", strerror(errno));
	if (pid) {
		close(fd[1]);
		if (read(fd[0], &word, 1) == 1) {
			if (!quiet)
				puts(options.guest.name);
			fflush(stdout);
			_exit(0);
		}
		waitpid(pid, &code, 0);
		_exit(exit_status(code));
	}
	close(fd[0]);
	tell_ready = fd[1];
	setsid();
	output = memfd_create("solo-output", MFD_CLOEXEC);
	if (output < 0)
		die("the host gives no memory file: %s", strerror(errno));
	fcntl(output, F_SETFL, O_APPEND);
}

static void open_signals(void)
{
	static const int all[] = { SIGCHLD, SIGWINCH, SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	signals = signals_open(all, ARRAY_SIZE(all));
}

static void take_name(void)
{
	if (options.guest.name) {
		if (!name_is_good(options.guest.name))
			die("--name %s: a name is made of up to %d letters, digits, and ._-",
			    options.guest.name, NAME_LONGEST);
		listener = control_listen(options.guest.name);
		if (listener < 0)
			die("--name %s: a guest of this name runs: choose another, or solo stop %s",
			    options.guest.name, options.guest.name);
		return;
	}
	options.guest.name = format("solo-%d", getpid());
	listener = control_listen(options.guest.name);
	if (listener < 0)
		die("--name: %s is taken: choose a name", options.guest.name);
}

static void write_json(void)
{
	FILE *file = fopen(options.json, "we");
	int64_t end = now_ms();

	if (file) {
		fprintf(file, "{\"status\": %d, \"reason\": \"%s\", \"signal\": ", status, reason);
		fprintf(file, signalled ? "%d" : "null", signalled);
		fprintf(file, ", \"boot_ms\": %lld, \"command_ms\": %lld, \"total_ms\": %lld, \"memory_kib\": %ld}\n",
			(long long)(ready_at ? ready_at - started : 0),
			(long long)(ready_at && ended_at ? ended_at - ready_at : 0),
			(long long)(end - started), guest.memory);
	}
	if (!file || fclose(file)) {
		warn("--json %s: %s", options.json, strerror(errno));
		if (!status)
			status = STATUS_ERROR;
	}
}

static int run(void)
{
	started = now_ms();
	guest_prepare(&guest, &options.guest);
	if (options.dry_run) {
		guest_print(&guest);
		return 0;
	}
	if (options.detach)
		go_to_background();
	open_signals();
	take_name();
	guest_start(&guest, &options.guest);
	deadline = started + (options.timeout && options.timeout < BOOT_MS ? options.timeout : BOOT_MS);
	link_flush(&guest.link);
	loop();
	guest_kill(&guest);
	term_restore();
	if (verbose)
		guest_explain(&guest, 100000);
	else if (!guest.explained && !quiet)
		guest_explain(&guest, 0);	/* what linux wants to be known */
	if (options.json)
		write_json();
	return status;
}

int main_run(int argc, char **argv)
{
	parse_run_options(&options, argc, argv, true);
	return run();
}

int main_shell(int argc, char **argv)
{
	/* One that runs; an image of that name can be said with a slash. */
	if (argc == 2 && control_is_there(argv[1]))
		return shell_in(argv[1]);
	parse_run_options(&options, argc, argv, false);
	return run();
}
