/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vdso as pages of the kernel image, which programs map.
 */
#include <linux/linkage.h>
#include <asm/page.h>

	.section .rodata, "a"
	.balign PAGE_SIZE
SYM_DATA_START(vdso_start)
	.incbin "arch/um/vdso/vdso.so"
	.balign PAGE_SIZE
SYM_DATA_END_LABEL(vdso_start, SYM_L_GLOBAL, vdso_end)

	.section .note.GNU-stack, "", @progbits
