/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tables that the linker gathers: each kind of a thing (a channel of a console, the
 * transport of a network device) enters itself in the file that it is made in, and
 * no list of them has to be kept elsewhere.  The order of a table means nothing.
 *
 *	UM_TABLE_ENTRY(channels, pty_ops);		in pty.c
 *	UM_TABLE(channels, struct chan_ops);		where it is used
 *	for_each_in_table(channels, ops) ...
 *
 * A new table needs a line in kernel/vmlinux.lds.S.
 */
#ifndef __ASM_UM_TABLE_H
#define __ASM_UM_TABLE_H

#include <linux/compiler.h>

#define UM_TABLE_ENTRY(table, object)						\
	static const typeof(object) *const object##_entry			\
	__used __section(".um_table." #table) = &(object)

#define UM_TABLE(table, type)							\
	extern const type *const um_table_##table[], *const um_table_##table##_end[]

#define for_each_in_table(table, p)						\
	for (typeof(&um_table_##table[0]) __p = um_table_##table;		\
	     __p < um_table_##table##_end && ((p) = *__p); __p++)

#endif /* __ASM_UM_TABLE_H */
