// SPDX-License-Identifier: GPL-2.0
/*
 * Networks: sockets to other guests and to programs that know the world, and tap
 * devices.
 *
 * Everything is opened before the process is confined.  Then a listener can still take a
 * new peer; nothing else can be connected anew.
 *
 * Calls after host_confine():
 *	sendmmsg recvmmsg	never wait, never raise SIGPIPE
 *	sendmsg recvfrom	likewise, on streams
 *	readv writev		tap devices, which do not wait
 *	accept4
 *	setsockopt		SO_SNDBUF of what was accepted
 *	ppoll			host_net_hung_up()
 */
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <fcntl.h>
#include "../include/asm/host.h"
#include "keep.h"
#include "syscall.h"
#include "unix.h"

#define NS_PER_S	1000000000LL
#define SEND_BUFFER	(1 << 20)

#ifndef TUN_F_USO4
#define TUN_F_USO4	0x20
#define TUN_F_USO6	0x40
#endif

_Static_assert(sizeof(struct host_packet) == sizeof(struct mmsghdr), "");
_Static_assert(offsetof(struct host_packet, name_len) ==
	       offsetof(struct mmsghdr, msg_hdr.msg_namelen), "");
_Static_assert(offsetof(struct host_packet, iov) == offsetof(struct mmsghdr, msg_hdr.msg_iov), "");
_Static_assert(offsetof(struct host_packet, niov) ==
	       offsetof(struct mmsghdr, msg_hdr.msg_iovlen), "");
_Static_assert(offsetof(struct host_packet, control_len) ==
	       offsetof(struct mmsghdr, msg_hdr.msg_controllen), "");
_Static_assert(offsetof(struct host_packet, flags) ==
	       offsetof(struct mmsghdr, msg_hdr.msg_flags), "");
_Static_assert(offsetof(struct host_packet, len) == offsetof(struct mmsghdr, msg_len), "");
_Static_assert(HOST_PACKET_CUT == MSG_TRUNC, "");

int host_packets_send(int fd, struct host_packet *p, unsigned int nr)
{
	return host_syscall4(__NR_sendmmsg, fd, (long)p, nr, MSG_DONTWAIT | MSG_NOSIGNAL);
}

int host_packets_receive(int fd, struct host_packet *p, unsigned int nr)
{
	return host_syscall5(__NR_recvmmsg, fd, (long)p, nr, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, 0);
}

long host_stream_send(int fd, const struct host_iovec *iov, unsigned int niov)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = niov };

	for (unsigned int i = 0; i < niov; i++)
		host_touch(iov[i].base, iov[i].len);
	return host_syscall3(__NR_sendmsg, fd, (long)&msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

long host_stream_receive(int fd, void *buf, unsigned long len)
{
	host_touch(buf, len);
	return host_syscall6(__NR_recvfrom, fd, (long)buf, len, MSG_DONTWAIT, 0, 0);
}

long host_readv(int fd, const struct host_iovec *iov, unsigned int niov)
{
	return host_syscall3(__NR_readv, fd, (long)iov, niov);
}

long host_writev(int fd, const struct host_iovec *iov, unsigned int niov)
{
	return host_syscall3(__NR_writev, fd, (long)iov, niov);
}

int host_net_hung_up(int fd)
{
	return host_wait_fd(fd, 0, 0) > 0;
}

int host_net_signal(int fd, int on)
{
	return host_syscall3(__NR_fcntl, fd, F_SETFL, O_RDWR | O_NONBLOCK | (on ? O_ASYNC : 0));
}

static void set_send_buffer(int fd)
{
	int size = SEND_BUFFER;

	/* The host gives what it allows (net.core.wmem_max). */
	host_syscall5(__NR_setsockopt, fd, SOL_SOCKET, SO_SNDBUF, (long)&size, sizeof(size));
}

static int find_kind(int fd)
{
	struct ifreq ifr;
	int type;
	unsigned int len = sizeof(type);

	memset(&ifr, 0, sizeof(ifr));
	if (!kept_confined() && !boot_syscall3(__NR_ioctl, fd, TUNGETIFF, (long)&ifr) &&
	    ifr.ifr_flags & IFF_TAP && ifr.ifr_flags & IFF_NO_PI)
		return ifr.ifr_flags & IFF_VNET_HDR ? HOST_TAP_VNET : HOST_TAP;
	if (host_syscall5(__NR_getsockopt, fd, SOL_SOCKET, SO_TYPE, (long)&type, (long)&len))
		return HOST_OTHER;
	set_send_buffer(fd);
	switch (type) {
	case SOCK_STREAM:
		return HOST_SOCK_STREAM;
	case SOCK_DGRAM:
	case SOCK_RAW:
		return HOST_SOCK_DGRAM;
	case SOCK_SEQPACKET:
		return HOST_SOCK_SEQPACKET;
	default:
		return HOST_OTHER;
	}
}

int host_net_kind(int fd)
{
	/* Asked only once: a confined process cannot ask whether it is a tap. */
	if (!kept_get(KEPT_NET_KIND, fd))
		kept_set(KEPT_NET_KIND, fd, find_kind(fd));
	return kept_get(KEPT_NET_KIND, fd);
}

static int new_socket(int kind)
{
	int fd = unix_socket(kind);

	if (fd >= 0)
		set_send_buffer(fd);
	return fd;
}

/* @fd, remembered; or closed because of @err. */
static int done(enum kept_what what, unsigned int arg, const char *name, int fd, int err)
{
	long ret = err < 0 ? err : kept_record(what, arg, name, fd);

	if (ret < 0)
		host_syscall1(__NR_close, fd);
	return ret;
}

int host_net_connect(int kind, const char *src, const char *dst)
{
	long fd, err = 0;

	if (kept_recall(KEPT_NET_CONNECT, kind, dst, &fd))
		return fd;
	fd = new_socket(kind);
	if (fd < 0)
		return fd;
	if (src)
		err = unix_bind(fd, kind, src);
	if (!err)
		err = unix_connect(fd, dst);
	fd = done(KEPT_NET_CONNECT, kind, dst, fd, err);
	if (fd >= 0 && src)
		kept_record(KEPT_NET_SRC, fd, src, 1);
	return fd;
}

int host_net_listen(int kind, const char *src)
{
	long fd, err;

	if (kept_recall(KEPT_NET_LISTEN, kind, src, &fd))
		return fd;
	fd = new_socket(kind);
	if (fd < 0)
		return fd;
	err = unix_bind(fd, kind, src);
	if (!err)
		err = host_syscall2(__NR_listen, fd, 4);
	return done(KEPT_NET_LISTEN, kind, src, fd, err);
}

int host_net_accept(int listener)
{
	int fd = host_retry(host_syscall4(__NR_accept4, listener, 0, 0,
					  SOCK_CLOEXEC | SOCK_NONBLOCK));

	if (fd < 0)
		return fd;
	set_send_buffer(fd);
	return done(KEPT_NET_PEER, listener, "", fd, 0);
}

int host_net_accepted(int listener)
{
	long fd;

	if (!kept_after_restart() || !kept_recall(KEPT_NET_PEER, listener, "", &fd))
		return -ENOENT;
	return fd;
}

int host_net_datagrams(const char *src, const char *dst, int *connected)
{
	long fd, err;

	if (kept_recall(KEPT_NET_DATAGRAMS, 0, src, &fd)) {
		*connected = fd >= 0 && kept_get(KEPT_NET_CONNECTED, fd);
		if (*connected && !kept_is_named(KEPT_NET_CONNECTED, fd, dst)) {
			host_close(fd);
			return -EISCONN;
		}
		return fd;
	}
	fd = new_socket(HOST_SOCK_DGRAM);
	if (fd < 0)
		return fd;
	err = unix_bind(fd, HOST_SOCK_DGRAM, src);
	*connected = !err && !unix_connect(fd, dst);
	fd = done(KEPT_NET_DATAGRAMS, 0, src, fd, err);
	if (fd >= 0)
		kept_record(KEPT_NET_CONNECTED, fd, dst, *connected);
	return fd;
}

/* uml_switch's protocol, version 3: one request on the control socket. */
struct switch_request {
	unsigned int magic, version, type;
	struct sockaddr_un data;	/* where we take frames */
};

#define SWITCH_MAGIC	0xfeedface
#define SWITCH_VERSION	3
#define SWITCH_NEW_PORT	0

/* Returns the data socket, connected to the switch's. */
static int open_port(int control)
{
	struct switch_request request = {
		.magic = SWITCH_MAGIC,
		.version = SWITCH_VERSION,
		.type = SWITCH_NEW_PORT,
		.data = { .sun_family = AF_UNIX },
	};
	struct sockaddr_un answer;
	long fd, ret;

	fd = new_socket(HOST_SOCK_DGRAM);
	if (fd < 0)
		return fd;
	/* An abstract name that is unique.  The switch uses all of its length. */
	host_getrandom(request.data.sun_path + 1, 16);
	ret = host_syscall3(__NR_bind, fd, (long)&request.data, sizeof(request.data));
	if (!ret)
		ret = host_write(control, &request, sizeof(request));
	if (ret > 0)
		ret = host_wait_fd(control, HOST_POLLIN, 5 * NS_PER_S) ? : -ETIMEDOUT;
	if (ret > 0) {
		ret = host_read(control, &answer, sizeof(answer));
		ret = ret < 0 ? ret : ret == sizeof(answer) ? 0 : -EPROTO;
	}
	if (!ret)
		ret = host_syscall3(__NR_connect, fd, (long)&answer, sizeof(answer));
	if (ret) {
		host_syscall1(__NR_close, fd);
		return ret;
	}
	return fd;
}

int host_net_switch(const char *path, int *control)
{
	long fd, ctl;
	int err;

	*control = -1;
	if (kept_recall(KEPT_NET_SWITCH, 0, path, &fd)) {
		if (fd >= 0 && kept_recall(KEPT_NET_CONTROL, 0, path, &ctl))
			*control = ctl;
		return fd;
	}
	ctl = new_socket(HOST_SOCK_STREAM);
	if (ctl < 0)
		return ctl;
	err = unix_connect(ctl, path);
	fd = err < 0 ? err : open_port(ctl);
	if (fd >= 0)
		fd = done(KEPT_NET_SWITCH, 0, path, fd, 0);
	if (fd < 0) {
		host_syscall1(__NR_close, ctl);
		return fd;
	}
	*control = done(KEPT_NET_CONTROL, 0, path, ctl, 0);
	return fd;
}

static const struct {
	unsigned int tun, ours;
} offloads[] = {
	{ TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_USO4 | TUN_F_USO6,
	  HOST_NET_CSUM | HOST_NET_TSO | HOST_NET_USO },
	{ TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN, HOST_NET_CSUM | HOST_NET_TSO },
	{ TUN_F_CSUM, HOST_NET_CSUM },
};

static unsigned int set_offload(int fd, unsigned int wanted)
{
	for (unsigned int i = 0; i < sizeof(offloads) / sizeof(offloads[0]); i++)
		if (!(offloads[i].ours & ~wanted) &&
		    !boot_syscall3(__NR_ioctl, fd, TUNSETOFFLOAD, offloads[i].tun))
			return offloads[i].ours;
	boot_syscall3(__NR_ioctl, fd, TUNSETOFFLOAD, 0);
	return 0;
}

int host_net_tap(const char *name, unsigned int *offload)
{
	struct ifreq ifr;
	long fd, err;

	if (kept_recall(KEPT_NET_TAP, 0, name, &fd)) {
		*offload = fd < 0 ? 0 : kept_get(KEPT_NET_OFFLOAD, fd);
		return fd;
	}
	fd = host_syscall4(__NR_openat, AT_FDCWD, (long)"/dev/net/tun",
			   O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	memset(&ifr, 0, sizeof(ifr));
	ifr.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	memcpy(ifr.ifr_name, name, strlen(name));
	err = boot_syscall3(__NR_ioctl, fd, TUNSETIFF, (long)&ifr);
	fd = done(KEPT_NET_TAP, 0, name, fd, err);
	if (fd >= 0) {
		*offload = set_offload(fd, *offload);
		kept_set(KEPT_NET_OFFLOAD, fd, *offload);
	}
	return fd;
}

void host_net_mac(unsigned int unit, unsigned char mac[6])
{
	unsigned long bits = kept_get(KEPT_NET_MAC, unit);

	if (!bits) {
		host_getrandom(&bits, 6);
		/* Given out locally, and of one device. */
		bits = (bits & 0xfffffffffffcUL) | 2;
		kept_set(KEPT_NET_MAC, unit, bits);
	}
	memcpy(mac, &bits, 6);
}

/* 20 bits of what is to skip, 17 of what is to send, 2 of the prefix's length and 24 of itself. */
void host_net_note(int fd, const struct host_net_note *note)
{
	unsigned long prefix = 0;

	memcpy(&prefix, note->prefix, note->prefix_len);
	kept_set(KEPT_NET_NOTE, fd, (long)((unsigned long)note->skip & 0xfffff) |
		 ((unsigned long)note->unsent & 0x1ffff) << 20 |
		 (unsigned long)note->prefix_len << 37 | prefix << 39);
}

void host_net_noted(int fd, struct host_net_note *note)
{
	unsigned long bits = kept_get(KEPT_NET_NOTE, fd), prefix = bits >> 39;

	note->skip = bits & 0xfffff;
	note->unsent = bits >> 20 & 0x1ffff;
	note->prefix_len = bits >> 37 & 3;
	memcpy(note->prefix, &prefix, sizeof(note->prefix));
}
