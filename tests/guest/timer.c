// SPDX-License-Identifier: GPL-2.0
/* Sleeps and timers: none early, in order, and with what they carry. */
#include "tap.h"
#include <sys/time.h>
#include <sys/times.h>

static volatile int count, value, overruns;
static volatile pid_t thread_id;
static timer_t timer;

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

static void on_signal(int sig, siginfo_t *si, void *uc)
{
	(void)sig;
	(void)uc;
	count++;
	value = si->si_code == SI_TIMER ? si->si_value.sival_int : -1;
	overruns = si->si_overrun;
	thread_id = syscall(SYS_gettid);
}

static void sleeps(void)
{
	int64_t start, slept;
	bool never_early = true;
	struct timespec ts = { 0, 0 };

	for (int us = 0; us <= 20000; us += 2500) {
		struct timespec d = { 0, us * 1000 };

		start = now();
		nanosleep(&d, NULL);
		slept = now() - start;
		never_early &= slept >= us * 1000L;
	}
	ok(never_early, "nanosleep is never too short");
	start = now() + 20000000;
	ts.tv_sec = start / 1000000000;
	ts.tv_nsec = start % 1000000000;
	ok(!clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) && now() >= start,
	   "clock_nanosleep sleeps until a time");
	ok(!clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL),
	   "clock_nanosleep until a time that has passed returns");
	ts.tv_nsec = 1000000000;
	errno = 0;
	ok(nanosleep(&ts, NULL) == -1 && errno == EINVAL,
	   "nanosleep of a second of nanoseconds: EINVAL");
}

static int order_pipe[2];
static struct timespec order_start;	/* the same for all, however long it takes to start them */

static int sleep_and_tell(void *arg)
{
	struct timespec t = order_start;
	char me = (long)arg;

	t.tv_nsec += 100000000L * me;
	t.tv_sec += 1 + t.tv_nsec / 1000000000L;
	t.tv_nsec %= 1000000000L;
	must(!clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL));
	must(write(order_pipe[1], &me, 1) == 1);
	return 0;
}

static void order(void)
{
	pid_t pids[5];
	char got[5];
	int bad = 0;

	must(!pipe(order_pipe) && !clock_gettime(CLOCK_MONOTONIC, &order_start));
	for (long i = 5; i >= 1; i--)
		pids[i - 1] = spawn(sleep_and_tell, (void *)i);
	for (int i = 0; i < 5; i++)
		must(read(order_pipe[0], &got[i], 1) == 1);
	for (int i = 0; i < 5; i++)
		bad |= wait_for(pids[i]);
	ok(!bad && !memcmp(got, "\1\2\3\4\5", 5), "five sleepers wake in the order of their times");
}

static void spin(void)
{
	for (volatile int i = 0; i < 100000; i++)
		;
}

static void interval_timers(void)
{
	struct itimerval it = { { 0, 3000 }, { 0, 3000 } }, off = { 0 }, get;
	static const struct {
		int which, sig;
		const char *name;
	} kinds[] = {
		{ ITIMER_REAL, SIGALRM, "ITIMER_REAL" },
		{ ITIMER_VIRTUAL, SIGVTALRM, "ITIMER_VIRTUAL" },
		{ ITIMER_PROF, SIGPROF, "ITIMER_PROF" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int64_t start = now();
		struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

		sigaction(kinds[i].sig, &sa, NULL);
		count = 0;
		must(!setitimer(kinds[i].which, &it, NULL));
		while (count < 5 && now() - start < 20000000000)
			spin();
		must(!getitimer(kinds[i].which, &get));
		setitimer(kinds[i].which, &off, NULL);
		ok(count >= 5 && now() - start >= 5 * 3000000 - 4000000 &&
		   get.it_interval.tv_usec == 3000,
		   "%s: expires again and again in a loop", kinds[i].name);
	}
	it = (struct itimerval){ { 0, 0 }, { 100, 0 } };
	setitimer(ITIMER_REAL, &it, NULL);
	setitimer(ITIMER_REAL, &off, &get);
	ok(get.it_value.tv_sec >= 98 && get.it_value.tv_sec <= 100,
	   "setitimer tells what is left of a timer");
	count = 0;
	must(alarm(1000) == 0);
	ok(alarm(0) >= 999 && count == 0, "alarm can be called off");
}

static void make_timer(int notify, clockid_t clock, int val)
{
	struct sigevent sev = { .sigev_notify = notify, .sigev_signo = SIGRTMIN,
				.sigev_value.sival_int = val };

	if (notify & SIGEV_THREAD_ID)
		sev._sigev_un._tid = syscall(SYS_gettid);
	must(!timer_create(clock, &sev, &timer));
}

static void set_timer(long first_ns, long every_ns, int flags)
{
	struct itimerspec its = {
		{ every_ns / 1000000000, every_ns % 1000000000 },
		{ first_ns / 1000000000, first_ns % 1000000000 },
	};

	must(!timer_settime(timer, flags, &its, NULL));
}

static void posix_timers(void)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	struct itimerspec its;
	sigset_t set;
	siginfo_t si;

	sigaction(SIGRTMIN, &sa, NULL);
	count = 0;
	make_timer(SIGEV_SIGNAL, CLOCK_MONOTONIC, 99);
	set_timer(5000000, 0, 0);
	ok(eventually(count) && value == 99, "timer_create: a signal with its value");
	must(!timer_gettime(timer, &its));
	ok(count == 1 && its.it_value.tv_sec == 0 && its.it_value.tv_nsec == 0,
	   "timer_create: a timer without interval expires once");
	count = 0;
	set_timer(now() + 5000000, 0, TIMER_ABSTIME);
	ok(eventually(count), "timer_create: TIMER_ABSTIME expires");

	/* Not taken for many periods: one signal and a number. */
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	set_timer(1000000, 1000000, 0);
	sleep_ms(50);
	ok(sigwaitinfo(&set, &si) == SIGRTMIN && si.si_overrun >= 10 &&
	   timer_getoverrun(timer) >= 10,
	   "timer_create: periods missed are counted");
	must(!timer_delete(timer));
	while (sigtimedwait(&set, &si, &(struct timespec){ 0, 0 }) > 0)
		;
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	errno = 0;
	ok(timer_gettime(timer, &its) == -1 && errno == EINVAL, "a deleted timer: EINVAL");

	count = 0;
	make_timer(SIGEV_SIGNAL | SIGEV_THREAD_ID, CLOCK_REALTIME, 7);
	set_timer(3000000, 0, 0);
	ok(eventually(count) && value == 7 && thread_id == syscall(SYS_gettid),
	   "timer_create: SIGEV_THREAD_ID signals the thread");
	timer_delete(timer);

	count = 0;
	make_timer(SIGEV_SIGNAL, CLOCK_PROCESS_CPUTIME_ID, 8);
	set_timer(20000000, 0, 0);
	for (int64_t start = now(); !count && now() - start < 20000000000;)
		spin();
	ok(count == 1 && value == 8, "timer_create: a timer of processor time expires");
	timer_delete(timer);
}

static void processor_time(void)
{
	struct timespec a, b, ta, tb;
	struct tms before, after;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ta);
	times(&before);
	sleep_ms(100);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	ok((b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec < 50000000,
	   "a sleep of 100 ms takes no processor time");
	do {
		spin();
		times(&after);
	} while (after.tms_utime + after.tms_stime < before.tms_utime + before.tms_stime + 10);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &tb);
	ok((b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec > 30000000 &&
	   (tb.tv_sec - ta.tv_sec) * 1000000000L + tb.tv_nsec - ta.tv_nsec > 30000000,
	   "a loop takes processor time");
}

int main(void)
{
	sleeps();
	order();
	interval_timers();
	posix_timers();
	processor_time();
	return tap_done();
}
