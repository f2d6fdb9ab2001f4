// SPDX-License-Identifier: GPL-2.0
/* A program that never calls the kernel takes the processor from nobody. */
#include "tap.h"
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#define SPINNERS	4

static volatile unsigned long *counts;

static int spin(void *arg)
{
	volatile unsigned long *count = &counts[(long)arg * 8];

	for (;;)
		++*count;
	return 0;
}

static void *spin_thread(void *arg)
{
	spin(arg);
	return NULL;
}

static bool all_moved(const unsigned long *before, int n)
{
	for (int i = 0; i < n; i++)
		if (counts[i * 8] == before[i])
			return false;
	return true;
}

static int many_threads(void *arg)
{
	pthread_t t;

	(void)arg;
	for (long i = 1; i < SPINNERS; i++)
		must(!pthread_create(&t, NULL, spin_thread, (void *)i));
	return spin(NULL);
}

/* Everyone's counter moves, again and again, and so does this program. */
static void takes_turns(const char *name, int n)
{
	unsigned long before[SPINNERS];
	bool good = true;

	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < n; i++)
			before[i] = counts[i * 8];
		good &= eventually(all_moved(before, n));
	}
	ok(good, "%s take turns with a process that sleeps", name);
}

static void end(pid_t *pids, int n)
{
	for (int i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < n; i++)
		must(wait_for(pids[i]) == -SIGKILL);
	for (int i = 0; i < SPINNERS; i++)
		counts[i * 8] = 0;
}

static void loops(void)
{
	pid_t pids[SPINNERS];
	int fds[2];
	char c;

	pids[0] = spawn(spin, NULL);
	takes_turns("one loop", 1);
	ok(task_state(pids[0]) == 'R', "a loop shows as running");
	end(pids, 1);

	for (long i = 0; i < SPINNERS; i++)
		pids[i] = spawn(spin, (void *)i);
	takes_turns("four loops", SPINNERS);
	/* Work of the kernel on behalf of others goes on. */
	must(!pipe(fds));
	for (int i = 0; i < 50; i++)
		must(write(fds[1], "x", 1) == 1 && read(fds[0], &c, 1) == 1);
	sync();
	ok(true, "pipes and sync work beside four loops");
	end(pids, SPINNERS);

	pids[0] = spawn(many_threads, NULL);
	takes_turns("four threads", SPINNERS);
	end(pids, 1);
}

static int ping(void *arg)
{
	int *fds = arg;
	char c;

	for (int i = 0; i < 100; i++)
		must(read(fds[0], &c, 1) == 1 && write(fds[3], &c, 1) == 1);
	return 0;
}

static void priorities(void)
{
	struct sched_param param = { .sched_priority = 1 };
	pid_t pids[2], pinger;
	int fds[4];
	char c = 0;

	pids[0] = spawn(spin, (void *)0L);
	pids[1] = spawn(spin, (void *)1L);
	must(!setpriority(PRIO_PROCESS, pids[1], 19));
	ok(getpriority(PRIO_PROCESS, pids[1]) == 19, "a loop can be made nice");
	takes_turns("an ordinary and a nice loop", 2);
	end(pids, 2);

	pids[0] = spawn(spin, NULL);
	must(!pipe(fds) && !pipe(fds + 2));
	pinger = spawn(ping, fds);
	for (int i = 0; i < 100; i++)
		must(write(fds[1], &c, 1) == 1 && read(fds[2], &c, 1) == 1);
	ok(wait_for(pinger) == 0, "two processes talk beside a loop");
	if (!sched_setscheduler(0, SCHED_FIFO, &param)) {
		ok(sched_getscheduler(0) == SCHED_FIFO, "SCHED_FIFO");
		param.sched_priority = 0;
		must(!sched_setscheduler(0, SCHED_OTHER, &param));
	} else {
		skip_on_host("SCHED_FIFO", "not for this user");
	}
	end(pids, 1);
}

static volatile int ticks;

static void on_tick(int sig)
{
	(void)sig;
	ticks++;
}

static void own_timer(void)
{
	struct sigevent sev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct itimerspec its = { { 0, 5000000 }, { 0, 5000000 } };
	unsigned long turns = 0;
	timer_t timer;

	signal(SIGALRM, on_tick);
	must(!timer_create(CLOCK_MONOTONIC, &sev, &timer) && !timer_settime(timer, 0, &its, NULL));
	while (ticks < 10 && turns < 100000000000)
		turns++;
	ok(ticks >= 10, "a loop is interrupted by its own timer");
	timer_delete(timer);
}

int main(void)
{
	counts = map_shared(PAGE);
	loops();
	priorities();
	own_timer();
	return tap_done();
}
