/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Unix sockets by their paths: what consoles and control (socket.c) and networks
 * (net.c) have in common.  All return what the host returned.
 */
#ifndef HOST_UNIX_H
#define HOST_UNIX_H

#include <sys/un.h>

/* The address of @path; its length, or -ENAMETOOLONG. */
int unix_address(const char *path, struct sockaddr_un *address);

/* A socket of @kind (HOST_SOCK_*) that never waits. */
int unix_socket(int kind);

/*
 * Give @fd, a socket of @kind, the name @path, mode 0600, in place of a file whose
 * socket nobody has open any more.
 */
int unix_bind(int fd, int kind, const char *path);
int unix_connect(int fd, const char *path);


/* file.c.  In a confined process only where hotplug= allows to open. */
int file_is_socket(const char *path);

#endif
