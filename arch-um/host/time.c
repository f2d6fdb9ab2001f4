// SPDX-License-Identifier: GPL-2.0
/*
 * Time of the host.  System calls, not the vdso: it is unmapped once the kernel
 * runs.
 *
 * Calls after host_confine():
 *	clock_gettime	CLOCK_MONOTONIC CLOCK_REALTIME
 *	timer_settime	the one timer
 */
#include <signal.h>
#include <string.h>
#include <time.h>
#include "../include/asm/host.h"
#include "keep.h"
#include "syscall.h"

#define NS_PER_S	1000000000ULL

static unsigned long long clock_ns(int clock)
{
	struct timespec t;

	host_syscall2(__NR_clock_gettime, clock, (long)&t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

unsigned long long host_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

unsigned long long host_realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

int host_timer_arm(unsigned long long ns)
{
	static int timer = -1;		/* kernel's timer_t */
	struct itimerspec when = {
		.it_value = { .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S },
	};

	if (timer < 0) {
		struct sigevent ev;
		long ret;
		int id;

		memset(&ev, 0, sizeof(ev));
		ev.sigev_notify = SIGEV_SIGNAL;
		ev.sigev_signo = SIGALRM;
		if (!kept_recall(KEPT_TIMER, 0, "", &ret)) {
			ret = boot_syscall3(__NR_timer_create, CLOCK_MONOTONIC, (long)&ev,
					    (long)&id);
			ret = kept_record(KEPT_TIMER, 0, "", ret < 0 ? ret : id);
		}
		if (ret < 0)
			return ret;
		timer = ret;
	}
	return host_syscall4(__NR_timer_settime, timer, 0, (long)&when, 0);
}

static int uses_tsc(void)
{
	static const char path[] =
		"/sys/devices/system/clocksource/clocksource0/current_clocksource";
	char name[8];
	long n;
	int fd = host_open(path, HOST_O_READ);

	if (fd < 0)
		return 0;
	n = host_read(fd, name, sizeof(name));
	host_close(fd);
	return n == 4 && !memcmp(name, "tsc\n", 4);
}

int host_tsc_usable(void)
{
	long usable;

	if (kept_recall(KEPT_TSC, 0, "", &usable))
		return usable > 0;
	return kept_record(KEPT_TSC, 0, "", uses_tsc());
}
