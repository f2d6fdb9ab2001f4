/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host system calls without the C library: nothing of it is linked, so there is
 * no errno and no cancellation.  All return what the host returned: -errno on
 * failure.
 *
 * The filter (host/confine.c) admits calls by the address they are made from.  These
 * are inlined, so every call lies in the image's text.
 */
#ifndef HOST_SYSCALL_H
#define HOST_SYSCALL_H

#include <asm/unistd.h>
#include <asm/errno.h>
#include "../include/asm/layout.h"

static inline long host_syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d;
	register long r8 asm("r8") = e;
	register long r9 asm("r9") = f;
	long ret;

	asm volatile("syscall"
		     : "=a" (ret)
		     : "a" (nr), "D" (a), "S" (b), "d" (c), "r" (r10), "r" (r8), "r" (r9)
		     : "rcx", "r11", "memory");
	return ret;
}

static inline long host_syscall5(long nr, long a, long b, long c, long d, long e)
{
	register long r10 asm("r10") = d;
	register long r8 asm("r8") = e;
	long ret;

	asm volatile("syscall"
		     : "=a" (ret)
		     : "a" (nr), "D" (a), "S" (b), "d" (c), "r" (r10), "r" (r8)
		     : "rcx", "r11", "memory");
	return ret;
}

static inline long host_syscall4(long nr, long a, long b, long c, long d)
{
	register long r10 asm("r10") = d;
	long ret;

	asm volatile("syscall"
		     : "=a" (ret)
		     : "a" (nr), "D" (a), "S" (b), "d" (c), "r" (r10)
		     : "rcx", "r11", "memory");
	return ret;
}

static inline long host_syscall3(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("syscall"
		     : "=a" (ret)
		     : "a" (nr), "D" (a), "S" (b), "d" (c)
		     : "rcx", "r11", "memory");
	return ret;
}

static inline long host_syscall2(long nr, long a, long b)
{
	long ret;

	asm volatile("syscall"
		     : "=a" (ret)
		     : "a" (nr), "D" (a), "S" (b)
		     : "rcx", "r11", "memory");
	return ret;
}

static inline long host_syscall1(long nr, long a)
{
	long ret;

	asm volatile("syscall" : "=a" (ret) : "a" (nr), "D" (a) : "rcx", "r11", "memory");
	return ret;
}

static inline long host_syscall0(long nr)
{
	long ret;

	asm volatile("syscall" : "=a" (ret) : "a" (nr) : "rcx", "r11", "memory");
	return ret;
}

/*
 * Calls that are made only before the process is confined, and have no row in the
 * filter's table.
 */
#define boot_syscall1 host_syscall1
#define boot_syscall2 host_syscall2
#define boot_syscall3 host_syscall3
#define boot_syscall4 host_syscall4
#define boot_syscall5 host_syscall5
#define boot_syscall6 host_syscall6

/* Again while a signal interrupts it: for calls that have done nothing by then. */
#define host_retry(call)					\
({								\
	long __ret;						\
								\
	do {							\
		__ret = (call);					\
	} while (__ret == -EINTR);				\
	__ret;							\
})

/*
 * Kernel memory outside of the direct map is hidden until the kernel itself
 * touches it, and the host fails with EFAULT instead of touching it as code does.
 * Open [p, p + len) before the host is given it: a touch opens a window, or as much
 * of vmalloc as HUGE_SIZE (mm/vmap.c).
 */
static inline void host_touch(const void *p, unsigned long len)
{
	unsigned long at = (unsigned long)p, end = at + len;

	for (; at < end; at = (at | (HUGE_SIZE - 1)) + 1)
		(void)*(const volatile char *)at;
}

#endif
