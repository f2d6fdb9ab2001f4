// SPDX-License-Identifier: GPL-2.0
/*
 * Confinement: what this process may still ask of its host.
 *
 * A seccomp filter.  It tells three callers apart by the address of the
 * instruction, which no caller can forge:
 *
 *	the gate	its two mprotect() calls, with constant arguments
 *	kernel text	the calls in allowed[], with the arguments checked there;
 *			anything else fails with EPERM
 *	all others	user code: SIGSYS, which is how its system calls get
 *			to the guest kernel
 *
 * Kernel text is hidden while user code runs, so user code cannot make calls
 * from there.  A guest kernel that has been taken over can make the calls
 * below and no others; it holds no descriptor that it did not need.
 *
 * The filter cannot read paths.  Calls that take one are allowed only where
 * Landlock holds them to the folder of this guest, and to those that hotplug= names.
 *
 * With hotplug= files in its folders may be opened, made and removed, and sockets
 * made there to listen on.  Landlock does not tell which socket somebody connects
 * to, and a session's bus or a container daemon would do anything for the one who
 * does: connect() is refused, and new datagram sockets, unless hotplug= says connect.
 * The datagram sockets that there are (mconsole's, dgram's, the switch's) can send to
 * any other that the user may write to: sendmsg() keeps its address where the filter
 * cannot look.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <linux/falloc.h>
#include <asm/prctl.h>
#include "../include/asm/host.h"
#include "../include/asm/layout.h"
#include "../include/asm/hostmem.h"
#include "keep.h"
#include "syscall.h"

#define ARG_LO(n)	offsetof(struct seccomp_data, args[n])
#define ARG_HI(n)	(ARG_LO(n) + 4)
#define IP_LO		offsetof(struct seccomp_data, instruction_pointer)
#define IP_HI		(IP_LO + 4)
#define REFUSE		(SECCOMP_RET_ERRNO | EPERM)

/* Calls of the kernel, most frequent first.  Argument checks: see check_args(). */
static const struct {
	int nr;
	enum {
		ANY, MAP, PROTECT, ADVICE, FCNTL, IOCTL, PRCTL, FALLOC, SEND, SOCKOPT, LANDLOCKED,
		/* only with hotplug= */
		LATE, OPEN, SOCKET, CHMOD, CONNECT,
	} check;
} allowed[] = {
	{ __NR_sigaltstack, ANY },	/* exit path */
	{ __NR_mmap, MAP },		/* host map, kernel mappings */
	{ __NR_munmap, ANY },
	{ __NR_mprotect, PROTECT },
	{ __NR_epoll_pwait, ANY },	/* readiness, idle */
	{ __NR_epoll_pwait2, ANY },
	{ __NR_timer_settime, ANY },	/* clock events */
	{ __NR_clock_gettime, ANY },
	{ __NR_rt_sigreturn, ANY },	/* signals in kernel mode */
	{ __NR_io_submit, ANY },		/* block */
	{ __NR_io_getevents, ANY },
	{ __NR_io_destroy, ANY },
	{ __NR_read, ANY },		/* consoles, eventfd */
	{ __NR_write, ANY },
	{ __NR_readv, ANY },
	{ __NR_writev, ANY },
	{ __NR_pread64, ANY },
	{ __NR_pwrite64, ANY },
	{ __NR_recvmsg, ANY },		/* sockets that are open */
	{ __NR_sendmsg, ANY },
	{ __NR_recvmmsg, ANY },
	{ __NR_sendmmsg, ANY },
	{ __NR_recvfrom, ANY },
	{ __NR_sendto, SEND },
	{ __NR_accept4, ANY },
	{ __NR_shutdown, ANY },
	{ __NR_getsockopt, ANY },
	{ __NR_setsockopt, SOCKOPT },
	{ __NR_madvise, ADVICE },
	{ __NR_epoll_ctl, ANY },
	{ __NR_arch_prctl, PRCTL },	/* segment bases of user code */
	{ __NR_fallocate, FALLOC },	/* discard, giving memory back */
	{ __NR_fsync, ANY },
	{ __NR_fdatasync, ANY },
	{ __NR_ftruncate, ANY },
	{ __NR_fstat, ANY },
	{ __NR_fcntl, FCNTL },
	{ __NR_ioctl, IOCTL },		/* terminals */
	{ __NR_close, ANY },
	{ __NR_lseek, ANY },
	{ __NR_ppoll, ANY },		/* draining output at the end */
	{ __NR_getrandom, ANY },
	{ __NR_getrusage, ANY },	/* how much kernel memory is in the host's page tables */
	{ __NR_getpid, ANY },
	{ __NR_getuid, ANY },
	{ __NR_rt_sigprocmask, ANY },	/* restart */
	{ __NR_rt_sigaction, ANY },
	{ __NR_unlink, LANDLOCKED },	/* the folder of a named guest */
	{ __NR_unlinkat, LANDLOCKED },
	{ __NR_exit_group, ANY },
	{ __NR_openat, OPEN },		/* hot-plug: images, logs */
	{ __NR_socket, SOCKET },
	{ __NR_fchmod, CHMOD },
	{ __NR_bind, LATE },
	{ __NR_listen, LATE },
	{ __NR_connect, CONNECT },
};

#define MAX_FILTER 600
static struct sock_filter filter[MAX_FILTER];
static unsigned int len;
static unsigned int own_pid;
static int landlocked;

static void emit(unsigned short code, unsigned char jt, unsigned char jf, unsigned int k)
{
	if (len < MAX_FILTER)
		filter[len] = (struct sock_filter){ code, jt, jf, k };
	len++;
}

static void load(unsigned int offset)
{
	emit(BPF_LD | BPF_W | BPF_ABS, 0, 0, offset);
}

static void ret(unsigned int action)
{
	emit(BPF_RET | BPF_K, 0, 0, action);
}

/* Go on if the loaded word is @k, else end with @action. */
static void require(unsigned int k, unsigned int action)
{
	emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, k);
	ret(action);
}

static void require_arg64(unsigned int n, unsigned long value, unsigned int action)
{
	load(ARG_LO(n));
	require(value, action);
	load(ARG_HI(n));
	require(value >> 32, action);
}

/* End with RET_ALLOW if the loaded word is one of @k, else refuse. */
static void one_of(const unsigned int *k, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, k[i]);
		ret(SECCOMP_RET_ALLOW);
	}
	ret(REFUSE);
}

#define ONE_OF(...) do {							\
	const unsigned int k_[] = { __VA_ARGS__ };				\
	one_of(k_, sizeof(k_) / sizeof(*k_));					\
} while (0)

/* Go on if the loaded word has no bit that is not in @bits. */
static void only_bits(unsigned int bits)
{
	emit(BPF_ALU | BPF_AND | BPF_K, 0, 0, ~bits);
	require(0, REFUSE);
}

static void check_args(int check, const struct host_confinement *to)
{
	switch (check) {
	case MAP:
		/* Shared, in a given place, of the guest's memory or of the empty file. */
		load(ARG_LO(3));
		emit(BPF_ALU | BPF_AND | BPF_K, 0, 0, ~(unsigned int)MAP_POPULATE);
		require(MAP_SHARED | MAP_FIXED, REFUSE);
		load(ARG_LO(4));
		ONE_OF(to->memfd, to->empty);
		break;
	case PROTECT:
		load(ARG_LO(2));
		emit(BPF_ALU | BPF_AND | BPF_K, 0, 0, ~(unsigned int)HOST_PROT_RWX);
		require(0, REFUSE);
		ret(SECCOMP_RET_ALLOW);
		break;
	case ADVICE:
		load(ARG_LO(2));
		ONE_OF(23 /* POPULATE_WRITE */, 25 /* COLLAPSE */);
		break;
	case FCNTL:
		/* signals about descriptors go to this process and to no other */
		load(ARG_LO(1));
		emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, F_SETOWN);
		load(ARG_LO(2));
		emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, own_pid);
		ret(SECCOMP_RET_ALLOW);
		ret(REFUSE);
		load(ARG_LO(1));
		ONE_OF(F_GETFL, F_SETFL, F_GETFD, F_DUPFD_CLOEXEC, F_OFD_SETLK);
		break;
	case LANDLOCKED:
		ret(landlocked ? SECCOMP_RET_ALLOW : REFUSE);
		break;
	case IOCTL:
		load(ARG_LO(1));
		ONE_OF(TCGETS, TCSETS, TCSETSW, TCSETSF, TIOCGWINSZ, TIOCSWINSZ, FIONREAD);
		break;
	case SEND:
		/* to whom the socket is connected */
		require_arg64(4, 0, REFUSE);
		ret(SECCOMP_RET_ALLOW);
		break;
	case SOCKOPT:
		/* SO_SNDBUF of a network peer that was accepted, SO_PASSCRED with hotplug= */
		load(ARG_LO(1));
		require(SOL_SOCKET, REFUSE);
		load(ARG_LO(2));
		ONE_OF(SO_SNDBUF, SO_PASSCRED);
		break;
	case PRCTL:
		load(ARG_LO(0));
		ONE_OF(ARCH_SET_FS, ARCH_SET_GS, ARCH_GET_FS, ARCH_GET_GS);
		break;
	case FALLOC:
		load(ARG_LO(1));
		ONE_OF(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		       FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, FALLOC_FL_ZERO_RANGE);
		break;
	case OPEN:
		load(ARG_LO(0));
		require(AT_FDCWD, REFUSE);
		load(ARG_LO(2));	/* O_PATH would need no right to the file */
		only_bits(O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_NONBLOCK |
			  O_DIRECT | O_DIRECTORY | O_TMPFILE | O_NOCTTY | O_CLOEXEC);
		load(ARG_LO(3));
		ONE_OF(0600);
		break;
	case SOCKET:
		load(ARG_LO(0));
		require(AF_UNIX, REFUSE);
		load(ARG_LO(1));
		emit(BPF_ALU | BPF_AND | BPF_K, 0, 0, ~(SOCK_CLOEXEC | SOCK_NONBLOCK));
		if (to->connect)
			ONE_OF(SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM);
		else
			ONE_OF(SOCK_STREAM, SOCK_SEQPACKET);
		break;
	case CHMOD:
		load(ARG_LO(1));
		ONE_OF(0600);
		break;
	default:
		ret(SECCOMP_RET_ALLOW);
	}
}

/* Is what @check asks for allowed at all? */
static int is_on(int check, const struct host_confinement *to)
{
	if (check == CONNECT)
		return to->connect;
	return check < LATE || to->hotplug;
}

static void gate_call(unsigned long ret_ip, unsigned int prot, const struct host_confinement *to)
{
	unsigned int skip = len;

	emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, ret_ip);	/* jf: patched below */
	load(offsetof(struct seccomp_data, nr));
	require(__NR_mprotect, SECCOMP_RET_TRAP);
	require_arg64(0, to->guard_start, SECCOMP_RET_TRAP);
	require_arg64(1, to->guard_size, SECCOMP_RET_TRAP);
	require_arg64(2, prot, SECCOMP_RET_TRAP);
	ret(SECCOMP_RET_ALLOW);
	filter[skip].jf = len - skip - 1;
}

static void build(const struct host_confinement *to)
{
	unsigned int to_gate, to_kernel, i;

	len = 0;
	load(offsetof(struct seccomp_data, arch));
	require(AUDIT_ARCH_X86_64, SECCOMP_RET_TRAP);
	load(IP_HI);
	to_kernel = len;
	emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, to->text_start >> 32);
	to_gate = len;
	emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, to->gate_open >> 32);
	ret(SECCOMP_RET_TRAP);

	filter[to_gate].jt = len - to_gate - 1;
	if (to->guard_size) {
		load(IP_LO);
		gate_call(to->gate_open, HOST_PROT_RWX, to);
		gate_call(to->gate_hide, HOST_PROT_NONE, to);
	}
	ret(SECCOMP_RET_TRAP);

	filter[to_kernel].jt = len - to_kernel - 1;
	load(IP_LO);
	emit(BPF_JMP | BPF_JGE | BPF_K, 1, 0, to->text_start);
	ret(SECCOMP_RET_TRAP);
	emit(BPF_JMP | BPF_JGE | BPF_K, 0, 1, to->text_end);
	ret(SECCOMP_RET_TRAP);
	load(offsetof(struct seccomp_data, nr));
	for (i = 0; i < sizeof(allowed) / sizeof(*allowed); i++) {
		unsigned int skip = len;

		if (!is_on(allowed[i].check, to))
			continue;
		emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, allowed[i].nr);
		check_args(allowed[i].check, to);
		filter[skip].jf = len - skip - 1;
	}
	ret(REFUSE);
}

static int allow_beneath(int ruleset, const char *path, unsigned long rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };
	long err;

	rule.parent_fd = host_syscall4(__NR_openat, AT_FDCWD, (long)path, O_PATH | O_CLOEXEC, 0);
	if (rule.parent_fd < 0)
		return rule.parent_fd;
	err = host_syscall4(__NR_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
			    (long)&rule, 0);
	host_syscall1(__NR_close, rule.parent_fd);
	return err;
}

/* What is known to the host of struct landlock_ruleset_attr, by ABI; newer than our headers. */
struct ruleset {
	unsigned long fs;
	unsigned long net;		/* ABI 4 */
};
#define NET_ABI		4
#define NET_BIND_TCP	1UL
#define NET_CONNECT_TCP	2UL

int host_landlock_abi(void)
{
	return host_syscall3(__NR_landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/*
 * No file may be opened, made or removed any more, except in the guest's own folder
 * and those of hotplug=.  Sockets that somebody handed us stay what they are.
 */
static int landlock(const struct host_confinement *to)
{
	struct ruleset attr = {
		.fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,	/* ABI 1 */
		.net = NET_BIND_TCP | NET_CONNECT_TCP,
	};
	int net = host_landlock_abi() >= NET_ABI;
	const char *folder;
	long ruleset, err = 0;

	ruleset = host_syscall3(__NR_landlock_create_ruleset, (long)&attr,
				net ? sizeof(attr) : sizeof(attr.fs), 0);
	if (ruleset < 0)
		return ruleset;
	if (to->folder)
		err = allow_beneath(ruleset, to->folder, LANDLOCK_ACCESS_FS_REMOVE_FILE |
				    (to->hotplug ? LANDLOCK_ACCESS_FS_MAKE_SOCK : 0));
	if (to->folder && !err)
		err = allow_beneath(ruleset, to->parent, LANDLOCK_ACCESS_FS_REMOVE_DIR);
	for (folder = to->hotplug; folder && *folder && !err; folder += strlen(folder) + 1)
		err = allow_beneath(ruleset, folder,
				    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
				    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
				    LANDLOCK_ACCESS_FS_REMOVE_FILE);
	if (!err)
		err = host_syscall2(__NR_landlock_restrict_self, ruleset, 0);
	host_syscall1(__NR_close, ruleset);
	return err;
}

int host_confine(const struct host_confinement *to)
{
	struct sock_fprog prog;
	int err;

	kept_confine(!!to->hotplug, to->connect);
	if (kept_after_restart())
		return 0;	/* the filter outlived the last image and says the same */
	err = host_syscall5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (err)
		return err;
	err = landlock(to);
	landlocked = !err;
	if (err && to->hotplug)
		return err;
	own_pid = host_syscall0(__NR_getpid);
	build(to);
	if (len > MAX_FILTER)
		return -E2BIG;
	prog.len = len;
	prog.filter = filter;
	return host_syscall3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&prog);
}
