// SPDX-License-Identifier: GPL-2.0
/* Demand paging, copy-on-write fork, vfork, and waiting for children. */
#include "tap.h"
#include <pthread.h>
#include <sched.h>
#include <spawn.h>

#define PAGES	1024	/* 4 MiB */

static unsigned long *page(char *base, int i)
{
	return (unsigned long *)(base + i * PAGE + i % 64 * 64);
}

static void fill(char *base, unsigned long seed)
{
	for (int i = 0; i < PAGES; i++)
		*page(base, i) = seed + i;
}

static bool filled(char *base, unsigned long seed)
{
	for (int i = 0; i < PAGES; i++)
		if (*page(base, i) != seed + i)
			return false;
	return true;
}

static long resident_pages(void)
{
	char *line = file_line("/proc/self/statm", "");

	must(line);
	return strtol(strchr(line, ' '), NULL, 10);
}

static void demand_paging(void)
{
	char *p = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE);
	long before, after;
	bool zero = true;

	/* A huge page for the first touch would hide the growth page by page. */
	madvise(p, PAGES * PAGE, MADV_NOHUGEPAGE);
	before = resident_pages();
	for (int i = 0; i < PAGES / 4; i++)
		*page(p, i) = 1;
	after = resident_pages();
	ok(after - before >= PAGES / 4 - 64 && after - before < PAGES / 2,
	   "resident size grows by the pages touched (%ld of %d)", after - before, PAGES / 4);
	for (int i = PAGES / 4; i < PAGES; i++)
		for (int j = 0; j < 8; j++)
			zero &= !page(p, i)[j];
	ok(zero, "fresh memory reads as zero");
	/* Reading has mapped the shared zero page; each write must replace it. */
	for (int i = PAGES - 1; i > 0; i -= 2)
		*page(p, i) = i;
	zero = true;
	for (int i = PAGES / 4; i < PAGES; i++)
		zero &= *page(p, i) == (i & 1 ? (unsigned long)i : 0);
	ok(zero, "a write after a read changes that page only");
	munmap(p, PAGES * PAGE);
}

struct pair {
	char *mem, *shared;
	int to_child[2], to_parent[2];
};

static void tell(int fd)
{
	must(write(fd, "x", 1) == 1);
}

static void await(int fd)
{
	char c;

	must(read(fd, &c, 1) == 1);
}

static int cow_child(void *arg)
{
	struct pair *p = arg;

	must(filled(p->mem, 1000));
	fill(p->mem, 2000);
	tell(p->to_parent[1]);
	await(p->to_child[0]);
	/* The parent has written all of it meanwhile. */
	must(filled(p->mem, 2000));
	must(filled(p->shared, 3000));
	fill(p->shared, 4000);
	return 7;
}

static void copy_on_write(void)
{
	struct pair p = {
		.mem = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE),
		.shared = map_shared(PAGES * PAGE),
	};
	pid_t pid;

	must(!pipe(p.to_child) && !pipe(p.to_parent));
	fill(p.mem, 1000);
	fill(p.shared, 1000);
	pid = spawn(cow_child, &p);
	await(p.to_parent[0]);
	ok(filled(p.mem, 1000), "the child's writes stay in the child");
	fill(p.mem, 5000);
	fill(p.shared, 3000);
	tell(p.to_child[1]);
	ok(wait_for(pid) == 7, "the parent's writes stay in the parent");
	ok(filled(p.mem, 5000), "the parent's memory outlives the child");
	ok(filled(p.shared, 4000), "shared memory is shared both ways");
	munmap(p.mem, PAGES * PAGE);
	munmap(p.shared, PAGES * PAGE);
}

/* The kernel itself writes to pages that are shared copy-on-write. */
static int kernel_write_child(void *arg)
{
	char *mem = arg;
	int fds[2];

	must(!pipe(fds));
	must(write(fds[1], "overwritten", 11) == 11);
	must(read(fds[0], mem, 11) == 11);
	must(!memcmp(mem, "overwritten", 11));
	must(getcwd(mem + PAGE, PAGE));
	must(mem[PAGE] == '/');
	return 0;
}

static void kernel_writes(void)
{
	char *mem = map_anon(2 * PAGE, PROT_READ | PROT_WRITE);

	strcpy(mem, "original text");
	strcpy(mem + PAGE, "original text");
	ok(!in_child(kernel_write_child, mem), "system calls write to copy-on-write pages");
	ok(!strcmp(mem, "original text") && !strcmp(mem + PAGE, "original text"),
	   "the parent's pages stay as they were when its child's system calls write");
	munmap(mem, 2 * PAGE);
}

static int data_word = 1;
static int *heap_word;

static int generation(void *arg)
{
	long depth = (long)arg;
	int stack_word = depth;

	must(data_word == depth && *heap_word == depth);
	data_word++;
	++*heap_word;
	if (depth < 6)
		must(in_child(generation, (void *)(depth + 1)) == 0);
	must(data_word == depth + 1 && *heap_word == depth + 1 && stack_word == depth);
	return 0;
}

static void generations(void)
{
	heap_word = malloc(sizeof(*heap_word));
	*heap_word = 1;
	ok(!in_child(generation, (void *)1L), "six generations have a copy of their own each");
	ok(data_word == 1 && *heap_word == 1, "the first of six generations has the original");
	free(heap_word);
}

static void vfork_and_spawn(void)
{
	volatile int seen = 0;
	char *true_argv[] = { "true", NULL }, *empty[] = { NULL };
	int status;
	pid_t pid;

	pid = vfork();
	if (pid == 0) {
		seen = 1;
		_exit(3);
	}
	ok(pid > 0 && seen == 1, "vfork shares memory and suspends the parent until exit");
	ok(wait_for(pid) == 3, "the status of a vfork child arrives");

	seen = 0;
	pid = vfork();
	if (pid == 0) {
		seen = 1;
		execve("/bin/true", true_argv, empty);
		_exit(126);
	}
	ok(pid > 0 && seen == 1 && wait_for(pid) == 0, "vfork suspends the parent until exec");

	pid = vfork();
	if (pid == 0) {
		execve("/nonexistent", true_argv, empty);
		seen = errno;
		_exit(5);
	}
	ok(wait_for(pid) == 5 && seen == ENOENT, "failed exec returns in the vfork child");

	ok(!posix_spawn(&pid, "/bin/true", NULL, NULL, true_argv, empty), "posix_spawn succeeds");
	ok(waitpid(pid, &status, 0) == pid && status == 0, "posix_spawn's child ends well");
	ok(posix_spawn(&pid, "/nonexistent", NULL, NULL, true_argv, empty) == ENOENT,
	   "posix_spawn reports that exec failed");
}

static int exit_with(void *arg)
{
	return (long)arg;
}

static int sleep_forever(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return 0;
}

static void waiting(void)
{
	pid_t pids[40], pid;
	siginfo_t si;
	int status;
	bool good = true;

	for (long i = 0; i < 40; i++)
		pids[i] = spawn(exit_with, (void *)i);
	for (int i = 39; i >= 0; i--)
		good &= wait_for(pids[i]) == i;
	ok(good, "forty children at once, each with its status");

	pid = spawn(exit_with, (void *)9L);
	memset(&si, 0, sizeof(si));
	ok(!waitid(P_PID, pid, &si, WEXITED | WNOWAIT) && si.si_pid == pid &&
	   si.si_code == CLD_EXITED && si.si_status == 9, "waitid leaves the zombie (WNOWAIT)");
	ok(task_state(pid) == 'Z', "a child that has ended shows as a zombie");
	ok(wait_for(pid) == 9, "a zombie can be reaped after WNOWAIT");
	errno = 0;
	ok(waitpid(pid, &status, 0) == -1 && errno == ECHILD, "waitpid without a child: ECHILD");

	pid = spawn(sleep_forever, NULL);
	ok(waitpid(pid, &status, WNOHANG) == 0, "WNOHANG with a running child gives 0");
	kill(pid, SIGKILL);
	ok(wait_for(pid) == -SIGKILL, "waitpid tells of a child killed by SIGKILL");

	pid = spawn(sleep_forever, NULL);
	kill(pid, SIGSTOP);
	ok(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) &&
	   WSTOPSIG(status) == SIGSTOP, "waitpid tells of a child stopped by SIGSTOP");
	kill(pid, SIGCONT);
	ok(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status),
	   "waitpid tells of a child continued by SIGCONT");
	kill(pid, SIGTERM);
	ok(wait_for(pid) == -SIGTERM, "waitpid tells of a continued child killed by SIGTERM");
}

static int be_adopted(void *arg)
{
	return eventually(getppid() == *(pid_t *)arg) ? 21 : 20;
}

static int leave_orphan(void *arg)
{
	pid_t *pids = arg, pid = fork();

	must(pid >= 0);
	if (!pid)
		_exit(be_adopted(&pids[0]));
	pids[1] = pid;
	return 0;
}

static void orphans(void)
{
	pid_t *pids = map_shared(PAGE);

	pids[0] = getpid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	must(in_child(leave_orphan, pids) == 0);
	ok(wait_for(pids[1]) == 21, "an orphan comes to the subreaper");
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	munmap(pids, PAGE);
}

static void *fork_in_thread(void *arg)
{
	(void)arg;
	return (void *)(long)in_child(exit_with, (void *)17L);
}

static void threads_and_fork(void)
{
	pthread_t t;
	void *status;

	must(!pthread_create(&t, NULL, fork_in_thread, NULL));
	must(!pthread_join(t, &status));
	ok((long)status == 17, "a thread can fork and wait");
}

int main(void)
{
	demand_paging();
	copy_on_write();
	kernel_writes();
	generations();
	vfork_and_spawn();
	waiting();
	orphans();
	threads_and_fork();
	return tap_done();
}
