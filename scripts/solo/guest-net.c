// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's side of --net: an address, a route and a name server.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "guest-net.h"
#include "solo.h"

#define MTU		65520
#define RESOLV		"/run/resolv.conf"

static bool set(int fd, int request, struct ifreq *ifr, const char *address)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&ifr->ifr_addr;

	*in = (struct sockaddr_in){ .sin_family = AF_INET };
	return inet_pton(AF_INET, address, &in->sin_addr) == 1 && !ioctl(fd, request, ifr);
}

static bool set_gateway(int fd, const char *address)
{
	struct rtentry route = { .rt_flags = RTF_UP | RTF_GATEWAY };
	struct sockaddr_in any = { .sin_family = AF_INET }, to = any;

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		return false;
	memcpy(&route.rt_dst, &any, sizeof(any));
	memcpy(&route.rt_genmask, &any, sizeof(any));
	memcpy(&route.rt_gateway, &to, sizeof(to));
	return !ioctl(fd, SIOCADDRT, &route);
}

/* Over the image's own, which is left as it is. */
static void set_name_server(const char *address)
{
	char *text = format("nameserver %s\n", address);
	int fd = open(RESOLV, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd >= 0) {
		write_all(fd, text, strlen(text));
		close(fd);
	}
	if (mount(RESOLV, "/etc/resolv.conf", NULL, MS_BIND, NULL) && errno == ENOENT) {
		/* A link that leads nowhere yet, or no file at all */
		if (symlink(RESOLV, "/etc/resolv.conf") && errno == EEXIST) {
			unlink("/etc/resolv.conf");
			symlink(RESOLV, "/etc/resolv.conf");
		}
	}
}

bool guest_net_up(const char *device, const char *what)
{
	char address[16], mask[16], gateway[16], server[16];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { };
	bool ok;

	if (fd < 0)
		return false;
	strncpy(ifr.ifr_name, device, IFNAMSIZ - 1);
	ok = !ioctl(fd, SIOCGIFFLAGS, &ifr);
	ifr.ifr_flags |= IFF_UP;
	ok = ok && !ioctl(fd, SIOCSIFFLAGS, &ifr);
	if (ok && what) {
		ok = sscanf(what, "%15s %15s %15s %15s", address, mask, gateway, server) == 4 &&
		     set(fd, SIOCSIFADDR, &ifr, address) && set(fd, SIOCSIFNETMASK, &ifr, mask) &&
		     set_gateway(fd, gateway);
		if (ok)
			set_name_server(server);
		ifr.ifr_mtu = MTU;
		ioctl(fd, SIOCSIFMTU, &ifr);
	}
	close(fd);
	return ok;
}
