/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Address space of the one host process.  Included by C, assembler, the first
 * stage and the linker script.
 *
 *   0x000000010000		guest user space: host addresses are guest addresses
 *   HOLE			not user space, up to HOLE_END:
 *   GATE_TEXT			one page, readable and executable in both modes
 *   GATE_DATA			signal stack and exit frame, writable in both modes
 *   TITLE			what the host's ps shows; readable in both modes
 *   MODULES_VADDR		kernel modules, in reach of PC32 relocations
 *   AIO_BASE			completion rings of the host's AIO
 *   PAGE_OFFSET		physical memory, one memfd; it begins with the kernel image
 *   VMALLOC_START		kernel mappings of scattered pages
 *   HOLE_END			guest user space again, up to where x86-64's ends
 *
 * Everything from MODULES_VADDR to VMALLOC_END is hidden while user code runs.
 *
 * Sanitizers have fixed ideas of where programs, libraries, heaps and their own
 * shadows lie.  None of them uses 0x640000000000 to 0x6fffffffffff (compiler-rt:
 * tsan_platform.h, msan.h; asan_allocator.h ends where that begins; Go's race
 * detector), but to map something there that nobody can touch.
 */
#ifndef __ASM_UM_LAYOUT_H
#define __ASM_UM_LAYOUT_H

#ifdef __ASSEMBLY__
#define __UL(x)		x
#else
#define __UL(x)		x##UL
#endif

#define TASK_SIZE		__UL(0x00007ffffffff000)

#define HOLE			__UL(0x0000680000000000)
#define HOLE_END		__UL(0x00006a0000000000)

#define GATE_TEXT		__UL(0x00006800ffe00000)
#define GATE_DATA		__UL(0x00006800ffe10000)
#define GATE_STACK_SIZE		0x8000
#define GATE_EXIT_FRAME		__UL(0x00006800ffe18000)
#define GATE_DATA_SIZE		0x9000

#define TITLE			__UL(0x00006800ffe20000)
#define TITLE_SIZE		0x2000

/* the filter tells the gate from the kernel by the upper half of an address */
#define KERNEL_BASE		__UL(0x0000680100000000)
#define MODULES_VADDR		__UL(0x0000680100000000)
#define MODULES_END		__UL(0x0000680120000000)
#define AIO_BASE		__UL(0x0000680130000000)
#define AIO_END			__UL(0x0000680131000000)
#define PAGE_OFFSET		__UL(0x0000680138000000)
#define PHYS_MAX		__UL(0x000000c000000000)	/* 768 GiB */
#define VMALLOC_START		__UL(0x0000690000000000)
#define VMALLOC_END		__UL(0x0000691000000000)	/* 64 GiB */

#define HUGE_SIZE		__UL(0x200000)

/*
 * A page table of the host covers 1 GiB, and the guard looks through all that are
 * there on each trap.  So physical memory begins where one ends, and what the
 * kernel uses first and most lies in the part that is in it.
 */
#define NEAR_SIZE		__UL(0x8000000)

#endif /* __ASM_UM_LAYOUT_H */
