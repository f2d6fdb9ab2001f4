/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_CHECKSUM_H
#define __ASM_UM_CHECKSUM_H

/* lib/checksum.c does all but the loop (lib/checksum.c of the port). */
unsigned int do_csum(const unsigned char *buff, int len);
#define do_csum do_csum

#include <asm-generic/checksum.h>

#endif
