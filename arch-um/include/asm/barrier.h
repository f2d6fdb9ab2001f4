/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One thread: ordering matters only against the host, which the hardware's own
 * fences give.
 */
#ifndef __ASM_UM_BARRIER_H
#define __ASM_UM_BARRIER_H

#define mb()	asm volatile("mfence" ::: "memory")
#define rmb()	asm volatile("lfence" ::: "memory")
#define wmb()	asm volatile("sfence" ::: "memory")

/* x86's stores are ordered, its atomics are full barriers. */
#define __smp_mb__before_atomic()	barrier()
#define __smp_mb__after_atomic()	barrier()

#include <asm-generic/barrier.h>

#endif
