// SPDX-License-Identifier: GPL-2.0
/*
 * The table of x86-64's system calls, made from arch/x86/entry/syscalls by the
 * kernel's own scripts.
 *
 * linux/syscalls.h must not be included: here every function has six longs for
 * arguments, whatever its own prototype says.  The ABI allows that, for more
 * arguments in registers than a function reads do no harm.
 */
#include <linux/array_size.h>
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/linkage.h>
#include <asm/syscall.h>

/* Ports are the host's. */
#define sys_iopl	sys_ni_syscall
#define sys_ioperm	sys_ni_syscall

#define __SYSCALL_NORETURN __SYSCALL

#define __SYSCALL(nr, sym)								\
	extern asmlinkage long sym(unsigned long, unsigned long, unsigned long,		\
				   unsigned long, unsigned long, unsigned long);
#include <asm/syscalls_64.h>
#undef __SYSCALL

#define __SYSCALL(nr, sym) [nr] = sym,
const sys_call_ptr_t sys_call_table[] ____cacheline_aligned = {
#include <asm/syscalls_64.h>
};

static_assert(ARRAY_SIZE(sys_call_table) == NR_syscalls);
