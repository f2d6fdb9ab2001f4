// SPDX-License-Identifier: GPL-2.0
/* Namespaces, as container programs use them. */
#include "tap.h"
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>

static char dir[] = "/tmp/ns.XXXXXX";
static uid_t uid;
static gid_t gid;

/* A user namespace in which we are root: what an ordinary user needs for the rest. */
static void become_root(void)
{
	char map[64];

	uid = geteuid();
	gid = getegid();
	must(!unshare(CLONE_NEWUSER));
	must(write_file("/proc/self/setgroups", "deny") || errno == ENOENT);
	snprintf(map, sizeof(map), "0 %d 1", uid);
	must(write_file("/proc/self/uid_map", map));
	snprintf(map, sizeof(map), "0 %d 1", gid);
	must(write_file("/proc/self/gid_map", map));
}

static int user(void *arg)
{
	char *line;

	(void)arg;
	must(!prctl(PR_SET_DUMPABLE, 1));
	become_root();
	must(getuid() == 0 && getgid() == 0);
	must((line = file_line("/proc/self/uid_map", "")) && atoi(line) == 0);
	errno = 0;
	must(setuid(12345) == -1 && errno == EINVAL);
	/* Root here, but not there. */
	errno = 0;
	must(sethostname("x", 1) == -1 && errno == EPERM);
	return 0;
}

static int uts(void *arg)
{
	struct utsname before, after;

	(void)arg;
	become_root();
	must(!uname(&before));
	must(!unshare(CLONE_NEWUTS));
	must(!sethostname("inside", 6) && !uname(&after) && !strcmp(after.nodename, "inside"));
	must(strcmp(before.nodename, "inside"));
	return 0;
}

static int mounts(void *arg)
{
	char path[64];

	(void)arg;
	become_root();
	must(!unshare(CLONE_NEWNS));
	must(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	must(!mount("tmpfs", dir, "tmpfs", 0, NULL));
	snprintf(path, sizeof(path), "%s/file", dir);
	must(close(creat(path, 0644)) == 0 && !access(path, F_OK));
	/* A new root, and nothing of the old one. */
	snprintf(path, sizeof(path), "%s/old", dir);
	must(!mkdir(path, 0755));
	must(!syscall(SYS_pivot_root, dir, path));
	must(!chdir("/") && !access("/file", F_OK));
	must(!umount2("/old", MNT_DETACH) && access("/old/bin", F_OK));
	return 0;
}

static int ipc(void *arg)
{
	int key = 0x5a17, here;

	(void)arg;
	become_root();
	must(!unshare(CLONE_NEWIPC));
	must(msgget(key, 0) == -1 && errno == ENOENT);
	must((here = msgget(key, IPC_CREAT | 0600)) >= 0 && msgget(key, 0) == here);
	must(!msgctl(here, IPC_RMID, NULL));
	return 0;
}

static int network(void *arg)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	struct if_nameindex *all;
	int s;

	(void)arg;
	become_root();
	must(!unshare(CLONE_NEWNET));
	must((s = socket(AF_INET, SOCK_DGRAM, 0)) >= 0);
	must(!ioctl(s, SIOCGIFFLAGS, &ifr) && !(ifr.ifr_flags & IFF_UP));
	ifr.ifr_flags |= IFF_UP;
	must(!ioctl(s, SIOCSIFFLAGS, &ifr));
	must(!ioctl(s, SIOCGIFFLAGS, &ifr) && (ifr.ifr_flags & IFF_UP));
	must((all = if_nameindex()));
	for (int i = 0; all[i].if_name; i++)
		must(!strcmp(all[i].if_name, "lo") || strstr(all[i].if_name, "0"));
	return 0;
}

static int report_pid(void *arg)
{
	(void)arg;
	return getpid() == 2 && getppid() == 1 ? 0 : 1;
}

static int orphan(void *arg)
{
	if (fork() == 0) {
		/* adopted by the namespace's init once the parent has gone */
		must(eventually(getppid() == 1));
		must(write(*(int *)arg, "x", 1) == 1);
		_exit(0);
	}
	return 0;
}

static int namespace_init(void *arg)
{
	char path[64], target[64], c;
	int fds[2];

	(void)arg;
	must(getpid() == 1);
	must(in_child(report_pid, NULL) == 0);
	must(!pipe(fds));
	must(in_child(orphan, &fds[1]) == 0);
	must(read(fds[0], &c, 1) == 1 && wait(NULL) > 0);
	/* Its own /proc shows its own processes. */
	must(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	if (!mount("proc", dir, "proc", 0, NULL)) {
		snprintf(path, sizeof(path), "%s/self", dir);
		must(readlink(path, target, sizeof(target)) == 1 && target[0] == '1');
	} else {
		must(errno == EPERM && !getenv("IN_GUEST"));
	}
	/* A signal for which init has no handler does not reach it. */
	must(!kill(1, SIGTERM));
	/* Its end is everyone's end. */
	if (fork() == 0)
		for (;;)
			pause();
	return 44;
}

static int pids(void *arg)
{
	pid_t pid;

	(void)arg;
	become_root();
	must(!unshare(CLONE_NEWPID | CLONE_NEWNS));
	pid = fork();
	must(pid >= 0);
	if (!pid)
		_exit(namespace_init(NULL));
	must(pid > 2);
	return wait_for(pid);
}

static int all_at_once(void *arg)
{
	struct utsname u;

	(void)arg;
	must(getpid() == 1 && !sethostname("all", 3) && !uname(&u) && !strcmp(u.nodename, "all"));
	must(getuid() == 65534 || getuid() == 0);
	return 45;
}

static void with_clone(void)
{
	char *stack = map_anon(65536, PROT_READ | PROT_WRITE);
	pid_t pid = clone(all_at_once, stack + 65536, CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS |
			  CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP | SIGCHLD,
			  NULL);

	ok(pid > 0 && wait_for(pid) == 45, "clone makes all namespaces at once");
	munmap(stack, 65536);
}

static int joins(void *arg)
{
	char path[64], a[64] = "", b[64] = "", c[64] = "";
	pid_t pid = *(pid_t *)arg;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/uts", pid);
	must(readlink("/proc/self/ns/uts", a, 63) > 0 && readlink(path, b, 63) > 0);
	must(strcmp(a, b));
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	must((fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0);
	snprintf(path, sizeof(path), "/proc/%d/ns/uts", pid);
	int fd2 = open(path, O_RDONLY | O_CLOEXEC);

	must(fd2 >= 0 && !setns(fd, CLONE_NEWUSER) && !setns(fd2, CLONE_NEWUTS));
	must(readlink("/proc/self/ns/uts", c, 63) > 0 && !strcmp(b, c));
	return 0;
}

static int hold_namespace(void *arg)
{
	become_root();
	must(!unshare(CLONE_NEWUTS));
	must(write(*(int *)arg, "x", 1) == 1);
	for (;;)
		pause();
	return 0;
}

static void joining(void)
{
	int fds[2];
	pid_t pid;
	char c;

	must(!pipe(fds));
	pid = spawn(hold_namespace, &fds[1]);
	must(read(fds[0], &c, 1) == 1);
	ok(in_child(joins, &pid) == 0, "setns enters another process's namespaces");
	kill(pid, SIGKILL);
	wait_for(pid);
}

static int try_unshare(void *arg)
{
	(void)arg;
	return unshare(CLONE_NEWUSER) ? 1 : 0;
}

int main(void)
{
	must(mkdtemp(dir));
	if (in_child(try_unshare, NULL)) {
		skip_on_host("namespaces", "not for this user here");
		rmdir(dir);
		return tap_done();
	}
	ok(in_child(user, NULL) == 0, "user: root inside, nobody outside");
	ok(in_child(uts, NULL) == 0, "UTS: its own host name");
	ok(in_child(mounts, NULL) == 0, "mount: a new root");
	ok(in_child(ipc, NULL) == 0, "IPC: its own queues");
	ok(in_child(network, NULL) == 0, "network: its own loopback");
	ok(in_child(pids, NULL) == 44, "PID: its own init, orphans, /proc, end");
	with_clone();
	joining();
	rmdir(dir);
	return tap_done();
}
