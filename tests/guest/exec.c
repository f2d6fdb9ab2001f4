// SPDX-License-Identifier: GPL-2.0
/* execve: arguments, environment, what a program keeps and loses, scripts, errors. */
#include "tap.h"
#include <elf.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char dir[] = "/tmp/exec.XXXXXX";
static char self[PATH_MAX];
extern char **environ;

static char *in_dir(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void make_file(const char *name, const char *text, int mode)
{
	FILE *f = fopen(in_dir(name), "we");

	must(f);
	fputs(text, f);
	must(!fclose(f));
	must(!chmod(in_dir(name), mode));
}

static void copy_self(const char *name)
{
	int in = open(self, O_RDONLY | O_CLOEXEC);
	int out = open(in_dir(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	char buf[65536];
	ssize_t n;

	must(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		must(write(out, buf, n) == n);
	close(in);
	close(out);
}

/*
 * This program in other roles, named by its first argument. Status 0 says that
 * all was as the parent arranged it.
 */
static int role_args(int argc, char **argv)
{
	/* args COUNT LENGTH ARG...: each ARG is LENGTH letters, the last varying */
	int count = atoi(argv[2]);
	size_t len = atoi(argv[3]);

	must(argc == 4 + count && !argv[argc]);
	for (int i = 0; i < count; i++) {
		must(strlen(argv[4 + i]) == len);
		must(argv[4 + i][0] == 'a' && argv[4 + i][len - 1] == 'A' + i % 26);
	}
	must(environ[0] && !strcmp(environ[0], "ONE=1") && !strcmp(environ[1], "EMPTY=") &&
	     !environ[2]);
	return 0;
}

static int role_state(char **argv)
{
	struct sigaction sa;
	sigset_t set;
	unsigned int mxcsr, fcw = 0;

	must(fcntl(atoi(argv[2]), F_GETFD) >= 0);
	must(fcntl(atoi(argv[3]), F_GETFD) == -1 && errno == EBADF);
	must(!sigaction(SIGUSR1, NULL, &sa) && sa.sa_handler == SIG_DFL);
	must(!sigaction(SIGUSR2, NULL, &sa) && sa.sa_handler == SIG_IGN);
	must(!sigprocmask(SIG_BLOCK, NULL, &set) && sigismember(&set, SIGWINCH));
	must(!sigpending(&set) && sigismember(&set, SIGWINCH));
	must(!sigaltstack(NULL, &(stack_t){ 0 }));
	asm volatile("stmxcsr %0; fnstcw %1" : "=m"(mxcsr), "=m"(fcw));
	must(mxcsr == 0x1f80 && (fcw & 0xffff) == 0x37f);
	must(atoi(argv[4]) == getpid());
	return 0;
}

static int role_auxv(char **argv)
{
	const char *execfn = (const char *)getauxval(AT_EXECFN);
	const Elf64_Phdr *phdr = (const void *)getauxval(AT_PHDR);
	const unsigned char *rnd = (const void *)getauxval(AT_RANDOM);
	int phnum = getauxval(AT_PHNUM), loads = 0, different = 0;

	must(execfn && !strcmp(execfn, argv[2]));
	must(getauxval(AT_PAGESZ) == PAGE && getauxval(AT_PHENT) == sizeof(*phdr));
	must(getauxval(AT_UID) == getuid() && getauxval(AT_SECURE) == 0);
	must(getauxval(AT_ENTRY) && rnd && phdr && phnum > 2 && phnum < 40);
	for (int i = 0; i < phnum; i++)
		loads += phdr[i].p_type == PT_LOAD;
	must(loads >= 2);
	for (int i = 1; i < 16; i++)
		different += rnd[i] != rnd[0];
	must(different);
	must(getauxval(AT_CLKTCK) == (unsigned long)sysconf(_SC_CLK_TCK));
	return 0;
}

struct command {
	const char *path;
	char **argv, **envp;
};

static int do_exec(void *arg)
{
	struct command *c = arg;

	execve(c->path, c->argv, c->envp ? c->envp : environ);
	return 200 + (errno == ENOENT) + 2 * (errno == EACCES) + 3 * (errno == ENOEXEC) +
	       4 * (errno == E2BIG) + 5 * (errno == ELOOP) + 6 * (errno == EFAULT) +
	       7 * (errno == EISDIR) + 8 * (errno == ETXTBSY) + 9 * (errno == ENOTDIR);
}

#define run_it(PATH, ...) in_child(do_exec, &(struct command) {			\
	.path = PATH, .argv = (char *[]){ __VA_ARGS__, NULL } })

static int with_args(int count, size_t len)
{
	char *env[] = { "ONE=1", "EMPTY=", NULL }, scount[16], slen[16];
	char **argv = calloc(count + 5, sizeof(*argv));
	struct command c = { .path = self, .argv = argv, .envp = env };
	int status;

	argv[0] = "exec";
	argv[1] = "args";
	sprintf(argv[2] = scount, "%d", count);
	sprintf(argv[3] = slen, "%zu", len);
	for (int i = 0; i < count; i++) {
		argv[4 + i] = malloc(len + 1);
		memset(argv[4 + i], 'a', len);
		argv[4 + i][len - 1] = 'A' + i % 26;
		argv[4 + i][len] = '\0';
	}
	status = in_child(do_exec, &c);
	for (int i = 0; i < count; i++)
		free(argv[4 + i]);
	free(argv);
	return status;
}

static void arguments(void)
{
	ok(with_args(0, 1) == 0, "exec without further argument, with two variables");
	ok(with_args(5000, 20) == 0, "exec with 5000 arguments");
	ok(with_args(10, 100000) == 0, "exec with ten arguments of 100,000 bytes");
	ok(with_args(1, 131072) == 204, "exec with an argument of 32 pages: E2BIG");
	ok(with_args(100, 100000) == 204, "exec with 10 MB of arguments: E2BIG");
}

static void on_signal(int sig)
{
	(void)sig;
}

static int exec_with_state(void *arg)
{
	char keep[16], lose[16], pid[16];
	unsigned int mxcsr = 0x9fc0, fcw = 0x27f;
	sigset_t set;
	stack_t ss = { .ss_sp = malloc(65536), .ss_size = 65536 };

	(void)arg;
	sprintf(keep, "%d", open("/dev/null", O_RDONLY));
	sprintf(lose, "%d", open("/dev/null", O_RDONLY | O_CLOEXEC));
	sprintf(pid, "%d", getpid());
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, SIG_IGN);
	signal(SIGWINCH, on_signal);
	sigaltstack(&ss, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGWINCH);
	asm volatile("ldmxcsr %0; fldcw %1" : : "m"(mxcsr), "m"(fcw));
	execl(self, "exec", "state", keep, lose, pid, NULL);
	return 98;
}

static void *exec_from_thread(void *arg)
{
	char pid[16];

	(void)arg;
	sprintf(pid, "%d", getpid());
	execl(self, "exec", "leader", pid, NULL);
	_exit(98);
}

static void *spin(void *arg)
{
	for (;;)
		++*(volatile int *)arg;
	return NULL;
}

static int exec_among_threads(void *arg)
{
	static int counts[3];
	pthread_t t;

	(void)arg;
	for (int i = 0; i < 3; i++)
		must(!pthread_create(&t, NULL, spin, &counts[i]));
	for (int i = 0; i < 3; i++)
		must(eventually(*(volatile int *)&counts[i]));
	must(!pthread_create(&t, NULL, exec_from_thread, NULL));
	for (;;)
		pause();
}

static void state(void)
{
	ok(!in_child(exec_with_state, NULL),
	   "descriptors, dispositions, mask, pending signals and FPU state over exec");
	ok(!in_child(exec_among_threads, NULL),
	   "exec in a thread ends the others and takes the pid");
	copy_self("auxv");
	ok(!run_it(in_dir("auxv"), "x", "auxv", in_dir("auxv")),
	   "exec gives a program its auxiliary vector");
}

static void scripts(void)
{
	char line[PATH_MAX + 32];

	make_file("script", "#!/bin/sh\n[ \"$1\" = \"two words\" ] && exit 11\n", 0755);
	ok(run_it(in_dir("script"), "x", "two words") == 11, "a script gets its arguments");
	snprintf(line, sizeof(line), "#! %s script one arg\n", self);
	make_file("arg", line, 0755);
	ok(run_it(in_dir("arg"), "x", "last") == 13,
	   "an interpreter gets the rest of its line as one argument");
	snprintf(line, sizeof(line), "#!%s\n", self);
	make_file("noarg", line, 0755);
	ok(run_it(in_dir("noarg"), "x", "last") == 12, "an interpreter without argument");
	make_file("nointerp", "#!/nonexistent/sh\n", 0755);
	ok(run_it(in_dir("nointerp"), "x") == 201, "a missing interpreter: ENOENT");
}

static void errors(void)
{
	int fd;

	ok(run_it(in_dir("nothing"), "x") == 201, "a file that is not there: ENOENT");
	make_file("plain", "text\n", 0644);
	ok(run_it(in_dir("plain"), "x") == 202, "a file without execute permission: EACCES");
	ok(run_it(dir, "x") == 202, "a folder: EACCES");
	make_file("text", "just text\n", 0755);
	ok(run_it(in_dir("text"), "x") == 203, "a text without an interpreter: ENOEXEC");
	make_file("empty", "", 0755);
	ok(run_it(in_dir("empty"), "x") == 203, "an empty file: ENOEXEC");
	make_file("elf", "\177ELF\2\1\1", 0755);
	ok(run_it(in_dir("elf"), "x") == 203, "a cut-off ELF header: ENOEXEC");
	ok(run_it((char *)8, "x") == 206, "a bad pointer as path: EFAULT");
	ok(run_it("/dev/null/x", "x") == 209, "a path through a file: ENOTDIR");

	copy_self("busy");
	fd = open(in_dir("busy"), O_WRONLY | O_CLOEXEC);
	ok(run_it(in_dir("busy"), "x", "auxv", "no") == 208,
	   "a program that is open for writing: ETXTBSY");
	close(fd);
}

static int run_stop(void *arg)
{
	(void)arg;
	execl(in_dir("runs"), "x", "stop", NULL);
	return 98;
}

static int run_descriptor(void *arg)
{
	int fd = *(int *)arg;
	char *argv[] = { "x", "ten", NULL };

	return fexecve(fd, argv, environ);
}

static int run_at(void *arg)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *argv[] = { "x", "ten", NULL };

	(void)arg;
	return syscall(SYS_execveat, fd, "runs", argv, environ, 0);
}

static void more(void)
{
	int in, memfd = memfd_create("program", 0);
	struct stat st;
	int status;
	ssize_t n;
	pid_t pid;

	copy_self("runs");
	pid = spawn(run_stop, NULL);
	must(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
	errno = 0;
	ok(open(in_dir("runs"), O_WRONLY | O_CLOEXEC) == -1 && errno == ETXTBSY,
	   "writing to a running program: ETXTBSY");
	kill(pid, SIGKILL);
	wait_for(pid);
	ok(in_child(run_at, NULL) == 10, "execveat in a folder");

	in = open(self, O_RDONLY | O_CLOEXEC);
	must(in >= 0 && memfd >= 0 && !fstat(in, &st));
	while ((n = syscall(SYS_sendfile, memfd, in, NULL, 1 << 20)) > 0)
		;
	must(lseek(memfd, 0, SEEK_CUR) == st.st_size);
	close(in);
	ok(in_child(run_descriptor, &memfd) == 10, "fexecve of a program in memory");
	close(memfd);
}

static void many(void)
{
	bool good = true;

	for (int i = 0; i < 30; i++)
		good &= run_it(self, "x", "ten") == 10;
	ok(good, "thirty programs are run one after the other");
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		if (!strcmp(argv[1], "args"))
			return role_args(argc, argv);
		if (!strcmp(argv[1], "state"))
			return role_state(argv);
		if (!strcmp(argv[1], "auxv"))
			return role_auxv(argv);
		if (!strcmp(argv[1], "leader"))
			return atoi(argv[2]) != getpid() || syscall(SYS_gettid) != getpid();
		if (!strcmp(argv[1], "stop"))
			return raise(SIGSTOP);
		if (!strcmp(argv[1], "ten"))
			return 10;
		if (!strcmp(argv[1], "script one arg"))
			return argc == 4 && strstr(argv[2], "/arg") && !strcmp(argv[3], "last") ?
				13 : 98;
		/* as an interpreter without argument: SCRIPT last */
		return argc == 3 && strstr(argv[1], "/noarg") && !strcmp(argv[2], "last") ? 12 : 97;
	}
	must(mkdtemp(dir));
	must(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	arguments();
	state();
	scripts();
	errors();
	more();
	many();
	must(chdir(dir) == 0);
	for (char **name = (char *[]){ "auxv", "script", "arg", "noarg", "nointerp", "plain",
				       "text", "empty", "elf", "busy", "runs", NULL };
	     *name; name++)
		unlink(*name);
	must(chdir("/") == 0 && !rmdir(dir));
	return tap_done();
}
