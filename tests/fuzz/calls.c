// SPDX-License-Identifier: GPL-2.0
/*
 * Random system calls with random arguments, in children that live for a second at
 * most.  As root they have namespaces of their own, and are spared the calls that
 * are there to end a machine, to put in other kernel code or to set its clock.
 *   calls UID SEED SECONDS
 */
#include "../hostile/hostile.h"
#include "fuzz.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define CALLS		463
#define ROUND_CALLS	400

static const short not_as_root[] = {
	SYS_reboot, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load,
	SYS_kexec_file_load, SYS_swapon, SYS_swapoff, SYS_acct, SYS_vhangup, SYS_settimeofday,
	SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_syslog,
};

static char *memory;			/* what pointers point to */
#define MEMORY_SIZE	(64 * PAGE)

static const char *const paths[] = {
	".", "a", "b", "a/c", "..", "/proc/self/mem", "/proc/self/maps", "/proc/self/fd/3", "/dev/null",
	"/dev/zero", "/dev/ptmx", "/proc/self/ns/user", "/bin/busybox", "", "/proc/self/attr/current",
};

static unsigned long pointer(void)
{
	char *p = memory + below(MEMORY_SIZE - PAGE);

	switch (below(8)) {
	case 0:
		return (unsigned long)strcpy(p, ONE_OF(paths));
	case 1:		/* up to the end of what is there */
		return (unsigned long)memory + MEMORY_SIZE - below(64);
	case 2:		/* other pointers */
		for (int i = 0; i < 16; i++)
			((unsigned long *)((unsigned long)p & -8UL))[i] =
				below(2) ? below(64) : (unsigned long)memory + below(MEMORY_SIZE);
		return (unsigned long)p & -8UL;
	case 3:
		for (int i = below(256); i >= 0; i--)
			p[i] = rnd();
		return (unsigned long)p;
	case 4:
		memset(p, 0, 256);
		return (unsigned long)p;
	default:
		return (unsigned long)p;
	}
}

static unsigned long argument(void)
{
	static const unsigned long odd[] = {
		0, 1, -1UL, -100UL, 1UL << 31, 1UL << 32, 1UL << 63, PAGE_OFFSET, VMALLOC_START, GATE_TEXT,
		GATE_DATA, TASK_SIZE, TASK_SIZE - PAGE, 0xffffffff, 0x7fffffff, 1UL << 47,
	};

	switch (below(8)) {
	case 0: case 1: return below(12);	/* descriptors, small numbers */
	case 2: return below(4096);
	case 3: return 1UL << below(32) | 1UL << below(32);
	case 4: return ONE_OF(odd);
	case 5: return rnd();
	default: return pointer();
	}
}

static bool spared(long nr)
{
	if (geteuid() == 0)
		for (size_t i = 0; i < ARRAY_SIZE(not_as_root); i++)
			if (nr == not_as_root[i])
				return true;
	return nr == SYS_exit || nr == SYS_exit_group || nr == SYS_pause;
}

static void limit(int what, unsigned long n)
{
	struct rlimit lim = { n, n };

	setrlimit(what, &lim);
}

static void calls(uid_t uid)
{
	int null = open("/dev/null", O_RDWR);
	char dir[] = "/tmp/calls.XXXXXX";
	pid_t self = getpid();

	must(mkdtemp(dir) && !chmod(dir, 0777));
	must(!mount("calls", dir, "tmpfs", 0, "size=4m"));
	must(!chdir(dir) && !chmod(".", 0777));
	limit(RLIMIT_AS, 256UL << 20);
	limit(RLIMIT_FSIZE, 1 << 20);
	limit(RLIMIT_NPROC, 30);
	limit(RLIMIT_CORE, 0);
	if (uid)
		must(!setgid(uid) && !setuid(uid));
	for (int i = 0; i < 3; i++)
		dup2(null, i);
	alarm(1);
	for (int n = 0; n < ROUND_CALLS; n++) {
		long nr = below(CALLS), ret;
		unsigned long a[6];

		for (int i = 0; i < 6; i++)
			a[i] = argument();
		if (spared(nr))
			continue;
		ret = syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
		if (!ret && (nr == SYS_fork || nr == SYS_vfork || nr == SYS_clone || nr == SYS_clone3) &&
		    syscall(SYS_getpid) != self)
			_exit(0);
	}
	_exit(0);
}

/* Process 1 of its own namespace: with it all that it has begun ends. */
static int round_of(void *arg)
{
	unsigned long *seed = arg;

	must(!unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET));
	must(!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	fuzz_seed(seed[0], seed[1]);
	memory = map_anon(MEMORY_SIZE, PROT_READ | PROT_WRITE);
	pid_t pid = fork();

	must(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		must(setsid() > 0);	/* a process group crosses PID namespaces, and so does kill(0, ...) */
		calls(seed[2]);
	}
	for (int tries = 0; !waitpid(pid, NULL, WNOHANG); tries++) {
		if (tries == 400)
			kill(pid, SIGKILL);
		sleep_ms(5);
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long seed[3] = { 1, 0, argc > 1 ? atoi(argv[1]) : 0 };
	double end = fuzz_now() + (argc > 3 ? atof(argv[3]) : 1);
	bool good = true;

	if (argc > 2)
		seed[0] = strtoul(argv[2], NULL, 0);
	for (; fuzz_now() < end && good; seed[1]++) {
		good = !in_child(round_of, seed);
		if (seed[1] % 64 == 0)
			good &= alive();
	}
	printf("# %lu rounds of %d calls\n", seed[1], ROUND_CALLS);
	ok(good && alive(), "random system calls do no harm");
	return tap_done();
}
