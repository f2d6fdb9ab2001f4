// SPDX-License-Identifier: GPL-2.0
/*
 * Registers and stacks in the kernel's log.
 */
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/task_stack.h>
#include <linux/stacktrace.h>
#include <asm/end.h>

static bool print_entry(void *loglvl, unsigned long addr)
{
	printk("%s %pSb\n", (const char *)loglvl, (void *)addr);
	return true;
}

static void print_trace(struct task_struct *task, struct pt_regs *regs, const char *loglvl)
{
	/* without frame pointers not all of it is true */
	printk("%sCall Trace%s:\n", loglvl,
	       IS_ENABLED(CONFIG_FRAME_POINTER) ? "" : " (what lies on the stack)");
	arch_stack_walk(print_entry, (void *)loglvl, task, regs);
}

/* The walk knows where to begin, so @sp is not needed. */
void show_stack(struct task_struct *task, unsigned long *sp, const char *loglvl)
{
	if (um_panic_says_all())
		return;
	if (!task)
		task = current;
	if (!try_get_task_stack(task))
		return;
	print_trace(task, NULL, loglvl);
	put_task_stack(task);
}

void show_regs(struct pt_regs *regs)
{
	show_regs_print_info(KERN_DEFAULT);

	if (user_mode(regs))
		printk(KERN_DEFAULT "RIP: %04lx:%016lx\n", regs->cs, regs->ip);
	else
		printk(KERN_DEFAULT "RIP: %pS\n", (void *)regs->ip);
	printk(KERN_DEFAULT "RSP: %016lx EFLAGS: %08lx ORIG_RAX: %016lx\n", regs->sp,
	       regs->flags, regs->orig_ax);
	printk(KERN_DEFAULT "RAX: %016lx RBX: %016lx RCX: %016lx\n", regs->ax, regs->bx,
	       regs->cx);
	printk(KERN_DEFAULT "RDX: %016lx RSI: %016lx RDI: %016lx\n", regs->dx, regs->si,
	       regs->di);
	printk(KERN_DEFAULT "RBP: %016lx R08: %016lx R09: %016lx\n", regs->bp, regs->r8,
	       regs->r9);
	printk(KERN_DEFAULT "R10: %016lx R11: %016lx R12: %016lx\n", regs->r10, regs->r11,
	       regs->r12);
	printk(KERN_DEFAULT "R13: %016lx R14: %016lx R15: %016lx\n", regs->r13, regs->r14,
	       regs->r15);

	if (!user_mode(regs))
		print_trace(current, regs, KERN_DEFAULT);
}
