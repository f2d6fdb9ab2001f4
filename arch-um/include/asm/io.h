/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_IO_H
#define __ASM_UM_IO_H

#include <linux/types.h>

#ifdef CONFIG_INDIRECT_IOMEM
#include <asm-generic/logic_io.h>
#else
/* There is no I/O memory. */
static inline void __iomem *ioremap(phys_addr_t offset, size_t size)
{
	return NULL;
}
#define ioremap ioremap

static inline void iounmap(void __iomem *addr)
{
}
#define iounmap iounmap
#endif

#include <asm-generic/io.h>

#endif
