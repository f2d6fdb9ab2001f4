/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs: ELF files for x86-64, and what the kernel tells them at start.
 */
#ifndef __ASM_UM_ELF_H
#define __ASM_UM_ELF_H

#include <linux/thread_info.h>
#include <asm/auxvec.h>
#include <asm/cpufeature.h>
#include <asm/ptrace.h>
#include <asm/user.h>
#include <asm/vdso.h>

#define ELF_CLASS		ELFCLASS64
#define ELF_DATA		ELFDATA2LSB
#define ELF_ARCH		EM_X86_64
#define ELF_EXEC_PAGESIZE	4096
#define ELF_PLATFORM		"x86_64"

#define elf_check_arch(x)	((x)->e_machine == EM_X86_64)

/* psABI of x86-64, "Relocation Types"; for modules (arch/x86/kernel/module.c) */
#define R_X86_64_NONE		0
#define R_X86_64_64		1
#define R_X86_64_PC32		2
#define R_X86_64_GOT32		3
#define R_X86_64_PLT32		4
#define R_X86_64_COPY		5
#define R_X86_64_GLOB_DAT	6
#define R_X86_64_JUMP_SLOT	7
#define R_X86_64_RELATIVE	8
#define R_X86_64_GOTPCREL	9
#define R_X86_64_32		10
#define R_X86_64_32S		11
#define R_X86_64_16		12
#define R_X86_64_PC16		13
#define R_X86_64_8		14
#define R_X86_64_PC8		15
#define R_X86_64_PC64		24

/* Position-independent programs go well above 4 GiB and below mmap's area. */
#define ELF_ET_DYN_BASE		(TASK_SIZE / 3 * 2)

/* Registers of a new program: none says anything, the stack has it all. */
#define ELF_PLAT_INIT(regs, load_addr)						\
do {										\
	(regs)->ax = (regs)->bx = (regs)->cx = (regs)->dx = 0;			\
	(regs)->si = (regs)->di = (regs)->bp = 0;				\
	(regs)->r8 = (regs)->r9 = (regs)->r10 = (regs)->r11 = 0;		\
	(regs)->r12 = (regs)->r13 = (regs)->r14 = (regs)->r15 = 0;		\
} while (0)

/* As on x86-64 a program says by its own headers what may be executed. */
#define SET_PERSONALITY(ex)	(current->personality &= ~READ_IMPLIES_EXEC)

/* Pages that a stack may begin below the top: 16 GiB */
#define STACK_RND_MASK		0x3fffff

/* Core dumps take everything from the register sets of ptrace.c. */
#define CORE_DUMP_USE_REGSET

typedef unsigned long elf_greg_t;
#define ELF_NGREG	(sizeof(struct user_regs_struct) / sizeof(elf_greg_t))
typedef elf_greg_t elf_gregset_t[ELF_NGREG];
typedef struct user_i387_struct elf_fpregset_t;

/* For the crash note of a dying kernel: bases and selectors mean nothing there. */
#define ELF_CORE_COPY_REGS(to, regs)						\
do {										\
	memset(&(to), 0, sizeof(to));						\
	memcpy(&(to), regs, sizeof(struct pt_regs));				\
} while (0);

extern u32 elf_hwcap2;

#define ELF_HWCAP	(boot_cpu_data.x86_capability[X86_FEATURE_FPU / 32])
#define ELF_HWCAP2	(elf_hwcap2)

unsigned long get_sigframe_size(void);

/* AT_VECTOR_SIZE_ARCH in asm/auxvec.h counts these. */
#define ARCH_DLINFO								\
do {										\
	if (current->mm->context.vdso)						\
		NEW_AUX_ENT(AT_SYSINFO_EHDR, current->mm->context.vdso);	\
	NEW_AUX_ENT(AT_MINSIGSTKSZ, get_sigframe_size());			\
} while (0)

struct linux_binprm;
#define ARCH_HAS_SETUP_ADDITIONAL_PAGES 1
int arch_setup_additional_pages(struct linux_binprm *bprm, int uses_interp);

#endif /* __ASM_UM_ELF_H */
