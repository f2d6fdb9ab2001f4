/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What outlives a restart of the machine, filled in and read by host/keep.c.
 * Plain C types only: it lies in struct boot_info.
 */
#ifndef __ASM_UM_KEPT_H
#define __ASM_UM_KEPT_H

#define HOST_KEPT	1024
#define HOST_KEPT_TEXT	32768

struct host_kept {
	unsigned int nr;
	unsigned int text_used;
	struct host_kept_item {
		unsigned int what;
		unsigned int arg;
		unsigned int name;	/* offset in text[] */
		unsigned int taken;	/* by how many kernels */
		long value;
	} item[HOST_KEPT];
	char text[HOST_KEPT_TEXT];
};

#endif
