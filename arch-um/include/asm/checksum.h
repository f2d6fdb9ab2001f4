/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_CHECKSUM_H
#define __ASM_UM_CHECKSUM_H

/*
 * The host architecture's, but for what lib/csum-wrappers_64.c has: user memory
 * is not mapped in the kernel here, so <net/checksum.h> has to copy it.
 */
#define csum_and_copy_from_user		x86_csum_and_copy_from_user
#define csum_and_copy_to_user		x86_csum_and_copy_to_user
#define csum_partial_copy_nocheck	x86_csum_partial_copy_nocheck
#include <asm/checksum_64.h>
#undef csum_and_copy_from_user
#undef csum_and_copy_to_user
#undef csum_partial_copy_nocheck
#undef _HAVE_ARCH_IPV6_CSUM

#endif
