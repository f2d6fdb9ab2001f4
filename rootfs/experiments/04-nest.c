// SPDX-License-Identifier: GPL-2.0
/*
 * Create, enter, nest. unshare() changes the caller, clone() makes somebody new,
 * setns() enters what is there; some wanted an exec to be part of it.
 */
#include "experiment.h"

#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#define SET	(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWPID)

static const char *const kinds[] = { "uts", "ipc", "mnt", "pid_for_children" };

static struct {
	struct door ready, go, end;
	int pidfd;
	char home[4][64];	/* the namespaces that a process must be in, or not */
	bool want_home;
	int *depth;
} t;

static void where(char place[4][64])
{
	for (int i = 0; i < 4; i++) {
		char path[64];
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i]);
		n = readlink(path, place[i], 63);
		place[i][n > 0 ? n : 0] = '\0';
	}
}

/* How many of the four are those of t.home. */
static int at_home(void)
{
	char place[4][64];
	int n = 0;

	where(place);
	for (int i = 0; i < 4; i++)
		n += !strcmp(place[i], t.home[i]);
	return n;
}

/*
 * The same after an exec, which must not change it: readlink of the tiny image
 * tells, and what it tells is compared here.
 */
static int home_after_exec(void)
{
	int fd[2], n = 0;
	char text[1024];
	ssize_t len, used = 0;
	pid_t pid;

	if (pipe(fd))
		cannot("pipe");
	pid = fork();
	if (pid == 0) {
		dup2(fd[1], 1);
		execl("/bin/readlink", "readlink", "/proc/self/ns/uts", "/proc/self/ns/ipc",
		      "/proc/self/ns/mnt", "/proc/self/ns/pid_for_children", NULL);
		_exit(127);
	}
	close(fd[1]);
	while ((len = read(fd[0], text + used, sizeof(text) - 1 - used)) > 0)
		used += len;
	text[used] = '\0';
	close(fd[0]);
	if (ended(pid))
		return -1;
	for (int i = 0; i < 4; i++)
		n += strstr(text, t.home[i]) != NULL;
	return n;
}

static int cloned(void *arg)
{
	(void)arg;
	check(at_home() == 0, "clone: the new process has four new namespaces");
	check(home_after_exec() == 0, "clone: and keeps them over an exec");
	return 0;
}

static int unshares(void *arg)
{
	(void)arg;
	if (leave(SET))
		cannot("unshare");
	check(at_home() == 0, "unshare: the caller itself has four new ones");
	check(home_after_exec() == 0, "unshare: and keeps them over an exec");
	return 0;
}

static int container(void *arg)
{
	(void)arg;
	sethostname("within", 6);
	open_door(&t.ready);
	wait_at(&t.end);
	return 0;
}

static int enters(void *arg)
{
	struct utsname name;

	(void)arg;
	if (!check(setns(t.pidfd, SET) == 0, "setns: root enters a container by a pidfd, all at once"))
		return 0;
	uname(&name);
	check(at_home() == 0 && !strcmp(name.nodename, "within"), "setns: and is in it");
	check(home_after_exec() == 0, "setns: also after an exec");
	return 0;
}

static int enters_as_nobody(void *arg)
{
	(void)arg;
	become_user(NOBODY);
	check(setns(t.pidfd, CLONE_NEWUTS) && errno == EPERM, "setns: an ordinary user does not");
	check(unshare(CLONE_NEWUTS) && errno == EPERM,
	      "unshare: nor makes one without a user namespace");
	return 0;
}

/* One level deeper, with a user namespace each, until the kernel says no. */
static int deeper(void *arg)
{
	unsigned int uid = geteuid();
	pid_t pid;

	(void)arg;
	if (leave(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC))
		return errno;
	if (broken)
		return 0;
	if (become_its_root(uid))
		return errno;
	++*t.depth;
	sethostname("deep", 4);
	pid = fork();
	if (pid < 0)
		return errno;
	if (pid == 0)
		_exit(deeper(NULL));
	return ended(pid);
}

static int nests(void *arg)
{
	(void)arg;
	become_user(NOBODY);
	return deeper(NULL);
}

/* The median of many. */
static double us_each(int (*fn)(void *), int namespaces)
{
	long long ns[101];
	int n = ARRAY_SIZE(ns);

	for (int i = 0; i < n; i++) {
		long long begin = now(), took;
		int j;

		in_container(namespaces, fn, NULL);
		took = now() - begin;
		for (j = i; j > 0 && ns[j - 1] > took; j--)
			ns[j] = ns[j - 1];
		ns[j] = took;
	}
	return ns[n / 2] / 1000.0;
}

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

static int only_unshare(void *arg)
{
	(void)arg;
	return leave(SET);
}

static int only_enter(void *arg)
{
	(void)arg;
	return setns(t.pidfd, SET);
}

int main(int argc, char **argv)
{
	struct utsname before, after;
	double plain, made, left, entered;
	int why;
	pid_t pid;

	experiment(argc, argv,
		   "create, enter, nest: unshare, clone or setns, with or without exec, and how deep?",
		   "four namespaces made and entered in each way; containers nested by an ordinary user until refused",
		   "all three ways lead to the same, exec changes nothing, nesting ends at the kernel's limit of 32");
	make_door(&t.ready);
	make_door(&t.go);
	make_door(&t.end);
	t.depth = common(sizeof(int));
	where(t.home);
	uname(&before);
	if (home_after_exec() != 4)
		cannot("/bin/readlink");

	in_container(SET, cloned, NULL);
	in_container(0, unshares, NULL);
	pid = start(SET, container, NULL);
	wait_at(&t.ready);
	t.pidfd = syscall(SYS_pidfd_open, pid, 0);
	in_container(0, enters, NULL);
	in_container(0, enters_as_nobody, NULL);

	plain = us_each(nothing, 0);
	made = us_each(nothing, SET);
	left = us_each(only_unshare, 0);
	entered = us_each(only_enter, 0);
	measured("a process %.0f us, with clone %.0f, unshare %.0f, setns %.0f", plain, made,
		 left, entered);
	open_door(&t.end);
	ended(pid);

	why = in_container(0, nests, NULL);
	check(*t.depth >= 32, "an ordinary user nests containers %d deep", *t.depth);
	check(why == ENOSPC || why == EUSERS, "and is then refused: %s", strerror(why));
	measured("nested by an ordinary user: %d deep, then %s", *t.depth, strerror(why));
	uname(&after);
	check(!strcmp(before.nodename, after.nodename), "none of them changed the outside's name");
	if (broken)
		sethostname(before.nodename, strlen(before.nodename));
	return answer("the three ways are equal and need no exec; an ordinary user gets as deep as root does");
}
