/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What lib/vdso/gettimeofday.c needs to run in user code of this port: its
 * data, the counter, and the system calls to fall back on.
 */
#ifndef __ASM_UM_VDSO_GETTIMEOFDAY_H
#define __ASM_UM_VDSO_GETTIMEOFDAY_H

#ifndef __ASSEMBLY__

#include <uapi/linux/time.h>
#include <asm/tsc.h>
#include <asm/unistd.h>
#include <asm/vdso/clocksource.h>
#include <vdso/math64.h>

#define VDSO_HAS_TIME		1
#define VDSO_HAS_CLOCK_GETRES	1

static __always_inline long vdso_syscall(long nr, const void *a, const void *b)
{
	long ret;

	asm volatile("syscall"
		     : "=a"(ret)
		     : "0"(nr), "D"(a), "S"(b)
		     : "rcx", "r11", "memory");
	return ret;
}

static __always_inline long clock_gettime_fallback(clockid_t clock, struct __kernel_timespec *ts)
{
	return vdso_syscall(__NR_clock_gettime, (void *)(long)clock, ts);
}

static __always_inline long clock_getres_fallback(clockid_t clock, struct __kernel_timespec *ts)
{
	return vdso_syscall(__NR_clock_getres, (void *)(long)clock, ts);
}

static __always_inline long gettimeofday_fallback(struct __kernel_old_timeval *tv,
						  struct timezone *tz)
{
	return vdso_syscall(__NR_gettimeofday, tv, tz);
}

static __always_inline u64 __arch_get_hw_counter(s32 clock_mode, const struct vdso_data *vd)
{
	/*
	 * do_hres() has looked at the mode before.  If it changed meanwhile,
	 * the sequence count did too and this value is not used.
	 */
	return rdtsc_ordered();
}

/* Both symbols come from the linker script: the pages in front of the code. */
static __always_inline const struct vdso_data *__arch_get_vdso_data(void)
{
	return _vdso_data;
}

#ifdef CONFIG_TIME_NS
static __always_inline
const struct vdso_data *__arch_get_timens_vdso_data(const struct vdso_data *vd)
{
	return _timens_data;
}
#endif

/*
 * As kernel/time/timekeeping.c counts with CLOCKSOURCE_VALIDATE_LAST_CYCLE: a
 * counter behind the last update (another host CPU's, by a few cycles) counts
 * as equal to it.  The product has 128 bits on the way, so a program that was
 * stopped with the whole machine for hours sees no overflow.
 */
static __always_inline u64 vdso_calc_ns(const struct vdso_data *vd, u64 cycles, u64 base)
{
	u64 delta = cycles - vd->cycle_last;

	if (unlikely((s64)delta < 0))
		return base >> vd->shift;
	return mul_u64_u32_add_u64_shr(delta, vd->mult, base, vd->shift);
}
#define vdso_calc_ns vdso_calc_ns

#endif /* !__ASSEMBLY__ */
#endif
