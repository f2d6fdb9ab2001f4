/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Layout of the vdso: one segment, read and executed, that begins with the
 * headers.  Its data lies in the pages below its first.
 */
#include <asm/page.h>
#include <asm/vdso.h>

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)

SECTIONS
{
	_vdso_data = . - (VVAR_PAGES - VVAR_PAGE_DATA) * PAGE_SIZE;
	_timens_data = . - (VVAR_PAGES - VVAR_PAGE_TIMENS) * PAGE_SIZE;

	. = SIZEOF_HEADERS;

	.hash		: { *(.hash) }			:code
	.gnu.hash	: { *(.gnu.hash) }
	.dynsym		: { *(.dynsym) }
	.dynstr		: { *(.dynstr) }
	.gnu.version	: { *(.gnu.version) }
	.gnu.version_d	: { *(.gnu.version_d) }
	.dynamic	: { *(.dynamic) }		:code :dynamic

	.note		: { *(.note.*) }		:code :note
	.eh_frame_hdr	: { *(.eh_frame_hdr) }		:code :eh_frame_hdr
	.eh_frame	: { KEEP(*(.eh_frame)) }	:code

	.rodata		: { *(.rodata .rodata.*) }	:code
	. = ALIGN(64);
	.text		: { *(.text .text.*) }		:code =0x90909090

	/* A library that writes to its own data could not be shared by all. */
	.data		: { *(.data .data.* .bss .bss.* .got .got.plt) }
	ASSERT(SIZEOF(.data) == 0, "the vdso must not have data")

	/DISCARD/	: {
		*(.note.gnu.property .note.GNU-stack .comment)
		*(.discard .discard.* __bug_table __ex_table)
		*(.altinstructions .altinstr_replacement)
	}
}

PHDRS
{
	code		PT_LOAD		FLAGS(5) FILEHDR PHDRS;	/* PF_R | PF_X */
	dynamic		PT_DYNAMIC	FLAGS(4);		/* PF_R */
	note		PT_NOTE		FLAGS(4);
	eh_frame_hdr	PT_GNU_EH_FRAME;
}

VERSION
{
	LINUX_2.6 {
	global:
		clock_gettime;
		__vdso_clock_gettime;
		clock_getres;
		__vdso_clock_getres;
		gettimeofday;
		__vdso_gettimeofday;
		time;
		__vdso_time;
		getcpu;
		__vdso_getcpu;
	local:
		*;
	};
}
