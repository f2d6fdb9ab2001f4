// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel memory in single pages, each of which is a mapping of the host: more than
 * the host gives a process (vm.max_map_count, 65,530).  Free memory is scattered and
 * the kernel made to allocate with vmalloc(); and there are more seccomp filters than
 * the budget for mappings has room for.
 */
#include "hostile.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/sem.h>
#include <sys/socket.h>

#define SETS		2000
#define SEMAPHORES	8000		/* of a set: half a MiB */
#define FILTERS		14500
#define PER_PROCESS	145

static long meminfo(const char *key)
{
	char *line = file_line("/proc/meminfo", key);

	return line ? atol(line) : 0;
}

static bool semaphores_work(int *ids, int n)
{
	for (int i = 0; i < n; i++) {
		int last = SEMAPHORES - 1;

		if (semctl(ids[i], last, SETVAL, i + 1) || semctl(ids[i], 0, SETVAL, i + 2))
			return false;
	}
	for (int i = n - 1; i >= 0; i--)
		if (semctl(ids[i], SEMAPHORES - 1, GETVAL) != i + 1 || semctl(ids[i], 0, GETVAL) != i + 2)
			return false;
	return true;
}

/* Every other page of all memory that is to be had goes back. */
static int scatter(void *arg)
{
	size_t size = 8UL << 30, n = 0, piece = 2 << 20;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	static int ids[SETS];
	int made = 0;

	(void)arg;
	must(p != MAP_FAILED);
	for (; n < size && meminfo("MemAvailable:") > 40000; n += piece)
		memset(p + n, 1, piece);
	for (size_t i = 0; i < n; i += 2 * PAGE)
		madvise(p + i, PAGE, MADV_DONTNEED);
	while (made < SETS && meminfo("MemAvailable:") > 20000) {
		ids[made] = semget(IPC_PRIVATE, SEMAPHORES, 0600);
		if (ids[made] < 0) {
			must(errno == ENOMEM || errno == ENOSPC);
			break;
		}
		made++;
	}
	printf("# %zu MiB scattered, %d sets, %ld MiB of vmalloc\n", n >> 21, made,
	       meminfo("VmallocUsed:") >> 10);
	if (made < 20 || !semaphores_work(ids, made))
		return 1;
	/* calls that have the kernel touch the same page of vmalloc each, and no other */
	for (int i = 0; i < 1000; i++)
		must(semctl(ids[made - 1], 0, GETVAL) == made + 1);
	/* every other set goes, and what is freed and made anew is as it was */
	for (int i = 0; i < made; i += 2)
		semctl(ids[i], 0, IPC_RMID);
	for (int i = 0; i < made; i += 2)
		ids[i] = semget(IPC_PRIVATE, SEMAPHORES, 0600);
	for (int i = 1; i < made; i += 2)
		if (semctl(ids[i], 0, GETVAL) != i + 2)
			return 2;
	if (!alive())
		return 3;
	for (int i = 0; i < made; i++)
		semctl(ids[i], 0, IPC_RMID);
	return 0;
}

/*
 * Nearly all mappings that the host allows are the program's, and with each further one the kernel has to have more
 * of vmalloc: a filter of eight pages, in place of the last.
 */
static int beside_all_of_users(void *arg)
{
	enum { MANY = 65500, FILE_PAGES = 16, FROM = 64800 };
	static struct sock_filter code[4096];
	struct sock_fprog prog = { ARRAY_SIZE(code), code };
	int fd = memfd_create("pages", 0), s = socket(AF_UNIX, SOCK_DGRAM, 0);
	char *p = mmap(NULL, MANY * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(code); i++)
		code[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	code[ARRAY_SIZE(code) - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, ~0U);
	must(fd >= 0 && s >= 0 && p != MAP_FAILED && !ftruncate(fd, FILE_PAGES * PAGE));
	for (long i = 0; i < MANY; i++)
		must(mmap(p + i * PAGE, PAGE, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
			  i * 7 % FILE_PAGES * PAGE) != MAP_FAILED);
	for (long round = 0; round < 2; round++) {
		for (long i = 0; i < MANY; i++) {
			volatile char *q = p + i * PAGE;

			if (i % 2)
				(void)*q;
			else
				*q = 1;
			if (i >= FROM)
				setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
		}
	}
	return 0;
}

static volatile int *ready;

/* Filters that allow all, but the last, by which the others are known to have been run. */
static int filtered(void *arg)
{
	struct sock_filter allow[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_filter one[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgrp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 77),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(one), one };

	(void)arg;
	must(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog));
	prog.len = 1;
	prog.filter = allow;
	for (int i = 1; i < PER_PROCESS; i++)
		must(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog));
	must(syscall(SYS_getpgrp) == -1 && errno == 77);
	__sync_fetch_and_add(ready, 1);
	for (;;)
		sleep_ms(1000);
	return 0;
}

int main(int argc, char **argv)
{
	pid_t pids[FILTERS / PER_PROCESS];
	bool good;

	become(argc, argv);
	ready = map_shared(PAGE);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		pids[i] = spawn(filtered, NULL);
	good = true;
	for (int tries = 0; *ready < (int)ARRAY_SIZE(pids) && tries < 6000; tries++)
		sleep_ms(10);
	ok(*ready == (int)ARRAY_SIZE(pids), "%d seccomp filters can be installed", FILTERS);
	ok(alive(), "the machine goes on beside many filters");
	for (int i = 0; i < 50; i++)
		good &= alive();
	ok(good, "the machine does much else beside many filters");
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		kill(pids[i], SIGKILL);
		good &= wait_for(pids[i]) == -SIGKILL;
	}
	ok(good && alive(), "processes with many filters can be ended");
	ok(!in_child(beside_all_of_users, NULL), "vmalloc() beside all mappings of the host for user code");
	/* the filters go by and by */
	for (int tries = 0; meminfo("VmallocUsed:") > 4096 && tries < 3000; tries++)
		sleep_ms(10);
	ok(!in_child(scatter, NULL), "vmalloc() of scattered pages succeeds or fails in order");
	ok(alive(), "the machine goes on after vmalloc() of scattered pages");
	return tap_done();
}
