// SPDX-License-Identifier: GPL-2.0
/* Signals sent: delivery, masks, queues, stacks, interruption and what siginfo says. */
#include "tap.h"
#include <poll.h>
#include <pthread.h>
#include <sys/time.h>

static volatile int count, last_signal, last_value;
static siginfo_t last;
static int order[64];

static void on_signal(int sig)
{
	count++;
	last_signal = sig;
}

static void on_info(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	if (count < (int)ARRAY_SIZE(order))
		order[count] = sig * 1000 + si->si_value.sival_int;
	count++;
	last_signal = sig;
	last = *si;
}

static void handle(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = flags };

	must(!sigaction(sig, &sa, NULL));
}

static void handle_info(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = fn, .sa_flags = flags | SA_SIGINFO };

	must(!sigaction(sig, &sa, NULL));
}

static void block(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	must(!sigprocmask(how, &set, NULL));
}

static int do_kill(void *arg)
{
	(void)arg;
	return kill(getppid(), SIGUSR1);
}

static void info(void)
{
	union sigval value = { .sival_int = 4242 };
	pid_t pid;

	handle_info(SIGUSR1, on_info, 0);
	kill(getpid(), SIGUSR1);
	ok(last.si_code == SI_USER && last.si_pid == getpid() && last.si_uid == getuid(),
	   "kill: SI_USER, pid, uid");
	pid = spawn(do_kill, NULL);
	must(wait_for(pid) == 0);
	ok(last.si_pid == pid, "kill from a child: its pid");
	raise(SIGUSR1);
	ok(last.si_code == SI_TKILL && last.si_pid == getpid(), "raise: SI_TKILL");
	sigqueue(getpid(), SIGUSR1, value);
	ok(last.si_code == SI_QUEUE && last.si_value.sival_int == 4242,
	   "sigqueue: SI_QUEUE, value");
	errno = 0;
	ok(kill(getpid(), 0) == 0 && kill(getpid(), 65) == -1 && errno == EINVAL,
	   "kill of signal 0 succeeds, of signal 65 fails");
}

static int end_by(void *arg)
{
	int sig = (long)arg;

	if (sig < 100)
		raise(sig);
	return sig - 100;
}

static void children(void)
{
	siginfo_t si;
	pid_t pid;

	count = 0;
	handle_info(SIGCHLD, on_info, 0);
	pid = spawn(end_by, (void *)123L);
	must(eventually(count == 1));
	ok(last.si_code == CLD_EXITED && last.si_status == 23 && last.si_pid == pid,
	   "SIGCHLD: exited, status, pid");
	must(wait_for(pid) == 23);
	pid = spawn(end_by, (void *)(long)SIGTERM);
	must(eventually(count == 2));
	ok(last.si_code == CLD_KILLED && last.si_status == SIGTERM, "SIGCHLD: killed, signal");
	must(wait_for(pid) == -SIGTERM);
	pid = spawn(end_by, (void *)(long)SIGSTOP);
	must(eventually(count == 3));
	ok(last.si_code == CLD_STOPPED && last.si_status == SIGSTOP && last.si_pid == pid,
	   "SIGCHLD: stopped");
	kill(pid, SIGCONT);
	must(eventually(count >= 4));
	ok(order[3] / 1000 == SIGCHLD, "SIGCHLD: continued or ended");
	wait_status(pid);
	handle_info(SIGCHLD, on_info, SA_NOCLDSTOP);
	must(eventually(count >= 4));
	count = 0;
	pid = spawn(end_by, (void *)(long)SIGSTOP);
	must(!waitid(P_PID, pid, &si, WSTOPPED));
	ok(count == 0, "SA_NOCLDSTOP: no SIGCHLD for a stop");
	kill(pid, SIGKILL);
	wait_for(pid);
	signal(SIGCHLD, SIG_IGN);
	pid = spawn(end_by, (void *)100L);
	ok(waitpid(pid, NULL, 0) == -1 && errno == ECHILD, "SIGCHLD ignored: no zombies");
	signal(SIGCHLD, SIG_DFL);
}

static void masks(void)
{
	struct timespec none = { 0, 0 };
	sigset_t set, pending;
	siginfo_t si;

	count = 0;
	handle(SIGUSR1, on_signal, 0);
	block(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	raise(SIGUSR1);
	sigpending(&pending);
	ok(count == 0 && sigismember(&pending, SIGUSR1), "a blocked signal is pending");
	block(SIG_UNBLOCK, SIGUSR1);
	ok(count == 1, "a signal that is unblocked is delivered once");

	block(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	sigemptyset(&set);
	errno = 0;
	ok(sigsuspend(&set) == -1 && errno == EINTR && count == 2,
	   "sigsuspend lets a blocked signal in");
	sigprocmask(SIG_BLOCK, NULL, &set);
	ok(sigismember(&set, SIGUSR1), "sigsuspend restores the mask");

	raise(SIGUSR1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	ok(sigwaitinfo(&set, &si) == SIGUSR1 && si.si_pid == getpid() && count == 2,
	   "sigwaitinfo takes a signal without the handler");
	errno = 0;
	ok(sigtimedwait(&set, &si, &none) == -1 && errno == EAGAIN,
	   "sigtimedwait without a pending signal: EAGAIN");

	raise(SIGUSR1);
	sigemptyset(&set);
	errno = 0;
	ok(ppoll(NULL, 0, NULL, &set) == -1 && errno == EINTR && count == 3,
	   "ppoll with a mask lets a blocked signal in");
	raise(SIGUSR1);
	signal(SIGUSR1, SIG_IGN);
	sigpending(&pending);
	ok(!sigismember(&pending, SIGUSR1), "ignoring a signal discards what is pending");
	block(SIG_UNBLOCK, SIGUSR1);

	errno = 0;
	ok(signal(SIGKILL, SIG_IGN) == SIG_ERR && errno == EINVAL, "SIGKILL cannot be ignored");
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	sigprocmask(SIG_SETMASK, NULL, &set);
	ok(!sigismember(&set, SIGKILL) && !sigismember(&set, SIGSTOP),
	   "SIGKILL and SIGSTOP cannot be blocked");
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

static void queues(void)
{
	bool good = true;
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	handle_info(SIGRTMIN, on_info, 0);
	handle_info(SIGRTMIN + 1, on_info, 0);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (int i = 0; i < 20; i++) {
		union sigval value = { .sival_int = i };

		must(!sigqueue(getpid(), SIGRTMIN + 1 - i % 2, value));
	}
	count = 0;
	/* Handlers run with everything blocked, so that none interrupts another. */
	for (int s = 0; s < 2; s++) {
		struct sigaction sa = { .sa_sigaction = on_info, .sa_flags = SA_SIGINFO,
					.sa_mask = all };

		sigaction(SIGRTMIN + s, &sa, NULL);
	}
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 0; i < 20; i++)
		good &= order[i] == (i < 10 ? SIGRTMIN * 1000 + 2 * i + 1 :
				     (SIGRTMIN + 1) * 1000 + 2 * (i - 10));
	ok(count == 20 && good, "real-time signals arrive by number, then in order");
}

static volatile int depth, deepest;

static void recurse(int sig)
{
	if (++depth > deepest)
		deepest = depth;
	if (++count < 5)
		raise(sig);
	depth--;
}

static void raise_second(int sig)
{
	count++;
	raise(sig == SIGUSR1 ? SIGUSR2 : SIGUSR1);
	order[count] = sig;
	count++;
}

static void nesting(void)
{
	struct sigaction sa = { .sa_handler = raise_second };

	handle(SIGUSR1, recurse, 0);
	count = deepest = 0;
	raise(SIGUSR1);
	ok(count == 5 && deepest == 1, "a signal waits for its own handler");
	handle(SIGUSR1, recurse, SA_NODEFER);
	count = deepest = 0;
	raise(SIGUSR1);
	ok(deepest == 5, "SA_NODEFER: a signal does not wait for its own handler");

	count = 0;
	handle(SIGUSR1, raise_second, 0);
	handle(SIGUSR2, on_signal, 0);
	raise(SIGUSR1);
	ok(count == 3 && order[2] == SIGUSR1, "another signal interrupts a handler");
	count = 0;
	sigaddset(&sa.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	ok(count == 3 && order[1] == SIGUSR1, "a signal in sa_mask does not interrupt the handler");

	handle(SIGUSR1, on_signal, SA_RESETHAND);
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &sa);
	ok(sa.sa_handler == SIG_DFL, "SA_RESETHAND resets the handler");
}

static char alt_stack[65536];
static volatile bool on_stack, nested_on_stack, reported, refused;

static void on_alt_nested(int sig)
{
	char here;

	(void)sig;
	nested_on_stack = &here >= alt_stack && &here < alt_stack + sizeof(alt_stack);
}

static void on_alt(int sig)
{
	stack_t ss, other = { .ss_sp = alt_stack, .ss_size = sizeof(alt_stack) };
	char here;

	(void)sig;
	on_stack = &here >= alt_stack && &here < alt_stack + sizeof(alt_stack);
	sigaltstack(NULL, &ss);
	reported = ss.ss_flags & SS_ONSTACK;
	refused = sigaltstack(&other, NULL) == -1 && errno == EPERM;
	raise(SIGUSR2);
}

static sigjmp_buf out;

static void jump_out(int sig)
{
	siglongjmp(out, sig);
}

static void stacks(void)
{
	stack_t ss = { .ss_sp = alt_stack, .ss_size = sizeof(alt_stack) };
	sigset_t set;

	must(!sigaltstack(&ss, NULL));
	handle(SIGUSR1, on_alt, SA_ONSTACK);
	handle(SIGUSR2, on_alt_nested, SA_ONSTACK);
	raise(SIGUSR1);
	ok(on_stack, "SA_ONSTACK: a handler runs on the alternate stack");
	ok(reported && refused, "an alternate stack in use is reported so and cannot be changed");
	ok(nested_on_stack, "a nested handler stays on the alternate stack");
	handle(SIGUSR1, on_alt_nested, 0);
	nested_on_stack = true;
	raise(SIGUSR1);
	ok(!nested_on_stack, "without SA_ONSTACK the alternate stack is not used");
	ss.ss_flags = 1U << 31;	/* SS_AUTODISARM */
	must(!sigaltstack(&ss, NULL));
	handle(SIGUSR1, on_alt, SA_ONSTACK);
	handle(SIGUSR2, on_alt_nested, 0);
	raise(SIGUSR1);
	sigaltstack(NULL, &ss);
	ok(on_stack && !reported && !refused && ss.ss_sp == alt_stack,
	   "SS_AUTODISARM: a handler can change the alternate stack");
	ss.ss_flags = SS_DISABLE;
	must(!sigaltstack(&ss, NULL));
	ss.ss_size = 100;
	ss.ss_flags = 0;
	errno = 0;
	ok(sigaltstack(&ss, NULL) == -1 && errno == ENOMEM,
	   "an alternate stack that is too small: ENOMEM");

	handle(SIGUSR1, jump_out, 0);
	if (!sigsetjmp(out, 1))
		raise(SIGUSR1);
	sigprocmask(SIG_BLOCK, NULL, &set);
	ok(!sigismember(&set, SIGUSR1), "a jump out of a handler restores the mask");
}

/* read() of an empty pipe, while a timer sends a signal every 10 ms. */
static int pipe_out;

static void third_writes(int sig)
{
	(void)sig;
	if (++count == 3)
		must(write(pipe_out, "x", 1) == 1);
}

static void every_10_ms(bool on)
{
	struct itimerval it = { { 0, on ? 10000 : 0 }, { 0, on ? 10000 : 0 } };

	setitimer(ITIMER_REAL, &it, NULL);
}

static void interruption(void)
{
	struct timespec long_time = { 1000, 0 }, left;
	int fds[2], got;
	char c;

	must(!pipe(fds));
	pipe_out = fds[1];
	count = 0;
	handle(SIGALRM, third_writes, SA_RESTART);
	every_10_ms(true);
	got = read(fds[0], &c, 1);
	every_10_ms(false);
	ok(got == 1 && count >= 3, "SA_RESTART: read goes on after three signals");

	count = 0;
	handle(SIGALRM, on_signal, 0);
	every_10_ms(true);
	errno = 0;
	got = read(fds[0], &c, 1);
	ok(got == -1 && errno == EINTR, "without SA_RESTART read ends with EINTR");
	errno = 0;
	ok(nanosleep(&long_time, &left) == -1 && errno == EINTR && left.tv_sec >= 990,
	   "nanosleep: EINTR and the time that is left");
	handle(SIGALRM, on_signal, SA_RESTART);
	errno = 0;
	ok(poll(NULL, 0, -1) == -1 && errno == EINTR, "poll: EINTR even with SA_RESTART");
	errno = 0;
	ok(pause() == -1 && errno == EINTR, "pause: EINTR");
	every_10_ms(false);

	close(fds[0]);
	close(fds[1]);
}

static int sleep_a_little(void *arg)
{
	struct timespec ts = { 0, 300000000 };

	(void)arg;
	return nanosleep(&ts, NULL) ? 1 : 0;
}

/* The kernel restarts such a sleep by the system call restart_syscall. */
static void stopped_sleep(void)
{
	pid_t pid = spawn(sleep_a_little, NULL);
	siginfo_t si;

	must(eventually(task_state(pid) == 'S'));
	kill(pid, SIGSTOP);
	must(!waitid(P_PID, pid, &si, WSTOPPED));
	ok(task_state(pid) == 'T', "a sleeper can be stopped");
	kill(pid, SIGCONT);
	ok(wait_for(pid) == 0, "a sleeper that is continued ends its sleep without an error");
}

static void pipes(void)
{
	int fds[2];

	must(!pipe(fds));
	close(fds[0]);
	handle(SIGPIPE, on_signal, 0);
	last_signal = 0;
	errno = 0;
	ok(write(fds[1], "x", 1) == -1 && errno == EPIPE && last_signal == SIGPIPE,
	   "write to a pipe without a reader: EPIPE and SIGPIPE");
	close(fds[1]);
}

static void *wait_for_signal(void *arg)
{
	sigset_t set;
	int sig;

	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigwait(&set, &sig);
	return (void *)(long)sig;
}

static pthread_t handled_by;

static void note_thread(int sig)
{
	(void)sig;
	handled_by = pthread_self();
	count++;
}

static volatile bool stop;

static void *spin(void *arg)
{
	(void)arg;
	block(SIG_UNBLOCK, SIGUSR2);
	while (!stop)
		;
	return NULL;
}

static void threads(void)
{
	pthread_t t;
	void *sig;

	block(SIG_BLOCK, SIGUSR1);
	must(!pthread_create(&t, NULL, wait_for_signal, NULL));
	kill(getpid(), SIGUSR1);
	pthread_join(t, &sig);
	ok((long)sig == SIGUSR1, "sigwait in a thread takes a signal of the process");
	block(SIG_UNBLOCK, SIGUSR1);

	/* Only the spinning thread does not block it. */
	count = 0;
	handle(SIGUSR2, note_thread, 0);
	block(SIG_BLOCK, SIGUSR2);
	must(!pthread_create(&t, NULL, spin, NULL));
	kill(getpid(), SIGUSR2);
	ok(eventually(count == 1) && handled_by == t,
	   "a signal finds the thread that does not block it");
	pthread_kill(t, SIGUSR2);
	ok(eventually(count == 2) && handled_by == t, "pthread_kill reaches a thread in a loop");
	stop = true;
	pthread_join(t, NULL);
	block(SIG_UNBLOCK, SIGUSR2);
}

static void many(void)
{
	count = 0;
	handle(SIGUSR1, on_signal, 0);
	for (int i = 0; i < 1000; i++)
		raise(SIGUSR1);
	ok(count == 1000, "a thousand signals are handled");
}

int main(void)
{
	info();
	children();
	masks();
	queues();
	nesting();
	stacks();
	interruption();
	stopped_sleep();
	pipes();
	threads();
	many();
	return tap_done();
}
