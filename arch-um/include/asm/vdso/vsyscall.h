/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How timekeeping reaches the page that it shares with user code.
 */
#ifndef __ASM_UM_VDSO_VSYSCALL_H
#define __ASM_UM_VDSO_VSYSCALL_H

#ifndef __ASSEMBLY__

#include <linux/timekeeper_internal.h>
#include <vdso/datapage.h>

extern union vdso_data_store vdso_data_store;	/* vdso/vma.c */

static __always_inline struct vdso_data *__arch_get_k_vdso_data(void)
{
	return vdso_data_store.data;
}
#define __arch_get_k_vdso_data __arch_get_k_vdso_data

#include <asm-generic/vdso/vsyscall.h>

#endif /* !__ASSEMBLY__ */
#endif
