/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_WORD_AT_A_TIME_H
#define __ASM_UM_WORD_AT_A_TIME_H

#include <linux/unaligned.h>
#include <asm-generic/word-at-a-time.h>
#include <asm/page.h>

unsigned long load_page_crosser(const void *addr);

/* The word that begins at @addr.  If it reaches into a page that is not mapped, it has zeroes there. */
static inline unsigned long load_unaligned_zeropad(const void *addr)
{
	if (unlikely(((unsigned long)addr & ~PAGE_MASK) > PAGE_SIZE - sizeof(unsigned long)))
		return load_page_crosser(addr);
	return get_unaligned((const unsigned long *)addr);
}

#endif
