// SPDX-License-Identifier: GPL-2.0
/* Threads and what they wait on: futexes of all kinds, TLS, end of threads and groups. */
#include "tap.h"
#include <dirent.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

#define THREADS	8

static long futex(volatile int *addr, int op, int val, const struct timespec *ts,
		  volatile int *addr2, int val3)
{
	return syscall(SYS_futex, addr, op, val, ts, addr2, val3);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long total;
static __thread long mine = 5;
static __thread char big_tls[20000];

static void *add(void *arg)
{
	must(mine == 5);
	mine = (long)arg;
	memset(big_tls, mine, sizeof(big_tls));
	for (int i = 0; i < 2000; i++) {
		pthread_mutex_lock(&mutex);
		total++;
		pthread_mutex_unlock(&mutex);
		if (i % 500 == 0)
			sched_yield();
		must(mine == (long)arg);
	}
	for (size_t i = 0; i < sizeof(big_tls); i++)
		must(big_tls[i] == mine);
	errno = mine;
	sched_yield();
	must(errno == mine);
	return (void *)(mine * 10);
}

static void *nothing(void *arg)
{
	return arg;
}

static bool one_thread_left(void)
{
	char *line = file_line("/proc/self/status", "Threads:");

	return line && atoi(line) == 1;
}

static void basics(void)
{
	pthread_t t[THREADS];
	bool good = true;
	void *result;

	for (long i = 0; i < THREADS; i++)
		must(!pthread_create(&t[i], NULL, add, (void *)(i + 1)));
	for (long i = 0; i < THREADS; i++) {
		must(!pthread_join(t[i], &result));
		good &= (long)result == (i + 1) * 10;
	}
	ok(good, "%d threads end with their results", THREADS);
	ok(total == THREADS * 2000, "a mutex protects a sum");
	ok(mine == 5, "thread-local variables are each thread's own");

	for (long i = 0; i < 200; i++) {
		must(!pthread_create(&t[0], NULL, nothing, NULL));
		must(!(i % 10 ? pthread_detach(t[0]) : pthread_join(t[0], NULL)));
	}
	ok(eventually(one_thread_left()),
	   "200 threads come and go");
}

static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static sem_t sem;
static int turn, readers, serial;

static void *take_turns(void *arg)
{
	for (int i = 0; i < 100; i++) {
		pthread_mutex_lock(&mutex);
		while (turn % 3 != (long)arg)
			pthread_cond_wait(&cond, &mutex);
		turn++;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *meet(void *arg)
{
	(void)arg;
	for (int i = 0; i < 50; i++)
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			__atomic_add_fetch(&serial, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void *read_or_write(void *arg)
{
	for (int i = 0; i < 200; i++) {
		if ((long)arg) {
			pthread_rwlock_rdlock(&rwlock);
			must(__atomic_add_fetch(&readers, 1, __ATOMIC_SEQ_CST) < 100);
			__atomic_sub_fetch(&readers, 1, __ATOMIC_SEQ_CST);
		} else {
			pthread_rwlock_wrlock(&rwlock);
			must(__atomic_add_fetch(&readers, 100, __ATOMIC_SEQ_CST) == 100);
			__atomic_sub_fetch(&readers, 100, __ATOMIC_SEQ_CST);
		}
		pthread_rwlock_unlock(&rwlock);
	}
	sem_post(&sem);
	return NULL;
}

static void waiting(void)
{
	struct timespec ts;
	pthread_t t[4];

	for (long i = 0; i < 3; i++)
		must(!pthread_create(&t[i], NULL, take_turns, (void *)i));
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	ok(turn == 300, "three threads take turns by a condition variable");
	pthread_barrier_init(&barrier, NULL, 4);
	for (int i = 0; i < 4; i++)
		must(!pthread_create(&t[i], NULL, meet, NULL));
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	ok(serial == 50, "a barrier works fifty times");
	sem_init(&sem, 0, 0);
	for (long i = 0; i < 4; i++)
		must(!pthread_create(&t[i], NULL, read_or_write, (void *)(i & 1)));
	for (int i = 0; i < 4; i++)
		must(!sem_wait(&sem));
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	ok(true, "a lock of readers and writers and a semaphore work");
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += 10000000;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	errno = 0;
	ok(sem_timedwait(&sem, &ts) == -1 && errno == ETIMEDOUT, "sem_timedwait: ETIMEDOUT");
}

static volatile int word, word2, woken;

static void *wait_on_word(void *arg)
{
	(void)arg;
	while (futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0) && errno == EINTR)
		;
	__atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void *wait_on_bit(void *arg)
{
	futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 1 << (long)arg);
	__atomic_or_fetch(&woken, 1 << (long)arg, __ATOMIC_SEQ_CST);
	return NULL;
}

static bool threads_asleep(int n)
{
	DIR *d = opendir("/proc/self/task");
	struct dirent *e;
	int asleep = 0;

	must(d);
	while ((e = readdir(d)))
		asleep += atoi(e->d_name) > 0 && atoi(e->d_name) != getpid() &&
			  task_state(atoi(e->d_name)) == 'S';
	closedir(d);
	return asleep == n;
}

static void raw_futexes(void)
{
	struct timespec ts = { 0, 5000000 };
	pthread_t t[4];

	errno = 0;
	ok(futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0) == -1 && errno == EAGAIN,
	   "futex WAIT on another value: EAGAIN");
	errno = 0;
	ok(futex(&word, FUTEX_WAIT, 0, &ts, NULL, 0) == -1 && errno == ETIMEDOUT,
	   "futex WAIT: ETIMEDOUT");
	ok(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0) == 0,
	   "futex WAKE wakes no thread where none waits");
	errno = 0;
	ok(futex((void *)((char *)&word + 1), FUTEX_WAIT, 0, NULL, NULL, 0) == -1 &&
	   errno == EINVAL,
	   "futex at an odd address: EINVAL");

	for (int i = 0; i < 4; i++)
		must(!pthread_create(&t[i], NULL, wait_on_word, NULL));
	must(eventually(threads_asleep(4)));
	ok(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0) == 1 && eventually(woken == 1),
	   "futex WAKE wakes one thread");
	ok(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1L, &word2, 0) == 2 && eventually(woken == 2),
	   "futex CMP_REQUEUE wakes one thread and moves one");
	ok(futex(&word2, FUTEX_WAKE, 99, NULL, NULL, 0) == 1 && eventually(woken == 3),
	   "a thread moved by CMP_REQUEUE is woken by the other word");
	ok(futex(&word, FUTEX_WAKE, 99, NULL, NULL, 0) == 1 && eventually(woken == 4),
	   "a thread that CMP_REQUEUE left is woken by the first word");
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);

	woken = 0;
	for (long i = 0; i < 3; i++)
		must(!pthread_create(&t[i], NULL, wait_on_bit, (void *)i));
	must(eventually(threads_asleep(3)));
	ok(futex(&word, FUTEX_WAKE_BITSET, 99, NULL, NULL, 1 << 1) == 1 && eventually(woken == 2),
	   "futex WAKE_BITSET chooses a thread");
	futex(&word, FUTEX_WAKE, 99, NULL, NULL, 0);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	word2 = 7;
	ok(futex(&word, FUTEX_WAKE_OP, 1, (void *)1L, &word2,
		 FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 7)) == 0 && word2 == 10,
		 "futex WAKE_OP adds");
	ok(futex(&word, FUTEX_WAKE_OP, 1, (void *)1L, &word2,
		 FUTEX_OP(FUTEX_OP_XOR, 15, FUTEX_OP_CMP_LT, 7)) == 0 && word2 == 5,
		 "futex WAKE_OP changes bits");
}

/* Robust and priority-inheriting mutexes, shared by processes. */
static struct {
	pthread_mutex_t robust, pi;
	pthread_cond_t cond;
	volatile int flag, value;
} *shared;

static int die_with_lock(void *arg)
{
	must(!pthread_mutex_lock(&shared->robust));
	shared->flag = 1;
	if (arg)
		raise(SIGKILL);
	_exit(0);
}

static void *die_in_thread(void *arg)
{
	(void)arg;
	must(!pthread_mutex_lock(&shared->robust));
	return NULL;
}

static int hold_robust(void *arg)
{
	(void)arg;
	must(!pthread_mutex_lock(&shared->robust));
	shared->flag = 1;
	for (;;)
		pause();
	return 0;
}

static bool recover(void)
{
	return pthread_mutex_lock(&shared->robust) == EOWNERDEAD &&
	       !pthread_mutex_consistent(&shared->robust) && !pthread_mutex_unlock(&shared->robust);
}

static int add_with_pi(void *arg)
{
	(void)arg;
	for (int i = 0; i < 300; i++) {
		must(!pthread_mutex_lock(&shared->pi));
		int v = shared->value;

		if (i % 10 == 0)
			sched_yield();
		shared->value = v + 1;
		must(!pthread_mutex_unlock(&shared->pi));
	}
	return 0;
}

static int signal_cond(void *arg)
{
	(void)arg;
	must(!pthread_mutex_lock(&shared->pi));
	shared->flag = 2;
	must(!pthread_cond_signal(&shared->cond) && !pthread_mutex_unlock(&shared->pi));
	return 0;
}

static void strong_mutexes(void)
{
	pthread_mutexattr_t attr;
	pthread_condattr_t cattr;
	pthread_t t;
	pid_t pids[3];
	volatile int pi = 0;
	int bad = 0;

	shared = map_shared(PAGE);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	must(!pthread_mutex_init(&shared->robust, &attr));
	must(!pthread_create(&t, NULL, die_in_thread, NULL) && !pthread_join(t, NULL));
	ok(recover(), "a robust mutex recovers when its thread ended");
	must(in_child(die_with_lock, NULL) == 0);
	ok(recover(), "a robust mutex recovers when its process exited");
	must(in_child(die_with_lock, &attr) == -SIGKILL);
	ok(recover(), "a robust mutex recovers when its process was killed");
	shared->flag = 0;
	pids[0] = spawn(hold_robust, NULL);
	must(eventually(shared->flag));
	ok(pthread_mutex_trylock(&shared->robust) == EBUSY,
	   "a robust mutex held by a process that lives: EBUSY");
	kill(pids[0], SIGKILL);
	ok(recover(), "a waiter gets a robust mutex when the holder is killed");
	wait_for(pids[0]);

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	must(!pthread_mutex_init(&shared->pi, &attr));
	for (int i = 0; i < 3; i++)
		pids[i] = spawn(add_with_pi, NULL);
	for (int i = 0; i < 3; i++)
		bad |= wait_for(pids[i]);
	ok(!bad && shared->value == 900, "a PI mutex protects a sum of three processes");
	must(!pthread_mutex_lock(&shared->pi));
	ok(pthread_mutex_lock(&shared->pi) == EDEADLK, "a PI mutex locked twice: EDEADLK");
	pthread_condattr_init(&cattr);
	pthread_condattr_setpshared(&cattr, PTHREAD_PROCESS_SHARED);
	must(!pthread_cond_init(&shared->cond, &cattr));
	pids[0] = spawn(signal_cond, NULL);
	while (shared->flag != 2)
		must(!pthread_cond_wait(&shared->cond, &shared->pi));
	ok(pthread_mutex_unlock(&shared->pi) == 0 && wait_for(pids[0]) == 0,
	   "a condition variable works between processes");
	ok(futex(&pi, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0 && (pi & FUTEX_TID_MASK) == getpid(),
	   "futex LOCK_PI writes the owner's id");
	errno = 0;
	ok(futex(&pi, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == -1 && errno == EDEADLK,
	   "futex LOCK_PI twice: EDEADLK");
	ok(futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0 && pi == 0,
	   "futex UNLOCK_PI clears the word");
	errno = 0;
	ok(futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == -1 && errno == EPERM,
	   "futex UNLOCK_PI without owning the lock: EPERM");
}

static int raw_seen;

static int raw_thread(void *arg)
{
	raw_seen = (long)arg;
	return 0;
}

static volatile bool spinning;

static void *spin(void *arg)
{
	(void)arg;
	spinning = true;
	for (;;)
		;
	return NULL;
}

static int exit_with_spinners(void *arg)
{
	pthread_t t;

	for (int i = 0; i < 3; i++)
		must(!pthread_create(&t, NULL, spin, NULL));
	must(eventually(spinning));
	if (arg)
		pthread_exit((void *)0);
	_exit(33);
}

static void *end_group(void *arg)
{
	(void)arg;
	_exit(34);
}

static int exit_from_thread(void *arg)
{
	pthread_t t;

	(void)arg;
	must(!pthread_create(&t, NULL, end_group, NULL));
	for (;;)
		pause();
	return 0;
}

static void *be_cancelled(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

static void ends(void)
{
	char *stack = map_anon(65536, PROT_READ | PROT_WRITE);
	struct clone_args args = {
		.flags = CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_PIDFD,
		.exit_signal = SIGCHLD,
	};
	volatile int tid = 0, child_tid = 1;
	int pidfd = -1;
	pthread_t t;
	void *result;
	long pid;

	pid = clone(raw_thread, stack + 65536, CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD |
		    CLONE_PARENT_SETTID, (void *)77L, &tid);
	ok(pid > 0 && wait_for(pid) == 0 && raw_seen == 77 && tid == pid,
	   "clone makes a child with shared memory and a stack of its own");
	args.parent_tid = (unsigned long)&tid;
	args.child_tid = (unsigned long)&child_tid;
	args.pidfd = (unsigned long)&pidfd;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		_exit(12);
	ok(pid > 0 && tid == pid && pidfd >= 0 && wait_for(pid) == 12, "clone3 gives a pidfd");
	close(pidfd);
	munmap(stack, 65536);

	ok(in_child(exit_with_spinners, NULL) == 33, "exit ends threads that spin");
	ok(in_child(exit_from_thread, NULL) == 34, "exit in a thread ends the process");
	must(!pthread_create(&t, NULL, be_cancelled, NULL) && !pthread_cancel(t));
	must(!pthread_join(t, &result));
	ok(result == PTHREAD_CANCELED, "pthread_cancel ends a thread");
	{
		pid_t spinner = spawn(exit_with_spinners, &t);

		/* Its main thread is gone, its others spin: only a signal ends it. */
		must(eventually(task_state(spinner) == 'Z'));
		ok(kill(spinner, SIGKILL) == 0 && wait_for(spinner) == -SIGKILL,
		   "SIGKILL ends threads whose first thread is gone");
	}
}

int main(void)
{
	basics();
	waiting();
	raw_futexes();
	strong_mutexes();
	ends();
	return tap_done();
}
