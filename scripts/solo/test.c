// SPDX-License-Identifier: GPL-2.0
/*
 * solo test: each program of a folder in a guest of its own, some at a time.
 *
 * Each is a `solo run` of its own, whose streams go to files without names: outputs
 * cannot mix, whatever becomes of a guest.  Results are printed in the order of names,
 * as TAP.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "options.h"
#include "term.h"

#define GUEST_FOLDER	"/tmp/solo-test"
#define SKIPPED		77		/* a program's exit status, as automake has it */
#define TAIL		20		/* lines of what a test has written, if it fails */
#define MOST		(1 << 20)	/* bytes of that which are looked at, from the end */
#define TICK_MS		50		/* how often what is older is given back to the host */

struct test {
	char *name;
	pid_t pid;			/* 0: it does not run */
	bool done, passed, skipped;
	int status;
	int out, err;			/* what it writes */
	int64_t began, took;
	char *why;			/* it has not passed */
};

static struct test *tests;
static unsigned int nr_tests, nr_done, nr_failed, nr_skipped, nr_running, printed;
static struct list passed_on;		/* options of solo run */
static const char *folder;
static sigset_t child_ends;

/* --- What it has written ---------------------------------------------------------- */

/* A file's end, with a NUL behind it. */
static char *read_end(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END), from = size > MOST ? size - MOST : 0;
	char *text = must_alloc(NULL, size - from + 1);
	ssize_t n = pread(fd, text, size - from, from);

	text[n > 0 ? n : 0] = 0;
	return text;
}

/* Before what read_end() looks at, and some more, for it still grows: a hole. */
static void forget_begin(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);

	if (end > 2 * MOST)
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (end - 2 * MOST) & ~4095L);
}

/* The lines of TAP in it: a plan, and as many results, all of which are ok. */
static void judge_tap(struct test *t, char *text)
{
	unsigned int planned = 0, seen = 0, bad = 0;
	bool has_plan = false;
	char *line, *rest = text, *end;

	while ((line = strsep(&rest, "\n"))) {
		if (!strncmp(line, "1..", 3) && isdigit((unsigned char)line[3])) {
			planned = strtoul(line + 3, &end, 10);
			has_plan = true;
			if (!planned && strcasestr(end, "skip"))
				t->skipped = true;
		} else if (!strncmp(line, "ok", 2) && (!line[2] || line[2] == ' ')) {
			seen++;
		} else if (!strncmp(line, "not ok", 6) && (!line[6] || line[6] == ' ')) {
			seen++;
			bad += !strcasestr(line, "# todo");
		} else if (!strncmp(line, "Bail out!", 9)) {
			t->why = strdup(line);
			return;
		}
	}
	if (!has_plan)
		return;
	if (bad)
		t->why = format("%u of %u results are not ok", bad, seen);
	else if (seen != planned)
		t->why = format("%u results were planned, and %u came", planned, seen);
}

static void judge(struct test *t, int wait_status)
{
	static const char *const own[] = {
		[STATUS_NO_BOOT - STATUS_NO_BOOT] = "the guest has not booted",
		[STATUS_PANIC - STATUS_NO_BOOT] = "the guest has ended before it",
		[STATUS_TIMEOUT - STATUS_NO_BOOT] = "it did not end in time",
		[STATUS_ERROR - STATUS_NO_BOOT] = "it could not be started",
	};
	char *text = read_end(t->out);

	t->status = exit_status(wait_status);
	judge_tap(t, text);
	free(text);
	if (t->status == SKIPPED)
		t->skipped = true;
	else if (WIFSIGNALED(wait_status))
		t->why = format("its solo was ended by signal %d", WTERMSIG(wait_status));
	else if (t->status >= STATUS_NO_BOOT && t->status <= STATUS_ERROR)
		t->why = strdup(own[t->status - STATUS_NO_BOOT]);
	else if (t->status > 128)
		t->why = format("signal %d", t->status - 128);
	else if (t->status && !t->why)
		t->why = format("exit status %d", t->status);
	t->passed = !t->why;
	if (!t->passed)
		t->skipped = false;
	nr_failed += !t->passed;
	nr_skipped += t->skipped;
}

/* --- Results ---------------------------------------------------------------------- */

static void print_tail(int fd)
{
	char *text = read_end(fd), *at = text + strlen(text), *line;
	unsigned int lines = TAIL + 1;

	while (at > text && at[-1] == '\n')
		*--at = 0;
	for (; at > text; at--)
		if (at[-1] == '\n' && !--lines)
			break;
	while (*text && (line = strsep(&at, "\n")))
		printf("#   %s\n", line);
	free(text);
}

static void print_results(void)
{
	for (; printed < nr_tests && tests[printed].done; printed++) {
		struct test *t = &tests[printed];

		printf("%s %u - %s%s\n", t->passed ? "ok" : "not ok", printed + 1, t->name,
		       t->skipped ? " # SKIP" : "");
		printf("# took %.2f s\n", t->took / 1e3);
		if (!t->passed) {
			printf("# %s\n", t->why);
			print_tail(t->out);
			print_tail(t->err);
		}
	}
	fflush(stdout);
}

static void show_progress(bool end)
{
	if (!isatty(STDERR_FILENO) || quiet)
		return;
	fprintf(stderr, "\r\033[K");
	if (!end)
		fprintf(stderr, "%u of %u done, %u failed, %u run", nr_done, nr_tests, nr_failed,
			nr_running);
}

static void write_escaped(FILE *to, const char *text)
{
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '<')
			fputs("&lt;", to);
		else if (c == '>')
			fputs("&gt;", to);
		else if (c == '&')
			fputs("&amp;", to);
		else if (c == '"')
			fputs("&quot;", to);
		else if ((c < ' ' && c != '\n' && c != '\t') || c > 126)
			fprintf(to, "\\x%02x", c);	/* whatever it is, XML may not hold it */
		else
			fputc(c, to);
	}
}

static void write_output(FILE *to, const char *element, int fd)
{
	char *text = read_end(fd);

	fprintf(to, "<%s>", element);
	write_escaped(to, text);
	fprintf(to, "</%s>", element);
	free(text);
}

static bool write_junit(const char *path, int64_t took)
{
	FILE *to = fopen(path, "we");
	unsigned int i;

	if (!to)
		return false;
	fprintf(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"");
	write_escaped(to, folder);
	fprintf(to, "\" tests=\"%u\" failures=\"%u\" skipped=\"%u\" time=\"%.3f\">\n", nr_tests,
		nr_failed, nr_skipped, took / 1e3);
	for (i = 0; i < nr_tests; i++) {
		struct test *t = &tests[i];

		fprintf(to, "<testcase name=\"");
		write_escaped(to, t->name);
		fprintf(to, "\" time=\"%.3f\">", t->took / 1e3);
		if (t->skipped)
			fprintf(to, "<skipped/>");
		if (!t->passed) {
			fprintf(to, "<failure message=\"");
			write_escaped(to, t->why);
			fprintf(to, "\"/>");
		}
		write_output(to, "system-out", t->out);
		write_output(to, "system-err", t->err);
		fprintf(to, "</testcase>\n");
	}
	fprintf(to, "</testsuite>\n");
	return !fclose(to);
}

/* --- Running ---------------------------------------------------------------------- */

static void start_test(struct test *t)
{
	struct list args = { };
	unsigned int i;
	int null;

	t->out = memfd_create("out", MFD_CLOEXEC);
	t->err = memfd_create("err", MFD_CLOEXEC);
	if (t->out < 0 || t->err < 0)
		die("the host gives no memory file: %s", strerror(errno));
	/* lseek() is about the offset that the other processes have, too. */
	fcntl(t->out, F_SETFL, O_APPEND);
	fcntl(t->err, F_SETFL, O_APPEND);
	t->began = now_ms();
	t->pid = fork();
	if (t->pid < 0)
		die("the host gives no processes: %s", strerror(errno));
	nr_running++;
	if (t->pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_UNBLOCK, &child_ends, NULL);
	null = open("/dev/null", O_RDONLY);
	dup2(null, 0);
	dup2(t->out, 1);
	dup2(t->err, 2);
	list_add(&args, "solo");
	list_add(&args, "run");
	for (i = 0; i < passed_on.nr; i++)
		list_add(&args, passed_on.item[i]);
	list_add(&args, "--copy-in");
	list_add(&args, format("%s/.:" GUEST_FOLDER, folder));
	list_add(&args, "--workdir");
	list_add(&args, GUEST_FOLDER);
	list_add(&args, "--");
	list_add(&args, format(GUEST_FOLDER "/%s", t->name));
	execv("/proc/self/exe", (char **)args.item);
	_exit(STATUS_ERROR);
}

static void reap_test(void)
{
	const struct timespec tick = { .tv_nsec = TICK_MS * 1000000 };
	unsigned int i;
	int status;
	pid_t pid;

	while (!(pid = waitpid(-1, &status, WNOHANG))) {
		sigtimedwait(&child_ends, NULL, &tick);
		for (i = 0; i < nr_tests; i++) {
			if (tests[i].pid) {
				forget_begin(tests[i].out);
				forget_begin(tests[i].err);
			}
		}
	}

	for (i = 0; i < nr_tests; i++) {
		struct test *t = &tests[i];

		if (!t->pid || t->pid != pid)
			continue;
		t->pid = 0;
		t->done = true;
		t->took = now_ms() - t->began;
		forget_begin(t->out);
		forget_begin(t->err);
		judge(t, status);
		nr_running--;
		nr_done++;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct test *)a)->name, ((const struct test *)b)->name);
}

static void find_tests(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct stat st;

	if (!dir)
		die("%s: %s: name a folder of programs", folder, strerror(errno));
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &st, 0) ||
		    !S_ISREG(st.st_mode) || !(st.st_mode & 0111))
			continue;
		tests = must_alloc(tests, (nr_tests + 1) * sizeof(*tests));
		tests[nr_tests++] = (struct test){ .name = strdup(entry->d_name) };
	}
	closedir(dir);
	if (!nr_tests)
		die("%s: there is no program in it that can be run: chmod +x makes one of a script",
		    folder);
	qsort(tests, nr_tests, sizeof(*tests), by_name);
}

int main_test(int argc, char **argv)
{
	const char *junit = NULL, *value;
	struct run_options checked = { };
	unsigned int jobs = sysconf(_SC_NPROCESSORS_ONLN), next = 0;
	int64_t began = now_ms();
	char *end;
	int i, from;

	for (i = 1; i < argc; i++) {
		from = i;
		if (is_option(argc, argv, &i, "-j", &value)) {
			jobs = strtoul(value, &end, 10);
			if (*end || !jobs || jobs > 1000 || !isdigit((unsigned char)*value))
				die("-j %s: write how many guests may run at a time, 1 to 1000", value);
		} else if (is_option(argc, argv, &i, "--junit", &value)) {
			junit = value;
		} else if (take_run_option(&checked, argc, argv, &i)) {
			for (; from <= i; from++)
				list_add(&passed_on, argv[from]);
		} else if (argv[i][0] == '-' || folder) {
			die("%s: write solo test [OPTION]... --root ROOT FOLDER", argv[i]);
		} else {
			folder = argv[i];
		}
	}
	if (!folder)
		die("no folder: write solo test [OPTION]... --root ROOT FOLDER");
	if (checked.detach || checked.guest.name || checked.dry_run)
		die("--detach, --name and --dry-run are not for solo test");
	find_tests();
	sigemptyset(&child_ends);
	sigaddset(&child_ends, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child_ends, NULL);
	printf("TAP version 13\n1..%u\n", nr_tests);
	fflush(stdout);
	while (nr_done < nr_tests) {
		while (next < nr_tests && nr_running < jobs)
			start_test(&tests[next++]);
		show_progress(false);
		reap_test();
		show_progress(true);
		print_results();
	}
	show_progress(true);
	printf("# %u passed, %u failed, %u skipped, %.1f s\n", nr_tests - nr_failed - nr_skipped,
	       nr_failed, nr_skipped, (now_ms() - began) / 1e3);
	if (junit && !write_junit(junit, now_ms() - began))
		die("--junit %s: %s", junit, strerror(errno));
	return !!nr_failed;
}
