// SPDX-License-Identifier: GPL-2.0
/*
 * What all of the block driver uses: its lock, its memory and its messages.
 */
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "image.h"

DEFINE_SPINLOCK(ubd_lock);

void * __ref ubd_alloc(size_t size)
{
	/* Aligned at both ends, so that memblock sees one piece where it has little room for many. */
	void *p = slab_is_available() ? kzalloc(size, GFP_KERNEL | __GFP_NOFAIL) :
					memblock_alloc(ALIGN(size, SMP_CACHE_BYTES), SMP_CACHE_BYTES);

	if (!p)
		panic("ubd: no memory");
	return p;
}

void ubd_free(void *p)
{
	/* Memory of memblock is not freed. */
	if (p && slab_is_available() && !PageReserved(virt_to_page(p)))
		kfree(p);
}

int ubd_refuse(const struct ubd_option *o, int err, const char *fmt, ...)
{
	va_list ap;

	seq_buf_printf(o->why, "ubd%s=", o->name);
	va_start(ap, fmt);
	seq_buf_vprintf(o->why, fmt, ap);
	va_end(ap);
	return err;
}
