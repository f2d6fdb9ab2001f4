/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All registers of a thread, each filled with its own pattern and compared
 * after something has happened that must not change them.
 *
 * regs_run() loads *want, then does one of:
 *   REGS_SPIN     loops without a system call until *flag is not zero. Each
 *                 round touches *flag, which may be on a page not there yet.
 *   REGS_SYSCALL  makes the system call number *flag with the patterns as its
 *                 arguments (choose one that ignores them)
 *   REGS_TRAP     executes int3
 *   REGS_UD2      executes ud2; a handler must skip its two bytes
 * and stores what the registers hold then to *got. %rcx is the loop's own.
 */
#ifndef REGS_H
#define REGS_H

#include "tap.h"

enum regs_action { REGS_SPIN, REGS_SYSCALL, REGS_TRAP, REGS_UD2 };

/* Which vector registers the processor has. */
enum regs_level { REGS_SSE, REGS_AVX, REGS_AVX512 };

struct regs {
	uint64_t gpr[16];	/* 0x000 rax rbx rcx rdx rsi rdi rbp rsp r8..r15 */
	uint64_t flags;		/* 0x080 */
	uint32_t mxcsr;		/* 0x088 */
	uint16_t fcw, fsw;	/* 0x08c 0x08e */
	uint64_t k[8];		/* 0x090 */
	uint8_t x87[8][16];	/* 0x0d0 ten bytes each */
	uint8_t vec[32][64];	/* 0x150 */
	uint64_t end;
};

_Static_assert(offsetof(struct regs, vec) == 0x150, "the assembler code below knows the offsets");

void regs_run(const struct regs *want, struct regs *got, volatile int *flag,
	      enum regs_action action, enum regs_level level);

asm(
"	.text\n"
/* One instruction for each of the vector registers FROM to TO; x87 and mask registers. */
"	.macro regs_load insn, reg, from, to\n"
"	.set	i, \\from\n"
"	.rept	\\to - \\from + 1\n"
"	regs_one \\insn, \\reg, %i, 1\n"
"	.set	i, i + 1\n"
"	.endr\n"
"	.endm\n"
"	.macro regs_store insn, reg, from, to\n"
"	.set	i, \\from\n"
"	.rept	\\to - \\from + 1\n"
"	regs_one \\insn, \\reg, %i, 0\n"
"	.set	i, i + 1\n"
"	.endr\n"
"	.endm\n"
"	.altmacro\n"
"	.macro regs_one insn, reg, n, load\n"
"	.if	\\load\n"
"	\\insn	0x150 + 64 * \\n(%rdi), %\\reg\\n\n"
"	.else\n"
"	\\insn	%\\reg\\n, 0x150 + 64 * \\n(%rsi)\n"
"	.endif\n"
"	.endm\n"

"	.globl	regs_run\n"
"	.type	regs_run, @function\n"
"regs_run:\n"
"	push	%rbp\n"
"	push	%rbx\n"
"	push	%r12\n"
"	push	%r13\n"
"	push	%r14\n"
"	push	%r15\n"
/* The frame: 0 want, 8 got, 16 flag, 24 action, 32 level, 40 mxcsr, 44 fcw, 48 rflags */
"	sub	$56, %rsp\n"
"	mov	%rdi, (%rsp)\n"
"	mov	%rsi, 8(%rsp)\n"
"	mov	%rdx, 16(%rsp)\n"
"	mov	%rcx, 24(%rsp)\n"
"	mov	%r8, 32(%rsp)\n"
"	stmxcsr	40(%rsp)\n"
"	fnstcw	44(%rsp)\n"
"	pushfq\n"
"	pop	48(%rsp)\n"

/* x87, the last to be loaded is st(0) */
"	fninit\n"
"	fldcw	0x8c(%rdi)\n"
"	fldt	0x140(%rdi)\n"
"	fldt	0x130(%rdi)\n"
"	fldt	0x120(%rdi)\n"
"	fldt	0x110(%rdi)\n"
"	fldt	0x100(%rdi)\n"
"	fldt	0xf0(%rdi)\n"
"	fldt	0xe0(%rdi)\n"
"	fldt	0xd0(%rdi)\n"
"	ldmxcsr	0x88(%rdi)\n"
"	cmp	$1, %r8d\n"
"	jb	1f\n"
"	je	2f\n"
"	regs_load vmovdqu64, zmm, 0, 31\n"
"	kmovq	0x90(%rdi), %k0\n"
"	kmovq	0x98(%rdi), %k1\n"
"	kmovq	0xa0(%rdi), %k2\n"
"	kmovq	0xa8(%rdi), %k3\n"
"	kmovq	0xb0(%rdi), %k4\n"
"	kmovq	0xb8(%rdi), %k5\n"
"	kmovq	0xc0(%rdi), %k6\n"
"	kmovq	0xc8(%rdi), %k7\n"
"	jmp	3f\n"
"1:	regs_load movdqu, xmm, 0, 15\n"
"	jmp	3f\n"
"2:	regs_load vmovdqu, ymm, 0, 15\n"
"3:\n"

/* Nothing from here to the action may change flags. */
"	mov	%ecx, %eax\n"
"	lea	4f(%rip), %rcx\n"
"	cmp	$1, %eax\n"
"	jb	31f\n"
"	lea	5f(%rip), %rcx\n"
"	je	31f\n"
"	lea	6f(%rip), %rcx\n"
"	cmp	$2, %eax\n"
"	je	31f\n"
"	lea	7f(%rip), %rcx\n"
"31:	push	0x80(%rdi)\n"
"	mov	0x00(%rdi), %rax\n"
"	mov	0x08(%rdi), %rbx\n"
"	mov	0x18(%rdi), %rdx\n"
"	mov	0x20(%rdi), %rsi\n"
"	mov	0x30(%rdi), %rbp\n"
"	mov	0x40(%rdi), %r8\n"
"	mov	0x48(%rdi), %r9\n"
"	mov	0x50(%rdi), %r10\n"
"	mov	0x58(%rdi), %r11\n"
"	mov	0x60(%rdi), %r12\n"
"	mov	0x68(%rdi), %r13\n"
"	mov	0x70(%rdi), %r14\n"
"	mov	0x78(%rdi), %r15\n"
"	mov	0x28(%rdi), %rdi\n"
"	popfq\n"
"	jmp	*%rcx\n"

"4:	mov	16(%rsp), %rcx\n"
"	mov	(%rcx), %ecx\n"
"	jecxz	4b\n"
"	jmp	8f\n"
"5:	mov	16(%rsp), %rcx\n"
"	mov	(%rcx), %eax\n"
"	syscall\n"
"	jmp	8f\n"
"6:	int3\n"
"	jmp	8f\n"
"7:	ud2\n"

"8:	mov	8(%rsp), %rcx\n"
"	mov	%rax, 0x00(%rcx)\n"
"	mov	%rbx, 0x08(%rcx)\n"
"	mov	%rdx, 0x18(%rcx)\n"
"	mov	%rsi, 0x20(%rcx)\n"
"	mov	%rdi, 0x28(%rcx)\n"
"	mov	%rbp, 0x30(%rcx)\n"
"	mov	%rsp, 0x38(%rcx)\n"
"	mov	%r8, 0x40(%rcx)\n"
"	mov	%r9, 0x48(%rcx)\n"
"	mov	%r10, 0x50(%rcx)\n"
"	mov	%r11, 0x58(%rcx)\n"
"	mov	%r12, 0x60(%rcx)\n"
"	mov	%r13, 0x68(%rcx)\n"
"	mov	%r14, 0x70(%rcx)\n"
"	mov	%r15, 0x78(%rcx)\n"
"	mov	(%rsp), %rdi\n"
"	mov	%rcx, %rsi\n"
"	pushfq\n"
"	pop	0x80(%rsi)\n"
"	push	48(%rsp)\n"
"	popfq\n"
"	mov	32(%rsp), %r8d\n"
"	cmp	$1, %r8d\n"
"	jb	1f\n"
"	je	2f\n"
"	regs_store vmovdqu64, zmm, 0, 31\n"
"	kmovq	%k0, 0x90(%rsi)\n"
"	kmovq	%k1, 0x98(%rsi)\n"
"	kmovq	%k2, 0xa0(%rsi)\n"
"	kmovq	%k3, 0xa8(%rsi)\n"
"	kmovq	%k4, 0xb0(%rsi)\n"
"	kmovq	%k5, 0xb8(%rsi)\n"
"	kmovq	%k6, 0xc0(%rsi)\n"
"	kmovq	%k7, 0xc8(%rsi)\n"
"	vzeroupper\n"
"	jmp	3f\n"
"1:	regs_store movdqu, xmm, 0, 15\n"
"	jmp	3f\n"
"2:	regs_store vmovdqu, ymm, 0, 15\n"
"	vzeroupper\n"
"3:	stmxcsr	0x88(%rsi)\n"
"	fnstcw	0x8c(%rsi)\n"
"	fnstsw	0x8e(%rsi)\n"
"	fstpt	0xd0(%rsi)\n"
"	fstpt	0xe0(%rsi)\n"
"	fstpt	0xf0(%rsi)\n"
"	fstpt	0x100(%rsi)\n"
"	fstpt	0x110(%rsi)\n"
"	fstpt	0x120(%rsi)\n"
"	fstpt	0x130(%rsi)\n"
"	fstpt	0x140(%rsi)\n"
"	fninit\n"
"	fldcw	44(%rsp)\n"
"	ldmxcsr	40(%rsp)\n"
"	add	$56, %rsp\n"
"	pop	%r15\n"
"	pop	%r14\n"
"	pop	%r13\n"
"	pop	%r12\n"
"	pop	%rbx\n"
"	pop	%rbp\n"
"	ret\n"
"	.size	regs_run, . - regs_run\n"
"	.noaltmacro\n"
);

static enum regs_level MAYBE_UNUSED regs_best(void)
{
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512bw"))
		return REGS_AVX512;
	return __builtin_cpu_supports("avx") ? REGS_AVX : REGS_SSE;
}

static const char *const MAYBE_UNUSED regs_level_name[] = { "SSE", "AVX", "AVX-512" };

/* A pattern in every register that SEED decides. */
static void MAYBE_UNUSED regs_fill(struct regs *r, uint64_t seed)
{
	/* carry, parity, adjust, zero, sign, direction, overflow by turns */
	static const uint16_t flags[] = { 0x202, 0x246, 0x293, 0xa12, 0x697, 0xed7 };
	uint8_t *bytes = (uint8_t *)r;

	for (size_t i = 0; i < sizeof(*r); i++) {
		seed = seed * 6364136223846793005UL + 1442695040888963407UL;
		bytes[i] = seed >> 56;
	}
	r->flags = flags[seed / 5 % ARRAY_SIZE(flags)];
	/* all exceptions masked; any rounding, flush and denormals mode */
	r->mxcsr = 0x1f80 | (seed >> 20 & 0xe040);
	r->fcw = 0x37f ^ (seed >> 40 & 0xc00) ^ (seed >> 50 & 0x100);
	r->fsw = 0;
	for (int i = 0; i < 8; i++) {
		/* an ordinary number: integer bit set, exponent neither 0 nor all ones */
		r->x87[i][7] |= 0x80;
		r->x87[i][8] |= 1;
		r->x87[i][9] &= ~0x40;
	}
}

/* True if GOT is WANT, save the members of gpr[] named in the mask IGNORE. */
static bool MAYBE_UNUSED regs_same(const struct regs *want, const struct regs *got,
				   enum regs_level level, unsigned int ignore)
{
	int nvec = level == REGS_AVX512 ? 32 : 16, size = 16 << level;

	for (int i = 0; i < 16; i++)
		if (!(ignore & 1 << i) && i != 2 && i != 7 && want->gpr[i] != got->gpr[i]) {
			printf("# general register %d: %#lx became %#lx\n", i, want->gpr[i],
			       got->gpr[i]);
			return false;
		}
	if (want->flags != got->flags || want->mxcsr != got->mxcsr || want->fcw != got->fcw ||
	    (got->fsw & ~0x3800) != 0) {
		printf("# flags %#lx %#lx, mxcsr %#x %#x, fcw %#x %#x, fsw %#x\n", want->flags,
		       got->flags, want->mxcsr, got->mxcsr, want->fcw, got->fcw, got->fsw);
		return false;
	}
	for (int i = 0; i < 8; i++) {
		if (memcmp(want->x87[i], got->x87[i], 10)) {
			printf("# st(%d) changed\n", i);
			return false;
		}
		if (level == REGS_AVX512 && want->k[i] != got->k[i]) {
			printf("# k%d: %#lx became %#lx\n", i, want->k[i], got->k[i]);
			return false;
		}
	}
	for (int i = 0; i < nvec; i++)
		if (memcmp(want->vec[i], got->vec[i], size)) {
			int at = 0;

			while (want->vec[i][at] == got->vec[i][at])
				at++;
			printf("# vector register %d changed at byte %d of %d\n", i, at, size);
			return false;
		}
	return true;
}

/* Leaves nothing of what was in vector, mask and x87 registers. */
static void MAYBE_UNUSED regs_clobber(void)
{
	struct regs want, got;
	int one = 1;

	regs_fill(&want, 0xc10bbe12);
	regs_run(&want, &got, &one, REGS_SPIN, regs_best());
}

#endif
