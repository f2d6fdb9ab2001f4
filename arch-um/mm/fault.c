// SPDX-License-Identifier: GPL-2.0
/*
 * Page faults of user code.
 */
#include <linux/mm.h>
#include <linux/perf_event.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <asm/hostmap.h>
#include <asm/trap.h>
#include <asm/trapnr.h>
#include <asm/user_context.h>
#include "prefault.h"

static bool access_allowed(struct vm_area_struct *vma, unsigned long error)
{
	if (error & X86_PF_WRITE)
		return vma->vm_flags & VM_WRITE;
	if (error & X86_PF_INSTR)
		return vma->vm_flags & VM_EXEC;
	/* as on x86: whatever can be written or executed can be read */
	return vma_is_accessible(vma);
}

/* Beside VM_FAULT_SIGSEGV: there is a mapping, but not with this right. */
#define NO_RIGHT ((__force vm_fault_t)BIT(31))

/* Returns VM_FAULT_ERROR bits, or 0 if the page is there or a signal interrupted the wait. */
static vm_fault_t fault_in_page(unsigned long addr, unsigned long error, unsigned int flags,
				struct pt_regs *regs)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned int now;
	vm_fault_t fault;
	pte_t before;

	if (error & X86_PF_WRITE)
		flags |= FAULT_FLAG_WRITE;
	if (error & X86_PF_INSTR)
		flags |= FAULT_FLAG_INSTRUCTION;
	for (;;) {
		vma = lock_mm_and_find_vma(mm, addr, regs);
		if (!vma)
			return VM_FAULT_SIGSEGV;
		if (!access_allowed(vma, error)) {
			mmap_read_unlock(mm);
			return VM_FAULT_SIGSEGV | NO_RIGHT;
		}
		/* it will be written to in a moment: let one fault do for both */
		now = flags;
		if (regs && is_program_data(vma))
			now |= FAULT_FLAG_WRITE;
		before = guest_entry(mm, addr);
		fault = handle_mm_fault(vma, addr, now, regs);
		if (fault & VM_FAULT_COMPLETED)
			return 0;
		if (!(fault & VM_FAULT_RETRY))
			break;
		/* the lock is gone */
		if (fatal_signal_pending(current))
			return regs ? 0 : VM_FAULT_SIGSEGV;
		if (regs && signal_pending(current))
			return 0;
		flags |= FAULT_FLAG_TRIED;
	}
	if (regs && !(fault & VM_FAULT_ERROR))
		prefault(vma, addr, now & FAULT_FLAG_WRITE, before);
	mmap_read_unlock(mm);
	return fault & VM_FAULT_ERROR;
}

/* Frames and debuggers see the last fault that became a signal, not the last fault. */
static void force_fault(int signo, int code, unsigned long addr, unsigned long error)
{
	current->thread.cr2 = addr;
	current->thread.trap_nr = X86_TRAP_PF;
	current->thread.error_code = error;
	force_sig_fault(signo, code, (void __user *)addr);
}

/*
 * Is there a page?  The processor would say so in the error code; the host's word is
 * about its own tables, which may have lost it.
 */
static unsigned long guest_error(unsigned long addr, unsigned long error)
{
	unsigned long entry;

	preempt_disable();
	entry = pte_val(guest_entry(current->mm, addr));
	preempt_enable();
	return (error & ~X86_PF_PROT) | (entry & _PAGE_PRESENT ? X86_PF_PROT : 0);
}

/*
 * @addr and @error are the host's, or a forged frame's; either way they only
 * ask for what this task may have.  Process context, interrupts on.
 */
void page_fault(struct pt_regs *regs, unsigned long addr, unsigned long error)
{
	vm_fault_t fault;
	bool allowed;

	if (!is_user_address(addr)) {
		/* as on x86: nothing tells which kernel addresses are mapped */
		force_fault(SIGSEGV, SEGV_MAPERR, addr, error | X86_PF_PROT);
		return;
	}

	/* Often the page is there and only the host's mapping was dropped. */
	preempt_disable();
	allowed = guest_entry_allows(addr, error);
	preempt_enable();
	if (allowed) {
		hostmap_want(addr, error & X86_PF_WRITE);
		return;
	}

	perf_sw_event(PERF_COUNT_SW_PAGE_FAULTS, 1, regs, addr);
	fault = fault_in_page(addr, error, FAULT_FLAG_DEFAULT | FAULT_FLAG_USER, regs);
	if (likely(!(fault & VM_FAULT_ERROR))) {
		/* not every path through the generic code reports what it filled in */
		hostmap_want(addr, error & X86_PF_WRITE);
		return;
	}
	if (fault_signal_pending(fault, regs))
		return;
	error = guest_error(addr, error);
	if (fault & VM_FAULT_OOM)
		pagefault_out_of_memory();
	else if (fault & (VM_FAULT_SIGBUS | VM_FAULT_HWPOISON | VM_FAULT_HWPOISON_LARGE))
		force_fault(SIGBUS, BUS_ADRERR, addr, error);
	else
		force_fault(SIGSEGV, fault & NO_RIGHT ? SEGV_ACCERR : SEGV_MAPERR, addr, error);
}

/* The same for the kernel's own access to user memory: 0 or -EFAULT.  May sleep. */
int page_fault_in(unsigned long addr, bool write)
{
	unsigned long error = X86_PF_USER | (write ? X86_PF_WRITE : 0);

	if (!is_user_address(addr) ||
	    fault_in_page(addr, error, FAULT_FLAG_DEFAULT, NULL) & VM_FAULT_ERROR)
		return -EFAULT;
	return 0;
}
