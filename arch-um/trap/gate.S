/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The gate: the only code that is mapped in user mode and in kernel mode.
 *
 * This page is mapped at GATE_TEXT, readable and executable, for ever.  User
 * code shares its address space and may jump to any byte of it with any
 * registers; what keeps that harmless stands at each instruction below.
 *
 * The argument in short:
 * - One thread.  Between the host's writing a signal frame and the kernel's
 *   reading it no user instruction runs.
 * - The two system calls here are the only ones that the seccomp filter lets
 *   through from outside the hidden kernel, and it fixes their number and all
 *   their arguments for each of the two places: the first can only open the
 *   kernel, the second can only hide it.  All other calls from here trap.
 * - After the first one nothing that the user controls decides what happens:
 *   the next instructions jump to a constant address in the kernel, which takes
 *   its stack from its own memory and the frame from a fixed place.
 * - A frame of the host's bears a mark that user code never sees (frame_mark
 *   in frame.h).  So a program that jumps here gets a SIGSEGV.
 */
#include <linux/linkage.h>
#include <asm/layout.h>
#include <asm/unistd_64.h>

#define PROT_RWX 7

	.section .gate.text, "ax"
	.balign 4096
SYM_CODE_START(gate_start)

/*
 * Handler of every host signal.  rdi: signal, rsi: siginfo, rdx: ucontext,
 * rsp: frame, when the host called us; anything when user code jumped here.
 * No stack is used: rsp may be anywhere.
 */
SYM_INNER_LABEL(gate_handler, SYM_L_GLOBAL)
	mov	%rdi, %r8		/* the call below clobbers neither r8, r9 nor r10; */
	mov	%rsi, %r9		/* whether they mean anything is known only to */
	mov	%rdx, %r10		/* hidden memory, see trap_entry */
	cmpl	$0, gate_guarded(%rip)	/* constant in this page: no guard, nothing to open */
	je	2f
1:	mov	$__NR_mprotect, %eax	/* The filter refuses (SIGSYS, so a trap again) any */
	movabs	$PAGE_OFFSET, %rdi	/* other number, place, length or right at this */
	mov	gate_size(%rip), %rsi	/* address, so loading only some of the registers */
	mov	$PROT_RWX, %edx		/* by jumping between these lines gains nothing. */
	syscall
SYM_INNER_LABEL(gate_open_ret, SYM_L_GLOBAL)
	test	%rax, %rax		/* Refused (the host is out of memory): try again. */
	jnz	1b			/* With user code's rax it is a loop in user mode. */
2:	movabs	$trap_entry, %rax	/* A constant.  If user code jumps here, the kernel is */
	jmp	*%rax			/* hidden and this is a SIGSEGV like any other. */

/*
 * The way out.  The exit frame in gate data holds the user's registers; the
 * kernel wrote it, and no user instruction runs before it is used.  If user
 * code jumps here it hides what is hidden and loads its own registers from
 * memory that it can write: no more than it can do anywhere.
 */
SYM_INNER_LABEL(gate_exit, SYM_L_GLOBAL)
	cmpl	$0, gate_guarded(%rip)
	je	4f
3:	mov	$__NR_mprotect, %eax
	movabs	$PAGE_OFFSET, %rdi
	mov	gate_size(%rip), %rsi
	xor	%edx, %edx		/* PROT_NONE */
	syscall
SYM_INNER_LABEL(gate_hide_ret, SYM_L_GLOBAL)
	test	%rax, %rax		/* never go on with the kernel in sight */
	jnz	3b
4:	movabs	$GATE_EXIT_FRAME, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	iretq				/* works at CPL 3; cannot raise privilege */

	.balign 8
SYM_DATA(gate_size, .quad 0)		/* bytes that the two calls open and hide; set at boot, */
SYM_DATA(gate_guarded, .long 0)		/* before the page is mapped at GATE_TEXT */
SYM_INNER_LABEL(gate_end, SYM_L_GLOBAL)
SYM_CODE_END(gate_start)
	.balign 4096, 0xcc
