// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's border. Root in a container shares the kernel with everybody; root
 * of this machine has it alone, but the machine is one process of a host. The same
 * attempts are made by both.
 */
#include "experiment.h"

#include <linux/capability.h>
#include <sys/io.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>

#define NODE	"/dev/border-node"

static struct {
	unsigned int disk;
	bool *done;
} t;

static bool opens_disk(void)
{
	char c;
	int fd;

	unlink(NODE);
	if (mknod(NODE, S_IFBLK | 0600, t.disk))
		return false;
	fd = open(NODE, O_RDONLY | O_CLOEXEC);
	unlink(NODE);
	return fd >= 0 && read(fd, &c, 1) == 1;
}

static bool mounts_disk(void)
{
	bool yes;

	mkdir("/tmp/border", 0755);
	yes = !mount("/dev/ubda", "/tmp/border", "ext4", MS_RDONLY, NULL) || errno == EBUSY;
	umount("/tmp/border");
	rmdir("/tmp/border");
	return yes;
}

/* Not a module: what matters is whether it is looked at (ENOEXEC) or refused (EPERM). */
static bool loads_module(void)
{
	return syscall(SYS_init_module, "none", 4, "") && errno == ENOEXEC;
}

static bool sets_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return !clock_settime(CLOCK_REALTIME, &ts);
}

static bool sets_limit(void)
{
	return !write_file("/proc/sys/kernel/pid_max", "%d",
			   atoi(read_file("/proc/sys/kernel/pid_max")));
}

static bool sysrq(void)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool rules_log(void)
{
	/* 8: the level from which messages reach the console */
	return klogctl(8, NULL, 4) == 0;
}

static bool reads_addresses(void)
{
	return strtoull(read_file("/proc/kallsyms"), NULL, 16) != 0;
}

static bool stops_power_keys(void)
{
	return !reboot(RB_DISABLE_CAD);
}

/* What leads to the hardware, and so to the host, if there were any. */
static bool io_ports(void)
{
	return iopl(3) == 0 || ioperm(0x70, 2, 1) == 0;
}

static bool physical_memory(void)
{
	int fd;

	unlink(NODE);
	if (mknod(NODE, S_IFCHR | 0600, makedev(1, 1)))
		return false;
	fd = open(NODE, O_RDONLY | O_CLOEXEC);
	unlink(NODE);
	return fd >= 0;
}

static bool kernel_core(void)
{
	return open("/proc/kcore", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool machine_registers(void)
{
	int fd;

	unlink(NODE);
	if (mknod(NODE, S_IFCHR | 0600, makedev(202, 0)))
		return false;
	fd = open(NODE, O_RDONLY | O_CLOEXEC);
	unlink(NODE);
	return fd >= 0;
}

static bool other_kernel(void)
{
	return syscall(SYS_kexec_load, 0, 0, NULL, 0) == 0;
}

/* The host's page that every kernel of its kind has at a fixed place. */
static bool host_vsyscall(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		long (*time_of_host)(long *) = (long (*)(long *))0xffffffffff600400;

		_exit(time_of_host(NULL) > 0 ? 0 : 1);
	}
	return ended(pid) == 0;
}

/* The places that hold the kernel and its memory while programs do not run. */
static bool kernel_memory(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		volatile char *kernel = (char *)0x0000680100000000;

		(void)*kernel;
		_exit(0);
	}
	return ended(pid) == 0;
}

enum { OWN_KERNEL, HOST };

static const struct {
	const char *name;
	bool (*try)(void);
	int whose;	/* what it does something to */
} attempts[] = {
	{ "open the disk by a node of one's own", opens_disk, OWN_KERNEL },
	{ "mount it", mounts_disk, OWN_KERNEL },
	{ "load a module", loads_module, OWN_KERNEL },
	{ "set the clock", sets_clock, OWN_KERNEL },
	{ "set a kernel-wide limit", sets_limit, OWN_KERNEL },
	{ "use the emergency keys", sysrq, OWN_KERNEL },
	{ "rule the kernel's log", rules_log, OWN_KERNEL },
	{ "read the kernel's addresses", reads_addresses, OWN_KERNEL },
	{ "take the keys that reboot", stops_power_keys, OWN_KERNEL },
	{ "use I/O ports", io_ports, HOST },
	{ "open physical memory", physical_memory, HOST },
	{ "open the kernel's memory as a file", kernel_core, HOST },
	{ "open the processor's registers", machine_registers, HOST },
	{ "start another kernel", other_kernel, HOST },
	{ "run what the host has at a fixed address", host_vsyscall, HOST },
	{ "read the kernel's memory where it lies", kernel_memory, HOST },
};

static int try_it(void *arg)
{
	*t.done = attempts[*(int *)arg].try();
	return 0;
}

static int in_a_container(void *arg)
{
	if (!broken)
		become_user(100000);
	if (leave(ALL_NAMESPACES & ~CLONE_NEWTIME) || become_its_root(100000))
		cannot("unshare");
	return in_container(0, try_it, arg);
}

/* reboot() in a container ends the container, and nothing else. */
static int reboots(void *arg)
{
	(void)arg;
	/* Where this is not a container's init, it would be the machine's end. */
	if (getpid() == 1)
		reboot(RB_AUTOBOOT);
	return 1;
}

int main(int argc, char **argv)
{
	int container = 0, root = 0, host = 0, own = 0, status;
	struct stat st;

	experiment(argc, argv,
		   "the kernel's border: what can root do to the kernel and the host, here and in a container?",
		   "nine attempts on this kernel, seven on what is below it, by root of the machine and root of a container",
		   "a container's root gets none; the machine's root gets its own kernel, and nothing below");
	if (stat("/dev/ubda", &st))
		cannot("/dev/ubda");
	t.disk = st.st_rdev;
	t.done = common(sizeof(bool));
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		bool machine, guest;
		int n = i;

		*t.done = false;
		in_container(0, try_it, &n);
		machine = *t.done;
		*t.done = false;
		in_container(0, in_a_container, &n);
		guest = *t.done;
		dprintf(1, "    %s: machine's root %s, container's root %s\n", attempts[i].name,
			machine ? "yes" : "no", guest ? "yes" : "no");
		check(!guest, "a container's root does not %s", attempts[i].name);
		if (attempts[i].whose == HOST)
			check(!machine, "nor does the machine's");
		own += attempts[i].whose == OWN_KERNEL;
		container += guest;
		root += machine && attempts[i].whose == OWN_KERNEL;
		host += machine && attempts[i].whose == HOST;
	}
	check(root == own, "the machine's root gets all of his own kernel: %d of %d", root, own);
	status = in_container(CLONE_NEWPID, reboots, NULL);
	check(status == 128 + SIGHUP, "reboot in a container ends the container only");
	measured("own kernel: machine's root %d of %d, container's root %d of %zu in all", root, own,
		 container, ARRAY_SIZE(attempts));
	measured("below the kernel: %d of %zu", host, ARRAY_SIZE(attempts) - own);
	return answer("a container's root meets a shared kernel and is refused; the machine's root owns a kernel, and below it finds one process without rights");
}
