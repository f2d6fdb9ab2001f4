// SPDX-License-Identifier: GPL-2.0
/*
 * Run a program with some of the host's system calls refused.
 *
 *   confine WHAT PROGRAM [ARGUMENT...]
 *
 *   container     what the default profile of a container refuses, ptrace and io_uring first
 *   no-seccomp    a host whose kernel knows no seccomp filters
 *   no-memfd      a host without memfd_create
 *   no-hugepages  a host that makes no huge pages of memory that is already there
 *   no-landlock   a host whose kernel has no Landlock
 *   no-close-range  a host without close_range
 *
 * no_new_privs is set, as the filter asks for it. Calls for other processors' modes pass: the tests are about
 * what the guest kernel's own process asks for.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

/* Refuse a call with ERROR: always, if argument ARG is VALUE, or if it has one of the bits of VALUE. */
struct rule {
	int number;
	int error;
	enum { ALWAYS, EQUAL, BITS } when;
	int arg;
	uint32_t value;
};

static const struct rule container[] = {
	/* other processes */
	{ SYS_ptrace, EPERM },
	{ SYS_process_vm_readv, EPERM },
	{ SYS_process_vm_writev, EPERM },
	{ SYS_kcmp, EPERM },
	{ SYS_pidfd_getfd, EPERM },
	{ SYS_process_madvise, EPERM },
	/* kernel interfaces with a history of holes */
	{ SYS_io_uring_setup, EPERM },
	{ SYS_io_uring_enter, EPERM },
	{ SYS_io_uring_register, EPERM },
	{ SYS_userfaultfd, EPERM },
	{ SYS_bpf, EPERM },
	{ SYS_perf_event_open, EPERM },
	{ SYS_add_key, EPERM },
	{ SYS_request_key, EPERM },
	{ SYS_keyctl, EPERM },
	{ SYS_fanotify_init, EPERM },
	{ SYS_lookup_dcookie, EPERM },
	{ SYS_name_to_handle_at, EPERM },
	{ SYS_open_by_handle_at, EPERM },
	{ SYS_vmsplice, EPERM },
	/* namespaces and mounts; clone3 hides its flags from a filter, glibc falls back to clone */
	{ SYS_unshare, EPERM },
	{ SYS_setns, EPERM },
	{ SYS_clone3, ENOSYS },
	{ SYS_clone, EPERM, BITS, 0, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
	  CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP },
	{ SYS_mount, EPERM },
	{ SYS_umount2, EPERM },
	{ SYS_pivot_root, EPERM },
	{ SYS_chroot, EPERM },
	{ SYS_fsopen, EPERM },
	{ SYS_fsconfig, EPERM },
	{ SYS_fsmount, EPERM },
	{ SYS_fspick, EPERM },
	{ SYS_move_mount, EPERM },
	{ SYS_open_tree, EPERM },
	{ SYS_mount_setattr, EPERM },
	/* the machine */
	{ SYS_init_module, EPERM },
	{ SYS_finit_module, EPERM },
	{ SYS_delete_module, EPERM },
	{ SYS_kexec_load, EPERM },
	{ SYS_kexec_file_load, EPERM },
	{ SYS_reboot, EPERM },
	{ SYS_swapon, EPERM },
	{ SYS_swapoff, EPERM },
	{ SYS_acct, EPERM },
	{ SYS_quotactl, EPERM },
	{ SYS_iopl, EPERM },
	{ SYS_ioperm, EPERM },
	{ SYS_settimeofday, EPERM },
	{ SYS_clock_settime, EPERM },
	{ SYS_clock_adjtime, EPERM },
	{ SYS_adjtimex, EPERM },
	{ SYS_sethostname, EPERM },
	{ SYS_setdomainname, EPERM },
	{ SYS_syslog, EPERM },
	{ SYS_vhangup, EPERM },
	{ SYS_get_mempolicy, EPERM },
	{ SYS_set_mempolicy, EPERM },
	{ SYS_mbind, EPERM },
	{ SYS_move_pages, EPERM },
	/* turning off address space randomization, and other personalities than those of Linux */
	{ SYS_personality, EPERM, EQUAL, 0, ADDR_NO_RANDOMIZE },
	{ SYS_personality, EPERM, EQUAL, 0, READ_IMPLIES_EXEC },
	{ SYS_personality, EPERM, EQUAL, 0, ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC },
	{ SYS_socket, EPERM, EQUAL, 0, 40 /* AF_VSOCK */ },
	{ 0 }
};

static const struct rule no_seccomp[] = {
	{ SYS_seccomp, ENOSYS },
	{ SYS_prctl, EINVAL, EQUAL, 0, PR_SET_SECCOMP },
	{ SYS_prctl, EINVAL, EQUAL, 0, PR_GET_SECCOMP },
	{ 0 }
};

static const struct rule no_memfd[] = {
	{ SYS_memfd_create, ENOSYS },
	{ 0 }
};

static const struct rule no_hugepages[] = {
	{ SYS_madvise, EINVAL, EQUAL, 2, MADV_COLLAPSE },
	{ SYS_madvise, EINVAL, EQUAL, 2, MADV_HUGEPAGE },
	{ 0 }
};

static const struct rule no_landlock[] = {
	{ SYS_landlock_create_ruleset, EOPNOTSUPP },
	{ 0 }
};

static const struct rule no_close_range[] = {
	{ SYS_close_range, ENOSYS },
	{ 0 }
};

static const struct {
	const char *name;
	const struct rule *rules;
} profiles[] = {
	{ "container", container },
	{ "no-seccomp", no_seccomp },
	{ "no-memfd", no_memfd },
	{ "no-hugepages", no_hugepages },
	{ "no-landlock", no_landlock },
	{ "no-close-range", no_close_range },
};

static struct sock_filter code[4 * 128];
static unsigned short length;

static void add(uint16_t op, uint32_t k, uint8_t yes, uint8_t no)
{
	if (length == sizeof(code) / sizeof(code[0]))
		errx(125, "too many rules");
	code[length++] = (struct sock_filter)BPF_JUMP(op, k, yes, no);
}

#define FIELD(name) ((uint32_t)offsetof(struct seccomp_data, name))

static void compile(const struct rule *rule)
{
	add(BPF_LD | BPF_W | BPF_ABS, FIELD(arch), 0, 0);
	add(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	for (; rule->error; rule++) {
		uint32_t refuse = SECCOMP_RET_ERRNO | rule->error;

		add(BPF_LD | BPF_W | BPF_ABS, FIELD(nr), 0, 0);
		if (rule->when == ALWAYS) {
			add(BPF_JMP | BPF_JEQ | BPF_K, rule->number, 0, 1);
		} else {
			add(BPF_JMP | BPF_JEQ | BPF_K, rule->number, 0, 3);
			/* the low half: flags and names are no wider */
			add(BPF_LD | BPF_W | BPF_ABS, FIELD(args) + 8 * rule->arg, 0, 0);
			add(BPF_JMP | (rule->when == EQUAL ? BPF_JEQ : BPF_JSET) | BPF_K,
			    rule->value, 0, 1);
		}
		add(BPF_RET | BPF_K, refuse, 0, 0);
	}
	add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
}

int main(int argc, char **argv)
{
	struct sock_fprog program = { .filter = code };
	const struct rule *rules = NULL;

	for (size_t i = 0; argc > 2 && i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (!strcmp(argv[1], profiles[i].name))
			rules = profiles[i].rules;
	if (!rules)
		errx(125, "usage: confine container|no-seccomp|no-memfd|no-hugepages|no-landlock|no-close-range PROGRAM [ARGUMENT...]");
	compile(rules);
	program.len = length;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		err(125, "seccomp");
	execvp(argv[2], argv + 2);
	err(127, "%s", argv[2]);
}
