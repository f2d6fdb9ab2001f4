// SPDX-License-Identifier: GPL-2.0
/*
 * Fixups for kernel instructions that may fault.
 */
#include <linux/extable.h>
#include <asm/extable.h>
#include <asm/trap.h>

bool fixup_exception(unsigned long *ip)
{
	const struct exception_table_entry *e = search_exception_tables(*ip);

	if (!e)
		return false;
	*ip = (unsigned long)&e->fixup + e->fixup;
	return true;
}
