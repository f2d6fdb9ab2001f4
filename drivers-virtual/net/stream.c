// SPDX-License-Identifier: GPL-2.0
/*
 * transport=stream: a unix stream socket on which each frame comes after its
 * length, as 4 bytes in network order: passt's and QEMU's protocol.
 *
 * An end that loses count of the bytes has lost the peer.  So a frame that the host
 * took only a part of is kept until the rest has gone, also if the device goes
 * down; and what the next kernel of this process has to skip and to complete
 * after a restart is noted with the descriptor, by host_net_note().
 */
#include <linux/slab.h>
#include <linux/unaligned.h>
#include "vec.h"

#define IN_SIZE		(256U << 10)
#define OUT_SIZE	(VEC_PREFIX + 65535 + VLAN_ETH_HLEN)
#define IOVS		1024		/* the host's limit */
/* A length that no frame has: what follows is no frame, and where the next begins is unknown. */
#define NONSENSE	(1U << 20)

struct vec_stream {
	u8 *in;
	unsigned int head, tail;	/* of what was read and not used */
	unsigned int scan;		/* where the first frame begins of which not all was read */
	unsigned int skip;		/* bytes of a frame that nobody wants */
	bool nonsense;

	unsigned int out_head, out_tail;	/* of what is unsent */
	u8 out[OUT_SIZE];
	struct host_iovec iov[IOVS];
};

static void note(struct vec_link *link)
{
	struct vec_stream *s = link->stream;
	struct host_net_note note = { .unsent = s->out_tail - s->out_head };

	if (s->scan > s->tail) {
		note.skip = s->scan - s->tail;
	} else if (s->tail - s->scan < VEC_PREFIX) {
		note.prefix_len = s->tail - s->scan;
		memcpy(note.prefix, s->in + s->scan, note.prefix_len);
	}
	host_net_note(link->fd, &note);
}

static void resume(struct vec_link *link)
{
	struct vec_stream *s = link->stream;
	struct host_net_note note;

	host_net_noted(link->fd, &note);
	memcpy(s->in, note.prefix, note.prefix_len);
	s->tail = note.prefix_len;
	s->scan = note.skip;
	s->skip = note.skip;
	/* The frame is lost, but not its length. */
	s->out_tail = note.unsent;
	link->unsent = note.unsent;
}

static int stream_start(struct vec_link *link, bool new_peer)
{
	struct vec_stream *s = link->stream;

	if (s && !new_peer)
		return 0;
	if (!s) {
		s = kvzalloc(sizeof(*s), GFP_KERNEL);
		if (!s)
			return -ENOMEM;
		s->in = kvmalloc(IN_SIZE, GFP_KERNEL);
		if (!s->in) {
			kvfree(s);
			return -ENOMEM;
		}
		link->stream = s;
		if (!new_peer && link->fd >= 0) {
			resume(link);
			return 0;
		}
	}
	s->head = s->tail = s->scan = s->skip = 0;
	s->out_head = s->out_tail = 0;
	s->nonsense = false;
	link->unsent = false;
	return 0;
}

static void stream_close(struct vec_link *link)
{
	if (link->stream)
		kvfree(link->stream->in);
	kvfree(link->stream);
	link->stream = NULL;
}

/* Find the end of the frames that are there.  False: there are none. */
static bool scan(struct vec_stream *s)
{
	while (s->tail >= s->scan + VEC_PREFIX) {
		unsigned int len = get_unaligned_be32(s->in + s->scan);

		if (len >= NONSENSE)
			return false;
		s->scan += VEC_PREFIX + len;
	}
	return true;
}

/* Returns the host's answer: bytes, 0 at the end, -errno. */
static long fill(struct vec_link *link, bool *dry)
{
	struct vec_stream *s = link->stream;
	long ret;

	memmove(s->in, s->in + s->head, s->tail - s->head);
	s->tail -= s->head;
	s->scan -= s->head;
	s->head = 0;
	ret = host_stream_receive(link->fd, s->in + s->tail, IN_SIZE - s->tail);
	if (ret > 0) {
		*dry = ret < IN_SIZE - s->tail;
		s->tail += ret;
		s->nonsense = !scan(s);
		if (!s->nonsense)
			note(link);
	}
	return ret;
}

static void scatter(struct host_packet *p, const u8 *from, unsigned int len)
{
	unsigned int i;

	p->len = len;
	p->flags = 0;
	for (i = 0; i < p->niov && len; i++) {
		unsigned int n = min_t(unsigned long, len, p->iov[i].len);

		memcpy(p->iov[i].base, from, n);
		from += n;
		len -= n;
	}
	if (len)
		p->flags = VEC_CUT;
}

/* The next frame, of those that are there, into @p. */
static bool parse(struct vec_stream *s, struct host_packet *p)
{
	unsigned int len, n = min(s->skip, s->tail - s->head);

	s->head += n;
	s->skip -= n;
	if (s->skip || s->tail - s->head < VEC_PREFIX)
		return false;
	len = get_unaligned_be32(s->in + s->head);
	if (len >= NONSENSE)
		return false;
	if (len > OUT_SIZE) {
		s->head += VEC_PREFIX;
		s->skip = len;
		p->len = len;
		p->flags = VEC_CUT;
		return true;
	}
	if (s->tail - s->head < VEC_PREFIX + len)
		return false;
	scatter(p, s->in + s->head + VEC_PREFIX, len);
	s->head += VEC_PREFIX + len;
	return true;
}

static int stream_receive(struct vec_link *link, struct host_packet *p, unsigned int n)
{
	unsigned int got = 0;
	bool dry = false;
	long ret;

	for (;;) {
		while (got < n && parse(link->stream, &p[got]))
			got++;
		if (got == n || (got && dry))
			return got;
		if (link->stream->nonsense)
			return got ?: -EPROTO;
		if (dry)
			return -EAGAIN;
		ret = fill(link, &dry);
		if (ret == -EAGAIN)
			return got ?: -EAGAIN;
		if (ret <= 0)
			return got ?: -EPIPE;
	}
}

/* What was left of the last frame. */
static int send_rest(struct vec_link *link)
{
	struct vec_stream *s = link->stream;
	struct host_iovec iov = { s->out + s->out_head, s->out_tail - s->out_head };
	long ret = host_stream_send(link->fd, &iov, 1);

	if (ret < 0)
		return ret == -EAGAIN ? -EAGAIN : -EPIPE;
	s->out_head += ret;
	link->unsent = s->out_head < s->out_tail;
	note(link);
	return link->unsent ? -EAGAIN : 0;
}

/* Keep of frame @p what comes after its first @sent bytes. */
static void keep_rest(struct vec_link *link, const struct host_packet *p, unsigned long sent)
{
	struct vec_stream *s = link->stream;
	unsigned int i;

	s->out_head = s->out_tail = 0;
	for (i = 0; i < p->niov; i++) {
		unsigned long skip = min(sent, p->iov[i].len);

		sent -= skip;
		memcpy(s->out + s->out_tail, p->iov[i].base + skip, p->iov[i].len - skip);
		s->out_tail += p->iov[i].len - skip;
	}
	link->unsent = true;
	note(link);
}

static unsigned long length(const struct host_packet *p)
{
	unsigned long len = 0;
	unsigned int i;

	for (i = 0; i < p->niov; i++)
		len += p->iov[i].len;
	return len;
}

static int stream_send(struct vec_link *link, struct host_packet *p, unsigned int n)
{
	struct vec_stream *s = link->stream;
	unsigned int i, niov = 0;
	long ret;

	if (link->unsent) {
		ret = send_rest(link);
		if (ret)
			return ret;
	}
	for (i = 0; i < n && niov + p[i].niov <= IOVS; i++) {
		memcpy(s->iov + niov, p[i].iov, p[i].niov * sizeof(*p->iov));
		niov += p[i].niov;
	}
	if (!niov)
		return 0;
	ret = host_stream_send(link->fd, s->iov, niov);
	if (ret < 0)
		return ret == -EAGAIN ? -EAGAIN : -EPIPE;
	for (i = 0; ret; i++) {
		unsigned long len = length(&p[i]);

		if (ret < len) {
			keep_rest(link, &p[i], ret);
			return i + 1;
		}
		ret -= len;
	}
	return i;
}

static int frames_open(struct vec_link *link, const struct vec_options *o, struct seq_buf *why)
{
	link->max_mtu = VEC_MAX_MTU;
	link->prefix = true;
	return vec_unix_open(link, HOST_SOCK_STREAM, o, why);
}

const struct vec_transport vec_stream = {
	.name		= "stream",
	.takes		= BIT(VEC_SRC) | BIT(VEC_DST),
	.usage		= "dst=SOCKET or src=SOCKET",
	.open		= frames_open,
	.start		= stream_start,
	.close		= stream_close,
	.send		= stream_send,
	.receive	= stream_receive,
};
UM_TABLE_ENTRY(transports, vec_stream);
