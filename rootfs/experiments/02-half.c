// SPDX-License-Identifier: GPL-2.0
/*
 * Half isolation: the namespaces can be had one by one. The outside changes
 * something of each kind, and a process that left one namespace looks.
 */
#include "experiment.h"

#include <stddef.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#define KEY	0x68616c66
#define DIR	"/tmp/half"
#define GROUP	"/sys/fs/cgroup/half"
#define OFFSET	1000000

static struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "\0half" };
#define ADDRESS_LEN	(offsetof(struct sockaddr_un, sun_path) + 5)

static struct {
	struct door ready, go;
	long long uptime;	/* of the outside, s */
} t;

/* Each says whether it sees what the outside has done. */
static bool sees_mount(void)
{
	return access(DIR "/mounted", F_OK) == 0;
}

static bool sees_name(void)
{
	struct utsname name;

	return !uname(&name) && !strcmp(name.nodename, "half");
}

static bool sees_queue(void)
{
	return msgget(KEY, 0) >= 0;
}

static bool sees_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = !connect(fd, (struct sockaddr *)&address, ADDRESS_LEN);

	close(fd);
	return yes;
}

static pid_t outside_pid;
static bool sees_process(void)
{
	return kill(outside_pid, 0) == 0 || errno != ESRCH;
}

static bool sees_user(void)
{
	return getuid() == 0;
}

static bool sees_group(void)
{
	return strstr(read_file("/proc/self/cgroup"), "0::/half\n") != NULL;
}

static bool sees_time(void)
{
	return now() / 1000000000 < t.uptime + OFFSET / 2;
}

static const struct {
	const char *name;
	int flag;
	bool (*sees)(void);
	const char *what;
} kinds[] = {
	{ "mnt", CLONE_NEWNS, sees_mount, "a mount" },
	{ "uts", CLONE_NEWUTS, sees_name, "the host name" },
	{ "ipc", CLONE_NEWIPC, sees_queue, "a message queue" },
	{ "net", CLONE_NEWNET, sees_socket, "an abstract socket" },
	{ "pid", CLONE_NEWPID, sees_process, "a process" },
	{ "user", CLONE_NEWUSER, sees_user, "user 0" },
	{ "cgroup", CLONE_NEWCGROUP, sees_group, "the path of its cgroup" },
	{ "time", CLONE_NEWTIME, sees_time, "the time since boot" },
};

static unsigned char *view;	/* what the process inside saw, a byte for each kind */

static int look(void *arg)
{
	(void)arg;
	open_door(&t.ready);
	wait_at(&t.go);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		view[i] = kinds[i].sees();
	return 0;
}

/* Leaves the namespace; the child is for pid and time, which begin with the next process. */
static int half_inside(void *arg)
{
	int flag = *(int *)arg;

	if (write_file(GROUP "/cgroup.procs", "0"))
		cannot(GROUP);
	if (leave(flag))
		cannot("unshare");
	if ((flag & CLONE_NEWTIME) && !broken &&
	    write_file("/proc/self/timens_offsets", "monotonic %d 0\n", OFFSET))
		cannot("/proc/self/timens_offsets");
	return in_container(0, look, NULL);
}

/* What no namespace separates: is it seen, can it be changed? */
struct whole {
	unsigned int user;	/* who root inside is outside */
	int seen[3];
	int changed;
};

static bool can_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int everything_inside(void *arg)
{
	struct whole *w = arg;
	int *seen = w->seen;
	struct timespec ts;

	if (w->user && !broken)
		become_user(w->user);
	if (leave(ALL_NAMESPACES) || become_its_root(w->user))
		cannot("unshare");
	seen[0] = strstr(read_file("/proc/meminfo"), "MemTotal:") != NULL;
	seen[1] = atof(read_file("/proc/loadavg")) >= 0;
	seen[2] = atoi(read_file("/proc/sys/kernel/pid_max"));
	clock_gettime(CLOCK_REALTIME, &ts);
	w->changed = !clock_settime(CLOCK_REALTIME, &ts);
	w->changed += can_write("/proc/sys/kernel/pid_max");
	w->changed += can_write("/proc/sysrq-trigger");
	w->changed += open("/proc/kmsg", O_RDONLY | O_CLOEXEC) >= 0;
	return 0;
}

int main(int argc, char **argv)
{
	int separate = 0, shared = 0, queue, fd;
	struct whole *w = common(2 * sizeof(*w));
	struct utsname before;
	size_t n = ARRAY_SIZE(kinds);

	experiment(argc, argv,
		   "half isolation: what does each namespace separate if it is unshared alone?",
		   "each of the eight unshared alone; then the outside changes one thing of every kind",
		   "what belongs to the namespace is separate, all else is seen");
	make_door(&t.ready);
	make_door(&t.go);
	view = common(n);
	uname(&before);
	w[0].user = 100000;
	outside_pid = getpid();
	mkdir(DIR, 0755);
	if (mkdir(GROUP, 0755) && errno != EEXIST)
		cannot(GROUP);

	for (size_t i = 0; i < n; i++) {
		int flag = kinds[i].flag;
		pid_t pid = start(0, half_inside, &flag);
		char leaks[256] = "";

		wait_at(&t.ready);
		t.uptime = now() / 1000000000;
		if (mount("half", DIR, "tmpfs", 0, NULL))
			cannot("mount");
		close(open(DIR "/mounted", O_CREAT | O_WRONLY, 0644));
		sethostname("half", 4);
		queue = msgget(KEY, IPC_CREAT | 0666);
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (bind(fd, (struct sockaddr *)&address, ADDRESS_LEN) || listen(fd, 8))
			cannot("abstract socket");
		open_door(&t.go);
		if (ended(pid))
			check(false, "the process in a new %s namespace comes back", kinds[i].name);
		close(fd);
		msgctl(queue, IPC_RMID, NULL);
		sethostname(before.nodename, strlen(before.nodename));
		umount(DIR);

		check(!view[i], "%s: %s is separate", kinds[i].name, kinds[i].what);
		separate += !view[i];
		for (size_t j = 0; j < n; j++) {
			if (j == i)
				continue;
			shared += view[j];
			if (!view[j])
				snprintf(leaks + strlen(leaks), sizeof(leaks) - strlen(leaks),
					 " %s", kinds[j].name);
		}
		check(!*leaks, "%s: and nothing else is%s%s", kinds[i].name, *leaks ? ", but" : "",
		      leaks);
	}
	rmdir(GROUP);
	rmdir(DIR);
	measured("%zu x %zu probes: %d separate on the diagonal, %d shared off it", n, n, separate,
		 shared);
	in_container(0, everything_inside, w);
	in_container(0, everything_inside, w + 1);
	check(w[0].changed == 0, "in all eight, a root that is user 100000 outside changes nothing of those that have none: clock, limits, emergency keys, log");
	measured("in all eight still seen: %s%s%s", w->seen[0] ? "memory" : "",
		 w->seen[1] ? ", load" : "", w->seen[2] ? ", kernel limits" : "");
	measured("of clock, limits, emergency keys and log a root that is user 100000 outside changes %d, one that is 0 outside %d",
		 w[0].changed, w[1].changed);
	return answer("each separates its own kind and no other; what has no namespace (memory, load, wall clock, log) is seen by all, and safe only if root inside is nobody outside");
}
