// SPDX-License-Identifier: GPL-2.0
/*
 * A restart of the machine: the process stays, its memory begins anew.
 *
 * exec() would need more rights than the process has left.  Instead the image is
 * read again from the linux program over itself.  The kernel's text is never
 * modified, so the code that runs here is overwritten with the same bytes;
 * data is not used in between, and the stack lies in gate data.
 *
 * Used at run time: rt_sigprocmask, pread64, fallocate, munmap; close of what was
 * opened once the process was confined.
 */
#include <elf.h>
#include <signal.h>
#include <stddef.h>
#include <linux/falloc.h>
#include "../include/asm/boot.h"
#include "../include/asm/host.h"
#include "../include/asm/layout.h"
#include "keep.h"
#include "syscall.h"

extern char _start[];

__attribute__((noreturn, used)) static void restart(struct boot_info *info)
{
	unsigned long at = PAGE_OFFSET, image = info->image, size = info->size;
	unsigned long keep = (info->used + HUGE_SIZE - 1) & -HUGE_SIZE;
	unsigned long file = info->self_offset;
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	unsigned long done = 0;
	int self = info->self;
	long n;

	host_syscall2(__NR_munmap, 0, HOLE);
	host_syscall2(__NR_munmap, HOLE_END, TASK_SIZE - HOLE_END);
	host_syscall4(__NR_fallocate, info->memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, keep,
		      size - keep);
	n = host_syscall4(__NR_pread64, self, (long)&eh, sizeof(eh), file);
	if (n == sizeof(eh))
		n = host_syscall4(__NR_pread64, self, (long)&ph, sizeof(ph), file + eh.e_phoff);
	while (n > 0 && done < ph.p_filesz) {
		n = host_syscall4(__NR_pread64, self, at + done, ph.p_filesz - done,
				  file + ph.p_offset + done);
		done += n > 0 ? n : 0;
	}
	if (n <= 0)
		host_syscall1(__NR_exit_group, 1);
	for (; done < image; done++)
		*(volatile char *)(at + done) = 0;
	info->reboots++;
	asm volatile("jmp *%0" : : "r"(_start), "D"(info) : "memory");
	__builtin_unreachable();
}

void restart_image(void)
{
	unsigned long all = -1UL;

	host_tty_restore();
	kept_drop_late();
	host_syscall4(__NR_rt_sigprocmask, SIG_SETMASK, (long)&all, 0, 8);
	asm volatile("mov %0, %%rsp\n"
		     "jmp %P1"
		     : : "r"(GATE_DATA + GATE_STACK_SIZE - 64 - 8), "i"(restart), "D"(boot_info)
		     : "memory");
	__builtin_unreachable();
}
