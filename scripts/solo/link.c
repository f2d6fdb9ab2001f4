// SPDX-License-Identifier: GPL-2.0
/*
 * Frames over a stream that does not wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "link.h"

#define FILL	(64U << 10)

void link_init(struct link *link, int fd)
{
	*link = (struct link){ .fd = fd };
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void link_close(struct link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
	link->ended = true;
	bytes_free(&link->in);
	bytes_free(&link->out);
}

bool link_fill(struct link *link)
{
	ssize_t n = read(link->fd, bytes_reserve(&link->in, FILL), FILL);

	if (n > 0)
		link->in.len += n;
	else if (!n || (errno != EAGAIN && errno != EINTR))
		link->ended = true;
	return !link->ended;
}

bool link_next(struct link *link, struct frame *frame, char **data)
{
	size_t all;

	if (link->in.len < sizeof(*frame))
		return false;
	memcpy(frame, link->in.data + link->in.head, sizeof(*frame));
	if (frame->len > LONGEST) {
		link->ended = link->nonsense = true;
		bytes_free(&link->in);
		return false;
	}
	all = sizeof(*frame) + frame->len;
	if (link->in.len < all)
		return false;
	*data = link->in.data + link->in.head + sizeof(*frame);
	/* Not bytes_drop(): the data stays where it is until more is read. */
	link->in.head += all;
	link->in.len -= all;
	return true;
}

void link_send(struct link *link, uint16_t session, uint8_t type, uint8_t stream,
	       const void *data, size_t len)
{
	struct frame frame = { .len = len, .session = session, .type = type, .stream = stream };

	if (link->fd < 0)
		return;
	bytes_add(&link->out, &frame, sizeof(frame));
	bytes_add(&link->out, data, len);
}

void link_send_number(struct link *link, uint16_t session, uint8_t type, uint8_t stream,
		      uint32_t number)
{
	link_send(link, session, type, stream, &number, sizeof(number));
}

bool link_flush(struct link *link)
{
	while (link->out.len && link->fd >= 0) {
		ssize_t n = write(link->fd, link->out.data + link->out.head, link->out.len);

		if (n > 0) {
			bytes_drop(&link->out, n);
		} else if (errno == EAGAIN) {
			return true;
		} else if (errno != EINTR) {
			bytes_free(&link->out);
			return false;
		}
	}
	return true;
}

static void has_come(void *arg, short events)
{
	if (events & (POLLIN | POLLHUP | POLLERR))
		link_fill(arg);
}

void link_wait(struct link *link, struct poller *poller, int64_t timeout_ms)
{
	poller_add(poller, link->fd, POLLIN | (link->out.len ? POLLOUT : 0), has_come, link);
	poller_wait(poller, timeout_ms);
}
