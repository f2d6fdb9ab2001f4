// SPDX-License-Identifier: GPL-2.0
/*
 * Host signals: all of them lead to the gate.
 *
 * Used at run time: rt_sigprocmask; rt_sigreturn and sigaltstack from trap/entry.S.
 */
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>
#include <sys/mman.h>
#include "../include/asm/layout.h"
#include "../include/asm/hostmem.h"
#include "syscall.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif
#define SA_RESTORER 0x04000000	/* the kernel insists on one, we never return to it */
#define XSTATE_MAGIC1 0x46505853U	/* FP_XSTATE_MAGIC1 */

/* What rt_sigaction(2) really takes. */
struct kernel_sigaction {
	unsigned long handler, flags, restorer, mask;
};

static const int faults[] = { SIGSYS, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
static const int interrupts[] = { SIGALRM, SIGIO, SIGWINCH, SIGTERM, SIGINT, SIGHUP, SIGCONT };
#define NR(array) (sizeof(array) / sizeof(*(array)))

_Static_assert(sizeof(stack_t) == sizeof(host_stack_armed), "stack_t");
unsigned char host_stack_armed[24] __attribute__((aligned(8)));
unsigned char host_stack_off[24] __attribute__((aligned(8)));

static struct host_frame *learnt;
__attribute__((used)) static unsigned long probe_sp;

/* Handler of the probe signal.  Its frame is that of every later one. */
__attribute__((used)) static void learn_c(int sig, siginfo_t *info, ucontext_t *uc)
{
	unsigned char *fp = (unsigned char *)uc->uc_mcontext.fpregs;
	unsigned int *sw = (unsigned int *)(fp + 464);	/* struct _fpx_sw_bytes */

	learnt->sp = probe_sp;
	learnt->info = info;
	learnt->mcontext = &uc->uc_mcontext;
	learnt->xsave = fp;
	if (sw[0] == XSTATE_MAGIC1) {
		memcpy(&learnt->xfeatures, sw + 2, sizeof(learnt->xfeatures));
		learnt->xsave_size = sw[4];
	}
	uc->uc_mcontext.gregs[REG_RIP] += 2;	/* over the ud2 */
}

asm(".text\n"
    ".type learn, @function\n"
    "learn:\n"
    "	mov %rsp, probe_sp(%rip)\n"
    "	mov %rsp, %rbx\n"
    "	and $-16, %rsp\n"
    "	call learn_c\n"
    "	lea 8(%rbx), %rsp\n"
    "	mov $15, %eax\n"	/* rt_sigreturn */
    "	syscall\n");
__attribute__((visibility("hidden"))) void learn(void);

static int set_handler(int sig, unsigned long handler, unsigned long mask)
{
	struct kernel_sigaction sa = {
		.handler = handler,
		.flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTORER,
		.restorer = handler,
		.mask = mask,
	};

	return host_syscall4(__NR_rt_sigaction, sig, (long)&sa, 0, 8);
}

int host_signals_init(unsigned long handler, struct host_frame *frame)
{
	struct kernel_sigaction ignore = { .handler = (unsigned long)SIG_IGN };
	stack_t armed = {
		.ss_sp = (void *)GATE_DATA,
		.ss_size = GATE_STACK_SIZE,
		.ss_flags = SS_AUTODISARM,
	};
	stack_t off = { .ss_flags = SS_DISABLE };
	unsigned long all_but_probe = ~(1UL << (SIGILL - 1)), mask = 0;
	unsigned int i;
	int err;

	memcpy(host_stack_armed, &armed, sizeof(armed));
	memcpy(host_stack_off, &off, sizeof(off));
	learnt = frame;

	/* after a restart all are blocked, and must be until every handler is set */
	err = host_syscall4(__NR_rt_sigprocmask, SIG_SETMASK, (long)&all_but_probe, 0, 8);
	if (!err)
		err = host_syscall2(__NR_sigaltstack, (long)&armed, 0);
	if (!err)
		err = set_handler(SIGILL, (unsigned long)learn, 0);
	if (err)
		return err;
	asm volatile("ud2" ::: "memory");
	err = host_syscall2(__NR_sigaltstack, (long)&off, 0);

	for (i = 0; !err && i < NR(faults); i++)
		err = set_handler(faults[i], handler, 0);
	/*
	 * Interrupts do not interrupt each other, or a storm of them would fill
	 * the kernel stack with frames.  rt_sigreturn lets them in again; code
	 * that does not return calls host_signals_unblock().
	 */
	for (i = 0; i < NR(interrupts); i++)
		mask |= 1UL << (interrupts[i] - 1);
	for (i = 0; !err && i < NR(interrupts); i++)
		err = set_handler(interrupts[i], handler, mask);
	/* the call that raises one fails as well, and that is enough */
	if (!err)
		err = host_syscall4(__NR_rt_sigaction, SIGPIPE, (long)&ignore, 0, 8);
	if (!err)
		err = host_syscall4(__NR_rt_sigaction, SIGXFSZ, (long)&ignore, 0, 8);
	/* the program that started us may have blocked some */
	if (!err)
		err = host_signals_unblock();
	return err;
}

int host_signals_unblock(void)
{
	static const unsigned long none;

	return host_syscall4(__NR_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, 8);
}
