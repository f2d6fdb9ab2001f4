// SPDX-License-Identifier: GPL-2.0
/*
 * Confinement: what this process may still ask of its host.
 *
 * A seccomp filter.  It tells three callers apart by the address of the
 * instruction, which no caller can forge:
 *
 *	the gate	its two mprotect() calls, with constant arguments
 *	kernel text	the calls in allowed[], with the arguments said there;
 *			anything else fails with EPERM
 *	all others	user code: SIGSYS, which is how its system calls get
 *			to the guest kernel
 *
 * Kernel text is hidden while user code runs, so user code cannot make calls
 * from there.  A guest kernel that has been taken over can make the calls
 * below and no others; it holds no descriptor that it did not need.
 *
 * The filter cannot read paths.  Calls that take one are allowed only where
 * Landlock holds them to the folder of this guest, and to those that hotplug= and hostfs= name.
 *
 * With hotplug= files in its folders may be opened, made and removed, and sockets
 * made there to listen on.  Landlock does not limit which sockets can be connected
 * to, and a session's bus or a container daemon would do anything for its client.  So
 * connect() and new datagram sockets are refused, unless hotplug= says connect.
 * The datagram sockets that there are (mconsole's, dgram's, the switch's) can send to
 * any other that the user may write to: sendmsg() keeps its address where the filter
 * cannot look.  Those of abstract names Landlock puts out of reach (Linux 6.12) where no
 * mconsole has to answer.
 *
 * Numbers of descriptors mean what they meant: those that mmap() may take cannot be
 * closed, and no call puts a descriptor at a number of its choice.
 */
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/falloc.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <asm/prctl.h>
#include "../include/asm/host.h"
#include "../include/asm/hostfs.h"
#include "../include/asm/layout.h"
#include "../include/asm/hostmem.h"
#include "keep.h"
#include "syscall.h"

#define ARG_LO(n)	offsetof(struct seccomp_data, args[n])
#define ARG_HI(n)	(ARG_LO(n) + 4)
#define IP_LO		offsetof(struct seccomp_data, instruction_pointer)
#define IP_HI		(IP_LO + 4)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23	/* Linux 5.14 */
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE		25	/* Linux 6.1 */
#endif

/* What has to be there for a row to count. */
enum needs {
	ALWAYS,
	LANDLOCK,	/* the host has Landlock, which limits the paths */
	HOTPLUG,	/* hotplug= */
	CONNECT,	/* hotplug=...,connect */
	FOLDERS,	/* hostfs= */
	WRITABLE,	/* one of these without ro */
};

/* Numbers that are known when the process is confined. */
enum {
	MEMFD = 0x7ffffff0,	/* the guest's memory */
	EMPTY,			/* the empty file */
	OWN_PID,
	LONGEST,		/* what any file may grow to, see longest_file() */
};

#define MAX_ARGS	4

struct arg {
	enum { UNCHECKED, ONE_OF, NONE_OF, NULL_POINTER, AT_MOST } test;
	unsigned char index;
	unsigned char nr;
	unsigned int ignore;	/* bits */
	unsigned int value[6];
};

/*
 * IS(): the argument is one of these; NOT(): none of these; IS_BUT(): one of these once the
 * bits of @ignore are cleared.  They compare the lower half, which is all that the host
 * looks at in an int.  The other tests compare both halves.
 */
#define NUMBERS(...)	.nr = sizeof((unsigned int []){ __VA_ARGS__ }) / sizeof(unsigned int), \
			.value = { __VA_ARGS__ }
#define IS(n, ...)	{ .test = ONE_OF, .index = n, NUMBERS(__VA_ARGS__) }
#define IS_BUT(n, bits, ...) { .test = ONE_OF, .index = n, .ignore = bits, NUMBERS(__VA_ARGS__) }
#define NOT(n, ...)	{ .test = NONE_OF, .index = n, NUMBERS(__VA_ARGS__) }
#define NO_POINTER(n)	{ .test = NULL_POINTER, .index = n }
#define UP_TO(n, max)	{ .test = AT_MOST, .index = n, .value = { max } }

#define SEND_FLAGS	(MSG_DONTWAIT | MSG_NOSIGNAL)
#define RECEIVE_FLAGS	(MSG_DONTWAIT | MSG_CMSG_CLOEXEC)
#define NEW_SOCKET	(SOCK_CLOEXEC | SOCK_NONBLOCK)
#define OPEN_FLAGS	(O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_NONBLOCK | O_DIRECT | \
			 O_DIRECTORY | O_TMPFILE | O_NOCTTY | O_NOFOLLOW | \
			 O_CLOEXEC)	/* O_PATH asks for no right */

#define FOLDER_OPEN	(O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define MODES		01777		/* no set-user-ID and no set-group-ID */

#define CALL(call, needs_, reason, ...)	\
	{ .nr = __NR_##call, .needs = needs_, .arg = { __VA_ARGS__ } }

/*
 * The calls of the kernel, most frequent first: the call, what it needs, why it is made,
 * and what its arguments have to be.  A call with several rows is allowed by any of
 * them.  tests/17-calls.t holds the table to what the code under host/ does.
 */
static const struct row {
	int nr;
	enum needs needs;
	struct arg arg[MAX_ARGS];
} allowed[] = {
	/* call, when it is allowed, what makes it and why, arguments */
	CALL(sigaltstack, ALWAYS, "traps: armed and disarmed on the way out and in"),
	CALL(mmap, ALWAYS, "memory: user pages, kernel mappings",
	     IS_BUT(3, MAP_POPULATE, MAP_SHARED | MAP_FIXED), IS(4, MEMFD, EMPTY)),
	CALL(munmap, ALWAYS, "memory: user pages that are gone"),
	CALL(mprotect, ALWAYS, "memory: rights of user pages, the guard's windows",
	     IS_BUT(2, HOST_PROT_RWX, 0)),
	CALL(epoll_pwait, ALWAYS, "readiness, idle; on old hosts", NO_POINTER(4)),
	CALL(epoll_pwait2, ALWAYS, "readiness, idle", NO_POINTER(4)),
	CALL(timer_settime, ALWAYS, "time: clock events", IS(1, 0)),
	CALL(clock_gettime, ALWAYS, "time: where the TSC does not tell",
	     IS(0, CLOCK_MONOTONIC, CLOCK_REALTIME)),
	CALL(rt_sigreturn, ALWAYS, "traps: signals that came in kernel mode"),
	CALL(io_submit, ALWAYS, "block: requests"),
	CALL(read, ALWAYS, "consoles, eventfd, a switch's control socket"),
	CALL(write, ALWAYS, "consoles, eventfd"),
	CALL(readv, ALWAYS, "net: tap devices"),
	CALL(writev, ALWAYS, "net: tap devices"),
	CALL(pread64, ALWAYS, "block: bitmaps of COW files; restart: the image"),
	CALL(pwrite64, ALWAYS, "block: headers of COW files, first sectors; the pid file"),
	CALL(recvmsg, ALWAYS, "control: requests of mconsole", IS(2, RECEIVE_FLAGS)),
	CALL(sendmsg, ALWAYS, "net: streams; control: answers of mconsole", IS(2, SEND_FLAGS)),
	CALL(recvmmsg, ALWAYS, "net: frames", IS(3, RECEIVE_FLAGS), NO_POINTER(4)),
	CALL(sendmmsg, ALWAYS, "net: frames", IS(3, SEND_FLAGS)),
	CALL(recvfrom, ALWAYS, "net: streams", IS(3, MSG_DONTWAIT), NO_POINTER(4), NO_POINTER(5)),
	CALL(sendto, ALWAYS, "consoles: clients, which are connected",
	     IS(3, SEND_FLAGS), NO_POINTER(4)),
	CALL(accept4, ALWAYS, "consoles and net: peers of listeners", NO_POINTER(1),
	     IS(3, NEW_SOCKET)),
	CALL(getsockopt, ALWAYS, "net: what kind of socket fd= is", IS(1, SOL_SOCKET),
	     IS(2, SO_TYPE)),
	CALL(setsockopt, ALWAYS, "net: room for a peer's frames", IS(1, SOL_SOCKET),
	     IS(2, SO_SNDBUF)),
	CALL(madvise, ALWAYS, "memory: in huge pages, before it is used",
	     IS(2, MADV_POPULATE_WRITE, MADV_COLLAPSE)),
	CALL(getrusage, ALWAYS, "memory: how many faults the host has served",
	     IS(0, RUSAGE_THREAD)),
	CALL(epoll_ctl, ALWAYS, "readiness: what is waited for",
	     IS(1, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL)),
	CALL(arch_prctl, ALWAYS, "processes: segment bases, without FSGSBASE",
	     IS(0, ARCH_SET_FS, ARCH_SET_GS, ARCH_GET_FS, ARCH_GET_GS)),
	CALL(fallocate, ALWAYS, "memory and block: given back",
	     IS(1, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)),
	/* RLIMIT_FSIZE does not stop it behind a file's end */
	CALL(fallocate, ALWAYS, "block: zeroes that keep their blocks",
	     IS(1, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE), UP_TO(2, LONGEST),
	     UP_TO(3, HOST_ZERO_MAX)),
	CALL(fdatasync, ALWAYS, "block: where the host has no asynchronous one"),
	CALL(ftruncate, ALWAYS, "block: size of COW files, disposable disks that begin anew"),
	CALL(fstat, ALWAYS, "block: has somebody made an image shorter"),
	CALL(fcntl, ALWAYS, "signals about a descriptor go to this process", IS(1, F_SETOWN),
	     IS(2, OWN_PID)),
	CALL(fcntl, ALWAYS, "consoles: fd: channels that are used again", IS(1, F_DUPFD_CLOEXEC),
	     IS(2, HOST_FIRST_FD)),
	CALL(fcntl, ALWAYS, "flags of descriptors; locks of images",
	     IS(1, F_GETFL, F_SETFL, F_GETFD, F_OFD_SETLK)),
	CALL(ioctl, ALWAYS, "consoles: terminals", IS(1, TCGETS, TCSETS, TIOCGWINSZ, FIONREAD)),
	/* not those whose numbers mmap() believes */
	CALL(close, ALWAYS, "what was unplugged, peers that are gone", NOT(0, MEMFD, EMPTY)),
	CALL(lseek, ALWAYS, "block: holes in bitmaps, sizes of devices",
	     IS(2, SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA)),
	CALL(ppoll, ALWAYS, "draining output at the end", IS(1, 1), NO_POINTER(3)),
	CALL(getrandom, ALWAYS, "hwrng", IS(2, 0)),
	CALL(getpid, ALWAYS, "for F_SETOWN, and names of files"),
	CALL(getuid, ALWAYS, "restart: the user that mconsole obeys"),
	CALL(rt_sigprocmask, ALWAYS, "restart, and signals that are not returned from",
	     IS(0, SIG_SETMASK)),
	CALL(rt_sigaction, ALWAYS, "restart"),
	CALL(exit_group, ALWAYS, "the end"),
	CALL(unlinkat, LANDLOCK, "the end: the guest's folder and what is in it",
	     IS(2, 0, AT_REMOVEDIR)),
	CALL(unlink, LANDLOCK, "control and consoles: sockets in that folder, or those of hotplug="),
	CALL(openat, HOTPLUG, "images, logs", IS(0, AT_FDCWD), IS_BUT(2, OPEN_FLAGS, 0),
	     IS(3, 0600)),
	CALL(socket, HOTPLUG, "listeners", IS(0, AF_UNIX),
	     IS_BUT(1, NEW_SOCKET, SOCK_STREAM, SOCK_SEQPACKET)),
	CALL(socket, CONNECT, "networks of datagrams", IS(0, AF_UNIX),
	     IS_BUT(1, NEW_SOCKET, SOCK_DGRAM)),
	CALL(fchmod, HOTPLUG, "sockets, before they have a name", IS(1, 0600)),
	CALL(setsockopt, HOTPLUG, "consoles: the user who connects", IS(1, SOL_SOCKET),
	     IS(2, SO_PASSCRED)),
	CALL(bind, HOTPLUG, "listeners"),
	CALL(listen, HOTPLUG, "listeners"),
	CALL(connect, CONNECT, "networks"),
	/* a path as the name, or AT_FDCWD as the folder, Landlock holds like any other */
	CALL(statx, FOLDERS, "folders: attributes",
	     IS(2, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, AT_EMPTY_PATH)),
	CALL(openat, FOLDERS, "folders: files, folders",
	     IS(2, FOLDER_OPEN, FOLDER_OPEN | O_DIRECTORY,
		O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)),
	CALL(preadv, FOLDERS, "folders: pages"),
	CALL(getdents64, FOLDERS, "folders: names"),
	CALL(readlinkat, FOLDERS, "folders: texts of links"),
	CALL(fgetxattr, FOLDERS, "folders: extended attributes"),
	CALL(flistxattr, FOLDERS, "folders: extended attributes"),
	CALL(fstatfs, FOLDERS, "folders: how much room there is"),
	CALL(lseek, FOLDERS, "folders: holes", IS(2, SEEK_HOLE)),
	CALL(fsync, FOLDERS, "folders: files"),
	CALL(openat, WRITABLE, "folders: files that are written to",
	     IS_BUT(2, O_ACCMODE | O_APPEND, FOLDER_OPEN)),
	/* nothing that is made or changed runs as somebody else */
	CALL(openat, WRITABLE, "folders: new files",
	     IS_BUT(2, O_APPEND, FOLDER_OPEN | O_RDWR | O_CREAT | O_EXCL), IS_BUT(3, MODES, 0)),
	CALL(pwritev, WRITABLE, "folders: pages"),
	CALL(pwritev2, WRITABLE, "folders: ends of files", IS(5, RWF_APPEND)),
	CALL(unlinkat, WRITABLE, "folders: names that go", IS(2, 0, AT_REMOVEDIR)),
	CALL(renameat2, WRITABLE, "folders: names that change",
	     IS(4, 0, HOST_RENAME_NOREPLACE, HOST_RENAME_EXCHANGE)),
	CALL(mkdirat, WRITABLE, "folders: new ones", IS_BUT(2, MODES, 0)),
	CALL(symlinkat, WRITABLE, "folders: links"),
	CALL(linkat, WRITABLE, "folders: further names", IS(4, 0)),
	CALL(mknodat, WRITABLE, "folders: pipes, and sockets that are none",
	     IS_BUT(2, MODES, S_IFIFO, S_IFSOCK), IS(3, 0)),
	CALL(fchmod, WRITABLE, "folders: modes", IS_BUT(1, MODES, 0)),
	CALL(fchown, WRITABLE, "folders: owners, for a guest of root's"),
	CALL(utimensat, WRITABLE, "folders: times", NO_POINTER(1), IS(3, 0)),
	CALL(fsetxattr, WRITABLE, "folders: extended attributes"),
	CALL(fremovexattr, WRITABLE, "folders: extended attributes"),
	CALL(fallocate, WRITABLE, "folders: room in files",
	     IS_BUT(1, FALLOC_FL_KEEP_SIZE, 0, FALLOC_FL_ZERO_RANGE)),
	CALL(syncfs, WRITABLE, "folders: all of them"),
};

#define MAX_FILTER	1200
#define MAX_MISSES	40		/* jumps out of a row */
static struct sock_filter filter[MAX_FILTER];
static unsigned int len;		/* more: it did not fit */

/* What stands for the numbers above. */
static unsigned int known[OWN_PID - MEMFD + 1];
static unsigned long longest;

static unsigned int emit(unsigned short code, unsigned char jt, unsigned char jf, unsigned int k)
{
	if (len < MAX_FILTER)
		filter[len] = (struct sock_filter){ code, jt, jf, k };
	return len++;
}

static void load(unsigned int offset)
{
	emit(BPF_LD | BPF_W | BPF_ABS, 0, 0, offset);
}

static void ret(unsigned int action)
{
	emit(BPF_RET | BPF_K, 0, 0, action);
}

/* Go on if the loaded word is @k, else end with SIGSYS. */
static void require(unsigned int k)
{
	emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, k);
	ret(SECCOMP_RET_TRAP);
}

static void require_arg64(unsigned int n, unsigned long value)
{
	load(ARG_LO(n));
	require(value);
	load(ARG_HI(n));
	require(value >> 32);
}

/* Jumps to the end of a row, which does not allow the call. */
static struct {
	unsigned int at;
	int if_true;
} misses[MAX_MISSES];
static unsigned int nr_misses;

static void miss(unsigned short compare, unsigned int k, int if_true)
{
	if (nr_misses < MAX_MISSES) {
		misses[nr_misses].at = len;
		misses[nr_misses].if_true = if_true;
	}
	nr_misses++;
	emit(BPF_JMP | compare | BPF_K, 0, 0, k);
}

static unsigned int number(unsigned int value)
{
	return value >= MEMFD && value <= OWN_PID ? known[value - MEMFD] : value;
}

static void check(const struct arg *arg)
{
	unsigned long max = arg->value[0] == LONGEST ? longest : arg->value[0];
	unsigned int i;

	switch (arg->test) {
	case UNCHECKED:
		break;
	case ONE_OF:
		load(ARG_LO(arg->index));
		if (arg->ignore)
			emit(BPF_ALU | BPF_AND | BPF_K, 0, 0, ~arg->ignore);
		/* all but the last jump over those that follow */
		for (i = 0; i + 1 < arg->nr; i++)
			emit(BPF_JMP | BPF_JEQ | BPF_K, arg->nr - 1 - i, 0, number(arg->value[i]));
		miss(BPF_JEQ, number(arg->value[i]), 0);
		break;
	case NONE_OF:
		load(ARG_LO(arg->index));
		for (i = 0; i < arg->nr; i++)
			miss(BPF_JEQ, number(arg->value[i]), 1);
		break;
	case NULL_POINTER:
		load(ARG_LO(arg->index));
		miss(BPF_JEQ, 0, 0);
		load(ARG_HI(arg->index));
		miss(BPF_JEQ, 0, 0);
		break;
	case AT_MOST:
		load(ARG_HI(arg->index));
		miss(BPF_JGT, max >> 32, 1);
		emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, max >> 32);
		load(ARG_LO(arg->index));
		miss(BPF_JGT, max, 1);
		break;
	}
}

/* The call's number is loaded, before the row and behind it. */
static void allow(const struct row *row)
{
	const struct arg *arg;
	unsigned int begin = emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, row->nr), i;

	nr_misses = 0;
	for (arg = row->arg; arg < row->arg + MAX_ARGS && arg->test; arg++)
		check(arg);
	ret(SECCOMP_RET_ALLOW);
	if (nr_misses > MAX_MISSES)
		len = MAX_FILTER + 1;
	if (len > MAX_FILTER)
		return;
	for (i = 0; i < nr_misses; i++) {
		struct sock_filter *jump = &filter[misses[i].at];

		*(misses[i].if_true ? &jump->jt : &jump->jf) = len - misses[i].at - 1;
	}
	if (nr_misses)
		load(offsetof(struct seccomp_data, nr));
	filter[begin].jf = len - begin - 1;
}

static int is_writable(const struct host_confinement *to)
{
	unsigned int i;

	for (i = 0; i < to->nr_shared; i++)
		if (!to->shared[i].read_only)
			return 1;
	return 0;
}

static int is_on(enum needs needs, const struct host_confinement *to, int landlocked)
{
	switch (needs) {
	case LANDLOCK:
		return landlocked;
	case HOTPLUG:
		return !!to->hotplug;
	case CONNECT:
		return to->hotplug && to->connect;
	case FOLDERS:
		return to->nr_shared;
	case WRITABLE:
		return is_writable(to);
	default:
		return 1;
	}
}

static void gate_call(unsigned long ret_ip, unsigned int prot, const struct host_confinement *to)
{
	unsigned int skip = emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, ret_ip);

	load(offsetof(struct seccomp_data, nr));
	require(__NR_mprotect);
	require_arg64(0, to->guard_start);
	require_arg64(1, to->guard_size);
	require_arg64(2, prot);
	ret(SECCOMP_RET_ALLOW);
	filter[skip].jf = len - skip - 1;
}

static void build(const struct host_confinement *to, int landlocked)
{
	unsigned int to_gate, to_kernel, i;

	len = 0;
	load(offsetof(struct seccomp_data, arch));
	require(AUDIT_ARCH_X86_64);
	load(IP_HI);
	to_kernel = emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, to->text_start >> 32);
	to_gate = emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, to->gate_open >> 32);
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
	for (i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
		if (is_on(allowed[i].needs, to, landlocked))
			allow(&allowed[i]);
	ret(SECCOMP_RET_ERRNO | EPERM);
}

static int allow_beneath_fd(int ruleset, int fd, unsigned long rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = fd };

	return boot_syscall4(__NR_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
			     (long)&rule, 0);
}

static int allow_beneath(int ruleset, const char *path, unsigned long rights)
{
	long err, fd = boot_syscall4(__NR_openat, AT_FDCWD, (long)path, O_PATH | O_CLOEXEC, 0);

	if (fd < 0)
		return fd;
	err = allow_beneath_fd(ruleset, fd, rights);
	host_syscall1(__NR_close, fd);
	return err;
}

/* What is known to the host of struct landlock_ruleset_attr, by ABI; newer than our headers. */
struct ruleset {
	unsigned long fs;
	unsigned long net;		/* ABI 4 */
	unsigned long scoped;		/* ABI 6 */
};
#define REFER_ABI	2
#define REFER		(LANDLOCK_ACCESS_FS_MAKE_SYM << 1)	/* names that change the folder */
#define NET_ABI		4
#define SCOPE_ABI	6
#define SCOPE_ABSTRACT	1UL		/* no abstract socket of a process outside */
#define SCOPE_SIGNAL	2UL		/* no signal to one */
#define NET_BIND_TCP	1UL
#define NET_CONNECT_TCP	2UL

int host_landlock_abi(void)
{
	return boot_syscall3(__NR_landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/*
 * Not LANDLOCK_ACCESS_FS_TRUNCATE: what is open for writing is there to be written to.  Attributes
 * and texts of links can be read everywhere; Landlock does not look at that.
 */
#define READ_RIGHTS	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_RIGHTS	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
			 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
			 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SYM | \
			 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO)

static int allow_shared(int ruleset, const struct host_confinement *to, unsigned long refer)
{
	const struct host_shared *s;
	int err = 0;

	for (s = to->shared; s < to->shared + to->nr_shared && !err; s++)
		err = allow_beneath_fd(ruleset, s->fd, READ_RIGHTS |
				       (s->read_only ? 0 : WRITE_RIGHTS | refer));
	return err;
}

/*
 * No file may be opened, made or removed any more, except in the guest's own folder
 * and those of hotplug= and hostfs=.  Sockets that somebody handed us stay what they are.
 *
 * Abstract sockets of others are out of reach, too, but for a guest that answers
 * mconsole: uml_mconsole asks from one.
 */
static int landlock(const struct host_confinement *to)
{
	struct ruleset attr = {
		.fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,	/* ABI 1 */
		.net = NET_BIND_TCP | NET_CONNECT_TCP,
		.scoped = SCOPE_SIGNAL | (to->answers || to->connect ? 0 : SCOPE_ABSTRACT),
	};
	int abi = host_landlock_abi();
	const char *folder;
	long ruleset, err = 0;

	if (abi >= REFER_ABI)
		attr.fs |= REFER;
	ruleset = boot_syscall3(__NR_landlock_create_ruleset, (long)&attr,
				abi >= SCOPE_ABI ? sizeof(attr) :
				abi >= NET_ABI ? offsetof(struct ruleset, scoped) :
				sizeof(attr.fs), 0);
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
		err = allow_shared(ruleset, to, attr.fs & REFER);
	if (!err)
		err = boot_syscall2(__NR_landlock_restrict_self, ruleset, 0);
	host_syscall1(__NR_close, ruleset);
	return err;
}

/* Bytes that a console or log may add to a file. */
#define STREAM_ROOM	(1UL << 30)

static unsigned long reach;

void host_file_reaches(unsigned long long end)
{
	if (reach < end)
		reach = end;
}

/* The longest that the file at @fd may become; 0: not a regular file, or not open for writing. */
static unsigned long reach_of(int fd, int stream)
{
	long flags = host_syscall3(__NR_fcntl, fd, F_GETFL, 0);
	struct stat st;

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || host_syscall2(__NR_fstat, fd, (long)&st) ||
	    !S_ISREG(st.st_mode))
		return 0;
	return st.st_size + (stream || flags & O_APPEND ? STREAM_ROOM : 0);
}

/*
 * No file grows beyond what the longest needs, so a guest kernel that has been taken
 * over cannot fill the host's disk by the images that it has.  With hotplug= and hostfs= it
 * may make any number of files, and there is no bound.
 */
static long bound_files(void)
{
	struct rlimit limit;
	enum kept_what what;
	unsigned int i = 0;
	int fd;

	for (fd = 0; fd <= 2; fd++)
		host_file_reaches(reach_of(fd, 1));
	while ((fd = kept_next_fd(&i, &what)) >= 0)
		host_file_reaches(reach_of(fd, what == KEPT_PRIVATE || what == KEPT_SHARED));
	longest = reach;
	boot_syscall2(__NR_getrlimit, RLIMIT_FSIZE, (long)&limit);
	if (limit.rlim_max > longest)
		limit.rlim_max = longest;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	return boot_syscall2(__NR_setrlimit, RLIMIT_FSIZE, (long)&limit);
}

/*
 * What root could put on files besides: capabilities that they run with, security labels,
 * flags that only root can take off.
 */
static long drop_capabilities(void)
{
	static const unsigned int drop[] = {
		CAP_SETFCAP, CAP_SYS_ADMIN, CAP_LINUX_IMMUTABLE, CAP_MAC_ADMIN, CAP_MKNOD, CAP_FSETID,
	};
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	unsigned int i;
	long err = boot_syscall2(__NR_capget, (long)&head, (long)data);

	for (i = 0; i < sizeof(drop) / sizeof(*drop); i++) {
		data[drop[i] / 32].effective &= ~(1U << drop[i] % 32);
		data[drop[i] / 32].permitted &= ~(1U << drop[i] % 32);
		data[drop[i] / 32].inheritable &= ~(1U << drop[i] % 32);
	}
	return err ?: boot_syscall2(__NR_capset, (long)&head, (long)data);
}

int host_confine(const struct host_confinement *to)
{
	struct sock_fprog prog;
	int err, landlocked;

	kept_confine(!!to->hotplug, to->connect);
	if (kept_after_restart())
		return 0;	/* the filter outlived the last image and says the same */
	err = boot_syscall5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (err)
		return err;
	err = landlock(to);
	landlocked = !err;
	if (to->nr_shared && !landlocked && !to->unconfined)
		return err;
	longest = -1UL;
	err = is_writable(to) ? drop_capabilities() : 0;
	if (!err && !to->hotplug && !is_writable(to))
		err = bound_files();
	if (err)
		return err;
	known[MEMFD - MEMFD] = to->memfd;
	known[EMPTY - MEMFD] = to->empty;
	known[OWN_PID - MEMFD] = host_syscall0(__NR_getpid);
	build(to, landlocked);
	if (len > MAX_FILTER)
		return -E2BIG;
	prog.len = len;
	prog.filter = filter;
	return boot_syscall3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&prog);
}
