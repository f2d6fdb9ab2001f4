// SPDX-License-Identifier: GPL-2.0
/* cgroup v2: limits of processes and memory, freezing, killing. */
#include "tap.h"
#include <sys/stat.h>
#include <sys/statfs.h>

#define ROOT	"/sys/fs/cgroup"
#define GROUP	ROOT "/tests"

static char *value(const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), GROUP "/%s", file);
	return file_line(path, "");
}

static bool set(const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), GROUP "/%s", file);
	return write_file(path, text);
}

static long event(const char *file, const char *key)
{
	char path[128], *line;

	snprintf(path, sizeof(path), GROUP "/%s", file);
	line = file_line(path, key);
	return line ? atol(line) : -1;
}

static void join(void)
{
	must(set("cgroup.procs", "0"));
}

static int idle(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return 0;
}

static int fork_too_much(void *arg)
{
	int made = 0;
	pid_t pid;

	(void)arg;
	join();
	while (made < 20 && (pid = fork()) > 0)
		made++;
	if (made < 20 && pid == 0)
		idle(NULL);
	must(made == 20 || errno == EAGAIN);
	return made;
}

static bool empty(void)
{
	return event("cgroup.events", "populated ") == 0;
}

static void processes(void)
{
	char *line;

	ok(set("pids.max", "5") && (line = value("pids.max")) && !strcmp(line, "5\n"),
	   "pids.max can be set");
	ok(in_child(fork_too_much, NULL) == 4, "with pids.max 5 a sixth process is refused");
	ok((line = value("pids.current")) && atoi(line) == 4,
	   "pids.current counts the processes that are left");
	ok(event("pids.events", "max ") >= 1, "pids.events counts a refused fork");
	ok(set("cgroup.kill", "1") && eventually(empty()),
	   "cgroup.kill ends all processes of a group");
	must(set("pids.max", "max"));
}

static int use_memory(void *arg)
{
	size_t size = (size_t)(long)arg << 20;
	char *p;

	join();
	p = map_anon(size, PROT_READ | PROT_WRITE);
	for (size_t at = 0; at < size; at += PAGE)
		p[at] = 1;
	return 46;
}

static void memory(void)
{
	char *line;

	ok(set("memory.max", "16M") && (line = value("memory.max")) && atol(line) == 16 << 20,
	   "memory.max can be set");
	/* Without swap, or it would just be slow. */
	must(set("memory.swap.max", "0") || errno == ENOENT);
	ok(in_child(use_memory, (void *)4L) == 46, "a program can take 4 MiB of 16");
	ok(in_child(use_memory, (void *)64L) == -SIGKILL,
	   "a program that takes 64 MiB of 16 is killed");
	ok(event("memory.events", "oom_kill ") >= 1, "memory.events counts an OOM kill");
	ok((line = value("memory.peak")) && atol(line) > 8 << 20 && atol(line) <= 16 << 20,
	   "memory.peak is near memory.max");
	must(set("memory.max", "max"));
}

static int spin(void *arg)
{
	join();
	for (;;)
		++*(volatile long *)arg;
	return 0;
}

static void freezing(void)
{
	volatile long *count = map_shared(PAGE);
	pid_t pid = spawn(spin, (void *)count);
	long seen;

	must(eventually(*count));
	ok(set("cgroup.freeze", "1") && eventually(event("cgroup.events", "frozen ") == 1),
	   "cgroup.freeze freezes a group");
	seen = *count;
	sleep_ms(50);
	ok(*count == seen, "a loop in a frozen group stands still");
	ok(set("cgroup.freeze", "0") && eventually(*count != seen),
	   "a loop in a thawed group goes on");
	ok(event("cpu.stat", "usage_usec ") > 0, "cpu.stat counts processor time");
	kill(pid, SIGKILL);
	wait_for(pid);
	munmap((void *)count, PAGE);
}

static int is_inside(void *arg)
{
	(void)arg;
	return file_line("/proc/self/cgroup", "0::/tests\n") ? 47 : 48;
}

static int parent_inside(void *arg)
{
	(void)arg;
	join();
	return in_child(is_inside, NULL);
}

int main(void)
{
	struct statfs sfs;
	char *controllers;

	if (statfs(ROOT, &sfs) || sfs.f_type != 0x63677270 || access(ROOT "/cgroup.procs", W_OK)) {
		skip_on_host("cgroups", "no cgroup2 for this user at " ROOT);
		return tap_done();
	}
	controllers = file_line(ROOT "/cgroup.controllers", "");
	ok(controllers && strstr(controllers, "memory") && strstr(controllers, "pids") &&
	   strstr(controllers, "cpu"), "there are controllers for cpu, memory and pids");
	ok(write_file(ROOT "/cgroup.subtree_control", "+cpu +memory +pids"),
	   "the controllers can be enabled for groups");
	ok(!mkdir(GROUP, 0755), "a group can be made");
	ok(in_child(parent_inside, NULL) == 47, "children stay in their parent's group");
	processes();
	memory();
	freezing();
	ok(eventually(empty()) && !rmdir(GROUP), "an empty group can be removed");
	write_file(ROOT "/cgroup.subtree_control", "-cpu -memory -pids");
	return tap_done();
}
