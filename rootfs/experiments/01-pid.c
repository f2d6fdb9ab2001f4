// SPDX-License-Identifier: GPL-2.0
/*
 * Pid namespaces. The debate was whether pids are to be virtual (translated at
 * each border), pairs of (container, pid), or one number per level; what was
 * built is the last, and NSpid in /proc/PID/status shows all numbers at once.
 */
#include "experiment.h"

#include <sys/mount.h>
#include <sys/wait.h>

#define LEVELS 3

static struct {
	struct door ready, leave, orphan;
	pid_t top;
	int inside;
	struct sigaction old;
} t;

static volatile pid_t *seen;	/* what a container's process found out */

/* NSpid of PID as this /proc has it; returns how many numbers. */
static int nspid(pid_t pid, int number[8])
{
	char *line = strstr(read_file("/proc/%d/status", pid), "\nNSpid:");
	int n = 0, used;

	for (line = line ? line + 7 : ""; n < 8 && sscanf(line, "%d%n", &number[n], &used) == 1; n++)
		line += used;
	return n;
}

static pid_t child_of(pid_t pid)
{
	return atoi(read_file("/proc/%d/task/%d/children", pid, pid));
}

static int level(void *arg)
{
	int depth = *(int *)arg, number[8];
	pid_t pid;

	if (depth == LEVELS) {
		open_door(&t.ready);
		wait_at(&t.leave);
		return 0;
	}
	if (depth == 1)
		mount("proc", "/proc", "proc", 0, NULL);
	t.inside = depth + 1;
	pid = start(CLONE_NEWPID, level, &t.inside);
	if (depth == 1) {
		wait_at(&t.ready);
		t.inside = count_processes();
		check(t.inside == LEVELS, "/proc of a container shows its %d processes only: %d",
		      LEVELS, t.inside);
		check(nspid(child_of(pid), number) == LEVELS && number[LEVELS - 1] == 1,
		      "and of their pids not those that they have outside");
		check(kill(t.top, 0) && errno == ESRCH,
		      "no number inside leads to a process outside");
		*seen = t.inside;
		open_door(&t.orphan);
	}
	return ended(pid);
}

static void three_levels(void)
{
	int depth = 1, number[8], n;
	pid_t pid = start(CLONE_NEWPID | CLONE_NEWNS, level, &depth), at = pid;
	char text[128] = "";

	wait_at(&t.orphan);
	for (int i = 1; i <= LEVELS; i++) {
		n = nspid(at, number);
		check(n == i + 1 && number[0] == at && number[n - 1] == 1,
		      "the init of level %d has %d pids, 1 at home", i, i + 1);
		at = child_of(at);
	}
	for (int i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%d", i ? " " : "",
			 number[i]);
	open_door(&t.leave);
	ended(pid);
	measured("NSpid of the innermost: %s", text);
	measured("/proc shows %d processes outside, %d inside", count_processes(), *seen);
}

static int orphan(void *arg)
{
	(void)arg;
	if (fork() == 0) {
		while (getppid() != 1 && getppid() != t.inside)
			nap_ms(1);
		*seen = getppid();
		open_door(&t.orphan);
		wait_at(&t.leave);
		_exit(7);
	}
	return 0;
}

/* The container's init: reaps nothing until it may. */
static int reaper(void *arg)
{
	int n = 0, last = -1, status;

	(void)arg;
	t.inside = getpid();
	start(0, orphan, NULL);
	wait_at(&t.ready);
	while (wait(&status) > 0) {
		n++;
		last = WEXITSTATUS(status);
	}
	return n == 2 && last == 7 ? 0 : 1;
}

/* Both children of PID, the orphan and who left it, wait to be reaped. */
static bool has_zombies(void *arg)
{
	pid_t pid = *(pid_t *)arg;
	int n = 0;
	char *line = read_file("/proc/%d/task/%d/children", pid, pid), *end;

	for (;;) {
		pid_t child = strtol(line, &end, 10);
		char list[256];

		if (end == line)
			return n == 2;
		snprintf(list, sizeof(list), "%s", end);
		n += strstr(read_file("/proc/%d/status", child), "State:\tZ") != NULL;
		strcpy(line, list);
	}
}

static void reaping(void)
{
	pid_t pid = start(CLONE_NEWPID, reaper, NULL);

	wait_at(&t.orphan);
	check(*seen == 1, "an orphan's new parent is the container's init: pid %d", *seen);
	open_door(&t.leave);
	check(wait_for(5, has_zombies, &pid), "a zombie waits for the container's init, not for ours");
	open_door(&t.ready);
	check(ended(pid) == 0, "which reaps it, with its exit status");
}

static volatile sig_atomic_t sender;

static void note_sender(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	sender = info->si_pid;
}

static int attack_init(void *arg)
{
	(void)arg;
	/* Only where 1 is the container's init: without a namespace it is the machine's. */
	if (t.inside == 1) {
		kill(1, SIGKILL);
		kill(1, SIGTERM);
		kill(-1, SIGKILL);
	}
	return 0;
}

static int signalled(void *arg)
{
	struct sigaction sa = { .sa_sigaction = note_sender, .sa_flags = SA_SIGINFO };

	(void)arg;
	t.inside = getpid();
	sigaction(SIGUSR1, &sa, NULL);
	sender = -1;
	check(in_container(0, attack_init, NULL) == 0 && t.inside == 1,
	      "SIGKILL from inside does not reach the container's init");
	open_door(&t.ready);
	while (sender == -1)
		nap_ms(1);
	check(sender == 0, "a signal from outside has the sender 0: %d", (int)sender);
	/* A process that holds the pipe's end until it dies. */
	start(0, orphan, NULL);
	for (;;)
		pause();
	return 0;
}

static void signals(void)
{
	pid_t pid;
	char c;
	int fd[2];

	if (pipe(fd))
		cannot("pipe");
	pid = start(CLONE_NEWPID, signalled, NULL);
	close(fd[1]);
	wait_at(&t.ready);
	kill(pid, SIGUSR1);
	wait_at(&t.orphan);
	kill(pid, SIGTERM);
	check(kill(pid, 0) == 0 && waitpid(pid, NULL, WNOHANG) == 0,
	      "SIGTERM from outside does not end an init that has no handler");
	kill(pid, SIGKILL);
	check(ended(pid) == 128 + SIGKILL, "SIGKILL from outside does");
	/* Without a namespace the orphan lives on, and keeps the pipe open: the alarm ends that. */
	if (broken) {
		check(false, "with its init, all of a container dies");
		open_door(&t.leave);
	} else {
		check(read(fd[0], &c, 1) == 0, "with its init, all of a container dies");
	}
}

int main(int argc, char **argv)
{
	experiment(argc, argv,
		   "pid namespaces: who reaps, and who sees and signals whom, when init is not visible?",
		   "containers three levels deep; orphans, zombies and signals made in them",
		   "an init of its own reaps; a process has a pid per level, and only inwards is seen");
	make_door(&t.ready);
	make_door(&t.leave);
	make_door(&t.orphan);
	t.top = getpid();
	seen = common(sizeof(*seen));
	three_levels();
	reaping();
	signals();
	return answer("pids are one number per level: the parent sees them all, a child none of the parent's; each container's init reaps its own");
}
