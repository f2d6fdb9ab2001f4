// SPDX-License-Identifier: GPL-2.0
/* What the experiments share: see experiment.h. */
#include "experiment.h"

#include <ctype.h>
#include <dirent.h>
#include <net/if.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define TIME_LIMIT	100

bool broken;

static struct state {
	int failed;
	bool impossible;
	char first_failure[256];
	char figures[1024];
} *state;

static void too_late(int sig)
{
	static const char text[] = "answer: none, a step did not come to its end\n";

	(void)sig;
	if (write(1, text, sizeof(text) - 1) < 0)
		_exit(3);
	_exit(1);
}

void experiment(int argc, char **argv, const char *question, const char *done,
		const char *expected)
{
	if (argc == 2 && !strcmp(argv[1], "--break")) {
		broken = true;
	} else if (argc > 1) {
		bool help = !strcmp(argv[1], "--help");

		dprintf(help ? 1 : 2, "usage: %s [--break]\n%s\n%s\n%s\n", argv[0], question,
			done, expected);
		exit(help ? 0 : 2);
	}
	state = common(sizeof(*state));
	dprintf(1, "question: %s\ndone: %s\nexpected: %s\n", question, done, expected);
	signal(SIGALRM, too_late);
	alarm(TIME_LIMIT);
}

bool check(bool held, const char *fmt, ...)
{
	char text[sizeof(state->first_failure)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	dprintf(1, "  %s: %s\n", held ? "held" : "BROKEN", text);
	if (!held && __atomic_fetch_add(&state->failed, 1, __ATOMIC_SEQ_CST) == 0)
		strcpy(state->first_failure, text);
	return held;
}

void measured(const char *fmt, ...)
{
	size_t used = strlen(state->figures);
	va_list ap;

	if (used)
		used += snprintf(state->figures + used, sizeof(state->figures) - used, "; ");
	va_start(ap, fmt);
	vsnprintf(state->figures + used, sizeof(state->figures) - used, fmt, ap);
	va_end(ap);
}

int answer(const char *fmt, ...)
{
	va_list ap;

	if (state->impossible)
		return 2;
	dprintf(1, "measured: %s\n", state->figures);
	if (state->failed) {
		dprintf(1, "answer: not isolated, %d steps failed; the first: %s\n", state->failed,
			state->first_failure);
		return 1;
	}
	dprintf(1, "answer: ");
	va_start(ap, fmt);
	vdprintf(1, fmt, ap);
	va_end(ap);
	dprintf(1, "\n");
	return 0;
}

void cannot(const char *what)
{
	state->impossible = true;
	dprintf(1, "answer: none, %s: %s\n", what, strerror(errno));
	_exit(2);
}

pid_t start(int namespaces, int (*fn)(void *), void *arg)
{
	pid_t parent = getpid(), pid;

	if (broken)
		namespaces &= ~ALL_NAMESPACES;
	pid = syscall(SYS_clone, namespaces | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid < 0)
		cannot("clone");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A parent in another pid namespace looks like 0. */
	if (getppid() != parent && getppid() != 0)
		_exit(2);
	_exit(fn(arg));
}

int ended(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) != pid)
		if (errno != EINTR)
			return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int in_container(int namespaces, int (*fn)(void *), void *arg)
{
	return ended(start(namespaces, fn, arg));
}

int leave(int namespaces)
{
	return broken ? 0 : unshare(namespaces);
}

void make_door(struct door *door)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC))
		cannot("pipe");
	door->in = fd[0];
	door->out = fd[1];
}

void open_door(struct door *door)
{
	if (write(door->out, "", 1) != 1)
		cannot("pipe");
}

void wait_at(struct door *door)
{
	char c;

	while (read(door->in, &c, 1) != 1)
		if (errno != EINTR)
			cannot("pipe");
}

void *common(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		cannot("mmap");
	return p;
}

char *read_file(const char *fmt, ...)
{
	static char text[65536];
	char path[512];
	size_t used = 0;
	ssize_t n = 0;
	va_list ap;
	int fd;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && used < sizeof(text) - 1 &&
	       (n = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += n;
	if (fd >= 0)
		close(fd);
	text[used] = '\0';
	return text;
}

int write_file(const char *path, const char *fmt, ...)
{
	char text[4096];
	va_list ap;
	int fd, len, ret;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = write(fd, text, len) == len ? 0 : -1;
	close(fd);
	return ret;
}

long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

void nap_ms(int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

bool wait_for(int seconds, bool (*fn)(void *), void *arg)
{
	long long end = now() + seconds * 1000000000LL;

	while (!fn(arg)) {
		if (now() > end)
			return false;
		nap_ms(2);
	}
	return true;
}

void become_user(unsigned int user)
{
	if (setresgid(user, user, user) || setresuid(user, user, user) ||
	    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))
		cannot("setuid");
}

int become_its_root(unsigned int outside)
{
	if (broken)
		return 0;
	if (write_file("/proc/self/setgroups", "deny") ||
	    write_file("/proc/self/uid_map", "0 %u 1", outside) ||
	    write_file("/proc/self/gid_map", "0 %u 1", outside))
		return -1;
	return setresgid(0, 0, 0) || setresuid(0, 0, 0) ? -1 : 0;
}

int count_processes(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int n = 0;

	while (dir && (entry = readdir(dir)))
		n += isdigit((unsigned char)entry->d_name[0]) != 0;
	if (dir)
		closedir(dir);
	return n;
}

int loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret;

	if (fd < 0)
		return -1;
	ret = ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
	return ret;
}
