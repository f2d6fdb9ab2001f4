// SPDX-License-Identifier: GPL-2.0
/* A signal, a fault, a system call change no register that they should not. */
#include "regs.h"
#include <sys/time.h>
#include <ucontext.h>

static volatile int flag, signals;
static int wanted;

static void on_alarm(int sig)
{
	(void)sig;
	regs_clobber();
	if (++signals >= wanted)
		flag = 1;
}

static void on_fault(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;

	(void)si;
	regs_clobber();
	signals++;
	if (sig == SIGILL)
		uc->uc_mcontext.gregs[REG_RIP] += 2;
}

static void handle(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = fn, .sa_flags = flags | SA_SIGINFO };

	sigaction(sig, &sa, NULL);
}

static void interrupted(enum regs_level level)
{
	struct itimerval every_ms = { { 0, 1000 }, { 0, 1000 } }, never = { 0 };
	struct regs want, got;
	bool good = true;

	for (int round = 0; round < 12 && good; round++) {
		regs_fill(&want, round);
		flag = signals = 0;
		wanted = 3;
		setitimer(ITIMER_REAL, &every_ms, NULL);
		regs_run(&want, &got, &flag, REGS_SPIN, level);
		setitimer(ITIMER_REAL, &never, NULL);
		good = regs_same(&want, &got, level, 0);
	}
	ok(good, "%s: signals in a loop keep registers", regs_level_name[level]);
}

static void faulting(enum regs_level level)
{
	struct regs want, got;
	int unused = 0, nr = SYS_getpid, fd;
	volatile int *page;
	bool good = true;

	for (int round = 0; round < 12 && good; round++) {
		regs_fill(&want, 100 + round);
		signals = 0;
		regs_run(&want, &got, &unused, round & 1 ? REGS_TRAP : REGS_UD2, level);
		good = signals == 1 && regs_same(&want, &got, level, 0);
	}
	ok(good, "%s: int3 and ud2 with a handler keep registers", regs_level_name[level]);

	for (int round = 0; round < 12 && good; round++) {
		regs_fill(&want, 200 + round);
		regs_run(&want, &got, &nr, REGS_SYSCALL, level);
		/* rax is the result, r11 and rcx the instruction's own; flags survive */
		good = regs_same(&want, &got, level, 1 << 0 | 1 << 11) &&
		       got.gpr[0] == (uint64_t)getpid();
	}
	ok(good, "%s: a system call keeps registers", regs_level_name[level]);

	/* A file's page that is not mapped yet: the loop's first look at it faults. */
	fd = memfd_create("page", MFD_CLOEXEC);
	must(fd >= 0 && write(fd, &(int){ 1 }, 4) == 4);
	for (int round = 0; round < 12 && good; round++) {
		page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
		must(page != MAP_FAILED);
		regs_fill(&want, 300 + round);
		regs_run(&want, &got, page, REGS_SPIN, level);
		good = regs_same(&want, &got, level, 0);
		munmap((void *)page, PAGE);
	}
	ok(good, "%s: a page fault keeps registers", regs_level_name[level]);
	close(fd);
}

/* The frame on the stack shows the registers, and changes to it arrive. */
static struct regs shown;

static void on_trap(int sig, siginfo_t *si, void *ctx)
{
	static const int order[16] = {
		REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_RBP, REG_RSP,
		REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
	};
	ucontext_t *uc = ctx;
	struct _libc_fpstate *fp = uc->uc_mcontext.fpregs;

	(void)sig;
	(void)si;
	for (int i = 0; i < 16; i++)
		shown.gpr[i] = uc->uc_mcontext.gregs[order[i]];
	shown.flags = uc->uc_mcontext.gregs[REG_EFL];
	if (!fp)
		return;
	shown.mxcsr = fp->mxcsr;
	shown.fcw = fp->cwd;
	for (int i = 0; i < 16; i++)
		memcpy(shown.vec[i], &fp->_xmm[i], 16);
	for (int i = 0; i < 8; i++)
		memcpy(shown.x87[i], &fp->_st[i], 10);
	for (int i = 0; i < 16; i++)
		if (i != 2 && i != 7)
			uc->uc_mcontext.gregs[order[i]] = ~shown.gpr[i];
	uc->uc_mcontext.gregs[REG_EFL] ^= 0x8d5;
	fp->mxcsr ^= 0x6000;
	fp->cwd ^= 0xc00;
	for (int i = 0; i < 16; i++)
		fp->_xmm[i].element[0] ^= 0xffffffff;
	fp->_st[3].significand[0] ^= 0xffff;
}

static void frame(void)
{
	struct regs want, got;
	int unused = 0;

	handle(SIGTRAP, on_trap, 0);
	for (int round = 0; round < 4; round++) {
		bool good;

		regs_fill(&want, 400 + round);
		memset(&shown, 0, sizeof(shown));
		regs_run(&want, &got, &unused, REGS_TRAP, REGS_SSE);
		ok(regs_same(&want, &shown, REGS_SSE, 0) && shown.gpr[7] == got.gpr[7],
		   "a signal frame shows the registers (%d)", round);
		for (int i = 0; i < 16; i++)
			want.gpr[i] = ~want.gpr[i];
		want.flags ^= 0x8d5;
		want.mxcsr ^= 0x6000;
		want.fcw ^= 0xc00;
		for (int i = 0; i < 16; i++)
			*(uint32_t *)want.vec[i] ^= 0xffffffff;
		*(uint16_t *)want.x87[3] ^= 0xffff;
		good = regs_same(&want, &got, REGS_SSE, 0);
		ok(good, "registers changed in a signal frame arrive (%d)", round);
	}
}

int main(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &sa, NULL);
	handle(SIGTRAP, on_fault, 0);
	handle(SIGILL, on_fault, 0);
	for (enum regs_level level = REGS_SSE; level <= REGS_AVX512; level++) {
		if (level > regs_best()) {
			skip(regs_level_name[level], "not in this processor");
			continue;
		}
		interrupted(level);
		faulting(level);
	}
	frame();
	return tap_done();
}
