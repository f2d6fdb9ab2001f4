/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_PROCESSOR_H
#define __ASM_UM_PROCESSOR_H

#include <asm/ptrace.h>
#include <asm/page.h>
#include <asm/layout.h>
#include <linux/cache.h>

struct task_struct;
struct mm_struct;
struct debug_state;

struct thread_struct {
	unsigned long sp;		/* kernel stack pointer while switched out */
	void *xsave;			/* extended state, see asm/fpu.h; 64-byte aligned */
	unsigned long fsbase, gsbase;	/* user's; valid while switched out, see tls_sync() */
	unsigned short ds, es, fs, gs;	/* likewise */

	/* Last fault, for signal frames and core dumps. */
	unsigned long cr2;
	unsigned long error_code;	/* X86_PF_* */
	unsigned long trap_nr;

	bool long_slice;		/* se.slice is kernel/slice.c's choice, not sched_setattr()'s */
	bool stepping;			/* a debugger set the trap flag, not the program */
	struct debug_state *debug;	/* what debuggers have asked for; most tasks have none */
};

#define INIT_THREAD { }

/* Make the selectors and bases in task->thread current, if @task is the running one. */
void tls_sync(struct task_struct *task);
/* Load them into the CPU, after a change to the running task's. */
void tls_load(struct task_struct *task);

#define TASK_UNMAPPED_BASE	PAGE_ALIGN(TASK_SIZE / 3)
#define STACK_TOP		TASK_SIZE
#define STACK_TOP_MAX		STACK_TOP

#define task_pt_regs(task) \
	((struct pt_regs *)((task)->stack + THREAD_SIZE - TOP_OF_KERNEL_STACK_PADDING) - 1)
#define TOP_OF_KERNEL_STACK_PADDING 16

#define KSTK_EIP(task)		(task_pt_regs(task)->ip)
#define KSTK_ESP(task)		(task_pt_regs(task)->sp)

/* PR_GET_TSC and PR_SET_TSC: kernel/ptrace.c */
int get_tsc_mode(unsigned long addr);
int set_tsc_mode(unsigned int mode);
#define GET_TSC_CTL(addr)	get_tsc_mode(addr)
#define SET_TSC_CTL(mode)	set_tsc_mode(mode)

#define cpu_relax()		asm volatile("rep; nop" ::: "memory")
#define rep_nop()		cpu_relax()

void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp);
unsigned long __get_wchan(struct task_struct *p);

register unsigned long current_stack_pointer asm("rsp");
#define on_thread_stack() \
	(!(((unsigned long)current->stack ^ current_stack_pointer) & ~(THREAD_SIZE - 1)))

/* What generic code and x86 headers ask about the one processor. */
struct cpuinfo_um {
	unsigned long loops_per_jiffy;
	int cache_alignment;
	u32 x86_capability[32];		/* words as in asm/cpufeatures.h */
};

extern struct cpuinfo_um boot_cpu_data;
#define cpu_data(cpu)		boot_cpu_data
#define current_cpu_data	boot_cpu_data

extern void native_cpuid_count(u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d);

#endif /* __ASM_UM_PROCESSOR_H */
