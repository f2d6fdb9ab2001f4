/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host map: which host mappings user space has.  Internal to mm/ and trap/.
 */
#ifndef __ASM_UM_HOSTMAP_H
#define __ASM_UM_HOSTMAP_H

#include <linux/types.h>

struct mm_struct;

/* Bring the host's mappings in line with current->mm.  Way to user mode, interrupts off. */
void hostmap_commit(void);

/*
 * Drop all host mappings of user space; they come back by faults.  For a kernel
 * mapping that the host refuses.  Any context but within an access to user memory.
 */
void hostmap_drop(void);

/* Guest entry of @addr: of a large page the one that this page would have; none where no table is. */
pte_t guest_entry(struct mm_struct *mm, unsigned long addr);

/*
 * What the host maps at @addr of current->mm: HOSTMAP_* rights, 0 if it maps
 * nothing or something outdated.
 */
unsigned int hostmap_rights(unsigned long addr);
#define HOSTMAP_READ	1
#define HOSTMAP_WRITE	2
#define HOSTMAP_EXEC	4

/* Can the page at @phys be read at @addr, where current's user code has it?  Interrupts off. */
bool hostmap_shows(unsigned long addr, unsigned long phys);

/* User code faulted on @addr, which is present now: map it, and what is around it. */
void hostmap_want(unsigned long addr, bool write);

/*
 * @addr, which is present now and in the same 64 KiB as the page that user code waits
 * for, is worth a mapping, too.  A hint: another task may get it, or nobody.
 */
void hostmap_also(unsigned long addr);

/* Map the chosen pages of current's working set, as at a switch. */
void hostmap_bring(void);

/* Does the guest entry allow the access?  @error: X86_PF_* */
bool guest_entry_allows(unsigned long addr, unsigned long error);

#endif
