/* SPDX-License-Identifier: GPL-2.0 */
/*
 * User memory is reached in software: through the host mapping that user code
 * already has, or through the guest page tables and the direct map.  A missing
 * page is faulted in by a call, never by a signal.  See mm/uaccess.c.
 */
#ifndef __ASM_UM_UACCESS_H
#define __ASM_UM_UACCESS_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/page.h>
#include <asm/extable.h>
#include <asm-generic/access_ok.h>

/* Both return the number of bytes that could not be copied. */
unsigned long raw_copy_from_user(void *to, const void __user *from, unsigned long n);
unsigned long raw_copy_to_user(void __user *to, const void *from, unsigned long n);
unsigned long __clear_user(void __user *to, unsigned long n);
#define __clear_user __clear_user

#include <asm-generic/uaccess.h>

long strncpy_from_user(char *to, const char __user *from, long count);
long strnlen_user(const char __user *s, long n);

/* One access of @size bytes that may fault: 0, or -EFAULT.  See mm/uaccess.c. */
int kernel_load_nofault(void *to, const void *from, unsigned int size);
int kernel_store_nofault(void *to, const void *from, unsigned int size);

#define __get_kernel_nofault(dst, src, type, err_label)			\
do {									\
	if (kernel_load_nofault(dst, src, sizeof(type)))		\
		goto err_label;						\
} while (0)

#define __put_kernel_nofault(dst, src, type, err_label)			\
do {									\
	if (kernel_store_nofault(dst, src, sizeof(type)))		\
		goto err_label;						\
} while (0)

#endif
