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

static void bad_area(struct pt_regs *regs, unsigned long addr, int signo, int code)
{
	force_sig_fault(signo, code, (void __user *)addr);
}

static bool access_allowed(struct vm_area_struct *vma, unsigned long error)
{
	if (error & X86_PF_WRITE)
		return vma->vm_flags & VM_WRITE;
	if (error & X86_PF_INSTR)
		return vma->vm_flags & VM_EXEC;
	/* as on x86: whatever can be written or executed can be read */
	return vma_is_accessible(vma);
}

/*
 * @addr and @error are the host's, or a forged frame's; either way they only
 * ask for what this task may have.  Process context, interrupts on.
 */
void page_fault(struct pt_regs *regs, unsigned long addr, unsigned long error)
{
	unsigned int flags = FAULT_FLAG_DEFAULT | FAULT_FLAG_USER;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	vm_fault_t fault;
	bool allowed;

	current->thread.cr2 = addr;
	if (addr >= TASK_SIZE) {
		bad_area(regs, addr, SIGSEGV, SEGV_MAPERR);
		return;
	}

	/* Often the page is there and only the host's mapping was dropped. */
	preempt_disable();
	allowed = guest_pte_allows(addr, error);
	preempt_enable();
	if (allowed) {
		hostmap_want(addr);
		return;
	}

	perf_sw_event(PERF_COUNT_SW_PAGE_FAULTS, 1, regs, addr);
	if (error & X86_PF_WRITE)
		flags |= FAULT_FLAG_WRITE;
	if (error & X86_PF_INSTR)
		flags |= FAULT_FLAG_INSTRUCTION;
retry:
	vma = lock_mm_and_find_vma(mm, addr, regs);
	if (!vma) {
		bad_area(regs, addr, SIGSEGV, SEGV_MAPERR);
		return;
	}
	if (!access_allowed(vma, error)) {
		mmap_read_unlock(mm);
		bad_area(regs, addr, SIGSEGV, SEGV_ACCERR);
		return;
	}
	fault = handle_mm_fault(vma, addr, flags, regs);
	if (fault_signal_pending(fault, regs))
		return;
	if (fault & VM_FAULT_COMPLETED)
		return;
	if (fault & VM_FAULT_RETRY) {
		flags |= FAULT_FLAG_TRIED;
		goto retry;
	}
	mmap_read_unlock(mm);

	if (likely(!(fault & VM_FAULT_ERROR))) {
		/* not every path through the generic code reports what it filled in */
		hostmap_filled(mm, addr, 1);
		return;
	}
	if (fault & VM_FAULT_OOM)
		pagefault_out_of_memory();
	else if (fault & (VM_FAULT_SIGBUS | VM_FAULT_HWPOISON | VM_FAULT_HWPOISON_LARGE))
		bad_area(regs, addr, SIGBUS, BUS_ADRERR);
	else
		bad_area(regs, addr, SIGSEGV, SEGV_MAPERR);
}
