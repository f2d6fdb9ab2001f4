/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel entry and exit.  All of this is hidden while user code runs.
 *
 * What decides is in um_cpu (asm/cpu_state.h), which is hidden memory: in_user is 1
 * from the last step of an exit to the first step of the next entry, kernel_sp is
 * task_pt_regs(current).
 *
 * The host's alternate signal stack (gate data) is armed with SS_AUTODISARM
 * by the exit path only.  So a signal in user mode always puts its frame at
 * the same place, whatever the user's stack pointer is, and disarms it; later
 * signals, in the gate or in the kernel, push their frames on the stack in
 * use and never overwrite that one.
 *
 * The frame says, in uc_stack, which stack the host took; that is how the
 * kernel knows the host's frames from forged ones (frame_mark in frame.h).
 */
#include <linux/linkage.h>
#include <asm/asm-offsets.h>
#include <asm/layout.h>
#include <asm/extable.h>
#include <asm/unistd_64.h>
#include <asm/fpu.h>

/* A member of um_cpu */
#define CPU(member)	(um_cpu + CPU_##member)(%rip)

	.section .entry.text, "ax"

/*
 * From the gate.  r8: signal, r9: siginfo, r10: ucontext -- if in_user is 0,
 * for then the host called the gate.  If it is 1, user code may have jumped
 * there, with registers of its choice: trap_user() takes none of them before
 * it knows that the frame at the fixed place is the host's.
 */
SYM_CODE_START(trap_entry)
	cmpl	$0, CPU(in_user)
	je	trap_from_kernel

	mov	%rsp, %rsi		/* not the usual place if signals nested */
	mov	CPU(kernel_sp), %rsp	/* until the next line a nested signal comes here again */
	movl	$0, CPU(in_user)	/* and takes the same frame; after it, it is the kernel's */
	pushq	$0x2			/* keeps rsp aligned for the call, too */
	popfq				/* the user's AC and NT would hurt us */
	sub	$8, %rsp
	mov	%r8d, %edi
	call	trap_user
	test	%al, %al
	jnz	forged
SYM_INNER_LABEL(exit_again, SYM_L_GLOBAL)
	mov	CPU(kernel_sp), %rsp
	sub	$8, %rsp
	call	trap_exit		/* interrupts are off from here; rax: state to load */

	/*
	 * A signal from here to exit_user sends us back to exit_again, so that
	 * what it asks for is done before user code runs (trap_kernel()).
	 */
SYM_INNER_LABEL(exit_window, SYM_L_GLOBAL)
	cmpl	$0, CPU(irq_pending)
	jne	exit_again
	mov	%rax, %rdi
	mov	$~XSTATE_PKRU, %eax	/* the next instructions write to memory */
	mov	$-1, %edx
1:	xrstor64 (%rdi)
	UM_EXTABLE 1b, bad_xstate
	mov	$__NR_sigaltstack, %eax	/* armed: from here signals go to the fixed place, */
	lea	host_stack_armed(%rip), %rdi
	xor	%esi, %esi		/* and the state in the CPU is the user's already */
	syscall
	movl	$1, CPU(in_user)
SYM_INNER_LABEL(exit_user, SYM_L_GLOBAL)

	/*
	 * User mode, as far as signals are concerned: trap_user() sees that the
	 * interrupted code is not the user's and starts this exit again from the
	 * registers saved in pt_regs.
	 */
	mov	CPU(kernel_sp), %rsi
	movabs	$GATE_EXIT_FRAME, %rdi
	mov	$15, %ecx		/* r15 ... di, in the order of the gate's pops */
	rep movsq
	add	$8, %rsi		/* not orig_ax */
	mov	$5, %ecx		/* ip, cs, flags, sp, ss: for iretq */
	rep movsq
	movabs	$gate_exit_mapped, %rax
	jmp	*%rax
SYM_INNER_LABEL(exit_user_end, SYM_L_GLOBAL)

	/*
	 * User code called, not the host, and the host's signal stack is armed
	 * still.  The kernel must not be interrupted onto it: user code of other
	 * tasks could write to it before the interrupt is done.
	 */
SYM_INNER_LABEL(forged, SYM_L_LOCAL)
	mov	$__NR_sigaltstack, %eax
	lea	host_stack_off(%rip), %rdi
	xor	%esi, %esi
	syscall
	call	trap_forged
	jmp	exit_again

SYM_INNER_LABEL(bad_xstate, SYM_L_LOCAL)
	call	trap_bad_xstate
	jmp	exit_again

/*
 * A signal in kernel mode.  The host built its frame on the stack in use, rsp
 * points to it, and the registers are what the host passed.
 */
SYM_INNER_LABEL(trap_from_kernel, SYM_L_LOCAL)
	mov	%rsp, %rbx
	and	$-16, %rsp
	mov	%r8d, %edi
	mov	%r9, %rsi
	mov	%r10, %rdx
	call	trap_kernel
	lea	8(%rbx), %rsp		/* the frame without its return address */
	mov	$__NR_rt_sigreturn, %eax
	syscall
	ud2
SYM_CODE_END(trap_entry)

/* First code of a new task: rbx is the function of a kernel thread, r12 its argument. */
SYM_CODE_START(ret_from_fork_asm)
	mov	%rax, %rdi		/* prev, from switch_stacks */
	mov	%rbx, %rsi
	mov	%r12, %rdx
	call	ret_from_fork
	jmp	exit_again
SYM_CODE_END(ret_from_fork_asm)

/* struct task_struct *switch_stacks(prev, next): returns prev on next's stack */
SYM_FUNC_START(switch_stacks)
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, TASK_THREAD_sp(%rdi)
	mov	TASK_THREAD_sp(%rsi), %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	mov	%rdi, %rax
	RET
SYM_FUNC_END(switch_stacks)

/* int nofault_copy(void *to, const void *from, unsigned int size): 0 or -EFAULT */
SYM_FUNC_START(nofault_copy)
	mov	%edx, %ecx
1:	rep movsb
	UM_EXTABLE 1b, 2f
	xor	%eax, %eax
	RET
2:	mov	$-14, %eax
	RET
SYM_FUNC_END(nofault_copy)

	.section .head.text, "ax"
/* From the first stage: rdi is the boot information, physical memory is mapped. */
SYM_CODE_START(_start)
	lea	init_thread_union(%rip), %rsp
	add	$THREAD_SIZE_ASM - 256, %rsp
	xor	%ebp, %ebp
	pushq	$0x2
	popfq
	and	$-16, %rsp
	call	start_image
	ud2
SYM_CODE_END(_start)

	.section .note.GNU-stack, "", @progbits
