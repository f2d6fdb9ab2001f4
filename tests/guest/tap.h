/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the guest programs share: TAP output, children that report failures,
 * and catching of faults. A program calls ok() for each check and returns
 * tap_done() from main.
 *
 * In the guest (run sets IN_GUEST) everything that the kernel must have is
 * there and we are root, so skip_on_host() is a failure there; skip() is for
 * what the processor or an optional part of the kernel may lack.
 */
#ifndef TAP_H
#define TAP_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE		4096UL
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MAYBE_UNUSED	__attribute__((unused))

static int tap_count, tap_failed;
static int tap_last_child;	/* what wait_for() gave last, to tell of failures */

static void __attribute__((constructor)) tap_init(void)
{
	/* By line, so that a child never writes its parent's output again. */
	setvbuf(stdout, NULL, _IOLBF, 0);
}

static bool MAYBE_UNUSED __attribute__((format(printf, 5, 6)))
tap_ok(bool good, const char *file, int line, const char *expr, const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	tap_count++;
	printf("%sok %d - ", good ? "" : "not ", tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (!good) {
		tap_failed++;
		printf("# %s:%d: %s (errno: %s; last child: %d)\n", file, line, expr,
		       strerror(err), tap_last_child);
	}
	return good;
}

/* Counts as one check; gives the truth of COND. */
#define ok(cond, ...)	tap_ok(cond, __FILE__, __LINE__, #cond, __VA_ARGS__)

static void MAYBE_UNUSED skip(const char *what, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++tap_count, what, why);
}

static void MAYBE_UNUSED skip_on_host(const char *what, const char *why)
{
	if (getenv("IN_GUEST"))
		ok(!"possible in the guest", "%s: %s", what, why);
	else
		skip(what, why);
}

static int MAYBE_UNUSED tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}

/* For what must not fail, in the program or in a child of it. */
#define must(cond) do {								\
	if (!(cond)) {								\
		dprintf(1, "# %s:%d: %s failed: %s\n", __FILE__, __LINE__,	\
			#cond, strerror(errno));				\
		_exit(99);							\
	}									\
} while (0)

/* Runs FN in a child that ends with what FN gives, or with its parent. */
static pid_t MAYBE_UNUSED spawn(int (*fn)(void *), void *arg)
{
	pid_t pid = fork();

	must(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(fn(arg));
}

static int MAYBE_UNUSED wait_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		must(errno == EINTR);
	return status;
}

/* Exit status of PID; -N if signal N killed it. */
static int MAYBE_UNUSED wait_for(pid_t pid)
{
	int status = wait_status(pid);

	tap_last_child = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
	return tap_last_child;
}

static int MAYBE_UNUSED in_child(int (*fn)(void *), void *arg)
{
	return wait_for(spawn(fn, arg));
}

static MAYBE_UNUSED void * map_anon(size_t size, int prot)
{
	void *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(p != MAP_FAILED);
	return p;
}

/* Memory that children share. */
static MAYBE_UNUSED void * map_shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(p != MAP_FAILED);
	return p;
}

static void MAYBE_UNUSED sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* Polls for COND every 5 ms; false if it did not come true in 20 s. */
#define eventually(cond) ({							\
	int tries_ = 4000;							\
	while (!(cond) && --tries_)						\
		sleep_ms(5);							\
	tries_ > 0;								\
})

/* The first line of a file that starts with KEY, after KEY; NULL if none. */
static MAYBE_UNUSED char * file_line(const char *path, const char *key)
{
	static char line[4096];
	char *found = NULL;
	FILE *f = fopen(path, "re");

	if (!f)
		return NULL;
	while (!found && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			found = line + strlen(key);
	fclose(f);
	return found;
}

static bool MAYBE_UNUSED write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
	int err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return n == (ssize_t)strlen(text);
}

/* The state letter of a process or task: R, S, T, t, Z... */
static char MAYBE_UNUSED task_state(pid_t pid)
{
	char path[64], *s;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	s = file_line(path, "State:\t");
	return s ? *s : 0;
}

/*
 * catch_fault(fn, arg): 0, or the number of the signal (SIGSEGV, SIGBUS, SIGILL,
 * SIGFPE, SIGTRAP) that fn(arg) raised; fault_info and fault_context then hold
 * what the handler got. Not inlined, so that the jump back changes no variable
 * of the caller.
 */
static sigjmp_buf fault_jump;
static siginfo_t fault_info;
static ucontext_t fault_context;

static void MAYBE_UNUSED fault_handler(int sig, siginfo_t *si, void *uc)
{
	fault_info = *si;
	fault_context = *(ucontext_t *)uc;
	siglongjmp(fault_jump, sig);
}

static int MAYBE_UNUSED __attribute__((noinline)) catch_fault(void (*fn)(void *), void *arg)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
	struct sigaction sa = { .sa_sigaction = fault_handler, .sa_flags = SA_SIGINFO };
	static struct sigaction old[ARRAY_SIZE(signals)];
	static int sig;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &sa, &old[i]);
	memset(&fault_info, 0, sizeof(fault_info));
	sig = sigsetjmp(fault_jump, 1);
	if (!sig)
		fn(arg);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &old[i], NULL);
	return sig;
}

static void MAYBE_UNUSED read_byte(void *p)
{
	(void)*(volatile char *)p;
}

static void MAYBE_UNUSED write_byte(void *p)
{
	*(volatile char *)p = 1;
}

static void MAYBE_UNUSED call_it(void *p)
{
	((void (*)(void))p)();
}

#define try_read(p)	catch_fault(read_byte, p)
#define try_write(p)	catch_fault(write_byte, p)
#define try_call(p)	catch_fault(call_it, p)

#endif
