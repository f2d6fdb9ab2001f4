/* SPDX-License-Identifier: GPL-2.0 */
/*
 * First stage: from main() to the kernel image.
 */
#ifndef STAGE_H
#define STAGE_H

#include <asm/boot.h>
#include <asm/layout.h>

extern const char image_start[], image_end[], config_start[], config_end[];

/* One line on stderr, exit status 1. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Close the descriptors that whoever started us left open, but for those that @argv names. */
void close_unnamed(int argc, char **argv);

/* End with die() if this CPU or host lacks what cannot be done without. */
void check_host(struct boot_info *info);

/* End with die() if a limit of this process (ulimit) keeps it from having @size of memory. */
void check_limits(unsigned long long size);

/* Bytes of memory that the host could give now. */
unsigned long long host_memory(void);

/* Map physical memory, put the image into it and enter it. */
_Noreturn void load_and_enter(struct boot_info *info);

#endif
