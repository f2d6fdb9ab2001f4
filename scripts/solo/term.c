// SPDX-License-Identifier: GPL-2.0
/*
 * Streams of this process as those of a session.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "session.h"
#include "term.h"

#define CTRL_C		3
#define TWICE_MS	1000

static struct termios saved;
static int saved_fd = -1;

void term_restore(void)
{
	if (saved_fd >= 0)
		tcsetattr(saved_fd, TCSADRAIN, &saved);
	saved_fd = -1;
}

static void make_raw(int fd)
{
	struct termios raw;

	if (saved_fd >= 0 || tcgetattr(fd, &saved))
		return;
	saved_fd = fd;
	atexit(term_restore);
	raw = saved;
	cfmakeraw(&raw);
	tcsetattr(fd, TCSADRAIN, &raw);
}

int exit_status(uint32_t wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

/*
 * The descriptor is shared with whoever started us, so it must not become one that does
 * not wait.  A pipe or terminal can be opened anew; to others only as much is
 * written at a time as they surely take.
 */
static void open_out(struct term_out *out, int fd)
{
	char path[64];
	struct stat st;
	int own;

	*out = (struct term_out){ .fd = fd };
	if (fd < 0 || fstat(fd, &st))
		return;
	if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)) {
		out->file = true;
	} else if (S_ISSOCK(st.st_mode)) {
		out->socket = true;
	} else if (S_ISFIFO(st.st_mode) || isatty(fd)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (own >= 0) {
			out->fd = own;
			out->own = true;
		}
	}
}

void term_init(struct term *term, struct link *link, uint16_t session, int in, int out, int err,
	       bool terminals)
{
	*term = (struct term){
		.link = link,
		.session = session,
		.in = in,
		.credit = WINDOW,
	};
	open_out(&term->out[1], out);
	open_out(&term->out[2], err);
	/* Where nothing would show what is typed, there is no use for a terminal. */
	if (terminals && in >= 0 && isatty(in) && (isatty(out) || isatty(err)))
		term->terminal = 1 | (isatty(out) ? 2 : 0) | (isatty(err) ? 4 : 0);
}

static bool get_size(struct term *term, struct winsize *size)
{
	return term->terminal && !ioctl(term->in, TIOCGWINSZ, size);
}

void term_start(struct term *term, struct bytes *start)
{
	struct winsize size;
	char text[32];

	if (term->terminal) {
		snprintf(text, sizeof(text), "%u", term->terminal);
		bytes_add_text(start, KEY_TERMINAL, text);
		if (get_size(term, &size)) {
			snprintf(text, sizeof(text), "%ux%u", size.ws_row, size.ws_col);
			bytes_add_text(start, KEY_SIZE, text);
		}
		make_raw(term->in);
	}
	link_send(term->link, term->session, F_START, 0, start->data + start->head, start->len);
	if (term->in < 0)
		link_send(term->link, term->session, F_EOF, 0, NULL, 0);
}

void term_resize(struct term *term)
{
	struct winsize size;
	uint16_t rows_cols[2];

	if (!get_size(term, &size))
		return;
	rows_cols[0] = size.ws_row;
	rows_cols[1] = size.ws_col;
	link_send(term->link, term->session, F_WINSIZE, 0, rows_cols, sizeof(rows_cols));
}

static void interrupted(struct term *term)
{
	int64_t now = now_ms();

	if (term->interrupted && now - term->interrupted < TWICE_MS)
		term->abandoned = true;
	term->interrupted = now;
}

void term_signal(struct term *term, int signo)
{
	link_send_number(term->link, term->session, F_SIGNAL, 0, signo);
	if (signo == SIGINT)
		interrupted(term);
}

/* Who writes to it is told; 0 stays a descriptor that nothing else gets. */
static void drop_input(struct term *term)
{
	int null;

	if (term->in > STDERR_FILENO) {
		close(term->in);
	} else if (!term->terminal) {
		null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		dup2(null, term->in);
		close(null);
	}
	term->in = -1;
}

static void take_input(void *arg, short events)
{
	struct term *term = arg;
	static char piece[PIECE];
	ssize_t n = read(term->in, piece, term->credit < PIECE ? term->credit : PIECE), i;

	if (n > 0) {
		link_send(term->link, term->session, F_DATA, 0, piece, n);
		term->credit -= n;
		for (i = 0; term->terminal && i < n; i++)
			if (piece[i] == CTRL_C)
				interrupted(term);
	} else if (!n || (errno != EINTR && errno != EAGAIN)) {
		link_send(term->link, term->session, F_EOF, 0, NULL, 0);
		drop_input(term);
	}
}

static void stop_out(struct term *term, int stream)
{
	struct term_out *out = &term->out[stream];

	if (out->own)
		close(out->fd);
	out->fd = -1;
	bytes_free(&out->waiting);
	if (!out->ended)
		link_send(term->link, term->session, F_CLOSED, stream, NULL, 0);
}

static void give_output(struct term *term, int stream)
{
	struct term_out *out = &term->out[stream];
	const char *data = out->waiting.data + out->waiting.head;
	size_t len = out->waiting.len;
	ssize_t n;

	if (out->fd < 0 || !len)
		return;
	if (out->socket)
		n = send(out->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		n = write(out->fd, data, out->own || out->file || len < PIPE_BUF ? len : PIPE_BUF);
	if (n > 0) {
		bytes_drop(&out->waiting, n);
		link_send_number(term->link, term->session, F_CREDIT, stream, n);
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		if (errno != EPIPE) {
			warn("std%s: %s", stream == 1 ? "out" : "err", strerror(errno));
			term->lost = true;
		}
		stop_out(term, stream);
	}
}

static void give_output1(void *arg, short events)
{
	give_output(arg, 1);
}

static void give_output2(void *arg, short events)
{
	give_output(arg, 2);
}

static void reader_gone1(void *arg, short events)
{
	stop_out(arg, 1);
}

static void reader_gone2(void *arg, short events)
{
	stop_out(arg, 2);
}

void term_frame(struct term *term, const struct frame *frame, const char *data)
{
	int stream = frame->stream;

	switch (frame->type) {
	case F_DATA:
		if (stream != 1 && stream != 2)
			break;
		if (term->out[stream].fd < 0 || term->out[stream].waiting.len + frame->len > WINDOW) {
			/* nobody reads it; or a guest that knows no bounds */
			link_send_number(term->link, term->session, F_CREDIT, stream, frame->len);
			break;
		}
		bytes_add(&term->out[stream].waiting, data, frame->len);
		if (term->out[stream].own || term->out[stream].file || term->out[stream].socket)
			give_output(term, stream);
		break;
	case F_EOF:
		if (stream == 1 || stream == 2)
			term->out[stream].ended = true;
		break;
	case F_CREDIT:
		term->credit += frame_number(frame, data);
		if (term->credit > WINDOW)
			term->credit = WINDOW;
		break;
	case F_CLOSED:
		if (!stream && term->in >= 0 && !term->terminal)
			drop_input(term);
		break;
	case F_EXIT:
		term->exited = true;
		term->wait_status = frame_number(frame, data);
		break;
	case F_FAILED:
		term->exited = true;
		term->wait_status = STATUS_ERROR << 8;
		free(term->failed);
		term->failed = strndup(data, frame->len);
		break;
	}
}

void term_poll(struct term *term, struct poller *poller)
{
	static const ready_fn give[] = { NULL, give_output1, give_output2 };
	static const ready_fn gone[] = { NULL, reader_gone1, reader_gone2 };
	int i;

	if (term->in >= 0 && term->credit && !term->exited && !link_full(term->link))
		poller_add(poller, term->in, POLLIN, take_input, term);
	for (i = 1; i <= 2; i++) {
		if (term->out[i].fd < 0)
			continue;
		if (term->out[i].waiting.len)
			poller_add(poller, term->out[i].fd, POLLOUT, give[i], term);
		else if (!term->out[i].ended && !term->out[i].file)
			/* Only its end: the command is told by SIGPIPE, when it writes. */
			poller_add(poller, term->out[i].fd, 0, gone[i], term);
	}
}

bool term_over(const struct term *term)
{
	return term->exited && !term->out[1].waiting.len && !term->out[2].waiting.len;
}

void term_free(struct term *term)
{
	int i;

	for (i = 1; i <= 2; i++) {
		if (term->out[i].own)
			close(term->out[i].fd);
		bytes_free(&term->out[i].waiting);
	}
	free(term->failed);
	term->failed = NULL;
}
