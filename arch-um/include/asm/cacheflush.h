/* SPDX-License-Identifier: GPL-2.0 */
/*
 * x86 caches need no flushing.  The vmap hooks are where kernel mappings of
 * scattered pages become host mappings: see mm/vmap.c.
 */
#ifndef __ASM_UM_CACHEFLUSH_H
#define __ASM_UM_CACHEFLUSH_H

void vmap_filled(unsigned long start, unsigned long end);

#define flush_cache_vmap		vmap_filled
#define flush_cache_vmap_early(start, end)	vmap_filled(start, end)
#define flush_icache_range(start, end)	do { } while (0)

#include <asm-generic/cacheflush.h>

#endif
