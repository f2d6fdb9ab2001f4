// SPDX-License-Identifier: GPL-2.0
/*
 * The Internet's checksum, 16 bytes a step.  Frames that no device checks are
 * summed up once by each guest, which was a tenth of what they cost.
 */
#include <linux/unaligned.h>
#include <asm/checksum.h>

typedef unsigned __int128 u128;

/* The ones' complement sum of 16-bit words from @buff on, whatever its alignment. */
unsigned int do_csum(const unsigned char *buff, int len)
{
	u128 even = 0, odd = 0;
	u64 sum, rest = 0;

	for (; len >= 16; len -= 16, buff += 16) {
		even += get_unaligned((const u64 *)buff);
		odd += get_unaligned((const u64 *)(buff + 8));
	}
	if (len & 8) {
		even += get_unaligned((const u64 *)buff);
		buff += 8;
	}
	if (len & 4) {
		odd += get_unaligned((const u32 *)buff);
		buff += 4;
	}
	if (len & 2) {
		rest = get_unaligned((const u16 *)buff);
		buff += 2;
	}
	if (len & 1)
		rest += *buff;
	even += odd + rest;

	/* 65536 is 1: fold the high halves onto the low ones. */
	even = (u64)even + (u64)(even >> 64);
	sum = (u64)even + (u64)(even >> 64);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}
