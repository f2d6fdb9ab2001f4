/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the hostile guest programs share: the layout that they attack, a jump
 * with every register chosen, and the question whether the machine still works.
 *
 * Each program takes the user to attack as: NAME [UID].
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "../guest/tap.h"
#include <sys/time.h>
#include <ucontext.h>
#include "../../arch-um/include/asm/layout.h"

#define GATE_END	(GATE_TEXT + PAGE)
#define GATE_DATA_END	(GATE_DATA + GATE_DATA_SIZE)

/* The guest has this much memory; it is what the gate opens. */
#define MEMORY		(256UL << 20)

#define FLAG_TF		0x100
#define FLAG_DF		0x400
#define FLAG_NT		0x4000
#define FLAG_AC		0x40000

/* The order of hostile_jump's loads; the last three are not in the way of any. */
struct jump {
	unsigned long ax, bx, cx, dx, si, di, bp, r8, r9, r10, r11, r12, r13, r14, r15;
	unsigned long flags, sp, ip;
};

unsigned long hostile_sp, hostile_ip;
void hostile_jump(const struct jump *j) __attribute__((noreturn));

/* A trap flag takes effect one instruction after popfq: the steps of a caller begin here. */
asm(".text\n"
    ".globl hostile_jump\n"
    "hostile_jump:\n"
    "	mov	0x80(%rdi), %rax\n"
    "	mov	%rax, hostile_sp(%rip)\n"
    "	mov	0x88(%rdi), %rax\n"
    "	mov	%rax, hostile_ip(%rip)\n"
    "	pushq	0x78(%rdi)\n"
    "	mov	0x00(%rdi), %rax\n"
    "	mov	0x08(%rdi), %rbx\n"
    "	mov	0x10(%rdi), %rcx\n"
    "	mov	0x18(%rdi), %rdx\n"
    "	mov	0x20(%rdi), %rsi\n"
    "	mov	0x30(%rdi), %rbp\n"
    "	mov	0x38(%rdi), %r8\n"
    "	mov	0x40(%rdi), %r9\n"
    "	mov	0x48(%rdi), %r10\n"
    "	mov	0x50(%rdi), %r11\n"
    "	mov	0x58(%rdi), %r12\n"
    "	mov	0x60(%rdi), %r13\n"
    "	mov	0x68(%rdi), %r14\n"
    "	mov	0x70(%rdi), %r15\n"
    "	mov	0x28(%rdi), %rdi\n"
    "	popfq\n"
    "	mov	hostile_sp(%rip), %rsp\n"
    "	jmp	*hostile_ip(%rip)\n");

/*
 * Where all attempts end: in a signal, on a stack that no attack touches. A
 * step is let go on, up to max_steps.
 */
static sigjmp_buf attempt_end;
static volatile int steps, max_steps = 24, attempting;

static void attempt_signal(int sig, siginfo_t *si, void *uc)
{
	(void)si;
	(void)uc;
	__builtin_ia32_writeeflags_u64(0x202);	/* AC and NT are no good for the C library */
	if (sig == SIGALRM && !attempting)
		return;
	if (sig == SIGTRAP && ++steps < max_steps)
		return;
	siglongjmp(attempt_end, sig);
}

static const int attempt_signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGALRM };

/* What loops in user code, as some jumps to the gate do, is ended by a timer. */
static void MAYBE_UNUSED attempts_begin(void)
{
	struct itimerval often = { { 0, 20000 }, { 0, 20000 } };
	struct sigaction sa = { .sa_sigaction = attempt_signal,
				.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	stack_t ss = { .ss_size = 128 << 10 };

	ss.ss_sp = map_anon(ss.ss_size, PROT_READ | PROT_WRITE);
	must(!sigaltstack(&ss, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(attempt_signals); i++)
		must(!sigaction(attempt_signals[i], &sa, NULL));
	must(!setitimer(ITIMER_REAL, &often, NULL));
}

static void attempt_came_back(void)
{
	siglongjmp(attempt_end, -1);
}

static char landing_stack[16384] __attribute__((aligned(64)));

/* What gate_exit loads: else it would return once more from the last trap. */
static void MAYBE_UNUSED exit_frame(unsigned long ip, unsigned long cs, unsigned long flags,
				    unsigned long sp, unsigned long ss)
{
	volatile unsigned long *frame = (unsigned long *)GATE_EXIT_FRAME;

	for (int i = 0; i < 15; i++)
		frame[i] = i;
	frame[15] = ip;
	frame[16] = cs;
	frame[17] = flags;
	frame[18] = sp;
	frame[19] = ss;
}
#define LANDING_SP	((unsigned long)landing_stack + sizeof(landing_stack) - 72)

/* The signal that ended the jump, or -1 if it came back through the exit frame. */
static int MAYBE_UNUSED __attribute__((noinline)) attempt(const struct jump *j)
{
	static const struct jump *volatile to;
	static volatile int sig;

	to = j;
	steps = 0;
	exit_frame((unsigned long)attempt_came_back, 0x33, 0x202, LANDING_SP, 0x2b);
	attempting = 1;
	sig = sigsetjmp(attempt_end, 0);
	if (!sig)
		hostile_jump(to);
	attempting = 0;
	return sig;
}

static MAYBE_UNUSED unsigned long some(void)
{
	static unsigned long seed = 88172645463325252UL;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void MAYBE_UNUSED random_registers(struct jump *j)
{
	for (unsigned long *r = &j->ax; r <= &j->r15; r++)
		*r = some();
}

/*
 * Runs FN in a child. True if it came through, or died of a fault. What it
 * does to itself may be that it begins again, so only its parent can end it.
 */
static bool MAYBE_UNUSED survives(int (*fn)(void *), void *arg)
{
	pid_t pid = spawn(fn, arg);
	siginfo_t info = { };
	int how;

	if (!eventually(!waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid))
		kill(pid, SIGKILL);
	how = wait_for(pid);
	if (how == 0 || how == -SIGSEGV || how == -SIGTRAP || how == -SIGILL || how == -SIGBUS)
		return true;
	printf("# the child ended with %d\n", how);
	return false;
}

static volatile int alive_alarms;

static void alive_alarm(int sig)
{
	(void)sig;
	alive_alarms++;
}

static int alive_exec(void *arg)
{
	(void)arg;
	execl("/bin/busybox", "true", NULL);
	return 98;
}

/* New processes and programs, files, time, timers: as ever? */
static bool MAYBE_UNUSED alive(void)
{
	struct itimerval soon = { { 0, 0 }, { 0, 2000 } };
	char name[64], text[64] = "";
	struct timespec a, b;
	struct sigaction sa = { .sa_handler = alive_alarm }, old;
	long ns;
	int fd;

	if (in_child(alive_exec, NULL))
		return false;
	snprintf(name, sizeof(name), "/tmp/alive.%d", getpid());
	fd = open(name, O_CREAT | O_RDWR | O_EXCL, 0600);
	if (fd < 0 || write(fd, "as ever", 8) != 8 || pread(fd, text, 64, 0) != 8 ||
	    strcmp(text, "as ever") || close(fd) || unlink(name))
		return false;
	clock_gettime(CLOCK_MONOTONIC, &a);
	sleep_ms(3);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ns = (b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec;
	if (ns < 3000000 || ns > 5000000000)
		return false;
	alive_alarms = 0;
	sigaction(SIGALRM, &sa, &old);
	setitimer(ITIMER_REAL, &soon, NULL);
	while (!alive_alarms)
		;			/* user code that is preempted */
	sigaction(SIGALRM, &old, NULL);
	return true;
}

static void MAYBE_UNUSED become(int argc, char **argv)
{
	uid_t uid = argc > 1 ? atoi(argv[1]) : 0;

	if (uid) {
		must(!setgid(uid) && !setuid(uid));
		must(setuid(0));
	}
}

#endif
