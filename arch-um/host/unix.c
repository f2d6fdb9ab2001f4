// SPDX-License-Identifier: GPL-2.0
/*
 * Unix sockets by their paths.
 *
 * Calls after host_confine(), with hotplug=:
 *	socket fchmod bind unlink
 *	connect			with hotplug=FOLDER,connect
 */
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include "../include/asm/host.h"
#include "syscall.h"
#include "unix.h"

_Static_assert(sizeof(struct sockaddr_un) <= HOST_PEER_LEN, "");

int unix_address(const char *path, struct sockaddr_un *address)
{
	unsigned long len = strlen(path);

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (len >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memcpy(address->sun_path, path, len);
	return offsetof(struct sockaddr_un, sun_path) + len + 1;
}

int host_unix_address(const char *path, void *address)
{
	return unix_address(path, address);
}

static int socket_type(int kind)
{
	switch (kind) {
	case HOST_SOCK_STREAM:
		return SOCK_STREAM;
	case HOST_SOCK_SEQPACKET:
		return SOCK_SEQPACKET;
	default:
		return SOCK_DGRAM;
	}
}

int unix_socket(int kind)
{
	return host_syscall3(__NR_socket, AF_UNIX,
			     socket_type(kind) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int call_path(int call, int fd, const char *path)
{
	struct sockaddr_un address;
	int len = unix_address(path, &address);

	if (len < 0)
		return len;
	return host_retry(host_syscall3(call, fd, (long)&address, len));
}

int unix_connect(int fd, const char *path)
{
	return call_path(__NR_connect, fd, path);
}

/*
 * Is there a socket at @path that nobody has open any more?  Asked by a socket of
 * another kind, which no listener ever sees: the host refuses it with EPROTOTYPE,
 * and with ECONNREFUSED only where there is no socket behind the file.
 */
static int is_left_over(int kind, const char *path)
{
	int fd, ret;

	if (!file_is_socket(path))
		return 0;
	fd = unix_socket(kind == HOST_SOCK_STREAM ? HOST_SOCK_DGRAM : HOST_SOCK_STREAM);
	if (fd < 0)
		return 0;
	ret = unix_connect(fd, path);
	host_syscall1(__NR_close, fd);
	return ret == -ECONNREFUSED;
}

int unix_bind(int fd, int kind, const char *path)
{
	/* The socket's own mode becomes the file's, so it is never open to others. */
	int ret = host_syscall2(__NR_fchmod, fd, 0600);

	if (!ret)
		ret = call_path(__NR_bind, fd, path);
	if (ret == -EADDRINUSE && is_left_over(kind, path)) {
		host_unlink(path);
		ret = call_path(__NR_bind, fd, path);
	}
	return ret;
}
