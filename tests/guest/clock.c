// SPDX-License-Identifier: GPL-2.0
/* Clocks never go back, agree with each other, and are the same for all threads. */
#include "tap.h"
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/time.h>

static int64_t libc_time(clockid_t id)
{
	struct timespec ts;

	must(!clock_gettime(id, &ts));
	must(ts.tv_nsec >= 0 && ts.tv_nsec < 1000000000);
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

static int64_t kernel_time(clockid_t id)
{
	struct timespec ts;

	must(!syscall(SYS_clock_gettime, id, &ts));
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

static const struct {
	clockid_t id;
	const char *name;
} clocks[] = {
	{ CLOCK_REALTIME, "CLOCK_REALTIME" },
	{ CLOCK_MONOTONIC, "CLOCK_MONOTONIC" },
	{ CLOCK_MONOTONIC_RAW, "CLOCK_MONOTONIC_RAW" },
	{ CLOCK_BOOTTIME, "CLOCK_BOOTTIME" },
	{ CLOCK_REALTIME_COARSE, "CLOCK_REALTIME_COARSE" },
	{ CLOCK_MONOTONIC_COARSE, "CLOCK_MONOTONIC_COARSE" },
	{ CLOCK_TAI, "CLOCK_TAI" },
};

static void alone(void)
{
	struct timespec res;

	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		clockid_t id = clocks[i].id;
		int64_t before, between, after, first = libc_time(id), moved;
		bool ordered = true;
		int tries = 0;

		for (int j = 0; j < 500; j++) {
			before = kernel_time(id);
			between = libc_time(id);
			after = kernel_time(id);
			ordered &= before <= between && between <= after;
		}
		ok(ordered, "%s: library and kernel agree and never go back", clocks[i].name);
		do {
			moved = libc_time(id) - first;
		} while (!moved && ++tries < 10000000);
		ok(moved > 0 && !clock_getres(id, &res) && res.tv_sec == 0 && res.tv_nsec > 0,
		   "%s: advances and has a resolution", clocks[i].name);
	}
}

static void agreement(void)
{
	int64_t real = libc_time(CLOCK_REALTIME), diff;
	struct timeval tv;
	time_t t;

	must(!gettimeofday(&tv, NULL));
	diff = tv.tv_sec * 1000000000L + tv.tv_usec * 1000 - real;
	ok(diff > -1000 && diff < 20000000000, "gettimeofday follows CLOCK_REALTIME");
	t = time(NULL);
	/* time() counts full ticks, so it may be a tick behind at the turn of a second. */
	ok(t >= tv.tv_sec - 1 && t < tv.tv_sec + 20 && syscall(SYS_time, NULL) >= t,
	   "time follows gettimeofday");
	ok(real > 1600000000000000000, "CLOCK_REALTIME is later than 2020");
	diff = libc_time(CLOCK_BOOTTIME) - libc_time(CLOCK_MONOTONIC);
	ok(diff > -20000000000, "CLOCK_BOOTTIME includes CLOCK_MONOTONIC");
	{
		int64_t mono = libc_time(CLOCK_MONOTONIC), a = libc_time(CLOCK_REALTIME), slept;

		sleep_ms(200);
		slept = libc_time(CLOCK_MONOTONIC) - mono;
		diff = libc_time(CLOCK_REALTIME) - a - slept;
		ok(slept >= 200000000 && diff > -50000000 && diff < 20000000000,
		   "CLOCK_MONOTONIC and CLOCK_REALTIME measure the same sleep");
	}
	errno = 0;
	ok(syscall(SYS_clock_gettime, 77, &(struct timespec){ 0 }) == -1 && errno == EINVAL,
	   "an unknown clock: EINVAL");
}

/* Each thread reads the clock and then looks whether anyone read a later time before. */
static int64_t newest;
static int backwards;

static void *watch(void *arg)
{
	(void)arg;
	for (int i = 0; i < 20000; i++) {
		int64_t seen = __atomic_load_n(&newest, __ATOMIC_SEQ_CST);
		int64_t mine = libc_time(CLOCK_MONOTONIC);

		if (mine < seen)
			__atomic_add_fetch(&backwards, 1, __ATOMIC_SEQ_CST);
		while (mine > seen && !__atomic_compare_exchange_n(&newest, &seen, mine, false,
								   __ATOMIC_SEQ_CST,
								   __ATOMIC_SEQ_CST))
			;
	}
	return NULL;
}

static void threads(void)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		must(!pthread_create(&t[i], NULL, watch, NULL));
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	ok(!backwards, "CLOCK_MONOTONIC does not go back from thread to thread");
}

static void processors(void)
{
	unsigned int cpu = ~0, node = ~0;
	cpu_set_t set;

	ok(!getcpu(&cpu, &node) && (long)cpu < sysconf(_SC_NPROCESSORS_CONF) && node < 1024,
	   "getcpu gives a processor and a node that there can be");
	ok(sched_getcpu() >= 0 && sched_getcpu() < sysconf(_SC_NPROCESSORS_CONF),
	   "sched_getcpu gives a processor that there is");
	ok(!sched_getaffinity(0, sizeof(set), &set) && CPU_COUNT(&set) >= 1 &&
	   CPU_ISSET(cpu, &set) &&
	   !sched_setaffinity(0, sizeof(set), &set),
	   "the current processor is in the affinity mask");
}

static void usage(void)
{
	struct rusage a, b;

	must(!getrusage(RUSAGE_SELF, &a));
	for (int i = 0; i < 200; i++) {
		volatile char *p = map_anon(PAGE, PROT_READ | PROT_WRITE);

		*p = 1;
		munmap((void *)p, PAGE);
	}
	must(!getrusage(RUSAGE_SELF, &b));
	ok(b.ru_minflt - a.ru_minflt >= 200 && b.ru_minflt - a.ru_minflt < 400,
	   "getrusage counts page faults (%ld for 200 pages)", b.ru_minflt - a.ru_minflt);
	ok(b.ru_maxrss > 300 && b.ru_maxrss >= a.ru_maxrss,
	   "getrusage gives the largest resident size");
}

int main(void)
{
	alone();
	agreement();
	threads();
	processors();
	usage();
	return tap_done();
}
