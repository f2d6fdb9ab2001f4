// SPDX-License-Identifier: GPL-2.0
/*
 * Which function called which.  With CONFIG_FRAME_POINTER the chain of frames is followed;
 * without it, or where no frame is known, everything on the stack that looks
 * like a return address is taken, old ones included.
 */
#include <linux/compiler.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/task_stack.h>
#include <linux/stacktrace.h>
#include <asm/processor.h>
#include <asm/switch_to.h>

struct walk {
	struct task_struct *task;
	unsigned long ip;	/* first entry, 0: none */
	unsigned long sp, bp;
};

static bool on_stack(const struct walk *w, unsigned long addr, unsigned int size)
{
	unsigned long start = (unsigned long)task_stack_page(w->task);

	return addr % sizeof(long) == 0 && addr >= start && addr + size <= start + THREAD_SIZE;
}

static void walk_frames(struct walk *w, stack_trace_consume_fn consume, void *cookie)
{
	while (on_stack(w, w->bp, 2 * sizeof(long))) {
		const unsigned long *frame = (const unsigned long *)w->bp;
		unsigned long next = READ_ONCE_NOCHECK(frame[0]);
		unsigned long ip = READ_ONCE_NOCHECK(frame[1]);

		if (!__kernel_text_address(ip) || !consume(cookie, ip) || next <= w->bp)
			break;
		w->bp = next;
	}
}

static void walk_words(struct walk *w, stack_trace_consume_fn consume, void *cookie)
{
	for (; on_stack(w, w->sp, sizeof(long)); w->sp += sizeof(long)) {
		unsigned long ip = READ_ONCE_NOCHECK(*(const unsigned long *)w->sp);

		if (__kernel_text_address(ip) && !consume(cookie, ip))
			break;
	}
}

noinline void arch_stack_walk(stack_trace_consume_fn consume, void *cookie,
			      struct task_struct *task, struct pt_regs *regs)
{
	struct walk w = { .task = task ?: current };

	if (regs) {
		if (user_mode(regs))
			return;
		w.ip = regs->ip;
		w.sp = regs->sp;
		w.bp = regs->bp;
	} else if (w.task == current) {
		w.sp = w.bp = (unsigned long)__builtin_frame_address(0);
	} else {
		const struct switch_frame *frame = (const void *)w.task->thread.sp;

		if (!on_stack(&w, (unsigned long)frame, sizeof(*frame)))
			return;
		w.ip = READ_ONCE_NOCHECK(frame->ip);
		w.bp = READ_ONCE_NOCHECK(frame->bp);
		w.sp = (unsigned long)(frame + 1);
	}

	if (w.ip && !consume(cookie, w.ip))
		return;
	if (IS_ENABLED(CONFIG_FRAME_POINTER) && on_stack(&w, w.bp, 2 * sizeof(long)))
		walk_frames(&w, consume, cookie);
	else
		walk_words(&w, consume, cookie);
}

static bool take_first_outside_scheduler(void *cookie, unsigned long addr)
{
	if (in_sched_functions(addr))
		return true;
	*(unsigned long *)cookie = addr;
	return false;
}

/* @p is blocked. */
unsigned long __get_wchan(struct task_struct *p)
{
	unsigned long addr = 0;

	if (!try_get_task_stack(p))
		return 0;
	arch_stack_walk(take_first_outside_scheduler, &addr, p, NULL);
	put_task_stack(p);
	return addr;
}
