// SPDX-License-Identifier: GPL-2.0
/*
 * Every process and thread has its own registers: several of each hold their
 * patterns in a loop without system calls while they take the processor from
 * each other.
 */
#include "regs.h"
#include <pthread.h>

#define PROCESSES	3
#define THREADS		3	/* in each process */
#define ALL		(PROCESSES * THREADS)
#define ROUNDS		4

static struct {
	volatile int stop[ROUNDS];	/* set when a round may end */
	int round[ALL];			/* the one that a thread is in */
	pid_t pid[ALL], tid[ALL];
	int bad;
} *shared;

static void *hold(void *arg)
{
	int me = (long)arg;
	enum regs_level level = regs_best();
	struct regs want, got;

	shared->pid[me] = getpid();
	shared->tid[me] = syscall(SYS_gettid);
	for (int round = 0; round < ROUNDS; round++) {
		regs_fill(&want, me * 1000 + round);
		__atomic_store_n(&shared->round[me], round, __ATOMIC_SEQ_CST);
		regs_run(&want, &got, &shared->stop[round], REGS_SPIN, level);
		if (!regs_same(&want, &got, level, 0))
			__atomic_add_fetch(&shared->bad, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static int process(void *arg)
{
	long first = (long)arg * THREADS;
	pthread_t t[THREADS];

	for (long i = 0; i < THREADS; i++)
		must(!pthread_create(&t[i], NULL, hold, (void *)(first + i)));
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	return 0;
}

/* How often the thread has lost the processor to another. */
static long preemptions(int who)
{
	char path[64], *line;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", shared->pid[who],
		 shared->tid[who]);
	line = file_line(path, "nonvoluntary_ctxt_switches:");
	return line ? atol(line) : 0;
}

static bool all_in_round(int round)
{
	for (int i = 0; i < ALL; i++)
		if (!shared->tid[i] ||
		    __atomic_load_n(&shared->round[i], __ATOMIC_SEQ_CST) != round)
			return false;
	return true;
}

static bool all_preempted(const long *before, int times)
{
	for (int i = 0; i < ALL; i++)
		if (preemptions(i) < before[i] + times)
			return false;
	return true;
}

static void together(void)
{
	pid_t pids[PROCESSES];
	long before[ALL];
	bool in_time = true;
	int bad = 0;

	shared = map_shared(PAGE);
	for (int i = 0; i < ALL; i++)
		shared->round[i] = -1;
	for (long i = 0; i < PROCESSES; i++)
		pids[i] = spawn(process, (void *)i);
	for (int round = 0; round < ROUNDS; round++) {
		in_time &= eventually(all_in_round(round));
		for (int i = 0; i < ALL; i++)
			before[i] = preemptions(i);
		in_time &= eventually(all_preempted(before, 2));
		shared->stop[round] = 1;
	}
	for (int i = 0; i < PROCESSES; i++)
		bad |= wait_for(pids[i]);
	ok(in_time, "%d threads without system calls take turns", ALL);
	ok(!bad && !shared->bad,
	   "each thread keeps its %s registers", regs_level_name[regs_best()]);
}

/* Control words: what a child and a thread start with. */
static unsigned int control(void)
{
	unsigned int mxcsr, fcw = 0;

	asm volatile("stmxcsr %0; fnstcw %1" : "=m"(mxcsr), "=m"(fcw));
	return mxcsr | (fcw & 0xffff) << 16;
}

static void set_control(unsigned int both)
{
	unsigned int mxcsr = both & 0xffff, fcw = both >> 16;

	asm volatile("ldmxcsr %0; fldcw %1" : : "m"(mxcsr), "m"(fcw));
}

static int child_control(void *arg)
{
	bool same = control() == (unsigned long)arg;

	set_control(0x037f1f80);
	return same;
}

static void *thread_control(void *arg)
{
	return (void *)(long)child_control(arg);
}

static void inherited(void)
{
	unsigned int usual = control(), unusual = usual ^ 0x0c006000;
	bool in_parent, from_fork;
	void *from_clone;
	pthread_t t;

	set_control(unusual);
	from_fork = in_child(child_control, (void *)(unsigned long)unusual);
	must(!pthread_create(&t, NULL, thread_control, (void *)(unsigned long)unusual));
	pthread_join(t, &from_clone);
	in_parent = control() == unusual;
	set_control(usual);
	ok(from_fork, "a child starts with its parent's rounding modes");
	ok(from_clone, "a thread starts with its creator's rounding modes");
	ok(in_parent, "a child and a thread cannot change their parent's rounding modes");
}

/* Long sums whose result any lost or mixed-up register would change. */
static double pi(int terms)
{
	double sum = 0;

	for (int i = 0; i < terms; i++)
		sum += (i & 1 ? -4.0 : 4.0) / (2 * i + 1);
	return sum;
}

static long double e(int terms)
{
	long double sum = 0, term = 1;

	for (int i = 1; i <= terms; i++) {
		sum += term;
		term /= i % 20 + 1;
		if (i % 20 == 0)
			term = 1e-3L;
	}
	return sum;
}

static struct {
	double pi;
	long double e;
} expected;

static int sums(void *arg)
{
	(void)arg;
	for (int i = 0; i < 5; i++)
		if (pi(3000000) != expected.pi || e(1000000) != expected.e)
			return 1;
	return 0;
}

static void arithmetic(void)
{
	pid_t pids[3];
	int bad = 0;

	expected.pi = pi(3000000);
	expected.e = e(1000000);
	ok(expected.pi > 3.14159 && expected.pi < 3.1416, "a long sum of fractions is right");
	for (int i = 0; i < 3; i++)
		pids[i] = spawn(sums, NULL);
	for (int i = 0; i < 3; i++)
		bad |= wait_for(pids[i]);
	ok(!bad, "long sums are the same in three processes at once, time after time");
}

int main(void)
{
	inherited();
	together();
	arithmetic();
	return tap_done();
}
