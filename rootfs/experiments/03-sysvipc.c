// SPDX-License-Identifier: GPL-2.0
/*
 * SysV IPC: the first namespaces beside mounts and names that were argued about,
 * as their keys are global numbers that programs compute from file names.
 */
#include "experiment.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define KEY	0x53595356
#define SIZE	(8 << 20)

struct message {
	long type;
	char text[16];
};

union semun {
	int val;
};

static struct {
	struct door ready, go;
	long shmmni;
} t;

static long number(const char *path)
{
	return atol(read_file("%s", path));
}

static int lines(const char *path)
{
	int n = 0;

	for (char *p = read_file("%s", path); *p; p++)
		n += *p == '\n';
	return n;
}

static long shmem_kb(void)
{
	char *line = strstr(read_file("/proc/meminfo"), "\nShmem:");

	return line ? atol(line + 7) : 0;
}

/* One of each kind under the same key, and a value in each. Returns 0 if all were new. */
static int make_three(const char *who, int value)
{
	struct message m = { .type = 1 };
	int queue = msgget(KEY, IPC_CREAT | IPC_EXCL | 0600);
	int sem = semget(KEY, 1, IPC_CREAT | IPC_EXCL | 0600);
	int shm = shmget(KEY, SIZE, IPC_CREAT | IPC_EXCL | 0600);
	char *p;

	if (queue < 0 || sem < 0 || shm < 0)
		return -1;
	snprintf(m.text, sizeof(m.text), "%s", who);
	p = shmat(shm, NULL, 0);
	if (p == (void *)-1 || msgsnd(queue, &m, sizeof(m.text), 0) ||
	    semctl(sem, 0, SETVAL, (union semun){ .val = value }))
		return -1;
	memset(p, value, SIZE);
	shmdt(p);
	return 0;
}

static bool has_three(const char *who, int value)
{
	struct message m = { 0 };
	int queue = msgget(KEY, 0), sem = semget(KEY, 1, 0), shm = shmget(KEY, SIZE, 0);
	char *p = shmat(shm, NULL, SHM_RDONLY);
	bool yes = p != (void *)-1 && p[0] == value && p[SIZE - 1] == value &&
		   semctl(sem, 0, GETVAL) == value &&
		   msgrcv(queue, &m, sizeof(m.text), 0, IPC_NOWAIT) > 0 && !strcmp(m.text, who);

	if (p != (void *)-1)
		shmdt(p);
	return yes;
}

static void remove_three(void)
{
	msgctl(msgget(KEY, 0), IPC_RMID, NULL);
	semctl(semget(KEY, 1, 0), 0, IPC_RMID);
	shmctl(shmget(KEY, SIZE, 0), IPC_RMID, NULL);
}

static int inside(void *arg)
{
	struct shm_info info;

	(void)arg;
	check(lines("/proc/sysvipc/msg") + lines("/proc/sysvipc/sem") +
	      lines("/proc/sysvipc/shm") == 3,
	      "a new namespace is empty: /proc/sysvipc has three headings");
	check(make_three("inside", 2) == 0, "the same key is free in it");
	check(write_file("/proc/sys/kernel/shmmni", "1") == 0 &&
	      write_file("/proc/sys/kernel/msgmax", "4096") == 0,
	      "its limits can be set");
	check(shmget(IPC_PRIVATE, 4096, 0600) < 0 && errno == ENOSPC, "and hold in it");
	check(shmctl(0, SHM_INFO, (void *)&info) >= 0 && info.used_ids == 1,
	      "its counter counts its own");
	open_door(&t.ready);
	wait_at(&t.go);
	check(has_three("inside", 2), "inside, each has what the inside put into it");
	return 0;
}

static bool freed(void *arg)
{
	return shmem_kb() <= *(long *)arg;
}

int main(int argc, char **argv)
{
	long before, with, free_at;
	struct shm_info info;
	long long died;
	int outside;
	pid_t pid;

	experiment(argc, argv,
		   "SysV IPC: do two containers that use the same key disturb each other?",
		   "queue, semaphore and shared memory under one key outside and inside; limits set; the last task killed",
		   "each has its own values, limits, counters and /proc/sysvipc; all goes with the last task");
	make_door(&t.ready);
	make_door(&t.go);
	remove_three();
	if (make_three("outside", 1))
		cannot("SysV IPC");
	t.shmmni = number("/proc/sys/kernel/shmmni");
	outside = lines("/proc/sysvipc/shm");
	before = shmem_kb();

	pid = start(CLONE_NEWIPC, inside, NULL);
	wait_at(&t.ready);
	with = shmem_kb();
	check(with - before >= SIZE / 1024, "the memory inside is there: %ld KiB", with - before);
	check(number("/proc/sys/kernel/shmmni") == t.shmmni,
	      "limits set inside are not the outside's: %ld", t.shmmni);
	check(lines("/proc/sysvipc/shm") == outside && shmctl(0, SHM_INFO, (void *)&info) >= 0 &&
	      info.used_ids == outside - 1, "nor does it list or count what is inside");
	check(has_three("outside", 1), "outside, each has what the outside put into it");
	open_door(&t.go);
	ended(pid);
	died = now();
	free_at = before + 256;
	check(wait_for(10, freed, &free_at),
	      "with the last task the memory goes, removed by nobody");
	measured("%d KiB of shared memory freed %lld ms after the last task's end", SIZE / 1024,
		 (now() - died) / 1000000);
	measured("shmmni %ld outside, 1 inside", t.shmmni);
	remove_three();
	return answer("no: keys, identifiers, limits, counters and /proc/sysvipc are per namespace, and its end cleans up");
}
