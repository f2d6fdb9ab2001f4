/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's side of memory and traps: mappings, protection, signals, confinement.
 * Implemented in host/mem.c, host/signal.c and host/confine.c; plain C types only.
 * For the port alone: drivers call what asm/host.h declares.  All return 0 or -errno unless they say else.
 */
#ifndef __ASM_UM_HOSTMEM_H
#define __ASM_UM_HOSTMEM_H

#include "host_frame.h"

#define HOST_PROT_NONE	0
#define HOST_PROT_READ	1
#define HOST_PROT_WRITE	2
#define HOST_PROT_EXEC	4
#define HOST_PROT_RWX	7

#define HOST_ENOMEM	12

/* Map @len bytes of @fd, shared, in place of whatever is at @addr. */
int host_map(unsigned long addr, unsigned long len, int prot, int fd, unsigned long offset);
/* The same, with the host's page-table entries filled in. */
int host_map_populate(unsigned long addr, unsigned long len, int prot, int fd,
		      unsigned long offset);
int host_unmap(unsigned long addr, unsigned long len);
int host_protect(unsigned long addr, unsigned long len, int prot);

/* Back [@addr, @addr + @len) with memory, in huge pages where the host can. */
int host_populate_huge(unsigned long addr, unsigned long len);
/* Private, readable and writable, zeroed memory at a fixed place. */
int host_map_anon(unsigned long addr, unsigned long len);

void host_set_fsbase(unsigned long base);	/* by system call */
void host_set_gsbase(unsigned long base);
unsigned long host_get_fsbase(void);
unsigned long host_get_gsbase(void);

/*
 * Install @handler for every signal the kernel lives on, on the stack of
 * GATE_DATA, and find out what a frame looks like.
 */
int host_signals_init(unsigned long handler, struct host_frame *frame);
/* After an interrupt's signal whose frame the kernel does not return to. */
int host_signals_unblock(void);

/* struct stack_t for the exit path's sigaltstack() calls */
extern unsigned char host_stack_armed[24], host_stack_off[24];

/*
 * Confine the process: no_new_privs, Landlock where the host has it, a seccomp
 * filter.  From here on only the calls listed in host/confine.c work, only from
 * kernel text, and every system call of user code is trapped.
 */
#define HOST_SHARED	16

struct host_confinement {
	unsigned long text_start, text_end;	/* the kernel's code */
	unsigned long gate_open, gate_hide;	/* return addresses of the gate's two calls */
	unsigned long guard_start, guard_size;	/* what they open and hide; size 0: no guard */
	int memfd, empty;			/* the only descriptors that may be mapped */
	const char *folder, *parent;		/* of a named guest: may be removed; or NULL */
	/*
	 * Files beneath these can still be opened, made and removed, and unix
	 * sockets made there; or NULL.  \0 behind each, and one more at the end.
	 */
	const char *hotplug;
	/* Folders of hostfs=, open */
	struct host_shared {
		int fd, read_only;
	} shared[HOST_SHARED];
	unsigned int nr_shared;
	int unconfined;				/* Landlock need not hold the process to them */
	int connect;				/* with hotplug: unix sockets to anywhere */
	int answers;				/* datagrams to whoever has asked something */
};

/* In the first kernel; those after a restart find it done. */
int host_confine(const struct host_confinement *to);
#endif
