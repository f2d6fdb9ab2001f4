// SPDX-License-Identifier: GPL-2.0
/*
 * Checkpoint and restore need a task to come back under its old pid, which the
 * programs know. With virtual pids that was a table; here clone3 takes the pids
 * that the task had on each level (set_tid), if they are free.
 */
#include "experiment.h"

#include <linux/sched.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

/* What the task is: it counts, and knows its pid. */
struct task {
	long pid;
	volatile long count;
	volatile long limit;
};

static struct {
	struct door ready, go;
	struct task task;	/* private memory of each process */
	struct task *image;	/* the checkpoint, which is not in the task's memory */
	int *result;
} t;

static pid_t clone_with(const pid_t *tids, size_t n, int namespaces)
{
	struct clone_args args = {
		.flags = broken ? 0 : namespaces,
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)tids,
		.set_tid_size = n,
	};

	if (broken)
		args.set_tid = args.set_tid_size = 0;
	return syscall(SYS_clone3, &args, sizeof(args));
}

static void counts(void)
{
	while (t.task.count < t.task.limit)
		t.task.count++;
	open_door(&t.ready);
	while (t.task.count < 2 * t.task.limit)
		nap_ms(1);
	_exit(getpid() == t.task.pid ? 42 : 43);
}

/* The task's container, before: pids are used up to the task's. */
static int first_life(void *arg)
{
	struct iovec local = { t.image, sizeof(*t.image) };
	struct iovec remote = { &t.task, sizeof(t.task) };
	pid_t pid;

	(void)arg;
	for (int i = 0; i < 20; i++) {
		pid = fork();
		if (pid == 0)
			_exit(0);
		ended(pid);
	}
	pid = fork();
	if (pid == 0) {
		t.task.pid = getpid();
		t.task.limit = 100000;
		counts();
	}
	wait_at(&t.ready);
	kill(pid, SIGSTOP);
	waitpid(pid, NULL, WUNTRACED);
	if (process_vm_readv(pid, &local, 1, &remote, 1, 0) != sizeof(*t.image))
		cannot("process_vm_readv");
	kill(pid, SIGKILL);
	ended(pid);
	return 0;
}

/* A new container: the task comes back with its pid and its memory. */
static int second_life(void *arg)
{
	pid_t want = t.image->pid, pid, taken[1] = { want };
	int *outside_pid = arg;

	pid = clone_with(taken, 1, 0);
	if (pid == 0) {
		t.task = *t.image;
		t.task.count += t.task.limit;
		open_door(&t.ready);
		wait_at(&t.go);
		counts();
	}
	check(pid == want, "the task is back as pid %d: %d", want, pid);
	if (pid < 0)
		return 0;
	wait_at(&t.ready);
	*outside_pid = 1;

	taken[0] = want;
	pid = clone_with(taken, 1, 0);
	if (pid == 0)
		_exit(0);
	check(pid < 0 && errno == EEXIST, "another under the same pid is refused");
	if (pid > 0)
		ended(pid);
	open_door(&t.go);
	pid = wait(t.result);
	check(WIFEXITED(*t.result) && WEXITSTATUS(*t.result) == 42,
	      "it goes on from where it was, and its pid is the one it knows");
	taken[0] = want;
	pid = clone_with(taken, 1, 0);
	if (pid == 0)
		_exit(0);
	check(pid == want, "when it is gone, its pid is free again");
	if (pid > 0)
		ended(pid);
	return 0;
}

/* Two levels at once: 1 in the new namespace, a wanted one in this. */
static int two_levels(void *arg)
{
	pid_t tids[2] = { 1, 3333 }, pid;

	(void)arg;
	pid = clone_with(tids, 2, CLONE_NEWPID);
	if (pid == 0)
		_exit(getpid() == 1 ? 0 : 1);
	check(pid == 3333, "a new container's init gets the pid it had outside, too: %d", pid);
	if (pid > 0)
		check(ended(pid) == 0, "and is 1 inside");
	return 0;
}

static int as_nobody(void *arg)
{
	pid_t tid = 4444, pid;

	(void)arg;
	become_user(NOBODY);
	pid = clone_with(&tid, 1, 0);
	if (pid == 0)
		_exit(0);
	check(pid < 0 && errno == EPERM, "an ordinary user cannot choose a pid");
	if (leave(CLONE_NEWUSER | CLONE_NEWPID) || become_its_root(NOBODY))
		cannot("unshare");
	tid = 1;
	pid = clone_with(&tid, 1, 0);
	if (pid == 0)
		_exit(getpid() == 1 ? 0 : 1);
	check(pid > 0 && ended(pid) == 0, "but can in a container of his own");
	return 0;
}

int main(int argc, char **argv)
{
	int *back;

	experiment(argc, argv,
		   "checkpoint and restore: can a task come back with the same pid?",
		   "a task's memory saved, the task and its namespace ended, both made anew in a new one by clone3 with set_tid; pids that are taken",
		   "the pid is the same and the task goes on; a pid in use is refused, nobody else disturbed");
	make_door(&t.ready);
	make_door(&t.go);
	t.image = common(sizeof(*t.image));
	t.result = common(sizeof(*t.result));
	back = common(sizeof(*back));
	in_container(CLONE_NEWPID, first_life, NULL);
	check(t.image->count == t.image->limit && t.image->pid > 20,
	      "a task with pid %ld is saved at count %ld", t.image->pid, t.image->count);
	in_container(CLONE_NEWPID, second_life, back);
	in_container(CLONE_NEWPID, two_levels, NULL);
	in_container(0, as_nobody, NULL);
	measured("pid %ld came back as %ld at count %ld; the second under it: EEXIST", t.image->pid,
		 *back ? t.image->pid : 0, t.image->count);
	return answer("yes, in a namespace of its own, where its pid is free; a collision is an error (EEXIST), not a surprise");
}
