/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Registers of a trapped context.  The layout is that of user_regs_struct up
 * to ss (arch/x86/include/asm/user_64.h), so ptrace and core dumps copy it.
 */
#ifndef __ASM_UM_PTRACE_H
#define __ASM_UM_PTRACE_H

#include <uapi/asm/ptrace-abi.h>
#include <asm/processor-flags.h>

#ifndef __ASSEMBLY__
#include <linux/types.h>

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax;	/* system call number, or -1 */
	unsigned long ip;
	unsigned long cs;	/* 0 for a kernel context, see user_mode() */
	unsigned long flags;
	unsigned long sp;
	unsigned long ss;
};

#define __USER_CS	0x33	/* the host's selectors: arch/x86/include/asm/segment.h */
#define __USER32_CS	0x23
#define __USER_DS	0x2b

/*
 * All code of the process runs at CPL 3; trap code marks kernel contexts by
 * clearing cs.
 */
#define user_mode(regs)			(((regs)->cs & 3) == 3)
#define user_64bit_mode(regs)		((regs)->cs == __USER_CS)
#define instruction_pointer(regs)	((regs)->ip)
#define user_stack_pointer(regs)	((regs)->sp)
#define kernel_stack_pointer(regs)	((regs)->sp)
#define frame_pointer(regs)		((regs)->bp)
#define profile_pc(regs)		((regs)->ip)

static inline void instruction_pointer_set(struct pt_regs *regs, unsigned long ip)
{
	regs->ip = ip;
}

static inline long regs_return_value(const struct pt_regs *regs)
{
	return regs->ax;
}

static inline void regs_set_return_value(struct pt_regs *regs, unsigned long value)
{
	regs->ax = value;
}

static inline bool regs_irqs_disabled(struct pt_regs *regs)
{
	return false;
}

/* What probes ask for: a register by its offset in pt_regs, or -EINVAL for a name of none. */
int regs_query_register_offset(const char *name);

static inline unsigned long regs_get_register(struct pt_regs *regs, unsigned int offset)
{
	return *(unsigned long *)((char *)regs + offset);
}

/* Word @n of the kernel stack that @regs was on, or 0 if that is not on the stack any more. */
unsigned long regs_get_kernel_stack_nth(struct pt_regs *regs, unsigned int n);

#define current_user_stack_pointer()	(current_pt_regs()->sp)
#define arch_has_single_step()		(1)
#define arch_has_block_step()		(1)
#define ARCH_HAS_USER_SINGLE_STEP_REPORT

struct task_struct;

/*
 * A debug trap of user code, by the trap flag or, @icebp, by that instruction.
 * Process context.
 */
void debug_trap(struct pt_regs *regs, bool icebp);

/* A system call is done: what it has written may be watched. */
void debug_syscall(struct pt_regs *regs);

/* Way to user mode, interrupts off: see that what current has asked for will trap. */
void debug_arm(struct pt_regs *regs);

/* @task has nothing that was asked for: it is new, executes a program, or is gone. */
void debug_forget(struct task_struct *task);

long do_arch_prctl_64(struct task_struct *task, int option, unsigned long addr);

#include <asm-generic/kprobes.h>
#endif /* !__ASSEMBLY__ */
#endif /* __ASM_UM_PTRACE_H */
