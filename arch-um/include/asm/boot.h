/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the first stage (boot/) hands to the kernel image.  Included by both;
 * plain C types only.
 */
#ifndef __ASM_UM_BOOT_H
#define __ASM_UM_BOOT_H

#include "kept.h"

#define BOOT_MAGIC	0x6f6c6f736c6d75UL	/* "umlsolo" */
#define BOOT_TEXT_SIZE	4096

/* Stands in the value of run= for a double quote, which the kernel could not be told of */
#define BOOT_QUOTE	1

enum boot_guard { GUARD_NONE, GUARD_MPROTECT };

struct boot_info {
	unsigned long magic;
	unsigned long size;		/* bytes of physical memory, multiple of 2 MiB */
	unsigned long used;		/* bytes taken at its start: image and this page */
	unsigned long image;		/* bytes of the image in memory, from its start */
	int memfd;			/* physical memory */
	int empty;			/* file without contents, for holes */
	int self;			/* the linux program, for a restart */
	unsigned long self_offset;	/* where the image lies in it */
	enum boot_guard guard;
	unsigned int huge;		/* MADV_COLLAPSE works */
	unsigned int max_maps;		/* mappings that the host allows a process */
	unsigned int pkeys;		/* the host delivers signals whatever PKRU is */
	unsigned int fsgsbase;		/* user mode may use rdfsbase and wrfsbase */
	unsigned int reboots;
	unsigned int job;		/* run= is on the command line: the guest's status is the job's */
	char command_line[BOOT_TEXT_SIZE];
	char environment[BOOT_TEXT_SIZE];	/* HOME=..., \0 separated, ends with \0\0 */
	struct host_kept kept;
};

#ifndef BOOT_STAGE
extern struct boot_info *boot_info;

/* Start the machine anew in this process, from the image in the linux program. */
void restart_image(void) __attribute__((noreturn));
#endif

#endif
