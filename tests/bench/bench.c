// SPDX-License-Identifier: GPL-2.0
/*
 * Time the operations that a guest is judged by. The same static program runs on the host, where
 * it is an ordinary command, and in a guest, where it is the first and only process.
 *
 *	bench [WORD...]
 *		rows=A,B	only these rows (default: all)
 *		rounds=N	timed rounds of each row (default 5)
 *		slice=MS	least length of a round (default 40)
 *		reps=N		no calibration, one round of exactly N operations; for counting
 *				host calls, so 0 prepares the row and runs nothing
 *		busybox=PATH	the program that the shell row starts (default /bin/busybox)
 *		boot		as init: say so and power off
 *		idle		as init: say so and sleep for ever
 *	bench launch PROGRAM [ARG...]
 *		print the time, become a session leader and run PROGRAM
 *	bench exit
 *		end at once, with status 0
 *
 * As init the words come from the environment instead, as bench=WORD:WORD, because the kernel hands
 * a parameter that it does not know to init that way.
 *
 * For each row one line, name TAB best TAB median, both in ns an operation. Lines that start with
 * "bench:" are for scripts/bench, which takes their time of arrival.
 *
 * Link with -Wl,-e,bench_entry.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PAGE		4096UL
#define FAULT_PAGES	4096UL		/* 16 MiB, so that a guest of 64 MiB can run this */
#define MMAP_SIZE	(64UL << 10)
#define FLOAT_STEPS	10000000UL
#define MAX_ROUNDS	1000UL

typedef unsigned long long ns_t;

/*
 * The exec row starts this program as "bench exit". That ends here, before the C library has begun:
 * its start-up runs CPUID some hundred times, each a trap where the host is a virtual machine, and
 * those 0.6 ms would stand for the exec itself in every column.
 */
asm(".pushsection .text\n"
    ".globl bench_entry\n"
    "bench_entry:\n"
    "	cmpq	$2, (%rsp)\n"			/* argc */
    "	jne	_start\n"
    "	movq	16(%rsp), %rax\n"		/* argv[1] */
    "	cmpl	$0x74697865, (%rax)\n"		/* "exit" */
    "	jne	_start\n"
    "	movl	$231, %eax\n"			/* exit_group */
    "	xorl	%edi, %edi\n"
    "	syscall\n"
    ".popsection");

static const char *self;
static const char *busybox = "/bin/busybox";

static ns_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void power_off(void)
{
	/* The console may still hold the last lines. */
	tcdrain(STDOUT_FILENO);
	reboot(RB_POWER_OFF);
}

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	dprintf(STDERR_FILENO, "bench: error: ");
	va_start(args, format);
	vdprintf(STDERR_FILENO, format, args);
	va_end(args);
	dprintf(STDERR_FILENO, "\n");
	/* An init that exits is a panic, whose report would bury the message. */
	if (getpid() == 1)
		power_off();
	_exit(1);
}

/*
 * The rows. Each function runs its operation so many times and returns the ns that this took; what
 * it prepares and what it clears away is not counted. System calls are made raw wherever the C
 * library could answer from memory. An operation that fails ends the program: a failing call is
 * fast, and a figure for it would be a lie.
 */

static ns_t time_getpid(unsigned long reps)
{
	ns_t start = now();

	while (reps--)
		syscall(SYS_getpid);
	return now() - start;
}

static ns_t time_read(unsigned long reps)
{
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	ns_t start;
	char byte;

	if (fd < 0)
		die("/dev/zero: %s", strerror(errno));
	start = now();
	while (reps--)
		if (syscall(SYS_read, fd, &byte, 1) != 1)
			die("read: %s", strerror(errno));
	start = now() - start;
	close(fd);
	return start;
}

/* By the C library on purpose: this is the row that a vDSO answers without a system call. */
static ns_t time_clock(unsigned long reps)
{
	struct timespec ts;
	ns_t start = now();

	while (reps--)
		clock_gettime(CLOCK_MONOTONIC, &ts);
	return now() - start;
}

static ns_t time_open(unsigned long reps)
{
	ns_t start = now();

	while (reps--) {
		long fd = syscall(SYS_openat, AT_FDCWD, "/dev/zero", O_RDONLY | O_CLOEXEC, 0);

		if (fd < 0 || syscall(SYS_close, fd))
			die("open and close of /dev/zero: %s", strerror(errno));
	}
	return now() - start;
}

static volatile sig_atomic_t signals;

static void count_signal(int sig)
{
	(void)sig;
	signals = signals + 1;
}

static ns_t time_signal(unsigned long reps)
{
	struct sigaction action = { .sa_handler = count_signal }, old;
	long pid = syscall(SYS_getpid);
	unsigned long i;
	ns_t start;

	if (sigaction(SIGUSR1, &action, &old))
		die("sigaction: %s", strerror(errno));
	signals = 0;
	start = now();
	for (i = 0; i < reps; i++)
		syscall(SYS_kill, pid, SIGUSR1);
	start = now() - start;
	/* A signal to oneself arrives before kill returns, so none may be missing. */
	if ((unsigned long)signals != reps)
		die("signal: %lu sent, %d arrived", reps, (int)signals);
	sigaction(SIGUSR1, &old, NULL);
	return start;
}

static void *map_fresh(size_t size)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	return map;
}

static void touch(void *map, unsigned long pages)
{
	unsigned long i;

	for (i = 0; i < pages; i++)
		((volatile char *)map)[i * PAGE] = 1;
}

static ns_t time_fault(unsigned long reps)
{
	ns_t total = 0;

	while (reps) {
		unsigned long pages = reps < FAULT_PAGES ? reps : FAULT_PAGES;
		char *map = map_fresh(FAULT_PAGES * PAGE);
		ns_t start;

		/* One fault a page, not one for a whole huge page. Refused where there are none. */
		madvise(map, FAULT_PAGES * PAGE, MADV_NOHUGEPAGE);
		start = now();
		touch(map, pages);
		total += now() - start;
		munmap(map, FAULT_PAGES * PAGE);
		reps -= pages;
	}
	return total;
}

static ns_t time_mmap(unsigned long reps)
{
	ns_t start = now();

	while (reps--) {
		char *map = map_fresh(MMAP_SIZE);

		touch(map, MMAP_SIZE / PAGE);
		if (munmap(map, MMAP_SIZE))
			die("munmap: %s", strerror(errno));
	}
	return now() - start;
}

/* Returns the affinity that was before. */
static cpu_set_t stay_on_one_cpu(void)
{
	cpu_set_t old, one;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof(old), &old))
		die("sched_getaffinity: %s", strerror(errno));
	while (!CPU_ISSET(cpu, &old))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("sched_setaffinity: %s", strerror(errno));
	return old;
}

static void reap(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		die("waitpid: %s", strerror(errno));
	if (status)
		die("a child ended with wait status %#x", status);
}

/* An operation is a whole round: a byte to the other process and one back. */
static ns_t time_pipe(unsigned long reps)
{
	cpu_set_t affinity = stay_on_one_cpu();
	int to[2], from[2];
	char byte = 0;
	ns_t start;
	pid_t pid;

	if (pipe(to) || pipe(from))
		die("pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid) {
		close(to[1]);
		close(from[0]);
		while (read(to[0], &byte, 1) == 1)
			if (write(from[1], &byte, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	start = now();
	while (reps--)
		if (write(to[1], &byte, 1) != 1 || read(from[0], &byte, 1) != 1)
			die("ping-pong: %s", strerror(errno));
	start = now() - start;
	close(to[1]);
	close(from[0]);
	reap(pid);
	if (sched_setaffinity(0, sizeof(affinity), &affinity))
		die("sched_setaffinity: %s", strerror(errno));
	return start;
}

static ns_t time_fork(unsigned long reps)
{
	ns_t start = now();

	while (reps--) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork: %s", strerror(errno));
		if (!pid)
			_exit(0);
		reap(pid);
	}
	return now() - start;
}

static ns_t time_exec(unsigned long reps)
{
	char *const args[] = { (char *)self, "exit", NULL };
	ns_t start = now();

	while (reps--) {
		pid_t pid = vfork();

		if (pid < 0)
			die("vfork: %s", strerror(errno));
		if (!pid) {
			execv(self, args);
			_exit(127);
		}
		reap(pid);
	}
	return now() - start;
}

static ns_t time_shell(unsigned long reps)
{
	char *const args[] = { "busybox", "sh", "-c", "true", NULL };
	ns_t start = now();

	while (reps--) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork: %s", strerror(errno));
		if (!pid) {
			execv(busybox, args);
			_exit(127);
		}
		reap(pid);
	}
	return now() - start;
}

static volatile double float_result;

/* Each step needs the one before, so this is the latency of user code at full speed. */
static ns_t time_float(unsigned long reps)
{
	ns_t start = now();

	while (reps--) {
		double x = float_result;
		unsigned long i;

		for (i = 0; i < FLOAT_STEPS; i++)
			x = x * 0.999999 + 0.5;
		float_result = x;
	}
	return now() - start;
}

static bool have_busybox(void)
{
	return !access(busybox, X_OK);
}

static const struct row {
	const char *name;
	ns_t (*time)(unsigned long reps);
	bool (*possible)(void);
} rows[] = {
	{ "getpid",	time_getpid,	NULL },
	{ "read",	time_read,	NULL },
	{ "clock",	time_clock,	NULL },
	{ "open",	time_open,	NULL },
	{ "signal",	time_signal,	NULL },
	{ "fault",	time_fault,	NULL },
	{ "mmap",	time_mmap,	NULL },
	{ "pipe",	time_pipe,	NULL },
	{ "fork",	time_fork,	NULL },
	{ "exec",	time_exec,	NULL },
	{ "shell",	time_shell,	have_busybox },
	{ "float",	time_float,	NULL },
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

/* Fewest operations that fill the slice; the trials also warm everything up. */
static unsigned long calibrate(const struct row *row, ns_t slice)
{
	unsigned long reps = 1;

	for (;;) {
		ns_t took = row->time(reps);

		if (took >= slice)
			return reps;
		if (took > slice / 16)
			reps = reps * slice / took + 1;
		else
			reps *= 4;
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void run_row(const struct row *row, ns_t slice, unsigned long rounds)
{
	static double each[MAX_ROUNDS];
	unsigned long reps, i;

	if (row->possible && !row->possible())
		return;
	reps = calibrate(row, slice);
	for (i = 0; i < rounds; i++)
		each[i] = (double)row->time(reps) / reps;
	qsort(each, rounds, sizeof(each[0]), compare);
	printf("%s\t%.0f\t%.0f\n", row->name, each[0], each[rounds / 2]);
}

/* The word that list, of words and commas, begins with: is it this name? */
static bool leads(const char *name, const char *list)
{
	size_t len = strlen(name);

	return !strncmp(list, name, len) && (!list[len] || list[len] == ',');
}

static const char *next_word(const char *list)
{
	list = strchr(list, ',');
	return list ? list + 1 : NULL;
}

static bool listed(const char *name, const char *list)
{
	for (; list; list = next_word(list))
		if (leads(name, list))
			return true;
	return false;
}

static void check_names(const char *list)
{
	for (; list; list = next_word(list)) {
		size_t i = 0;

		while (i < NR_ROWS && !leads(rows[i].name, list))
			i++;
		if (i == NR_ROWS)
			die("no such row: %.*s", (int)strcspn(list, ","), list);
	}
}

static unsigned long number(const char *word, unsigned long least, unsigned long most)
{
	const char *text = strchr(word, '=') + 1;
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || value < least || value > most)
		die("%s: a number from %lu to %lu is needed", word, least, most);
	return value;
}

/*
 * The image that this is init of holds no device nodes, because an ordinary user made it, and the
 * kernel may or may not have mounted a devtmpfs by itself.
 */
static void prepare_init(void)
{
	bool console = fcntl(STDOUT_FILENO, F_GETFD) >= 0;
	int fd;

	if (access("/dev/zero", F_OK)) {
		if (mount("dev", "/dev", "tmpfs", 0, NULL) ||
		    mknod("/dev/zero", S_IFCHR | 0666, makedev(1, 5)) ||
		    mknod("/dev/console", S_IFCHR | 0600, makedev(5, 1)))
			die("/dev: %s", strerror(errno));
	}
	if (console)
		return;
	fd = open("/dev/console", O_RDWR);
	if (fd < 0)
		_exit(1);
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
}

static int launch(char **args)
{
	struct timespec ts;

	if (!args[0])
		die("launch: no program");
	setsid();
	clock_gettime(CLOCK_REALTIME, &ts);
	dprintf(STDOUT_FILENO, "bench: exec %lld\n", ts.tv_sec * 1000000LL + ts.tv_nsec / 1000);
	execv(args[0], args);
	die("%s: %s", args[0], strerror(errno));
}

static struct {
	const char *rows;
	unsigned long rounds;
	unsigned long slice;
	unsigned long reps;
	bool counted;
	bool boot;
	bool idle;
} options = { .rounds = 5, .slice = 40 };

static void parse(char *word)
{
	if (!strncmp(word, "rows=", 5)) {
		options.rows = word + 5;
		check_names(options.rows);
	} else if (!strncmp(word, "rounds=", 7)) {
		options.rounds = number(word, 1, MAX_ROUNDS);
	} else if (!strncmp(word, "slice=", 6)) {
		options.slice = number(word, 1, 10000);
	} else if (!strncmp(word, "reps=", 5)) {
		options.reps = number(word, 0, 1000000000);
		options.counted = true;
	} else if (!strncmp(word, "busybox=", 8)) {
		busybox = word + 8;
	} else if (!strcmp(word, "boot") && getpid() == 1) {
		options.boot = true;
	} else if (!strcmp(word, "idle") && getpid() == 1) {
		options.idle = true;
	} else {
		die("unknown word: %s", word);
	}
}

static void run_rows(void)
{
	ns_t start = now();
	size_t i;

	printf("bench: start\n");
	for (i = 0; i < NR_ROWS; i++) {
		if (options.rows && !listed(rows[i].name, options.rows))
			continue;
		if (options.counted && (!rows[i].possible || rows[i].possible()))
			rows[i].time(options.reps);
		else if (options.counted)
			continue;
		else
			run_row(&rows[i], options.slice * 1000000, options.rounds);
	}
	/* The host compares this with its own clock: a guest whose clock is wrong is found out. */
	printf("bench: end %llu\n", now() - start);
}

static void run_init(void)
{
	char *words, *word;

	prepare_init();
	dprintf(STDOUT_FILENO, "bench: init\n");
	words = getenv("bench");
	for (word = strtok(words, ":"); words && word; word = strtok(NULL, ":"))
		parse(word);
	if (options.idle) {
		dprintf(STDOUT_FILENO, "bench: idle\n");
		for (;;)
			pause();
	}
	if (!options.boot)
		run_rows();
	power_off();
	die("power off: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	int arg;

	if (argc > 1 && !strcmp(argv[1], "launch"))
		return launch(argv + 2);
	self = (const char *)getauxval(AT_EXECFN);
	setlinebuf(stdout);
	if (getpid() == 1)
		run_init();
	for (arg = 1; arg < argc; arg++)
		parse(argv[arg]);
	run_rows();
	return 0;
}
