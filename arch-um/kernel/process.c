// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks: creation, switching, idling.
 */
#include <linux/elf.h>
#include <linux/elf-randomize.h>
#include <linux/export.h>
#include <linux/cpu.h>
#include <linux/init_task.h>
#include <linux/personality.h>
#include <linux/ptrace.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/sched/debug.h>
#include <linux/sched/task_stack.h>
#include <linux/sizes.h>
#include <linux/tick.h>
#include <asm/boot.h>
#include <asm/cpu_state.h>
#include <asm/drivers.h>
#include <asm/exec.h>
#include <asm/fpu.h>
#include <asm/host.h>
#include <asm/irq.h>
#include <asm/switch_to.h>
#include <asm/setup.h>
#include <asm/trap.h>

struct cpu_state um_cpu = { .current_task = &init_task };
EXPORT_SYMBOL(um_cpu);

/* What was in a register can be loaded: the host's descriptors stay as they are. */
#define LOAD_SELECTOR(t, reg)						\
do {									\
	unsigned short now;						\
	asm volatile("mov %%" #reg ", %0" : "=m"(now));		\
	if (unlikely(now != (t)->reg))					\
		asm volatile("mov %0, %%" #reg : : "m"((t)->reg));	\
} while (0)

static void selectors_save(struct thread_struct *t)
{
	asm volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
		     : "=m"(t->ds), "=m"(t->es), "=m"(t->fs), "=m"(t->gs));
}

/* Before the bases, which these may change. */
static void selectors_load(const struct thread_struct *t)
{
	LOAD_SELECTOR(t, ds);
	LOAD_SELECTOR(t, es);
	LOAD_SELECTOR(t, fs);
	LOAD_SELECTOR(t, gs);
}

/*
 * Segment registers: selectors, which are a place to leave a word for the next program,
 * and bases, which user code may change by itself where the host lets it (FSGSBASE).
 * The kernel uses neither, so they stay the user's until a switch.
 */
void tls_sync(struct task_struct *task)
{
	if (task != current)
		return;
	selectors_save(&task->thread);
	if (boot_info->fsgsbase) {
		asm volatile("rdfsbase %0" : "=r"(task->thread.fsbase));
		asm volatile("rdgsbase %0" : "=r"(task->thread.gsbase));
	} else {
		task->thread.fsbase = host_get_fsbase();
		task->thread.gsbase = host_get_gsbase();
	}
}

void tls_load(struct task_struct *task)
{
	if (task != current)
		return;
	selectors_load(&task->thread);
	if (boot_info->fsgsbase) {
		asm volatile("wrfsbase %0" : : "r"(task->thread.fsbase));
		asm volatile("wrgsbase %0" : : "r"(task->thread.gsbase));
	} else {
		/* which would set the selector to 0 */
		if (!task->thread.fs)
			host_set_fsbase(task->thread.fsbase);
		if (!task->thread.gs)
			host_set_gsbase(task->thread.gsbase);
	}
}

__sched struct task_struct *__switch_to(struct task_struct *prev, struct task_struct *next)
{
	if (!(prev->flags & PF_KTHREAD)) {
		fpu_switch_out(prev);
		tls_sync(prev);
	}
	slice_ends(prev);
	um_cpu.current_task = next;
	um_cpu.kernel_sp = (unsigned long)task_pt_regs(next);
	if (!(next->flags & PF_KTHREAD))
		tls_load(next);
	return switch_stacks(prev, next);
}

int copy_thread(struct task_struct *p, const struct kernel_clone_args *args)
{
	struct pt_regs *regs = task_pt_regs(p);
	/* A word less, so that the stack is aligned as the ABI wants it. */
	struct switch_frame *frame = (struct switch_frame *)((unsigned long *)regs - 1) - 1;

	memset(frame, 0, (void *)regs - (void *)frame);
	frame->ip = (unsigned long)ret_from_fork_asm;
	p->thread.sp = (unsigned long)frame;

	if (unlikely(args->fn)) {
		/* becomes a user task if it calls kernel_execve() */
		memset(regs, 0, sizeof(*regs));
		frame->bx = (unsigned long)args->fn;
		frame->r12 = (unsigned long)args->fn_arg;
		return 0;
	}
	tls_sync(current);
	p->thread.ds = current->thread.ds;
	p->thread.es = current->thread.es;
	p->thread.fs = current->thread.fs;
	p->thread.gs = current->thread.gs;
	p->thread.fsbase = current->thread.fsbase;
	p->thread.gsbase = current->thread.gsbase;
	*regs = *current_pt_regs();
	regs->ax = 0;
	if (args->stack)
		regs->sp = args->stack;
	if (args->flags & CLONE_SETTLS) {
		if (args->tls >= TASK_SIZE)	/* wrfsbase would fault in the kernel */
			return -EPERM;
		p->thread.fsbase = args->tls;
	}
	return 0;
}

void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp)
{
	unsigned long orig_ax = regs->orig_ax;

	BUG_ON(!um_confined);
	memset(regs, 0, sizeof(*regs));
	regs->orig_ax = orig_ax;	/* a debugger sees the execve() */
	regs->ip = ip;
	regs->sp = sp;
	regs->cs = __USER_CS;
	regs->ss = __USER_DS;
	regs->flags = X86_EFLAGS_IF | X86_EFLAGS_FIXED;
}
EXPORT_SYMBOL_GPL(start_thread);

void flush_thread(void)
{
	fpu_reset(current);
	debug_forget(current);
	current->thread.ds = current->thread.es = 0;
	current->thread.fs = current->thread.gs = 0;
	current->thread.fsbase = 0;
	current->thread.gsbase = 0;
	tls_load(current);
}

/* With the tick still on, so that no timer is set for what is written now. */
void arch_cpu_idle_enter(void)
{
	um_console_flush();
}

/*
 * One host call that waits for everything that could make a task runnable.
 * Interrupts are off; they are handled when the idle loop enables them.
 */
void arch_cpu_idle(void)
{
	irq_wait();
}

/* Where programs begin: as on x86-64 */

unsigned long arch_align_stack(unsigned long sp)
{
	if (!(current->personality & ADDR_NO_RANDOMIZE) && randomize_va_space)
		sp -= get_random_u32_below(8192);
	return sp & ~0xfUL;
}

unsigned long arch_randomize_brk(struct mm_struct *mm)
{
	return randomize_page(mm->brk, SZ_1G);
}
