/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vdso: a shared library that the kernel maps into every program, behind
 * the pages of data that it reads.
 */
#ifndef __ASM_UM_VDSO_H
#define __ASM_UM_VDSO_H

/* Pages in front of the code; known to the linker script, too. */
#define VVAR_PAGE_DATA		0	/* vdso_data_store, or offsets of a time namespace */
#define VVAR_PAGE_TIMENS	1	/* vdso_data_store, within a time namespace */
#define VVAR_PAGES		2

#ifndef __ASSEMBLY__
extern char vdso_start[], vdso_end[];	/* vdso/vdso.S: whole pages */
#endif

#endif /* __ASM_UM_VDSO_H */
