// SPDX-License-Identifier: GPL-2.0
/*
 * Frames of host signals become pt_regs and a cause.  See frame.h.
 */
#include <linux/init.h>
#include <linux/panic.h>
#include <linux/ptrace.h>
#include <linux/signal.h>
#include <asm/host.h>
#include <asm/hostmem.h>
#include <asm/irq.h>
#include <asm/layout.h>
#include "frame.h"

unsigned long frame_mark __ro_after_init;

static int __init frame_mark_init(void)
{
	stack_t *armed = (stack_t *)host_stack_armed;

	if (host_getrandom(&frame_mark, sizeof(frame_mark)) != sizeof(frame_mark))
		panic("the host gives no random numbers");
	frame_mark = frame_mark % (GATE_DATA - 1) + 1;
	armed->ss_sp = (void __user *)frame_mark;
	armed->ss_size = GATE_DATA + GATE_STACK_SIZE - frame_mark;
	return 0;
}
early_initcall(frame_mark_init);

unsigned int frame_irq(int signo)
{
	switch (signo) {
	case SIGALRM:
		return IRQ_PENDING_TIMER;
	case SIGIO:
		return IRQ_PENDING_FD;
	case SIGWINCH:
		return IRQ_PENDING_WINCH;
	case SIGTERM:
		return IRQ_PENDING_TERM;
	case SIGINT:
		return IRQ_PENDING_INT;
	case SIGHUP:
		return IRQ_PENDING_HUP;
	case SIGCONT:
		return IRQ_PENDING_CONT;
	default:
		return 0;
	}
}

void frame_read(struct trap_cause *cause, const siginfo_t *info, const struct sigcontext_64 *sc)
{
	*cause = (struct trap_cause){
		.signo = info->si_signo,
		.code = info->si_code,
		.trapno = sc->trapno,
		.error = sc->err,
		.cr2 = sc->cr2,
		.call_addr = (unsigned long)info->si_call_addr,
		.arch = info->si_arch,
		.nr = info->si_syscall,
	};
}

/* Bits of rflags that come back from a frame; IF shows as set. */
#define FLAGS_USER	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF |	\
			 X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF |	\
			 X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_AC | X86_EFLAGS_ID)

void frame_to_regs(struct pt_regs *regs, const struct sigcontext_64 *sc)
{
	regs->r15 = sc->r15;
	regs->r14 = sc->r14;
	regs->r13 = sc->r13;
	regs->r12 = sc->r12;
	regs->bp = sc->bp;
	regs->bx = sc->bx;
	regs->r11 = sc->r11;
	regs->r10 = sc->r10;
	regs->r9 = sc->r9;
	regs->r8 = sc->r8;
	regs->ax = sc->ax;
	regs->cx = sc->cx;
	regs->dx = sc->dx;
	regs->si = sc->si;
	regs->di = sc->di;
	regs->orig_ax = -1;
	regs->ip = sc->ip;
	regs->cs = sc->cs == __USER32_CS ? __USER32_CS : __USER_CS;
	regs->flags = (sc->flags & FLAGS_USER) | X86_EFLAGS_FIXED | X86_EFLAGS_IF;
	regs->sp = sc->sp;
	regs->ss = __USER_DS;
}
