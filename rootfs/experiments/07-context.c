// SPDX-License-Identifier: GPL-2.0
/*
 * Contexts as Linux-VServer had them: chroot, fewer capabilities, and nobody
 * outside in sight. The classical ways out of a chroot are tried in a plain one,
 * by root, and in such a context.
 */
#include "experiment.h"

#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#define DIR	"/tmp/context"
#define JAIL	DIR "/jail"
#define MARK	DIR "/outside"

static struct {
	pid_t victim;
	int old_dir;		/* open since before the chroot */
	char (*handle)[128];	/* a file handle that somebody found out */
	unsigned int disk;
	bool *out;
} t;

/* Whether the root of the machine can be had from the current folder. */
static bool mark_here(const char *prefix)
{
	char path[256];

	snprintf(path, sizeof(path), "%s%s", prefix, MARK);
	return access(path, F_OK) == 0;
}

/* 1: chroot deeper, and climb up past it. */
static bool by_chroot(void)
{
	mkdir("/deeper", 0700);
	if (chroot("/deeper"))
		return false;
	for (int i = 0; i < 64; i++)
		if (chdir(".."))
			return false;
	return mark_here(".");
}

/* 2: a folder outside that is still open. */
static bool by_open_folder(void)
{
	return fchdir(t.old_dir) == 0 && mark_here(".");
}

/* 3: a device node of the machine's disk. */
static bool by_device(void)
{
	char c;
	int fd;

	unlink("/disk");
	if (mknod("/disk", S_IFBLK | 0600, t.disk))
		return false;
	fd = open("/disk", O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, &c, 1) == 1;
}

/* 4: mount what shows everything. */
static bool by_mount(void)
{
	char path[64];

	mkdir("/proc", 0755);
	if (mount("proc", "/proc", "proc", 0, NULL))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/root", t.victim);
	return mark_here(path);
}

/* 5: take over a process outside. */
static bool by_ptrace(void)
{
	int status;

	if (ptrace(PTRACE_ATTACH, t.victim, NULL, NULL))
		return false;
	waitpid(t.victim, &status, __WALL);
	ptrace(PTRACE_DETACH, t.victim, NULL, NULL);
	return true;
}

/* 6: end one. */
static bool by_kill(void)
{
	return kill(t.victim, SIGCONT) == 0;
}

/* 7: open a file by its handle, past every path. */
static bool by_handle(void)
{
	int mount_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return open_by_handle_at(mount_fd, (struct file_handle *)*t.handle, O_RDONLY) >= 0;
}

/* 8: go where a process outside is. */
static bool by_setns(void)
{
	int fd = syscall(SYS_pidfd_open, t.victim, 0);

	return fd >= 0 && setns(fd, CLONE_NEWNS) == 0 && mark_here("");
}

static const struct {
	const char *name;
	bool (*try)(void);
} ways[] = {
	{ "chroot and climb", by_chroot },
	{ "a folder left open", by_open_folder },
	{ "a device node of the disk", by_device },
	{ "a mount of proc", by_mount },
	{ "ptrace", by_ptrace },
	{ "a signal", by_kill },
	{ "a file handle", by_handle },
	{ "setns to a process outside", by_setns },
};

static int try_way(void *arg)
{
	int i = *(int *)arg;

	*t.out = ways[i].try();
	return 0;
}

static int in_chroot(void *arg)
{
	if (chroot(JAIL) || chdir("/"))
		cannot("chroot");
	return try_way(arg);
}

static int drop_capabilities(void)
{
	/* What a VServer guest kept: what concerns files, users and ports of its own. */
	static const int keep[] = {
		CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_KILL, CAP_SETGID,
		CAP_SETUID, CAP_NET_BIND_SERVICE,
	};
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(keep); i++)
		data[0].permitted |= 1U << keep[i];
	data[0].effective = data[0].permitted;
	for (int cap = 0; cap <= 63; cap++)
		if ((cap > 31 || !(data[0].permitted & (1U << cap))) &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) && errno != EINVAL)
			return -1;
	return syscall(SYS_capset, &header, data);
}

/* A process in a context: its mount, its pids, and root of little. */
static int in_context(void *arg)
{
	if (!broken && syscall(SYS_close_range, 3, ~0U, 0))
		cannot("close_range");
	if (chroot(JAIL) || chdir("/"))
		cannot("chroot");
	if (!broken && drop_capabilities())
		cannot("capset");
	return try_way(arg);
}

static int sleeps(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return 0;
}

int main(int argc, char **argv)
{
	struct file_handle *handle;
	int mount_id, plain = 0, context = 0;
	struct stat st;

	experiment(argc, argv,
		   "contexts: what does it take to keep root in a chroot?",
		   "eight classical ways out tried by root in a plain chroot, then in a context: capabilities dropped, pids unshared, files closed",
		   "all lead out of the plain chroot, none out of the context");
	mkdir(DIR, 0755);
	if (mount("context", DIR, "tmpfs", 0, NULL))
		cannot("mount");
	close(open(MARK, O_CREAT | O_WRONLY, 0600));
	mkdir(JAIL, 0755);
	t.out = common(sizeof(bool));
	t.handle = common(sizeof(*t.handle));
	t.old_dir = open("/", O_RDONLY | O_DIRECTORY);
	handle = (struct file_handle *)*t.handle;
	handle->handle_bytes = sizeof(*t.handle) - sizeof(*handle);
	/* The jail is on this file system, so this handle is of it, outside the jail. */
	if (name_to_handle_at(AT_FDCWD, MARK, handle, &mount_id, 0))
		cannot("name_to_handle_at");
	if (stat("/dev/ubda", &st))
		cannot("/dev/ubda");
	t.disk = st.st_rdev;
	t.victim = start(0, sleeps, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		int n = i;

		*t.out = false;
		in_container(0, in_chroot, &n);
		dprintf(1, "    plain chroot, %s: %s\n", ways[i].name, *t.out ? "out" : "in");
		plain += *t.out;
	}
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		int n = i;

		*t.out = false;
		in_container(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS, in_context, &n);
		check(!*t.out, "context: %s does not lead out", ways[i].name);
		context += *t.out;
	}
	check(plain == ARRAY_SIZE(ways), "all of these lead out of the plain chroot: %d", plain);
	kill(t.victim, SIGKILL);
	ended(t.victim);
	umount2(DIR, MNT_DETACH);
	rmdir(DIR);
	measured("%d of %zu ways lead out of a plain chroot, %d out of the context", plain,
		 ARRAY_SIZE(ways), context);
	return answer("chroot alone does not; without CAP_SYS_CHROOT, SYS_ADMIN, MKNOD, SYS_PTRACE, DAC_READ_SEARCH, with own pids and no open folder it does");
}
