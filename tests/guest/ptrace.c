// SPDX-License-Identifier: GPL-2.0
/* ptrace, as gdb and strace use it. */
#include "regs.h"
#include <elf.h>
#include <linux/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

/* <sys/ptrace.h> and <linux/ptrace.h> do not go together. */
static long trace(long request, pid_t pid, void *addr, void *data)
{
	return syscall(SYS_ptrace, request, pid, addr, data);
}

static long peek(pid_t pid, void *addr)
{
	long word = 0;

	must(!trace(PTRACE_PEEKDATA, pid, addr, &word));
	return word;
}

static struct user_regs_struct get_regs(pid_t pid)
{
	struct user_regs_struct regs;

	must(!trace(PTRACE_GETREGS, pid, NULL, &regs));
	return regs;
}

static void go_on(long request, pid_t pid, long sig)
{
	must(!trace(request, pid, NULL, (void *)sig));
}

/* What waitpid says: STOP(signal) with an event in the third byte, or the status. */
static int wait_stop(pid_t pid)
{
	int status = wait_status(pid);

	return WIFSTOPPED(status) ? status >> 8 : -status - 1;
}

static pid_t spawn_traced(int (*fn)(void *), void *arg, long options)
{
	pid_t pid = spawn(fn, arg);

	must(wait_stop(pid) == SIGSTOP);
	must(!trace(PTRACE_SETOPTIONS, pid, NULL, (void *)options));
	return pid;
}

static void start_traced(void)
{
	must(!trace(PTRACE_TRACEME, 0, NULL, NULL));
	raise(SIGSTOP);
}

static volatile long cell = 0x1122334455667788, other = 1;

static int be_peeked(void *arg)
{
	(void)arg;
	start_traced();
	raise(SIGUSR1);
	return cell == 0x99 && other == 2 ? 61 : 62;
}

static void memory_and_signals(void)
{
	pid_t pid = spawn_traced(be_peeked, NULL, 0);
	siginfo_t si;
	char path[64], text[8];
	int fd;

	ok(peek(pid, (void *)&cell) == 0x1122334455667788, "PEEKDATA reads the child's memory");
	ok(!trace(PTRACE_POKEDATA, pid, (void *)&cell, (void *)0x99L) &&
	   peek(pid, (void *)&cell) == 0x99 &&
	   cell == 0x1122334455667788, "POKEDATA changes the child's copy only");
	errno = 0;
	ok(trace(PTRACE_PEEKDATA, pid, (void *)8, &(long){ 0 }) == -1 && errno == EIO,
	   "PEEKDATA of nothing: EIO");
	/* Text is not writable for the child, but for its tracer. */
	ok(!trace(PTRACE_POKETEXT, pid, (void *)be_peeked, (void *)peek(pid, (void *)be_peeked)),
	   "POKETEXT writes to the child's text");
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ok(fd >= 0 && pread(fd, text, 8, (long)&cell) == 8 && *(long *)text == 0x99 &&
	   pwrite(fd, &(long){ 2 }, 8, (long)&other) == 8,
	   "/proc/PID/mem reads and writes the child's memory");
	close(fd);
	go_on(PTRACE_CONT, pid, 0);
	ok(wait_stop(pid) == SIGUSR1, "a signal stops the child");
	ok(!trace(PTRACE_GETSIGINFO, pid, NULL, &si) && si.si_signo == SIGUSR1 &&
	   si.si_code == SI_TKILL,
	   "GETSIGINFO tells of the signal");
	go_on(PTRACE_CONT, pid, 0);
	ok(wait_stop(pid) == -(61 << 8) - 1,
	   "a signal that is held back does not arrive, what was poked does");
	errno = 0;
	ok(trace(PTRACE_PEEKDATA, getppid(), (void *)&cell, &(long){ 0 }) == -1 && errno == ESRCH,
	   "PEEKDATA of a process that is not traced: ESRCH");
}

static struct regs *image;

static int hold_registers(void *arg)
{
	int unused = 0;
	struct regs *want = arg, got;

	start_traced();
	regs_run(want, &got, &unused, REGS_TRAP, regs_best());
	/* what the tracer makes of them */
	for (int i = 0; i < 16; i++)
		want->gpr[i] = ~want->gpr[i];
	want->gpr[15] = 0x15;
	want->flags ^= 0x8d5;
	for (int i = 0; i < 8; i++)
		want->vec[i][5] ^= 0xff;
	if (regs_best() >= REGS_AVX)
		for (int i = 0; i < 8; i++)
			want->vec[i][20] ^= 0xff;
	want->mxcsr ^= 0x6000;
	return regs_same(want, &got, regs_best(), 0) ? 0 : 1;
}

static bool shows(const struct user_regs_struct *r, const struct regs *want)
{
	return r->rax == want->gpr[0] && r->rbx == want->gpr[1] && r->rdx == want->gpr[3] &&
	       r->rsi == want->gpr[4] && r->rdi == want->gpr[5] && r->rbp == want->gpr[6] &&
	       r->r8 == want->gpr[8] && r->r9 == want->gpr[9] && r->r10 == want->gpr[10] &&
	       r->r11 == want->gpr[11] && r->r12 == want->gpr[12] && r->r13 == want->gpr[13] &&
	       r->r14 == want->gpr[14] && r->r15 == want->gpr[15] &&
	       (r->eflags & ~0x10000UL) == want->flags;
}

static void invert(struct user_regs_struct *r)
{
	r->rax = ~r->rax; r->rbx = ~r->rbx; r->rdx = ~r->rdx; r->rsi = ~r->rsi; r->rdi = ~r->rdi;
	r->rbp = ~r->rbp; r->r8 = ~r->r8; r->r9 = ~r->r9; r->r10 = ~r->r10; r->r11 = ~r->r11;
	r->r12 = ~r->r12; r->r13 = ~r->r13; r->r14 = ~r->r14; r->r15 = ~r->r15;
	r->eflags ^= 0x8d5;
}

static void registers(void)
{
	struct user_regs_struct regs, same;
	struct user_fpregs_struct fp;
	struct iovec iov = { &same, sizeof(same) };
	unsigned char xstate[16384], *ymm_high = NULL;
	unsigned int a, b = 0, c = 2, d;
	unsigned long word;
	bool good = true;
	pid_t pid;

	image = map_shared(2 * PAGE);
	regs_fill(image, 77);
	pid = spawn_traced(hold_registers, image, 0);
	go_on(PTRACE_CONT, pid, 0);
	ok(wait_stop(pid) == SIGTRAP, "int3 stops the child");
	regs = get_regs(pid);
	ok(shows(&regs, image), "GETREGS shows the registers");
	ok(!trace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &iov) &&
	   iov.iov_len == sizeof(same) &&
	   !memcmp(&same, &regs, sizeof(regs)), "GETREGSET NT_PRSTATUS shows the same as GETREGS");
	ok(!trace(PTRACE_PEEKUSR, pid, (void *)offsetof(struct user, regs.rip), &word) &&
	   word == regs.rip && (peek(pid, (void *)(word - 1)) & 0xff) == 0xcc, "PEEKUSR: rip");
	ok((regs.cs & 3) == 3 && (regs.ss & 3) == 3 && regs.fs_base && (long)regs.orig_rax == -1,
	   "GETREGS shows segments, FS base, and no system call");
	ok(!trace(PTRACE_GETFPREGS, pid, NULL, &fp) && fp.mxcsr == image->mxcsr &&
	   fp.cwd == image->fcw,
	   "GETFPREGS: control words");
	for (int i = 0; i < 16; i++)
		good &= !memcmp(&fp.xmm_space[i * 4], image->vec[i], 16);
	for (int i = 0; i < 8; i++)
		good &= !memcmp(&fp.st_space[i * 4], image->x87[i], 10);
	ok(good, "GETFPREGS: x87 and SSE registers");

	fp.mxcsr ^= 0x6000;
	for (int i = 0; i < 8; i++)
		((unsigned char *)&fp.xmm_space[i * 4])[5] ^= 0xff;
	ok(!trace(PTRACE_SETFPREGS, pid, NULL, &fp), "SETFPREGS succeeds");
	iov = (struct iovec){ xstate, sizeof(xstate) };
	ok(!trace(PTRACE_GETREGSET, pid, (void *)NT_X86_XSTATE, &iov) && iov.iov_len >= 576 &&
	   !memcmp(xstate + 160, fp.xmm_space, 256),
	   "GETREGSET NT_X86_XSTATE shows what SETFPREGS has set");
	if (regs_best() >= REGS_AVX) {
		asm volatile("cpuid" : "=a"(a), "=b"(b), "+c"(c), "=d"(d) : "0"(13));
		ymm_high = xstate + b;
		good = true;
		for (int i = 0; i < 16; i++)
			good &= !memcmp(ymm_high + 16 * i, image->vec[i] + 16, 16);
		ok(good && (*(uint64_t *)(xstate + 512) & 4),
		   "GETREGSET NT_X86_XSTATE shows the upper halves of AVX");
		for (int i = 0; i < 8; i++)
			ymm_high[16 * i + 4] ^= 0xff;
		ok(!trace(PTRACE_SETREGSET, pid, (void *)NT_X86_XSTATE, &iov),
		   "SETREGSET NT_X86_XSTATE succeeds");
	} else {
		skip("AVX", "not in this processor");
	}
	invert(&regs);
	ok(!trace(PTRACE_SETREGS, pid, NULL, &regs), "SETREGS succeeds");
	ok(!trace(PTRACE_POKEUSR, pid, (void *)offsetof(struct user, regs.r15), (void *)0x15L),
	   "POKEUSR succeeds");
	go_on(PTRACE_CONT, pid, 0);
	ok(wait_stop(pid) == -1, "the child finds all registers as they were set");

	/* Values that would be dangerous. */
	pid = spawn_traced(hold_registers, image, 0);
	regs = get_regs(pid);
	regs.cs = 0x10;
	ok(trace(PTRACE_SETREGS, pid, NULL, &regs) == -1 || get_regs(pid).cs != 0x10,
	   "a kernel's code segment is refused");
	regs = get_regs(pid);
	regs.fs_base = 0xffff800000000000;
	ok(trace(PTRACE_SETREGS, pid, NULL, &regs) == -1, "a kernel address as FS base is refused");
	regs = get_regs(pid);
	regs.eflags |= 0x3000;	/* IOPL 3 */
	trace(PTRACE_SETREGS, pid, NULL, &regs);
	ok(!(get_regs(pid).eflags & 0x3000), "a higher I/O privilege is refused");
	kill(pid, SIGKILL);
	wait_for(pid);
	munmap(image, 2 * PAGE);
}

static int make_calls(void *arg)
{
	long r;

	(void)arg;
	start_traced();
	syscall(SYS_dup, 9000);
	r = syscall(SYS_getppid);
	must(r == 4321);
	r = syscall(SYS_getpid);	/* the tracer makes it a getppid */
	must(r == getppid());
	errno = 0;
	r = syscall(SYS_chdir, "/");	/* the tracer makes it no call */
	must(r == -1 && errno == EPERM);
	return 5;
}

#define SYSTRAP	(SIGTRAP | 0x80)

/* To the next stop of system call NR, skipping others. */
static struct user_regs_struct until_call(pid_t pid, long nr)
{
	struct user_regs_struct regs;

	do {
		go_on(PTRACE_SYSCALL, pid, 0);
		must(wait_stop(pid) == SYSTRAP);
		regs = get_regs(pid);
	} while ((long)regs.orig_rax != nr);
	return regs;
}

static void system_calls(void)
{
	pid_t pid = spawn_traced(make_calls, NULL, PTRACE_O_TRACESYSGOOD);
	struct user_regs_struct regs = until_call(pid, SYS_dup);
	struct ptrace_syscall_info info;
	long size;

	ok((long)regs.rax == -ENOSYS && regs.rdi == 9000,
	   "a call's entry shows number, argument and -ENOSYS in rax");
	size = trace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info);
	ok(size >= 64 && info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_dup &&
	   info.entry.args[0] == 9000 && info.arch == 0xc000003e &&
	   info.instruction_pointer == regs.rip && info.stack_pointer == regs.rsp,
	   "GET_SYSCALL_INFO at entry");
	go_on(PTRACE_SYSCALL, pid, 0);
	must(wait_stop(pid) == SYSTRAP);
	regs = get_regs(pid);
	ok((long)regs.rax == -EBADF && regs.orig_rax == SYS_dup, "a call's exit shows the result");
	size = trace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info);
	ok(size > 0 && info.op == PTRACE_SYSCALL_INFO_EXIT && info.exit.rval == -EBADF &&
	   info.exit.is_error, "GET_SYSCALL_INFO at exit");

	until_call(pid, SYS_getppid);
	go_on(PTRACE_SYSCALL, pid, 0);
	must(wait_stop(pid) == SYSTRAP);
	regs = get_regs(pid);
	regs.rax = 4321;
	must(!trace(PTRACE_SETREGS, pid, NULL, &regs));
	regs = until_call(pid, SYS_getpid);
	regs.orig_rax = SYS_getppid;
	must(!trace(PTRACE_SETREGS, pid, NULL, &regs));
	go_on(PTRACE_SYSCALL, pid, 0);
	must(wait_stop(pid) == SYSTRAP);
	regs = until_call(pid, SYS_chdir);
	regs.orig_rax = -1;
	must(!trace(PTRACE_SETREGS, pid, NULL, &regs));
	go_on(PTRACE_SYSCALL, pid, 0);
	must(wait_stop(pid) == SYSTRAP);
	regs = get_regs(pid);
	regs.rax = -EPERM;
	must(!trace(PTRACE_SETREGS, pid, NULL, &regs));
	go_on(PTRACE_CONT, pid, 0);
	ok(wait_stop(pid) == -(5 << 8) - 1,
	   "a tracer changes results and numbers, and suppresses a call");

	pid = spawn_traced(make_calls, NULL, PTRACE_O_TRACESYSGOOD);
	go_on(PTRACE_SYSEMU, pid, 0);
	ok(wait_stop(pid) == SYSTRAP, "SYSEMU stops at a system call");
	kill(pid, SIGKILL);
	wait_for(pid);
}

/* A known number of instructions between two labels. */
extern char step_from[], step_to[];

asm(
"	.text\n"
"	.globl	step_code, step_from, step_to\n"
"step_code:\n"
"	int3\n"
"step_from:\n"
"	xor	%eax, %eax\n"
"	mov	$5, %ecx\n"
"1:	add	%ecx, %eax\n"
"	dec	%ecx\n"
"	jnz	1b\n"
"	nop\n"
"	push	%rax\n"
"	mov	$39, %eax\n"	/* getpid */
"	syscall\n"
"	pop	%rax\n"
"step_to:\n"
"	ret\n"
);
int step_code(void);

/* from the first to the ret: 2, five times 3, then 5 */
#define STEPS	(2 + 15 + 5)

static int be_stepped(void *arg)
{
	(void)arg;
	start_traced();
	return step_code();
}

static int be_broken(void *arg)
{
	(void)arg;
	start_traced();
	for (int i = 0; i < 3; i++)
		cell += getppid() > 0;
	return (cell & 0xff) == 0x8b ? 9 : 8;
}

static void stepping(void)
{
	pid_t pid = spawn_traced(be_stepped, NULL, 0);
	struct user_regs_struct regs;
	int steps = 0;
	bool flag = false;

	go_on(PTRACE_CONT, pid, 0);
	must(wait_stop(pid) == SIGTRAP);
	ok(get_regs(pid).rip == (unsigned long)step_from, "int3: rip is behind the instruction");
	do {
		siginfo_t si;

		go_on(PTRACE_SINGLESTEP, pid, 0);
		must(wait_stop(pid) == SIGTRAP);
		/* TRAP_BRKPT after a system call */
		must(!trace(PTRACE_GETSIGINFO, pid, NULL, &si) && si.si_signo == SIGTRAP &&
		     (si.si_code == TRAP_TRACE || si.si_code == TRAP_BRKPT));
		regs = get_regs(pid);
		flag |= regs.eflags & 0x100;
	} while (++steps < 1000 && regs.rip != (unsigned long)step_to);
	ok(steps == STEPS, "SINGLESTEP: %d instructions (%d)", STEPS, steps);
	ok(!flag && regs.rax == 15, "single steps show no trap flag and change no result");
	go_on(PTRACE_CONT, pid, 0);
	ok(wait_stop(pid) == -(15 << 8) - 1, "a child runs on after single steps");

	/* gdb's breakpoint: int3 over the first byte of a function, then stepping over it */
	pid = spawn_traced(be_broken, NULL, 0);
	{
		void *at = (void *)getppid;
		long word = peek(pid, at), hits = 0;
		int stop;

		must(!trace(PTRACE_POKETEXT, pid, at, (void *)((word & ~0xffL) | 0xcc)));
		go_on(PTRACE_CONT, pid, 0);
		while ((stop = wait_stop(pid)) == SIGTRAP) {
			regs = get_regs(pid);
			must(regs.rip == (unsigned long)at + 1);
			hits++;
			regs.rip--;
			must(!trace(PTRACE_SETREGS, pid, NULL, &regs));
			must(!trace(PTRACE_POKETEXT, pid, at, (void *)word));
			go_on(PTRACE_SINGLESTEP, pid, 0);
			must(wait_stop(pid) == SIGTRAP);
			must(!trace(PTRACE_POKETEXT, pid, at, (void *)((word & ~0xffL) | 0xcc)));
			go_on(PTRACE_CONT, pid, 0);
		}
		ok(hits == 3 && stop == -(9 << 8) - 1,
		   "a breakpoint in getppid is hit three times");
	}
}

#define DEBUGREG(n)	((void *)offsetof(struct user, u_debugreg[n]))

static long debugreg(pid_t pid, int n)
{
	long value = -1;

	must(!trace(PTRACE_PEEKUSR, pid, DEBUGREG(n), &value));
	return value;
}

static bool set_debugreg(pid_t pid, int n, unsigned long value)
{
	errno = 0;
	return !trace(PTRACE_POKEUSR, pid, DEBUGREG(n), (void *)value);
}

/* Continues; true if the child stops for what register N says. */
static bool hits(pid_t pid, int n)
{
	siginfo_t si;

	go_on(PTRACE_CONT, pid, 0);
	if (wait_stop(pid) != SIGTRAP)
		return false;
	must(!trace(PTRACE_GETSIGINFO, pid, NULL, &si));
	return si.si_code == TRAP_HWBKPT && (debugreg(pid, 6) & 15) == 1 << n;
}

static volatile long watched;
static volatile char watched_text[8];

static void __attribute__((noinline)) broken_at(void)
{
	asm volatile("");
	other++;
}

static void count_signal(int sig)
{
	(void)sig;
	watched_text[6]++;
}

static int be_watched(void *arg)
{
	int zero = open("/dev/zero", O_RDONLY);
	pid_t pid;

	(void)arg;
	signal(SIGUSR1, count_signal);
	start_traced();
	for (int i = 0; i < 5; i++)
		other += i;
	watched = 42;
	broken_at();
	watched_text[3] = 1;
	watched_text[2] = 1;		/* beside */
	must(read(zero, (void *)(watched_text + 3), 1) == 1);
	raise(SIGUSR1);
	pid = fork();
	if (!pid) {
		watched = 43;		/* a child has registers of its own */
		broken_at();
		_exit(7);
	}
	must(wait_for(pid) == 7);
	watched = 44;
	return watched_text[6] == 1 ? 11 : 12;
}

static void debug_registers(void)
{
	pid_t pid = spawn_traced(be_watched, NULL, 0);
	bool good = true;

	ok(debugreg(pid, 0) == 0 && debugreg(pid, 6) == 0xffff0ff0 && debugreg(pid, 7) == 0,
	   "debug registers: empty at first");
	for (int i = 0; i < 4; i++)
		good &= set_debugreg(pid, i, 0x1234560 + i);
	for (int i = 0; i < 4; i++)
		good &= debugreg(pid, i) == 0x1234560 + i;
	ok(good, "debug registers: each keeps an address");
	good = true;
	for (int i = 0; i < 4; i++)
		good &= !set_debugreg(pid, i, 0x7ffffffff000) && errno == EINVAL &&
			!set_debugreg(pid, i, 0xffff888000000000) && errno == EINVAL;
	ok(good && debugreg(pid, 2) == 0x1234562, "debug registers: a kernel address is EINVAL");
	good = !set_debugreg(pid, 4, 0) && errno == EIO;
	ok(good && !set_debugreg(pid, 5, 0) && errno == EIO, "debug registers: 4 and 5 are EIO");
	if (getenv("IN_GUEST"))
		ok(!set_debugreg(pid, 7, 3 | 0xf << 16) && errno == EINVAL && debugreg(pid, 7) == 0,
		   "debug registers: watching for reads is refused");
	must(set_debugreg(pid, 1, (unsigned long)&watched + 1));
	ok(!set_debugreg(pid, 7, 4 | 9 << 20) && errno == EINVAL,
	   "debug registers: watching what is not aligned is refused");
	must(set_debugreg(pid, 1, (unsigned long)&watched) && set_debugreg(pid, 7, 4 | 9 << 20));
	ok(!set_debugreg(pid, 1, (unsigned long)&watched + 1) && errno == EINVAL &&
	   debugreg(pid, 1) == (long)&watched && set_debugreg(pid, 7, 4 | 9 << 20),
	   "debug registers: an address that is refused changes nothing");
	must(set_debugreg(pid, 7, 0));
	ok(!set_debugreg(pid, 7, 4 | 4 << 20) && errno == EINVAL, "debug registers: a breakpoint of two bytes is refused");

	must(set_debugreg(pid, 0, (unsigned long)&watched));
	must(set_debugreg(pid, 1, (unsigned long)broken_at));
	must(set_debugreg(pid, 2, (unsigned long)(watched_text + 3)));
	ok(set_debugreg(pid, 7, 1 | 4 | 0x10 | 9 << 16 | 1 << 24), "debug registers: 8 bytes, code and one byte can be watched at once");
	ok(debugreg(pid, 7) == (1 | 4 | 0x10 | 9 << 16 | 1 << 24), "debug registers: the control register reads back");
	ok(hits(pid, 0) && peek(pid, (void *)&watched) == 42, "debug registers: a write to 8 bytes stops behind it");
	ok(!(get_regs(pid).eflags & 0x100), "debug registers: the trap flag does not show");
	ok(hits(pid, 1) && get_regs(pid).rip == (unsigned long)broken_at, "debug registers: a breakpoint stops before its instruction");
	ok(hits(pid, 2), "debug registers: a write to one byte stops");
	go_on(PTRACE_CONT, pid, 0);
	ok(wait_stop(pid) == SIGUSR1 && (peek(pid, (void *)watched_text) >> 16 & 0xffff) == 1,
	   "debug registers: a system call that writes there does not stop");
	go_on(PTRACE_CONT, pid, SIGUSR1);
	ok(wait_stop(pid) == SIGCHLD, "debug registers: a child is not watched");
	ok(hits(pid, 0) && peek(pid, (void *)&watched) == 44, "debug registers: the parent is watched behind a handler, too");
	ok(set_debugreg(pid, 7, 0), "debug registers: can be switched off");
	go_on(PTRACE_CONT, pid, 0);
	ok(wait_stop(pid) == -(11 << 8) - 1, "a child runs on by itself after debug registers are off");

	pid = spawn_traced(be_watched, NULL, 0);
	must(set_debugreg(pid, 0, (unsigned long)&watched) && set_debugreg(pid, 7, 1 | 9 << 16));
	ok(hits(pid, 0), "debug registers: a step in a watched task stops");
	must(set_debugreg(pid, 6, 0));
	go_on(PTRACE_SINGLESTEP, pid, 0);
	ok(wait_stop(pid) == SIGTRAP && (debugreg(pid, 6) & 0x400f) == 0x4000, "debug registers: a step is told as a step");
	kill(pid, SIGKILL);
	wait_for(pid);
}

/* From branch to branch: four times round the loop, over the system call, to the caller. */
static void block_steps(void)
{
	pid_t pid = spawn_traced(be_stepped, NULL, 0);
	bool good = true;

	go_on(PTRACE_CONT, pid, 0);
	must(wait_stop(pid) == SIGTRAP);
	for (int i = 0; i < 4; i++) {
		struct user_regs_struct regs;

		go_on(PTRACE_SINGLEBLOCK, pid, 0);
		must(wait_stop(pid) == SIGTRAP);
		regs = get_regs(pid);
		good &= (regs.rcx & 0xff) == 4UL - i && regs.rip > (unsigned long)step_from &&
			regs.rip < (unsigned long)step_to;
	}
	ok(good, "SINGLEBLOCK: each turn of a loop");
	go_on(PTRACE_SINGLEBLOCK, pid, 0);
	must(wait_stop(pid) == SIGTRAP);
	ok(get_regs(pid).rax == (unsigned long)pid, "SINGLEBLOCK: a system call");
	go_on(PTRACE_SINGLEBLOCK, pid, 0);
	must(wait_stop(pid) == SIGTRAP);
	ok(get_regs(pid).rip != (unsigned long)step_to && get_regs(pid).rax == 15, "SINGLEBLOCK: the return from a call");
	kill(pid, SIGKILL);
	wait_for(pid);
}

static void time_stamps(void)
{
	int mode = -1;

	ok(!prctl(PR_GET_TSC, &mode) && mode == PR_TSC_ENABLE, "PR_GET_TSC: it can be read");
	ok(!prctl(PR_SET_TSC, PR_TSC_ENABLE), "PR_SET_TSC: to leave it so");
	errno = 0;
	ok(prctl(PR_SET_TSC, PR_TSC_SIGSEGV) == -1 && errno == EINVAL, "PR_SET_TSC: SIGSEGV is EINVAL");
}

static int fork_and_exec(void *arg)
{
	pid_t pid;

	(void)arg;
	start_traced();
	pid = fork();
	if (!pid)
		_exit(3);
	waitpid(pid, NULL, 0);
	pid = vfork();
	if (!pid)
		_exit(4);
	waitpid(pid, NULL, 0);
	execl("/bin/true", "true", NULL);
	return 1;
}

static void events(void)
{
	pid_t pid = spawn_traced(fork_and_exec, NULL, PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
				 PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT |
				 PTRACE_O_EXITKILL);
	unsigned long child = 0, code = 0;
	int stop;

	go_on(PTRACE_CONT, pid, 0);
	ok(wait_stop(pid) == (SIGTRAP | PTRACE_EVENT_FORK << 8) &&
	   !trace(PTRACE_GETEVENTMSG, pid, NULL, &child) && child > 0,
	   "event: fork, with the child's id");
	ok(wait_stop(child) == SIGSTOP, "a traced child's child starts stopped and traced");
	go_on(PTRACE_CONT, child, 0);
	ok(wait_stop(child) == (SIGTRAP | PTRACE_EVENT_EXIT << 8) &&
	   !trace(PTRACE_GETEVENTMSG, child, NULL, &code) && code == 3 << 8,
	   "event: exit, with the status");
	go_on(PTRACE_CONT, child, 0);
	must(wait_stop(child) == -(3 << 8) - 1);
	go_on(PTRACE_CONT, pid, 0);
	if (wait_stop(pid) == SIGCHLD) {
		go_on(PTRACE_CONT, pid, SIGCHLD);
		ok(wait_stop(pid) == (SIGTRAP | PTRACE_EVENT_VFORK << 8), "event: vfork");
	} else {
		ok(false, "SIGCHLD, then event: vfork");
	}
	must(!trace(PTRACE_GETEVENTMSG, pid, NULL, &child));
	must(wait_stop(child) == SIGSTOP);
	go_on(PTRACE_CONT, pid, 0);
	go_on(PTRACE_CONT, child, 0);
	must(wait_stop(child) == (SIGTRAP | PTRACE_EVENT_EXIT << 8));
	go_on(PTRACE_CONT, child, 0);
	must(wait_stop(child) == -(4 << 8) - 1);
	ok(wait_stop(pid) == (SIGTRAP | PTRACE_EVENT_VFORK_DONE << 8), "event: vfork done");
	go_on(PTRACE_CONT, pid, 0);
	must(wait_stop(pid) == SIGCHLD);
	go_on(PTRACE_CONT, pid, 0);
	ok(wait_stop(pid) == (SIGTRAP | PTRACE_EVENT_EXEC << 8), "event: exec");
	{
		/* the new program, at its first instruction */
		struct user_regs_struct regs = get_regs(pid);

		ok((long)regs.orig_rax == SYS_execve && !regs.rbx && !regs.rbp &&
		   regs.rsp % 16 == 0 &&
		   regs.rip, "registers of the new program");
	}
	kill(pid, SIGKILL);
	/* It may show its exit as an event once more. */
	while ((stop = wait_stop(pid)) == (SIGTRAP | PTRACE_EVENT_EXIT << 8))
		trace(PTRACE_CONT, pid, NULL, NULL);
	ok(stop == -SIGKILL - 1, "SIGKILL ends a stopped child");
}

static int exec_traced(void *arg)
{
	(void)arg;
	must(!trace(PTRACE_TRACEME, 0, NULL, NULL));
	execl("/bin/true", "true", NULL);
	return 1;
}

static int spin(void *arg)
{
	for (;;)
		++*(volatile long *)arg;
	return 0;
}

static int exit_behind_tracer(void *arg)
{
	pid_t pid = *(pid_t *)arg;

	must(!trace(PTRACE_ATTACH, pid, NULL, NULL));
	return 0;
}

static void attaching(void)
{
	volatile long *count = map_shared(PAGE);
	pid_t pid = spawn(exec_traced, NULL);
	long seen;

	ok(wait_stop(pid) == SIGTRAP, "TRACEME: exec stops the child");
	go_on(PTRACE_CONT, pid, 0);
	ok(wait_stop(pid) == -1, "TRACEME: the child ends by itself");

	pid = spawn(spin, (void *)count);
	must(eventually(*count));
	ok(!trace(PTRACE_ATTACH, pid, NULL, NULL) && wait_stop(pid) == SIGSTOP,
	   "ATTACH stops a loop");
	ok(task_state(pid) == 't', "a loop after ATTACH shows as traced");
	seen = *count;
	sleep_ms(50);
	ok(*count == seen, "a loop after ATTACH stands still");
	ok(!trace(PTRACE_DETACH, pid, NULL, NULL) && eventually(*count != seen),
	   "DETACH lets a loop run");

	ok(!trace(PTRACE_SEIZE, pid, NULL, (void *)PTRACE_O_TRACESYSGOOD),
	   "SEIZE of a loop succeeds");
	ok(!trace(PTRACE_INTERRUPT, pid, NULL, NULL) &&
	   wait_stop(pid) == (SIGTRAP | PTRACE_EVENT_STOP << 8),
	   "INTERRUPT stops a seized loop");
	for (int i = 0; i < 20; i++) {
		go_on(PTRACE_SINGLESTEP, pid, 0);
		must(wait_stop(pid) == SIGTRAP);
	}
	ok(!trace(PTRACE_DETACH, pid, NULL, NULL), "DETACH after single steps succeeds");
	seen = *count;
	ok(eventually(*count != seen), "a loop runs on after single steps and DETACH");
	ok(in_child(exit_behind_tracer, &pid) == 0 && eventually(task_state(pid) == 'R' ||
								  task_state(pid) == 'T'),
	   "a tracer that ends lets go of its child");
	kill(pid, SIGKILL);
	wait_for(pid);
	munmap((void *)count, PAGE);
}

static int single_step_signal(void *arg)
{
	(void)arg;
	start_traced();
	raise(SIGUSR2);
	return 0;
}

static void injected(void)
{
	pid_t pid = spawn_traced(single_step_signal, NULL, 0);

	go_on(PTRACE_CONT, pid, 0);
	must(wait_stop(pid) == SIGUSR2);
	go_on(PTRACE_CONT, pid, SIGTERM);
	ok(wait_stop(pid) == -SIGTERM - 1, "a tracer puts another signal in place of the first");
}

int main(void)
{
	memory_and_signals();
	registers();
	system_calls();
	stepping();
	debug_registers();
	/* a host that is a guest itself may not do these, and would do what is refused here */
	if (getenv("IN_GUEST")) {
		block_steps();
		time_stamps();
	}
	events();
	attaching();
	injected();
	return tap_done();
}
