// SPDX-License-Identifier: GPL-2.0
/*
 * Resources. What beancounters were to limit, cgroups of version 2 do: a greedy
 * container takes all that it can get, and the neighbour, who asks for little, is
 * watched. Two-level disk quota: a project for the container, and users in it.
 */
#include "experiment.h"

#include <linux/fs.h>
#include <linux/loop.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define CGROUPS	"/sys/fs/cgroup"
#define GREEDY	CGROUPS "/greedy"
#define QUIET	CGROUPS "/quiet"
#define DIR	"/tmp/resources"
#define DISK	DIR "/disk"
#define MIB	(1 << 20)

static struct {
	struct door ready, go;
	volatile long *counter;		/* [0] of the greedy, [1] of the quiet */
	char loop[32];
	int loop_fd;
} t;

static long field(const char *file, const char *name)
{
	char *text = read_file("%s", file), *p = strstr(text, name);

	return p ? atol(p + strlen(name)) : -1;
}

static void set(const char *file, const char *value)
{
	/* Without limits is what --break means. */
	if (!broken && write_file(file, "%s", value))
		cannot(file);
}

static void enter(const char *group)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	if (write_file(path, "0"))
		cannot(path);
}

static bool is_empty(void *arg)
{
	(void)arg;
	return field(GREEDY "/cgroup.events", "populated ") == 0;
}

static void end_greedy(pid_t pid)
{
	write_file(GREEDY "/cgroup.kill", "1");
	ended(pid);
	wait_for(10, is_empty, NULL);
}

/* Forks as long as it can, and so do all its children; 400 are enough to show it. */
static int fork_bomb(void *arg)
{
	(void)arg;
	enter(GREEDY);
	open_door(&t.ready);
	for (;;) {
		pid_t pid;

		if (__atomic_load_n(&t.counter[0], __ATOMIC_SEQ_CST) >= 400) {
			pause();
			continue;
		}
		pid = fork();
		if (pid > 0)
			__atomic_add_fetch(&t.counter[0], 1, __ATOMIC_SEQ_CST);
		else if (pid < 0)
			nap_ms(1);
	}
	return 0;
}

static int forks(void *arg)
{
	int failed = 0;

	(void)arg;
	enter(QUIET);
	for (int i = 0; i < 50; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		failed += pid < 0;
		if (pid > 0)
			ended(pid);
	}
	return failed;
}

static bool bomb_is_at_its_limit(void *arg)
{
	(void)arg;
	return broken ? t.counter[0] >= 400 : field(GREEDY "/pids.events", "max ") > 10;
}

static void processes(void)
{
	long long alone, beside;
	int failed;
	long peak;
	pid_t pid;

	set(GREEDY "/pids.max", "64");
	set(GREEDY "/cpu.weight", "50");
	alone = now();
	in_container(0, forks, NULL);
	alone = now() - alone;
	pid = start(0, fork_bomb, NULL);
	wait_at(&t.ready);
	wait_for(20, bomb_is_at_its_limit, NULL);
	beside = now();
	failed = in_container(0, forks, NULL);
	beside = now() - beside;
	peak = field(GREEDY "/pids.current", "");
	end_greedy(pid);
	check(peak <= 64, "a fork bomb stays at its 64 processes: %ld", peak);
	check(failed == 0, "the neighbour's 50 forks all succeed");
	measured("fork bomb: held at %ld processes, neighbour's 50 forks take %lld ms (alone %lld)",
		 peak, beside / 1000000, alone / 1000000);
	set(GREEDY "/pids.max", "max");
	set(GREEDY "/cpu.weight", "100");
}

/* 96 MiB where 32 are allowed. */
static int memory_hog(void *arg)
{
	volatile char *p = malloc(96 * MIB);

	(void)arg;
	enter(GREEDY);
	for (size_t i = 0; p && i < 96 * MIB; i += 4096)
		p[i] = 1;
	return 0;
}

static int holds_memory(void *arg)
{
	size_t size = 16 * MIB;
	char *p;

	(void)arg;
	enter(QUIET);
	p = malloc(size);
	for (size_t i = 0; i < size; i += 4096)
		p[i] = i >> 12;
	open_door(&t.ready);
	wait_at(&t.go);
	for (size_t i = 0; i < size; i += 4096)
		if (p[i] != (char)(i >> 12))
			return 1;
	return 0;
}

static void memory(void)
{
	pid_t quiet;
	int status;
	long peak;

	set(GREEDY "/memory.max", "33554432");
	quiet = start(0, holds_memory, NULL);
	wait_at(&t.ready);
	status = in_container(0, memory_hog, NULL);
	peak = field(GREEDY "/memory.peak", "");
	open_door(&t.go);
	check(status == 128 + SIGKILL && field(GREEDY "/memory.events", "oom_kill ") >= 1,
	      "a process that takes more memory than its group may have is killed");
	check(peak <= 32 * MIB, "at %ld KiB of 32768", peak / 1024);
	check(ended(quiet) == 0 && field(QUIET "/memory.events", "oom_kill ") == 0,
	      "the neighbour's memory is as it was");
	measured("memory hog: killed at %ld MiB of 32", peak / MIB);
	set(GREEDY "/memory.max", "max");
}

static int spin(void *arg)
{
	volatile long *counter = arg;

	enter(counter == &t.counter[0] ? GREEDY : QUIET);
	for (;;)
		++*counter;
	return 0;
}

static int spin_many(void *arg)
{
	enter(GREEDY);
	for (int i = 0; i < 7; i++)
		if (fork() == 0)
			break;
	return spin(arg);
}

static void cpu(void)
{
	long greedy, quiet, used, share;
	long long begin, wall;
	pid_t many, one;

	/* Eight against one, with the same weight for both groups. */
	if (broken)
		write_file(QUIET "/cpu.weight", "10");
	many = start(0, spin_many, (void *)&t.counter[0]);
	one = start(0, spin, (void *)&t.counter[1]);
	greedy = field(GREEDY "/cpu.stat", "usage_usec ");
	quiet = field(QUIET "/cpu.stat", "usage_usec ");
	nap_ms(2000);
	greedy = field(GREEDY "/cpu.stat", "usage_usec ") - greedy;
	quiet = field(QUIET "/cpu.stat", "usage_usec ") - quiet;
	share = 100 * quiet / (quiet + greedy + 1);
	kill(one, SIGKILL);
	ended(one);
	check(share >= 40 && share <= 60, "against eight that spin, one in a group of its own gets %ld%%",
	      share);

	set(GREEDY "/cpu.max", "20000 100000");
	nap_ms(200);
	begin = now();
	used = field(GREEDY "/cpu.stat", "usage_usec ");
	nap_ms(2000);
	used = field(GREEDY "/cpu.stat", "usage_usec ") - used;
	wall = (now() - begin) / 1000;
	end_greedy(many);
	check(100 * used / wall <= 25, "with a limit of 20%%, they get %lld%% all together",
	      100 * used / wall);
	measured("CPU: 1 spinner against 8 gets %ld%%; limit 20%%: used %lld%%", share,
		 100 * used / wall);
	set(GREEDY "/cpu.max", "max 100000");
}

/* Reads 2 MiB from the disk, past the cache; time in ms. */
static int reads(void *arg)
{
	int fd = open(t.loop, O_RDONLY | O_DIRECT | O_CLOEXEC);
	long long begin = now();
	void *p;

	enter(arg);
	if (posix_memalign(&p, 4096, 65536))
		return 1;
	for (int i = 0; i < 32; i++)
		if (read(fd, p, 65536) != 65536)
			return 1;
	t.counter[!strcmp(arg, QUIET)] = (now() - begin) / 1000000;
	return 0;
}

static void input_output(void)
{
	char limit[64];
	struct stat st;

	fstat(t.loop_fd, &st);
	snprintf(limit, sizeof(limit), "%d:%d rbps=1048576", (int)(st.st_rdev >> 8),
		 (int)(st.st_rdev & 255));
	set(GREEDY "/io.max", limit);
	if (in_container(0, reads, GREEDY) || in_container(0, reads, QUIET))
		cannot("reading the disk");
	check(t.counter[0] >= 1000 && t.counter[0] <= 5000,
	      "2 MiB at a limit of 1 MiB/s take about 2 s: %ld ms", t.counter[0]);
	check(t.counter[1] < t.counter[0] / 4, "and the neighbour's take %ld ms", t.counter[1]);
	measured("disk: 2 MiB at 1 MiB/s in %ld ms, neighbour %ld ms", t.counter[0], t.counter[1]);
}

static void make_disk(void)
{
	char command[128];
	int file, control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), n;

	mkdir(DIR, 0755);
	mkdir(DISK, 0755);
	file = open(DIR "/image", O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	if (file < 0 || ftruncate(file, 32 * MIB))
		cannot(DIR "/image");
	n = ioctl(control, LOOP_CTL_GET_FREE);
	snprintf(t.loop, sizeof(t.loop), "/dev/loop%d", n);
	t.loop_fd = open(t.loop, O_RDWR | O_CLOEXEC);
	if (n < 0 || t.loop_fd < 0 || ioctl(t.loop_fd, LOOP_SET_FD, file))
		cannot("loop device");
	close(file);
	snprintf(command, sizeof(command), "/sbin/mke2fs -q -t ext4 -I 256 -O quota,project,^has_journal "
		 "-E quotatype=usrquota:prjquota %s", t.loop);
	if (system(command))
		cannot("mke2fs");
	if (mount(t.loop, DISK, "ext4", 0, "prjquota,usrquota"))
		cannot("mount of " DISK);
}

static void limit_blocks(int type, int id, int kib)
{
	struct dqblk q = { .dqb_bhardlimit = kib, .dqb_valid = QIF_BLIMITS };

	if (!broken && quotactl(QCMD(Q_SETQUOTA, type), t.loop, id, (void *)&q))
		cannot("quota");
}

/* A container's folder: project ID, and all that comes into it. */
static void make_folder(const char *path, int id, int owner)
{
	struct fsxattr attr;
	int fd;

	mkdir(path, 0777);
	chmod(path, 0777);
	if (chown(path, owner, owner))
		cannot(path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ioctl(fd, FS_IOC_FSGETXATTR, &attr))
		cannot("project of a folder");
	attr.fsx_projid = id;
	attr.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	if (ioctl(fd, FS_IOC_FSSETXATTR, &attr))
		cannot("project of a folder");
	close(fd);
}

/* As USER (of the outside), write to FILE until it fails; KiB written. 64 MiB would be all. */
struct filler {
	const char *file;
	int user;
	volatile long *kib, *why;
};

static int fill(void *arg)
{
	static char block[65536];
	struct filler *f = arg;
	ssize_t n;
	int fd;

	if (setresgid(f->user, f->user, f->user) || setresuid(f->user, f->user, f->user))
		cannot("setuid");
	fd = open(f->file, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	*f->kib = *f->why = 0;
	while (*f->kib < 4096 && (n = write(fd, block, sizeof(block))) > 0)
		*f->kib += n / 1024;
	*f->why = *f->kib < 4096 ? errno : 0;
	close(fd);
	return 0;
}

static long fills(const char *file, int user)
{
	struct filler f = { file, user, t.counter, t.counter + 1 };

	in_container(0, fill, &f);
	return *f.kib;
}

/*
 * Each container's users have ids of their own outside (100000 and up, 200000 and
 * up), as a user namespace would map them, so that user quotas are the container's,
 * too.
 */
static void quota(void)
{
	long user, root, other, before;

	make_folder(DISK "/a", 1, 100000);
	make_folder(DISK "/b", 2, 200000);
	limit_blocks(PRJQUOTA, 1, 3072);
	limit_blocks(PRJQUOTA, 2, 8192);
	limit_blocks(USRQUOTA, 101000, 1024);
	user = fills(DISK "/a/user", 101000);
	check(user <= 1024 && t.counter[1] == EDQUOT, "a user of the container fills his %ld KiB of 1024",
	      user);
	root = fills(DISK "/a/root", 100000);
	check(user + root <= 3072 && t.counter[1] == EDQUOT,
	      "the container's root fills it: %ld KiB of 3072", user + root);
	before = fills(DISK "/a/other", 101001);
	check(before == 0 && t.counter[1] == EDQUOT, "then nobody in it can write");
	other = fills(DISK "/b/user", 201000);
	check(other == 4096 && t.counter[1] == 0, "the neighbour writes his 4096 KiB");
	measured("two-level quota: user held at %ld KiB of 1024, container at %ld of 3072, neighbour writes %ld",
		 user, user + root, other);
}

int main(int argc, char **argv)
{
	experiment(argc, argv,
		   "resources: can a container that takes all it can get be kept from its neighbour's?",
		   "fork bomb, memory hog, eight spinners, disk reader and disk filler in one cgroup, a modest program in another",
		   "each stops at its limit, and the neighbour does not notice");
	make_door(&t.ready);
	make_door(&t.go);
	t.counter = common(2 * sizeof(long));
	if (write_file(CGROUPS "/cgroup.subtree_control", "+cpu +memory +pids +io"))
		cannot("cgroup controllers");
	if ((mkdir(GREEDY, 0755) || mkdir(QUIET, 0755)) && errno != EEXIST)
		cannot(GREEDY);
	make_disk();
	processes();
	memory();
	cpu();
	input_output();
	quota();
	umount(DISK);
	ioctl(t.loop_fd, LOOP_CLR_FD);
	unlink(DIR "/image");
	rmdir(DISK);
	rmdir(DIR);
	rmdir(GREEDY);
	rmdir(QUIET);
	return answer("yes: cgroups hold processes, memory, CPU and I/O; project and user quotas together hold the disk on two levels");
}
