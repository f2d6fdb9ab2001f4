/* SPDX-License-Identifier: GPL-2.0 */
/* What the program carries: the kernel image (ELF) and its configuration. */
	.section .rodata
	.balign 4096
	.globl image_start, image_end, config_start, config_end
image_start:
	.incbin IMAGE
image_end:
config_start:
	.incbin CONFIG
config_end:
	.section .note.GNU-stack, "", @progbits
