// SPDX-License-Identifier: GPL-2.0
/*
 * The price. What cost processes and system calls in this kernel, and what does
 * being in a container add? scripts/price runs this on two kernels, with and
 * without namespaces, and compares; --figures prints only the figures, for that.
 */
#include "experiment.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define SET	(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWPID)
#define SLICES	15

/* Shared with the process in the container, which is asked for one slice at a time. */
static struct shared {
	int op;
	long inside;
	int levels;
} *shared;
static struct door go, ready;

static void op_getpid(int rounds)
{
	while (rounds--)
		syscall(SYS_getpid);
}

static void op_msgget(int rounds)
{
	while (rounds--) {
		int queue = msgget(0x70726963, IPC_CREAT | 0600);

		msgctl(queue, IPC_RMID, NULL);
	}
}

static void op_fork(int rounds)
{
	while (rounds--) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		ended(pid);
	}
}

static void op_unshare(int rounds)
{
	while (rounds--) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(unshare(SET) != 0);
		ended(pid);
	}
}

static void op_switch(int rounds)
{
	int to[2], from[2];
	char c = 0;
	pid_t pid;

	if (pipe(to) || pipe(from))
		cannot("pipe");
	pid = fork();
	if (pid == 0) {
		close(to[1]);
		while (read(to[0], &c, 1) == 1 && write(from[1], &c, 1) == 1)
			;
		_exit(0);
	}
	close(to[0]);
	while (rounds-- && write(to[1], &c, 1) == 1 && read(from[0], &c, 1) == 1)
		;
	close(to[1]);
	ended(pid);
	close(from[0]);
	close(from[1]);
}

static const struct {
	const char *name;
	void (*run)(int rounds);
	int rounds;
	int needs;
} ops[] = {
	{ "getpid", op_getpid, 2000, 0 },
	{ "msgget+remove", op_msgget, 500, 0 },
	{ "fork+exit+wait", op_fork, 20, 0 },
	{ "fork+unshare+exit+wait", op_unshare, 20, SET },
	{ "pipe there and back", op_switch, 200, 0 },
};

static bool can(int namespaces)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(namespaces) != 0);
	return ended(pid) == 0;
}

/* ns for one of OP. */
static long slice(int op)
{
	long long begin = now();

	ops[op].run(ops[op].rounds);
	return (now() - begin) / ops[op].rounds;
}

static void sort_in(long *sorted, int n, long ns)
{
	while (n > 0 && sorted[n - 1] > ns) {
		sorted[n] = sorted[n - 1];
		n--;
	}
	sorted[n] = ns;
}

/* Eight containers deep. */
static int nested(void *arg)
{
	static int depth;
	char *p;

	if (++depth < 8)
		return in_container(SET, nested, arg);
	p = strstr(read_file("/proc/self/status"), "\nNSpid:");
	for (p = p ? p + 7 : ""; *p == '\t'; p += 1 + strspn(p + 1, "0123456789"))
		shared->levels++;
	for (;;) {
		wait_at(&go);
		if (shared->op < 0)
			return 0;
		shared->inside = slice(shared->op);
		open_door(&ready);
	}
}

/*
 * The medians of the slices, outside and inside; in turns, so that both meet the
 * same weather on the machine.
 */
static void costs(int op, long *outside, long *inside)
{
	long out[SLICES], in[SLICES];

	for (int i = 0; i < SLICES; i++) {
		sort_in(out, i, slice(op));
		if (!inside)
			continue;
		shared->op = op;
		open_door(&go);
		wait_at(&ready);
		sort_in(in, i, shared->inside);
	}
	*outside = out[SLICES / 2];
	if (inside)
		*inside = in[SLICES / 2];
}

int main(int argc, char **argv)
{
	bool figures = argc == 2 && !strcmp(argv[1], "--figures");
	long outside[ARRAY_SIZE(ops)] = { 0 }, inside[ARRAY_SIZE(ops)] = { 0 };
	pid_t pid = 0;

	if (!figures)
		experiment(argc, argv,
			   "the price: what do namespaces cost those who use them?",
			   "the same system calls and processes timed outside and in a container eight levels deep",
			   "calls cost the same at any depth; what costs is making namespaces");
	make_door(&go);
	make_door(&ready);
	shared = common(sizeof(*shared));
	if (!figures)
		pid = start(SET, nested, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		if (ops[i].needs && !can(ops[i].needs))
			continue;
		costs(i, &outside[i], figures ? NULL : &inside[i]);
		if (figures) {
			printf("%s\t%ld\n", ops[i].name, outside[i]);
			continue;
		}
		/* Twice: far above what noise does to a median, far below what a table would cost. */
		check(inside[i] < 2 * outside[i] + 5000,
		      "%s: %ld ns outside, %ld eight levels deep", ops[i].name, outside[i], inside[i]);
		measured("%s %.1f us outside, %.1f inside", ops[i].name, outside[i] / 1000.0,
			 inside[i] / 1000.0);
	}
	if (figures)
		return 0;
	shared->op = -1;
	open_door(&go);
	ended(pid);
	check(shared->levels == 9, "the container was eight levels deep: %d pids", shared->levels);
	return answer("nothing measurable for who is in one; making four of them adds %.0f us to a process of %.0f",
		      (outside[3] - outside[2]) / 1000.0, outside[2] / 1000.0);
}
