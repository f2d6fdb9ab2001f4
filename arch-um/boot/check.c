// SPDX-License-Identifier: GPL-2.0
/*
 * What this CPU and this host must have, each asked for before it is needed.
 */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "stage.h"

#define HWCAP2_FSGSBASE_BIT 1	/* arch/x86/include/uapi/asm/hwcap2.h */

static void check_cpu(struct boot_info *info)
{
	unsigned int a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
		die("this CPU has no XSAVE (or the host does not use it): an x86-64 CPU of 2011 or later is needed");
	info->fsgsbase = !!(getauxval(AT_HWCAP2) & (1 << HWCAP2_FSGSBASE_BIT));
}

static void check_seccomp(void)
{
	unsigned int action = SECCOMP_RET_TRAP;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action))
		die("this host has no seccomp filters (%s): Linux 4.14 or later with CONFIG_SECCOMP_FILTER is needed",
		    strerror(errno));
}

/*
 * Can the host deliver a signal to code that has denied itself all memory?  Before
 * Linux 6.12 it writes the frame under the PKRU of the code that it interrupts, and
 * ends the process if that fails.  So a child tries.
 */
static void on_trap(int sig)
{
	_exit(sig == SIGSEGV ? 0 : 1);
}

static void trap_without_memory(void)
{
	static char stack[65536];
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_handler = on_trap, .sa_flags = SA_ONSTACK };
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	if (sigaltstack(&ss, NULL) || sigaction(SIGSEGV, &sa, NULL))
		_exit(1);
	asm volatile("wrpkru\n\tmov (%%rsp), %%rax" : : "a"(-1), "c"(0), "d"(0) : "memory");
	_exit(1);
}

static int delivers_under_pkeys(void)
{
	unsigned int a, b, c, d;
	int status = 1;
	pid_t pid;

	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(c & bit_OSPKE))
		return 1;
	pid = fork();
	if (!pid)
		trap_without_memory();
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0;
}

#define PROGRAMS	(4ULL << 30)	/* what the guest's programs may map, at least */

/*
 * The guest's address space is the host's, and its memory is a file: neither is used
 * up, but both are measured.
 */
void check_limits(unsigned long long size)
{
	struct rlimit limit;

	unsigned long long addresses = size + VMALLOC_END - VMALLOC_START + PROGRAMS;

	signal(SIGXFSZ, SIG_IGN);
	if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur < addresses)
		die("ulimit -v allows %llu KiB of address space, and the guest takes %llu: start it with ulimit -v unlimited",
		    (unsigned long long)limit.rlim_cur >> 10, addresses >> 10);
	if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur < size)
		die("ulimit -f allows files of %llu KiB, and the guest's memory is one of %llu: raise it, or ask for less with mem=",
		    (unsigned long long)limit.rlim_cur >> 10, size >> 10);
}

static unsigned long long read_number(const char *path)
{
	unsigned long long n = ~0ULL;
	FILE *f = fopen(path, "re");

	if (f) {
		if (fscanf(f, "%llu", &n) != 1)
			n = ~0ULL;	/* "max" */
		fclose(f);
	}
	return n;
}

/* vm.max_map_count; where there is no /proc, what hosts have if nobody changed it. */
static unsigned int max_maps(void)
{
	unsigned long long n = read_number("/proc/sys/vm/max_map_count");

	return n < INT_MAX ? n : 65530;
}

void check_host(struct boot_info *info)
{
	check_cpu(info);
	info->pkeys = delivers_under_pkeys();
	check_seccomp();
	info->max_maps = max_maps();
}

static unsigned long long min_ull(unsigned long long a, unsigned long long b)
{
	return a < b ? a : b;
}

/* What is left of this process's memory cgroup, version 2 (path from /proc/self/cgroup). */
static unsigned long long cgroup_memory(void)
{
	char line[512], path[640];
	unsigned long long max, used, least = ~0ULL;
	FILE *f = fopen("/proc/self/cgroup", "re");

	while (f && fgets(line, sizeof(line), f)) {
		char *group = strncmp(line, "0::", 3) ? NULL : line + 3, *slash;

		if (!group)
			continue;
		group[strcspn(group, "\n")] = '\0';
		for (;;) {
			snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.max", group);
			max = read_number(path);
			snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.current", group);
			used = read_number(path);
			if (max != ~0ULL && used != ~0ULL)
				least = min_ull(least, max > used ? max - used : 0);
			slash = strrchr(group, '/');
			if (!slash || !*group)
				break;
			*slash = '\0';
		}
	}
	if (f)
		fclose(f);
	return least;
}

unsigned long long host_memory(void)
{
	unsigned long long kib, available = 0;
	char line[128];
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1 ||
		    sscanf(line, "SwapFree: %llu kB", &kib) == 1)
			available += kib << 10;
	if (f)
		fclose(f);
	if (!available)		/* no /proc here */
		available = (unsigned long long)sysconf(_SC_AVPHYS_PAGES) * sysconf(_SC_PAGESIZE);
	return min_ull(available, cgroup_memory());
}
