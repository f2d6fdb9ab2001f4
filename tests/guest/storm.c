// SPDX-License-Identifier: GPL-2.0
/* Much at once: 64 MiB of memory, hundreds of processes and programs, exit under load. */
#include "tap.h"
#include <sched.h>
#include <sys/stat.h>

#define MIB	(1UL << 20)

static unsigned long mix(unsigned long x)
{
	x *= 0x9e3779b97f4a7c15;
	return x ^ x >> 29;
}

static void fill(unsigned long *p, size_t size, unsigned long seed)
{
	for (size_t i = 0; i < size / 8; i += 64)
		p[i] = mix(seed + i);
}

static bool filled(unsigned long *p, size_t size, unsigned long seed)
{
	for (size_t i = 0; i < size / 8; i += 64)
		if (p[i] != mix(seed + i))
			return false;
	return true;
}

static int use_memory(void *arg)
{
	unsigned long seed = (unsigned long)arg;

	for (int round = 0; round < 2; round++) {
		unsigned long *p = map_anon(8 * MIB, PROT_READ | PROT_WRITE);

		fill(p, 8 * MIB, seed + round);
		sched_yield();
		must(filled(p, 8 * MIB, seed + round));
		munmap(p, 8 * MIB);
	}
	return 0;
}

static void memory(void)
{
	unsigned long *p = map_anon(32 * MIB, PROT_READ | PROT_WRITE);
	pid_t pids[4];
	int bad = 0;

	fill(p, 32 * MIB, 1);
	for (long i = 0; i < 4; i++)
		pids[i] = spawn(use_memory, (void *)(i * 1000));
	for (int i = 0; i < 4; i++)
		bad |= wait_for(pids[i]);
	ok(!bad, "four processes keep 8 MiB each");
	ok(filled(p, 32 * MIB, 1), "a process keeps its 32 MiB beside four others");
	munmap(p, 32 * MIB);
}

static int run_true(void *arg)
{
	(void)arg;
	execl("/bin/true", "true", NULL);
	return 126;
}

static void programs(void)
{
	int bad = 0;
	pid_t pids[10];

	/* ten at a time */
	for (int i = 0; i < 50; i++) {
		for (int j = 0; j < 10; j++)
			pids[j] = spawn(run_true, NULL);
		for (int j = 0; j < 10; j++)
			bad += wait_for(pids[j]) != 0;
	}
	ok(!bad, "500 programs end well");
}

static int count_down(void *arg)
{
	long n = (long)arg;

	return n ? in_child(count_down, (void *)(n - 1)) : 0;
}

static int end_at_once(void *arg)
{
	(void)arg;
	return 0;
}

static void processes(void)
{
	pid_t pids[100];
	int bad = 0;

	ok(in_child(count_down, (void *)60L) == 0, "sixty generations of processes end well");
	for (int i = 0; i < 100; i++)
		pids[i] = spawn(end_at_once, NULL);
	for (int i = 99; i >= 0; i--)
		bad |= wait_for(pids[i]);
	ok(!bad, "a hundred children at once end well");
}

static int fork_on(void *arg)
{
	volatile unsigned long *started = arg;

	for (;;) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid > 0) {
			waitpid(pid, NULL, 0);
			++*started;
		}
	}
	return 0;
}

/* SIGKILL in the middle of whatever it does. */
static void killed_at_work(void)
{
	volatile unsigned long *started = map_shared(PAGE);
	bool good = true;

	for (int i = 0; i < 20; i++) {
		pid_t pid = spawn(fork_on, (void *)started);

		*started = 0;
		good &= eventually(*started > 1);
		kill(pid, SIGKILL);
		good &= wait_for(pid) == -SIGKILL;
	}
	ok(good, "twenty processes are killed while they fork");
	munmap((void *)started, PAGE);
}

static int shell(void *arg)
{
	execl("/bin/sh", "sh", "-c", arg, NULL);
	return 126;
}

static void shells(void)
{
	ok(in_child(shell,
	   "i=0; while [ $i -lt 30 ]; do echo $i | cat | { read x; [ $x = $i ]; } || exit 1; "
		    "i=$((i+1)); done; exit 3") == 3,
		    "thirty pipelines of a shell give what they should");
}

int main(void)
{
	memory();
	programs();
	processes();
	killed_at_work();
	shells();
	return tap_done();
}
