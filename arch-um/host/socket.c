// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets: control of the guest from the host, and consoles that one attaches to.
 *
 * Calls after host_confine():
 *	accept4
 *	recvmsg sendmsg sendto	never wait, never raise SIGPIPE
 *	setsockopt listen	with hotplug=; and see unix.c
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include "../include/asm/host.h"
#include "keep.h"
#include "syscall.h"
#include "unix.h"

int host_peer_is_path(const void *peer, unsigned int peer_len, const char *name)
{
	const struct sockaddr_un *addr = peer;
	unsigned long len = peer_len - offsetof(struct sockaddr_un, sun_path);
	unsigned long n = strlen(name);

	if (peer_len <= offsetof(struct sockaddr_un, sun_path) || !addr->sun_path[0])
		return 0;
	len = strnlen(addr->sun_path, len);
	return len > n && addr->sun_path[len - n - 1] == '/' &&
	       !memcmp(addr->sun_path + len - n, name, n);
}

int host_unix_listen(const char *path, int kind)
{
	int fd, on = 1;
	long ret;

	if (kept_recall(KEPT_LISTEN, kind, path, &ret))
		return ret;
	fd = unix_socket(kind);
	if (fd < 0)
		return fd;
	ret = host_syscall5(__NR_setsockopt, fd, SOL_SOCKET, SO_PASSCRED, (long)&on, sizeof(on));
	if (!ret)
		ret = unix_bind(fd, kind, path);
	if (!ret && kind != HOST_SOCK_DGRAM)
		ret = host_syscall2(__NR_listen, fd, 16);
	if (!ret)
		ret = kept_record(KEPT_LISTEN, kind, path, fd);
	if (ret < 0)
		host_syscall1(__NR_close, fd);
	return ret;
}

#define KEPT_TCP	0x10000		/* in the argument, with the port */

int host_tcp_listen(unsigned int port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd, on = 1;
	long ret;

	if (kept_recall(KEPT_LISTEN, KEPT_TCP | port, "", &ret))
		return ret;
	fd = host_syscall3(__NR_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	/* Not for a port that is in use, only for one that was until a moment ago. */
	ret = boot_syscall5(__NR_setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, (long)&on, sizeof(on));
	/* Connections inherit it. */
	if (!ret)
		ret = boot_syscall5(__NR_setsockopt, fd, IPPROTO_TCP, TCP_NODELAY, (long)&on,
				    sizeof(on));
	if (!ret)
		ret = host_syscall3(__NR_bind, fd, (long)&addr, sizeof(addr));
	if (!ret)
		ret = host_syscall2(__NR_listen, fd, 16);
	if (ret < 0) {
		host_close(fd);
		return ret;
	}
	return kept_record(KEPT_LISTEN, KEPT_TCP | port, "", fd);
}

int host_accept(int fd, char note)
{
	const char name[2] = { note, 0 };
	int ret, client = host_retry(host_syscall4(__NR_accept4, fd, 0, 0,
						   SOCK_CLOEXEC | SOCK_NONBLOCK));

	if (client < 0)
		return client;
	ret = kept_record(KEPT_CLIENT, fd, name, client);
	if (ret < 0)
		host_close(client);
	return ret;
}

int host_accepted(int fd, char *note)
{
	const char *name;
	long client;

	if (!kept_after_restart() || !kept_next(KEPT_CLIENT, fd, &name, &client))
		return -ENOENT;
	*note = name[0];
	return client;
}

void host_note(int client, char note)
{
	const char name[2] = { note, 0 };

	kept_rename(client, name);
}

long host_send(int fd, const void *buf, unsigned long len)
{
	long ret = host_retry(host_syscall6(__NR_sendto, fd, (long)buf, len,
					    MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0));

	if (ret == -EFAULT) {
		host_touch(buf, len);
		ret = host_retry(host_syscall6(__NR_sendto, fd, (long)buf, len,
					       MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0));
	}
	return ret;
}

long host_recv_peer(int fd, void *buf, unsigned long len, void *peer, unsigned int *peer_len,
		    int *peer_uid)
{
	union {
		char room[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct msghdr msg = {
		.msg_name = peer,
		.msg_namelen = HOST_PEER_LEN,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	long ret = host_retry(host_syscall3(__NR_recvmsg, fd, (long)&msg,
					    MSG_DONTWAIT | MSG_CMSG_CLOEXEC));

	if (ret < 0)
		return ret;
	*peer_len = msg.msg_namelen;
	*peer_uid = -1;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
		struct ucred cred;

		memcpy(&cred, CMSG_DATA(c), sizeof(cred));
		*peer_uid = cred.uid;
	}
	return ret;
}

long host_send_peer(int fd, const void *buf, unsigned long len, const void *peer,
		    unsigned int peer_len)
{
	struct iovec iov = { .iov_base = (void *)buf, .iov_len = len };
	struct msghdr msg = {
		.msg_name = (void *)peer,
		.msg_namelen = peer_len,
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};

	return host_retry(host_syscall3(__NR_sendmsg, fd, (long)&msg, MSG_DONTWAIT | MSG_NOSIGNAL));
}
