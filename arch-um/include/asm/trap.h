/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entry to and exit from the kernel, between trap/ and its neighbours.
 */
#ifndef __ASM_UM_TRAP_H
#define __ASM_UM_TRAP_H

#include <asm/hostmem.h>
#include <linux/linkage.h>
#include <asm/trap_pf.h>	/* X86_PF_* */

struct pt_regs;
struct task_struct;

void trap_init_host(void);

/* Leave nothing of the last mm's registers where the next one could read it. */
void trap_scrub(void);

/* Kernel mappings beyond the windows, see mm/vmap.c */
bool vmap_touched(unsigned long addr, bool bus);
void vmap_hide(void);

/* Fault of kernel code on a bad address: copy that fails instead. */
int nofault_copy(void *to, const void *from, unsigned int size);

void page_fault(struct pt_regs *regs, unsigned long addr, unsigned long error);
int page_fault_in(unsigned long addr, bool write);
bool fixup_exception(unsigned long *ip);

/* Assembler entry points (trap/entry.S, trap/gate.S) */
void ret_from_fork_asm(void);
asmlinkage bool trap_user(int last_signo, unsigned long handler_sp);
asmlinkage void trap_forged(void);
asmlinkage void trap_kernel(int signo, void *info, void *uc);
asmlinkage void *trap_exit(void);
asmlinkage void trap_bad_xstate(void);
asmlinkage void ret_from_fork(struct task_struct *prev, int (*fn)(void *), void *arg);

extern char gate_start[], gate_end[], gate_handler[], gate_open_ret[];
extern char gate_exit[], gate_hide_ret[];
extern unsigned int gate_guarded;
extern unsigned long gate_size;
extern char exit_window[], exit_user[], exit_user_end[], exit_again[];

#endif
