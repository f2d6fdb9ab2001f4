// SPDX-License-Identifier: GPL-2.0
/*
 * A hostile neighbour on the wire: random frames behind random headers
 * (struct virtio_net_hdr), many of them nearly right.
 *   frames SOCKET SEED SECONDS
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "fuzz.h"

struct header {
	uint8_t flags, gso_type;
	uint16_t hdr_len, gso_size, csum_start, csum_offset;
} __attribute__((packed));

static uint16_t number(void)
{
	static const uint16_t odd[] = { 0, 1, 14, 20, 34, 40, 54, 66, 1448, 1500, 0x7fff, 0xffff, 0xfff0 };

	return below(3) ? ONE_OF(odd) : rnd();
}

static size_t make(unsigned char *buf)
{
	static const uint8_t types[] = { 0, 1, 3, 4, 5, 0x81, 0x83, 0x84, 0xff };
	static const uint16_t ether[] = { 0x0008, 0xdd86, 0x0608, 0x0081, 0xa888, 0x4788, 0xffff };
	static const uint8_t protocols[] = { 1, 6, 17, 58, 4, 41, 47, 132, 0 };
	struct header *h = (struct header *)buf;
	unsigned char *f = buf + sizeof(*h);
	size_t len = below(4) ? below(200) : below(4) ? below(1600) : below(60000);

	h->flags = below(8) ? below(4) : rnd();
	h->gso_type = below(8) ? ONE_OF(types) : rnd();
	h->hdr_len = number();
	h->gso_size = number();
	h->csum_start = number();
	h->csum_offset = number();
	for (size_t i = 0; i < len; i++)
		f[i] = rnd();
	if (len < 54 || !below(8))
		return sizeof(*h) + len;
	memset(f, 0xff, 6);
	memcpy(f + 12, &(uint16_t){ ONE_OF(ether) }, 2);
	if (below(4)) {			/* a header of IPv4, all but its checksum */
		f[14] = below(4) ? 0x45 : 0x40 | below(16);
		f[16] = (len - 14) >> 8;
		f[17] = len - 14;
		f[20] = below(4) ? 0 : rnd();
		f[23] = ONE_OF(protocols);
		if (below(2))
			memcpy(f + 30, "\x0a\x01\x01\x01", 4);
		uint32_t sum = 0;

		f[24] = f[25] = 0;
		for (int i = 14; i < 34; i += 2)
			sum += f[i] << 8 | f[i + 1];
		sum = (sum & 0xffff) + (sum >> 16);
		sum = ~(sum + (sum >> 16)) & 0xffff;
		f[24] = sum >> 8;
		f[25] = sum;
	} else {
		f[14] = 0x60;
		f[20] = ONE_OF(protocols);
	}
	return sizeof(*h) + len;
}

int main(int argc, char **argv)
{
	static unsigned char buf[65536];
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	unsigned long sent = 0;
	double end;
	int fd;

	if (argc != 4)
		errx(2, "usage: frames SOCKET SEED SECONDS");
	end = fuzz_now() + atof(argv[3]);
	fuzz_seed(strtoul(argv[2], NULL, 0), 0);
	strncpy(addr.sun_path, argv[1], sizeof(addr.sun_path) - 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(1, "%s", argv[1]);
	for (; fuzz_now() < end; sent++) {
		size_t len = make(buf);

		while (send(fd, buf, len, MSG_NOSIGNAL) < 0) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };

			if (errno != EAGAIN && errno != EMSGSIZE)
				err(1, "after %lu frames", sent);
			if (errno == EMSGSIZE)
				break;
			poll(&p, 1, 100);
			if (fuzz_now() > end)
				break;
		}
		while (recv(fd, buf, sizeof(buf), 0) > 0)
			;
	}
	printf("# %lu frames\n", sent);
	return 0;
}
