/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Address space of the one host process.  Included by C, assembler, the first
 * stage and the linker script.
 *
 *   0x000000010000		guest user space: host addresses are guest addresses
 *   GATE_TEXT			one page, readable and executable in both modes
 *   GATE_DATA			signal stack and exit frame, writable in both modes
 *   TITLE			what the host's ps shows; readable in both modes
 *   MODULES_VADDR		kernel modules, in reach of PC32 relocations
 *   AIO_BASE			completion rings of the host's AIO
 *   PAGE_OFFSET		physical memory, one memfd; it begins with the kernel image
 *   VMALLOC_START		kernel mappings of scattered pages
 *
 * Everything from MODULES_VADDR up is hidden while user code runs.
 */
#ifndef __ASM_UM_LAYOUT_H
#define __ASM_UM_LAYOUT_H

#ifdef __ASSEMBLY__
#define __UL(x)		x
#else
#define __UL(x)		x##UL
#endif

#define TASK_SIZE		__UL(0x00007dffffe00000)

#define GATE_TEXT		__UL(0x00007dffffe00000)
#define GATE_DATA		__UL(0x00007dffffe10000)
#define GATE_STACK_SIZE		0x8000
#define GATE_EXIT_FRAME		__UL(0x00007dffffe18000)
#define GATE_DATA_SIZE		0x9000

#define TITLE			__UL(0x00007dffffe20000)
#define TITLE_SIZE		0x2000

#define KERNEL_BASE		__UL(0x00007e0000000000)
#define MODULES_VADDR		__UL(0x00007e0000000000)
#define MODULES_END		__UL(0x00007e0020000000)
#define AIO_BASE		__UL(0x00007e0030000000)
#define AIO_END			__UL(0x00007e0031000000)
#define PAGE_OFFSET		__UL(0x00007e0038000000)
#define PHYS_MAX		__UL(0x000000c000000000)	/* 768 GiB */
#define VMALLOC_START		__UL(0x00007f0000000000)
#define VMALLOC_END		__UL(0x00007f1000000000)	/* 64 GiB */

#define HUGE_SIZE		__UL(0x200000)

/*
 * A page table of the host covers 1 GiB, and the guard looks through all that are
 * there on each trap.  So physical memory begins where one ends, and what the
 * kernel uses first and most lies in the part that is in it.
 */
#define NEAR_SIZE		__UL(0x8000000)

#endif /* __ASM_UM_LAYOUT_H */
