// SPDX-License-Identifier: GPL-2.0
/* seccomp in the guest: what filters say happens, to whom it should. */
#include "tap.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/user.h>

#define LOAD(field)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RET(value)	BPF_STMT(BPF_RET | BPF_K, value)
#define SKIP_UNLESS(v, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, v, 0, n)

static int install(struct sock_filter *filter, unsigned short len, unsigned int flags)
{
	struct sock_fprog prog = { len, filter };

	must(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

/* Action for one system call, everything else allowed. */
static int filter_call(int nr, unsigned int action, unsigned int flags)
{
	struct sock_filter filter[] = {
		LOAD(arch), SKIP_UNLESS(AUDIT_ARCH_X86_64, 3),
		LOAD(nr), SKIP_UNLESS(nr, 1), RET(action),
		RET(SECCOMP_RET_ALLOW),
	};

	return install(filter, ARRAY_SIZE(filter), flags);
}

static void no_core(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
}

static int need_privilege(void *arg)
{
	struct sock_filter allow = RET(SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { 1, &allow };

	(void)arg;
	must(!geteuid() ? !setresuid(1, 1, 1) : 1);
	errno = 0;
	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == -1 && errno == EACCES);
	must(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog));
	must(prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER);
	return 0;
}

static int with_errno(void *arg)
{
	(void)arg;
	must(!filter_call(SYS_getpgid, SECCOMP_RET_ERRNO | 77, 0));
	errno = 0;
	must(getpgid(0) == -1 && errno == 77);
	must(getppid() > 0);
	/* A second filter adds to the first. */
	must(!filter_call(SYS_getsid, SECCOMP_RET_ERRNO | 78, 0));
	must(getpgid(0) == -1 && errno == 77 && getsid(0) == -1 && errno == 78);
	/* The stricter one wins. */
	must(!filter_call(SYS_getpgid, SECCOMP_RET_ALLOW, 0));
	must(getpgid(0) == -1 && errno == 77);
	return 0;
}

static int by_argument(void *arg)
{
	struct sock_filter filter[] = {
		LOAD(nr), SKIP_UNLESS(SYS_dup, 5),
		LOAD(args[0]), SKIP_UNLESS(1, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]) + 4),
		SKIP_UNLESS(0, 1), RET(SECCOMP_RET_ERRNO | ENOTTY),
		RET(SECCOMP_RET_ALLOW),
	};

	(void)arg;
	must(!install(filter, ARRAY_SIZE(filter), 0));
	errno = 0;
	must(dup(1) == -1 && errno == ENOTTY);
	must(dup(0) >= 0 || errno == EBADF);
	/* Only the low half is 1. */
	errno = 0;
	must(syscall(SYS_dup, 0x100000001) >= 0 || errno != ENOTTY);
	return 0;
}

static volatile int trapped;
static siginfo_t trap_info;

static void on_sigsys(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;

	(void)sig;
	trapped++;
	trap_info = *si;
	uc->uc_mcontext.gregs[REG_RAX] = 4321;
}

static int with_trap(void *arg)
{
	struct sigaction sa = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };
	long r;

	(void)arg;
	sigaction(SIGSYS, &sa, NULL);
	must(!filter_call(SYS_getpgid, SECCOMP_RET_TRAP | 99, 0));
	r = syscall(SYS_getpgid, 0);
	must(trapped == 1 && r == 4321);
	must(trap_info.si_code == 1 /* SYS_SECCOMP */ && trap_info.si_syscall == SYS_getpgid);
	must(trap_info.si_arch == AUDIT_ARCH_X86_64 && trap_info.si_errno == 99);
	/* the address after the instruction */
	must(!memcmp((char *)trap_info.si_call_addr - 2, "\x0f\x05", 2));
	for (int i = 0; i < 100; i++)
		must(syscall(SYS_getpgid, 0) == 4321);
	must(trapped == 101);
	return 0;
}

static int with_kill(void *arg)
{
	(void)arg;
	no_core();
	must(!filter_call(SYS_getpgid, SECCOMP_RET_KILL_PROCESS, 0));
	getpgid(0);
	return 1;
}

static int trap_unhandled(void *arg)
{
	(void)arg;
	no_core();
	must(!filter_call(SYS_getpgid, SECCOMP_RET_TRAP, 0));
	getpgid(0);
	return 1;
}

static void *call_it_in_thread(void *arg)
{
	(void)arg;
	getpgid(0);
	return (void *)1;
}

static int kill_thread(void *arg)
{
	pthread_t t;

	(void)arg;
	no_core();
	must(!filter_call(SYS_getpgid, SECCOMP_RET_KILL_THREAD, 0));
	must(!pthread_create(&t, NULL, call_it_in_thread, NULL));
	/* The thread ends without a word to anyone; the process does not. */
	pthread_join(t, NULL);
	return 23;
}

static volatile int go, thread_errno;

static void *wait_and_call(void *arg)
{
	(void)arg;
	while (!go)
		sched_yield();
	errno = 0;
	getpgid(0);
	thread_errno = errno;
	return NULL;
}

static int sync_threads(void *arg)
{
	pthread_t t;

	(void)arg;
	must(!pthread_create(&t, NULL, wait_and_call, NULL));
	must(!filter_call(SYS_getpgid, SECCOMP_RET_ERRNO | 55, SECCOMP_FILTER_FLAG_TSYNC));
	go = 1;
	pthread_join(t, NULL);
	return thread_errno;
}

static int child_of_filtered(void *arg)
{
	(void)arg;
	return getpgid(0) == -1 && errno == 66 ? 0 : 1;
}

static int inherits(void *arg)
{
	char *argv[] = { "x", "filtered", NULL };

	(void)arg;
	must(!filter_call(SYS_getpgid, SECCOMP_RET_ERRNO | 66, 0));
	must(in_child(child_of_filtered, NULL) == 0);
	execv("/proc/self/exe", argv);
	return 1;
}

static int strict(void *arg)
{
	char c = 1;
	int fds[2];

	must(!pipe(fds));
	must(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	/* read, write, exit and sigreturn only; no library from here */
	if (syscall(SYS_write, fds[1], &c, 1) != 1 || syscall(SYS_read, fds[0], &c, 1) != 1)
		syscall(SYS_exit, 1);
	if (arg)
		syscall(SYS_getpid);
	syscall(SYS_exit, 24);
	return 1;
}

static int call_for_tracer(void *arg)
{
	(void)arg;
	must(!ptrace(PTRACE_TRACEME, 0, 0, 0));
	raise(SIGSTOP);
	must(!filter_call(SYS_getpgid, SECCOMP_RET_TRACE | 42, 0));
	return syscall(SYS_getpgid, 0) == 1234 ? 25 : 26;
}

static void traced(void)
{
	pid_t pid = spawn(call_for_tracer, NULL);
	struct user_regs_struct regs;
	unsigned long msg = 0;
	int status = wait_status(pid);

	must(WIFSTOPPED(status));
	must(!ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP));
	must(!ptrace(PTRACE_CONT, pid, 0, 0));
	status = wait_status(pid);
	ok(status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8) &&
	   !ptrace(PTRACE_GETEVENTMSG, pid, 0, &msg) && msg == 42,
	   "RET_TRACE stops for the tracer");
	must(!ptrace(PTRACE_GETREGS, pid, 0, &regs));
	ok(regs.orig_rax == SYS_getpgid, "RET_TRACE: the tracer sees the call");
	regs.orig_rax = -1;
	regs.rax = 1234;
	must(!ptrace(PTRACE_SETREGS, pid, 0, &regs));
	must(!ptrace(PTRACE_CONT, pid, 0, 0));
	ok(wait_for(pid) == 25, "RET_TRACE: the tracer can answer the call");
}

static int notify_pair[2];

static int call_for_listener(void *arg)
{
	char buf[CMSG_SPACE(sizeof(int))] = { 0 }, c = 'x';
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = buf,
			      .msg_controllen = sizeof(buf) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&msg);
	int fd = filter_call(SYS_getpgid, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);

	(void)arg;
	must(fd >= 0);
	*cm = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(cm), &fd, sizeof(fd));
	must(sendmsg(notify_pair[1], &msg, 0) == 1);
	return syscall(SYS_getpgid, 555) == 777 ? 27 : 28;
}

static void notified(void)
{
	char buf[CMSG_SPACE(sizeof(int))], c;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = buf,
			      .msg_controllen = sizeof(buf) };
	struct seccomp_notif req;
	struct seccomp_notif_resp resp;
	pid_t pid;
	int fd;

	must(!socketpair(AF_UNIX, SOCK_STREAM, 0, notify_pair));
	pid = spawn(call_for_listener, NULL);
	must(recvmsg(notify_pair[0], &msg, 0) == 1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	memset(&req, 0, sizeof(req));
	ok(!ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &req) && req.pid == (unsigned int)pid &&
	   req.data.nr == SYS_getpgid && req.data.args[0] == 555, "RET_USER_NOTIF asks a listener");
	memset(&resp, 0, sizeof(resp));
	resp.id = req.id;
	resp.val = 777;
	ok(!ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &resp) && wait_for(pid) == 27,
	   "RET_USER_NOTIF: the listener answers");
	close(fd);
	close(notify_pair[0]);
	close(notify_pair[1]);
}

static int refuse_bad_filters(void *arg)
{
	struct sock_filter endless = LOAD(nr), outside[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4096), RET(SECCOMP_RET_ALLOW),
	};

	(void)arg;
	errno = 0;
	must(install(&endless, 1, 0) == -1 && errno == EINVAL);
	errno = 0;
	must(install(outside, 2, 0) == -1 && errno == EINVAL);
	errno = 0;
	must(install((void *)8, 1, 0) == -1 && errno == EFAULT);
	errno = 0;
	must(install(&endless, 1, 0x8000) == -1 && errno == EINVAL);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return strcmp(argv[1], "filtered") || child_of_filtered(NULL);
	ok(in_child(need_privilege, NULL) == 0, "filters need privilege or no_new_privs");
	ok(in_child(with_errno, NULL) == 0, "RET_ERRNO of filters that add up");
	ok(in_child(by_argument, NULL) == 0, "a filter looks at both halves of an argument");
	ok(in_child(with_trap, NULL) == 0, "RET_TRAP: SIGSYS with all that it says");
	ok(in_child(trap_unhandled, NULL) == -SIGSYS,
	   "RET_TRAP without a handler: killed by SIGSYS");
	ok(in_child(with_kill, NULL) == -SIGSYS, "RET_KILL_PROCESS: killed by SIGSYS");
	ok(in_child(kill_thread, NULL) == 23, "RET_KILL_THREAD kills only the thread");
	ok(in_child(sync_threads, NULL) == 55, "TSYNC installs a filter for all threads");
	ok(in_child(inherits, NULL) == 0, "filters are kept over fork and exec");
	ok(in_child(strict, NULL) == 24, "strict mode allows read, write, exit");
	ok(in_child(strict, "more") == -SIGKILL, "strict mode: killed by anything else");
	ok(in_child(refuse_bad_filters, NULL) == 0, "bad filters are refused");
	traced();
	notified();
	return tap_done();
}
