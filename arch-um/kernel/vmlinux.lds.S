/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel image: freestanding, linked where it runs, at the start of
 * physical memory.
 */
#include <asm/page.h>
#include <asm/cache.h>
#include <asm/thread_info.h>
#define RUNTIME_DISCARD_EXIT
#include <asm-generic/vmlinux.lds.h>

#define UM_TABLE(name)				\
	um_table_##name = .;			\
	KEEP(*(.um_table.name))			\
	um_table_##name##_end = .;

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)
ENTRY(_start)
jiffies = jiffies_64;

PHDRS {
	text PT_LOAD FLAGS(7);
	note PT_NOTE FLAGS(4);
}

SECTIONS
{
	. = PAGE_OFFSET;
	_text = .;
	_stext = .;
	.text : {
		*(.head.text)
		*(.entry.text)
		. = ALIGN(PAGE_SIZE);
		*(.gate.text)
		. = ALIGN(PAGE_SIZE);
		TEXT_TEXT
		SCHED_TEXT
		LOCK_TEXT
		KPROBES_TEXT
		IRQENTRY_TEXT
		SOFTIRQENTRY_TEXT
		*(.fixup)
	} :text =0xcccccccc
	_etext = .;
	/* where the gate is mapped, as opposed to where it lies in the image */
	gate_exit_mapped = GATE_TEXT + (gate_exit - gate_start);

	EXCEPTION_TABLE(16)
	RO_DATA(PAGE_SIZE)

	/* see asm/table.h */
	.um_tables : {
		UM_TABLE(channels)
		UM_TABLE(transports)
	}

	. = ALIGN(PAGE_SIZE);
	__init_begin = .;
	INIT_TEXT_SECTION(PAGE_SIZE)
	INIT_DATA_SECTION(16)
	PERCPU_SECTION(L1_CACHE_BYTES)
	. = ALIGN(PAGE_SIZE);
	__init_end = .;

	_sdata = .;
	RW_DATA(L1_CACHE_BYTES, PAGE_SIZE, THREAD_SIZE)
	_edata = .;
	BSS_SECTION(PAGE_SIZE, PAGE_SIZE, PAGE_SIZE)
	. = ALIGN(PAGE_SIZE);
	_end = .;

	STABS_DEBUG
	DWARF_DEBUG
	ELF_DETAILS

	DISCARDS
}
