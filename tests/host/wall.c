// SPDX-License-Identifier: GPL-2.0
/*
 * The confinement (arch-um/host/confine.c) as a guest kernel finds it that has been taken over: processes confine
 * themselves as the kernel does, and then ask the host for what they should not get, and for what they should. Each attempt is
 * a system call made from text that the filter takes for the kernel's. Prints TAP. Its one argument is a folder to
 * work in.
 *
 * Where a row says EPERM the filter has refused, with EACCES Landlock has.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "../../arch-um/include/asm/hostmem.h"
/* with its own state, so that a restart can be played */
#include "../../arch-um/host/keep.c"

static struct boot_info info;
struct boot_info *boot_info = &info;

extern char __executable_start[], etext[];

static int tests;
static long *result;	/* shared with the child */

/* Open when the process is confined. */
static int inherited, image, udp, tcp, listener, pair[2];
/* The numbers of the memory and of the empty file. */
#define MEMORY 1000
#define NOTHING 1001
static struct sockaddr_un in_folder, in_other, bus, abstract;

enum who { PLAIN, NAMED, HOTPLUG, CONNECT, SHARING, SHOWING, WHO };	/* the last two: hostfs=, and with ro */

#define CALL(nr, ...) CALL_(nr, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(nr, a, b, c, d, e, f, ...) \
	host_syscall6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* What the host has to answer: errors, or ANY success. */
#define ANY 1
struct attempt {
	const char *name;
	long (*make)(void);
	long wanted[WHO];
};

static long try_open(const char *path, int flags, int mode)
{
	return CALL(__NR_openat, AT_FDCWD, path, flags, mode);
}

static long open_read(void) { return try_open("folder/file", O_RDONLY, 0600); }
static long open_write(void) { return try_open("folder/file", O_RDWR, 0600); }
static long open_truncate(void) { return try_open("folder/other", O_RDWR | O_CREAT | O_TRUNC, 0600); }
static long open_new(void) { return try_open("folder/new", O_RDWR | O_CREAT | O_EXCL, 0600); }
static long open_deep(void) { return try_open("folder/deep/file", O_RDWR, 0600); }
static long open_unnamed(void) { return try_open("folder", O_RDWR | O_TMPFILE, 0600); }
static long open_outside(void) { return try_open("outside/file", O_RDONLY, 0600); }
static long open_dots(void) { return try_open("folder/../outside/file", O_RDONLY, 0600); }
static long open_link(void) { return try_open("folder/link", O_RDONLY, 0600); }
static long open_magic(void) { return try_open("/proc/self/mem", O_RDWR, 0600); }
static long open_passwd(void) { return try_open("/etc/passwd", O_RDONLY, 0600); }
static long open_new_outside(void) { return try_open("outside/new", O_RDWR | O_CREAT, 0600); }
static long open_tmp_outside(void) { return try_open("outside", O_RDWR | O_TMPFILE, 0600); }
static long open_folder(void) { return try_open("folder", O_RDONLY | O_DIRECTORY, 0600); }
static long open_path(void) { return try_open("outside/file", O_PATH, 0600); }
static long open_suid(void) { return try_open("folder/suid", O_RDWR | O_CREAT, 04755); }
static long open_at(void) { return CALL(__NR_openat, inherited, "file", O_RDONLY, 0600); }
static long open_old(void) { return CALL(__NR_open, "folder/file", O_RDONLY, 0600); }
static long open_how(void) { return CALL(__NR_openat2, AT_FDCWD, "folder/file", "\0\0\0\0\0\0\0", 24); }
static long do_creat(void) { return CALL(__NR_creat, "folder/x", 0600); }
static long do_stat(void) { struct stat st; return CALL(__NR_stat, "outside/file", &st); }
static long do_statx(void) { char b[256]; return CALL(__NR_statx, AT_FDCWD, "outside/file", 0, 0, b); }
static long do_truncate(void) { return CALL(__NR_truncate, "outside/file", 0); }
static long do_link(void) { return CALL(__NR_link, "outside/file", "folder/hard"); }
static long do_rename(void) { return CALL(__NR_rename, "folder/file", "folder/moved"); }
static long do_symlink(void) { return CALL(__NR_symlink, "/etc", "folder/etc"); }
static long do_mkdir(void) { return CALL(__NR_mkdir, "folder/new folder", 0700); }
static long do_mknod(void) { return CALL(__NR_mknod, "folder/pipe", S_IFIFO | 0600, 0); }
static long do_chmod(void) { return CALL(__NR_chmod, "outside/file", 0777); }
static long do_fchmod_any(void) { return CALL(__NR_fchmod, image, 0666); }
static long do_unlink(void) { return CALL(__NR_unlink, "folder/gone"); }
static long do_unlink_outside(void) { return CALL(__NR_unlink, "outside/file"); }
static long do_rmdir(void) { return CALL(__NR_unlinkat, AT_FDCWD, "outside/empty", AT_REMOVEDIR); }
static long do_rmdir_old(void) { return CALL(__NR_rmdir, "outside/empty"); }

static long sock(int family, int type) { return CALL(__NR_socket, family, type | SOCK_CLOEXEC, 0); }
static long sock_stream(void) { return sock(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK); }
static long sock_seqpacket(void) { return sock(AF_UNIX, SOCK_SEQPACKET); }
static long sock_dgram(void) { return sock(AF_UNIX, SOCK_DGRAM); }
static long sock_inet(void) { return sock(AF_INET, SOCK_STREAM); }
static long sock_udp(void) { return sock(AF_INET, SOCK_DGRAM); }
static long sock_inet6(void) { return sock(AF_INET6, SOCK_STREAM); }
static long sock_netlink(void) { return sock(AF_NETLINK, SOCK_RAW); }
static long sock_packet(void) { return sock(AF_PACKET, SOCK_RAW); }
static long sock_vsock(void) { return sock(AF_VSOCK, SOCK_STREAM); }
static long sock_pair(void) { int fd[2]; return CALL(__NR_socketpair, AF_UNIX, SOCK_STREAM, 0, fd); }

static long bind_to(const struct sockaddr_un *to)
{
	long fd = sock_stream();

	return fd < 0 ? fd : CALL(__NR_bind, fd, to, sizeof(*to));
}

static long bind_inside(void)
{
	long fd = sock_stream(), ret;

	if (fd < 0)
		return fd;
	ret = CALL(__NR_bind, fd, &in_folder, sizeof(in_folder));
	return ret ?: CALL(__NR_listen, fd, 4);
}

static long bind_own(void)
{
	struct sockaddr_un own = { AF_UNIX, "names/guest/socket" };

	return bind_to(&own);
}

static long bind_outside(void) { return bind_to(&in_other); }
static long connect_bus(void)
{
	long fd = sock_stream();

	return fd < 0 ? fd : CALL(__NR_connect, fd, &bus, sizeof(bus));
}

/* from a descriptor that somebody gave us */
static long connect_tcp(void)
{
	struct { short family; unsigned short port; unsigned int addr; char pad[8]; } to = {
		AF_INET, 0x0100, 0x0100007f, "",
	};

	return CALL(__NR_connect, tcp, &to, sizeof(to));
}

static long set_option(void) { int on = 1; return CALL(__NR_setsockopt, udp, SOL_SOCKET, SO_BROADCAST, &on, 4); }

static long send_to(void) { return CALL(__NR_sendto, udp, "x", 1, 0, &bus, sizeof(bus)); }

static long do_exec(void) { char *argv[] = { "/bin/true", NULL }; return CALL(__NR_execve, argv[0], argv, argv + 1); }
static long do_execat(void) { char *argv[] = { "", NULL }; return CALL(__NR_execveat, image, "", argv, argv + 1, AT_EMPTY_PATH); }
static long do_fork(void) { return CALL(__NR_fork); }
static long do_clone(void) { return CALL(__NR_clone, SIGCHLD, 0); }
static long do_clone3(void) { unsigned long a[8] = { 0, 0, 0, 0, SIGCHLD }; return CALL(__NR_clone3, a, sizeof(a)); }
static long do_ptrace(void) { return CALL(__NR_ptrace, PTRACE_ATTACH, getppid(), 0, 0); }
static long do_vm_write(void) { return CALL(__NR_process_vm_writev, 1, 0, 0, 0, 0); }
static long do_kill(void) { return CALL(__NR_kill, 1, 0); }
static long do_own(void) { return CALL(__NR_fcntl, udp, F_SETOWN, 1); }
static long do_dup(void) { return CALL(__NR_fcntl, udp, F_DUPFD, 100); }
static long do_mmap_file(void) { return CALL(__NR_mmap, 0x200000, 4096, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, image, 0); }
/* what would take memory away from the page tables that the guard hides */
static long do_dontneed(void) { return CALL(__NR_madvise, result, 4096, MADV_DONTNEED); }
static long do_remove(void) { return CALL(__NR_madvise, result, 4096, MADV_REMOVE); }
static long do_mmap_anon(void) { return CALL(__NR_mmap, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
static long do_mremap(void) { return CALL(__NR_mremap, result, 4096, 4096, MREMAP_MAYMOVE); }
static long do_uring(void) { char p[128] = ""; return CALL(__NR_io_uring_setup, 4, p); }
static long do_bpf(void) { return CALL(__NR_bpf, 0, 0, 0); }
static long do_mount(void) { return CALL(__NR_mount, "none", "folder", "tmpfs", 0, 0); }
static long do_unshare(void) { return CALL(__NR_unshare, CLONE_NEWUSER); }
static long do_chroot(void) { return CALL(__NR_chroot, "folder"); }
static long do_chdir(void) { return CALL(__NR_chdir, "/"); }
static long do_prctl(void) { return CALL(__NR_prctl, 4 /* PR_SET_DUMPABLE */, 1, 0, 0, 0); }
static long do_setuid(void) { return CALL(__NR_setuid, 0); }
static long do_memfd(void) { return CALL(__NR_memfd_create, "x", 0); }
static long do_ring(void)
{
	unsigned long id = 0;

	return CALL(__NR_io_setup, 8, &id);
}
static long do_eventfd(void) { return CALL(__NR_eventfd2, 0, 0); }
/* With exactly the flags that the guest kernel uses, and with others. */
#define SEND (MSG_DONTWAIT | MSG_NOSIGNAL)
#define RECEIVE (MSG_DONTWAIT | MSG_CMSG_CLOEXEC)
static long send_msg(int fd, const void *to, unsigned int len, int flags)
{
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	struct msghdr msg = { .msg_name = (void *)to, .msg_namelen = len, .msg_iov = &iov, .msg_iovlen = 1 };

	return CALL(__NR_sendmsg, fd, &msg, flags);
}
static long send_right(void) { return send_msg(pair[0], NULL, 0, SEND); }
static long send_wait(void) { return send_msg(pair[0], NULL, 0, MSG_NOSIGNAL); }
/* a listener that was shut down is a socket to connect with */
static long send_fast(void)
{
	struct { short family; unsigned short port; unsigned int addr; char pad[8]; } to = {
		AF_INET, 0x0100, 0x0100007f, "",
	};

	CALL(__NR_shutdown, listener, SHUT_RDWR);
	return send_msg(listener, &to, sizeof(to), MSG_FASTOPEN | SEND);
}
static long send_many(int flags)
{
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	struct mmsghdr msg = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };

	return CALL(__NR_sendmmsg, pair[0], &msg, 1, flags);
}
static long send_many_right(void) { return send_many(SEND); }
static long send_many_fast(void) { return send_many(SEND | MSG_FASTOPEN); }
static long send_one_right(void) { return CALL(__NR_sendto, pair[0], "x", 1, SEND, 0, 0); }
static long send_one_oob(void) { return CALL(__NR_sendto, pair[0], "x", 1, SEND | MSG_OOB, 0, 0); }
static long receive_msg(int flags)
{
	char c;
	struct iovec iov = { .iov_base = &c, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	return CALL(__NR_recvmsg, pair[1], &msg, flags);
}
static long receive_right(void) { return receive_msg(RECEIVE); }
static long receive_peek(void) { return receive_msg(RECEIVE | MSG_PEEK); }
static long receive_wait(void) { return receive_msg(MSG_CMSG_CLOEXEC); }
static long receive_keep(void) { return receive_msg(MSG_DONTWAIT); }
static long receive_many(void)
{
	char c;
	struct iovec iov = { .iov_base = &c, .iov_len = 1 };
	struct mmsghdr msg = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };

	return CALL(__NR_recvmmsg, pair[1], &msg, 1, RECEIVE | MSG_WAITFORONE, 0);
}
static long receive_one(void) { char c; return CALL(__NR_recvfrom, pair[1], &c, 1, 0, 0, 0); }
static long do_accept(void) { return CALL(__NR_accept4, listener, 0, 0, 0); }
static long do_shutdown(void) { return CALL(__NR_shutdown, pair[0], SHUT_WR); }
static long send_abstract(void) { return send_msg(pair[0], &abstract, sizeof(short) + 8, SEND); }

/* what was once allowed, or is next to what is */
static long do_getevents(void) { char ev[32]; return CALL(__NR_io_getevents, 0, 0, 1, ev, 0); }
static long do_destroy(void) { return CALL(__NR_io_destroy, 0); }
static long do_fsync(void) { return CALL(__NR_fsync, image); }
static long do_sync_range(void) { return CALL(__NR_sync_file_range, image, 0, 1, 0); }
static long ioctl_of(unsigned long nr) { char b[128] = ""; return CALL(__NR_ioctl, image, nr, b); }
static long do_tcsetsw(void) { return ioctl_of(TCSETSW); }
static long do_tcsetsf(void) { return ioctl_of(TCSETSF); }
static long do_winsize(void) { return ioctl_of(TIOCSWINSZ); }
static long do_tiocsti(void) { return ioctl_of(TIOCSTI); }
static long do_clone_file(void) { return CALL(__NR_ioctl, image, 0x40049409 /* FICLONE */, inherited); }
static long do_seek(void) { return CALL(__NR_lseek, image, 0, 99); }
static long do_clock(void) { long t[2]; return CALL(__NR_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, t); }
static long do_poll_mask(void) { unsigned long m = 0; return CALL(__NR_ppoll, 0, 1, 0, &m, 8); }
static long do_epoll_mask(void) { unsigned long m = 0; char e[16]; return CALL(__NR_epoll_pwait, 0, e, 1, 0, &m, 8); }
static long do_timer(void) { long t[4] = { 0 }; return CALL(__NR_timer_settime, 0, 1 /* TIMER_ABSTIME */, t, 0); }
static long do_random(void) { char c; return CALL(__NR_getrandom, &c, 1, 2 /* GRND_RANDOM */); }

/* more room of the host's disk than the images may take */
#define FAR (1UL << 41)
#define MODE_KEEP 1
#define MODE_ZERO 16
static long write_far(void)
{
	long ret = CALL(__NR_pwrite64, image, "x", 1, FAR);

	CALL(__NR_ftruncate, image, 8);
	return ret;
}
static long grow_far(void)
{
	long ret = CALL(__NR_ftruncate, image, FAR);

	CALL(__NR_ftruncate, image, 8);
	return ret;
}
static long zero_far(void) { return CALL(__NR_fallocate, image, MODE_ZERO | MODE_KEEP, FAR, 4096); }
static long zero_much(void) { return CALL(__NR_fallocate, image, MODE_ZERO | MODE_KEEP, 0, HOST_ZERO_MAX + 4096UL); }
static long zero_growing(void) { return CALL(__NR_fallocate, image, MODE_ZERO, 0, 4096); }
static long do_allocate(void) { return CALL(__NR_fallocate, image, MODE_KEEP, 0, 4096); }
static long write_near(void) { return CALL(__NR_pwrite64, image, "x", 1, 8000); }

/* another file under a number that mmap() believes */
static long close_memory(void) { return CALL(__NR_close, MEMORY); }
static long close_nothing(void) { return CALL(__NR_close, NOTHING); }
static long dup_there(void) { return CALL(__NR_fcntl, image, F_DUPFD_CLOEXEC, MEMORY); }
static long dup_over(void) { return CALL(__NR_dup3, image, MEMORY, O_CLOEXEC); }
static long map_at(int fd) { return CALL(__NR_mmap, 0x200000, 4096, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0); }
static long map_memory(void) { return map_at(MEMORY); }
static long map_nothing(void) { return map_at(NOTHING); }
static long map_over(void)
{
	struct stat st;
	long ret;

	CALL(__NR_close, MEMORY);
	CALL(__NR_fcntl, image, F_DUPFD_CLOEXEC, MEMORY);
	ret = CALL(__NR_fstat, MEMORY, &st);
	/* The memory has two pages, the image eight bytes and a little. */
	return ret ?: (st.st_size == 2 * 4096 ? -EPERM : 0);
}

static long do_read(void) { char c; return CALL(__NR_pread64, image, &c, 1, 0); }

/* hostfs=: with exactly what the guest kernel asks for, and with more */
#define IN_FOLDER (O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
static long in_folder_at(const char *name, int flags, int mode) { return CALL(__NR_openat, inherited, name, IN_FOLDER | flags, mode); }
static long name_read(void) { return in_folder_at("file", O_RDONLY, 0); }
static long name_list(void) { return in_folder_at("deep", O_DIRECTORY, 0); }
static long name_write(void) { return in_folder_at("file", O_RDWR, 0); }
static long name_append(void) { return in_folder_at("file", O_WRONLY | O_APPEND, 0); }
static long name_create(void) { return in_folder_at("made", O_RDWR | O_CREAT | O_EXCL, 0600); }
static long name_suid(void) { return in_folder_at("suid", O_RDWR | O_CREAT | O_EXCL, 04755); }
static long name_truncate(void) { return in_folder_at("file", O_RDWR | O_TRUNC, 0); }
static long name_unnamed(void) { return in_folder_at(".", O_RDWR | O_TMPFILE, 0600); }
static long name_wait(void) { return CALL(__NR_openat, inherited, "file", O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0); }
static long name_follow(void) { return CALL(__NR_openat, inherited, "link", O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0); }
static long name_link(void) { return in_folder_at("link", O_RDONLY, 0); }
static long name_dots(void) { return in_folder_at("../outside/file", O_RDONLY, 0); }
static long name_dots_write(void) { return in_folder_at("../outside/file", O_RDWR, 0); }
static long name_up(void) { return in_folder_at("..", O_DIRECTORY, 0); }
static long name_outside(void) { return CALL(__NR_openat, AT_FDCWD, "outside/file", IN_FOLDER, 0); }
static long name_passwd(void) { return in_folder_at("/etc/passwd", O_RDONLY, 0); }
static long name_magic(void) { return in_folder_at("/proc/self/mem", O_RDWR, 0); }
static long name_root(void) { return in_folder_at("/proc/self/root/etc/passwd", O_RDONLY, 0); }
static long name_new_outside(void) { return in_folder_at("../outside/made", O_RDWR | O_CREAT | O_EXCL, 0600); }
static long write_with(int flags)
{
	struct iovec iov = { 0, 0 };

	return CALL(__NR_pwritev2, image, &iov, 1, 0, 0, flags);
}
static long write_end(void) { return write_with(RWF_APPEND); }
static long write_wait(void) { return write_with(RWF_APPEND | RWF_DSYNC); }
static long write_flags(void) { return write_with(0); }
static long path_file(void) { return CALL(__NR_openat, inherited, "file", O_PATH | O_NOFOLLOW | O_CLOEXEC, 0); }
static long path_folder(void) { return CALL(__NR_openat, inherited, "deep", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0); }
static long path_list(void)
{
	char buf[1024];
	long fd = CALL(__NR_openat, AT_FDCWD, "outside", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);

	return fd < 0 ? fd : CALL(__NR_getdents64, fd, buf, sizeof(buf));
}
static long path_read(void)
{
	long fd = CALL(__NR_openat, AT_FDCWD, "outside", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);

	return fd < 0 ? fd : CALL(__NR_openat, fd, "file", IN_FOLDER, 0);
}
static long folder_make(void) { return CALL(__NR_mkdirat, inherited, "made folder", 0700); }
static long folder_suid(void) { return CALL(__NR_mkdirat, inherited, "made suid", 02700); }
static long folder_outside(void) { return CALL(__NR_mkdirat, inherited, "../outside/made folder", 0700); }
static long link_make(void) { return CALL(__NR_symlinkat, "/etc", inherited, "made link"); }
static long link_outside(void) { return CALL(__NR_symlinkat, "/etc", inherited, "../outside/made link"); }
static long hard_make(void) { return CALL(__NR_linkat, inherited, "file", inherited, "made name", 0); }
static long hard_follow(void) { return CALL(__NR_linkat, inherited, "link", inherited, "made follow", AT_SYMLINK_FOLLOW); }
static long hard_fd(void) { return CALL(__NR_linkat, image, "", inherited, "made image", AT_EMPTY_PATH); }
static long hard_in(void) { return CALL(__NR_linkat, AT_FDCWD, "outside/file", inherited, "made in", 0) < 0 ? -EACCES : 0; }
static long hard_out(void) { return CALL(__NR_linkat, inherited, "file", AT_FDCWD, "outside/made out", 0) < 0 ? -EACCES : 0; }
static long move_make(void) { return CALL(__NR_renameat2, inherited, "made name", inherited, "deep/moved name", 0); }
static long move_in(void) { return CALL(__NR_renameat2, AT_FDCWD, "outside/file", inherited, "moved in", 0) < 0 ? -EACCES : 0; }
static long move_out(void) { return CALL(__NR_renameat2, inherited, "file", AT_FDCWD, "outside/moved", 0) < 0 ? -EACCES : 0; }
static long move_swap(void) { return CALL(__NR_renameat2, inherited, "file", AT_FDCWD, "outside/file", 2) < 0 ? -EACCES : 0; }
static long move_white(void) { return CALL(__NR_renameat2, inherited, "file", inherited, "white", 4 /* RENAME_WHITEOUT */); }
static long pipe_make(void) { return CALL(__NR_mknodat, inherited, "made pipe", S_IFIFO | 0600, 0); }
static long pipe_outside(void) { return CALL(__NR_mknodat, inherited, "../outside/made pipe", S_IFIFO | 0600, 0); }
static long device_make(void) { return CALL(__NR_mknodat, inherited, "made device", S_IFCHR | 0600, 0x103); }
static long mode_suid(void) { return CALL(__NR_fchmod, image, 04755); }
static long mode_at(void) { return CALL(__NR_fchmodat, AT_FDCWD, "outside/file", 0777); }
static long mode_at2(void) { return CALL(452 /* fchmodat2 */, AT_FDCWD, "outside/file", 0777, 0); }
static long owner_at(void) { return CALL(__NR_fchownat, AT_FDCWD, "outside/file", -1, -1, 0); }
static long times_at(void) { return CALL(__NR_utimensat, AT_FDCWD, "outside/file", 0, 0); }
static long times_open(void) { return CALL(__NR_utimensat, image, 0, 0, 0); }
static long value_at(void) { return CALL(__NR_setxattr, "outside/file", "user.x", "1", 1, 0); }
static long value_open(void) { return CALL(__NR_fsetxattr, image, "user.x", "1", 1, 0); }
/* a program that whoever runs it gains by */
static long value_caps(void)
{
	unsigned int caps[5] = { 0x02000001, 0xffffffff };

	return CALL(__NR_fsetxattr, image, "security.capability", caps, sizeof(caps), 0);
}
/* Landlock does not hold these: names, sizes, times, and where links lead */
static long see_outside(void) { char b[256]; return CALL(__NR_statx, inherited, "../outside/file", AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0x7ff, b); }
static long see_link(void) { char b[256]; return CALL(__NR_readlinkat, inherited, "../outside/link", b, sizeof(b)) == -ENOENT; }
static long remove_made(void) { return CALL(__NR_unlinkat, inherited, "empty", AT_REMOVEDIR); }
static long remove_outside(void) { return CALL(__NR_unlinkat, inherited, "../outside/file", 0); }

#define NEVER { -EPERM, -EPERM, -EPERM, -EPERM, -EPERM, -EPERM }
#define LATE_ONLY { -EPERM, -EPERM, ANY, ANY, -EPERM, -EPERM }
#define OUTSIDE { -EPERM, -EPERM, -EACCES, -EACCES, -EPERM, -EPERM }
#define SHARED(rw, ro) { -EPERM, -EPERM, -EPERM, -EPERM, rw, ro }
#define BOTH(wanted) SHARED(wanted, wanted)
#define WRITING SHARED(ANY, -EPERM)

static const struct attempt attempts[] = {
	{ "read a file that is open", do_read, { ANY, ANY, ANY, ANY, ANY, ANY } },
	{ "map the memory", map_memory, { ANY, ANY, ANY, ANY, ANY, ANY } },
	{ "map the empty file", map_nothing, { ANY, ANY, ANY, ANY, ANY, ANY } },
	{ "close the memory", close_memory, NEVER },
	{ "close the empty file", close_nothing, NEVER },
	{ "duplicate a file to where the memory is", dup_there, NEVER },
	{ "duplicate a file over the memory", dup_over, NEVER },
	{ "put another file at the memory's number", map_over, NEVER },
	{ "send a message", send_right, { ANY, ANY, ANY, ANY, ANY, ANY } },
	{ "send a message and wait until it can", send_wait, NEVER },
	{ "send several messages", send_many_right, { ANY, ANY, ANY, ANY, ANY, ANY } },
	{ "connect by sending several messages (MSG_FASTOPEN)", send_many_fast, NEVER },
	{ "connect a listener that was shut down (MSG_FASTOPEN)", send_fast, NEVER },
	{ "send bytes", send_one_right, { ANY, ANY, ANY, ANY, ANY, ANY } },
	{ "send bytes out of band", send_one_oob, NEVER },
	{ "receive a message", receive_right, { ANY, ANY, ANY, ANY, ANY, ANY } },
	{ "receive a message and leave it there", receive_peek, NEVER },
	{ "wait for a message", receive_wait, NEVER },
	{ "receive descriptors that a program would inherit", receive_keep, NEVER },
	{ "receive several messages and wait for one", receive_many, NEVER },
	{ "wait for bytes", receive_one, NEVER },
	{ "wait for a connection (accept)", do_accept, NEVER },
	{ "shut a connection down", do_shutdown, NEVER },
	{ "wait for AIO (io_getevents)", do_getevents, NEVER },
	{ "destroy an AIO ring (io_destroy)", do_destroy, NEVER },
	{ "write a file back outside of AIO (fsync)", do_fsync, BOTH(ANY) },
	{ "write a part of a file back (sync_file_range)", do_sync_range, NEVER },
	{ "set a terminal by TCSETSW", do_tcsetsw, NEVER },
	{ "set a terminal by TCSETSF", do_tcsetsf, NEVER },
	{ "set a terminal's size (TIOCSWINSZ)", do_winsize, NEVER },
	{ "type at a terminal (TIOCSTI)", do_tiocsti, NEVER },
	{ "clone a file (FICLONE)", do_clone_file, NEVER },
	{ "seek in a way that is not known", do_seek, NEVER },
	{ "read another clock", do_clock, NEVER },
	{ "call ppoll with a signal mask", do_poll_mask, NEVER },
	{ "call epoll_pwait with a signal mask", do_epoll_mask, NEVER },
	{ "set a timer for an absolute time", do_timer, NEVER },
	{ "call getrandom with flags", do_random, NEVER },
	{ "write within what images may take", write_near, { ANY, ANY, ANY, ANY, ANY, ANY } },
	{ "write far behind the end of an image", write_far, { -EFBIG, -EFBIG, ANY, ANY, ANY, -EFBIG } },
	{ "make an image very long", grow_far, { -EFBIG, -EFBIG, ANY, ANY, ANY, -EFBIG } },
	{ "zero a range far behind the end of an image", zero_far, { -EPERM, -EPERM, ANY, ANY, ANY, -EPERM } },
	{ "zero more at once than a request asks for", zero_much, WRITING },
	{ "allocate room without zeroing it", do_allocate, WRITING },
	{ "zero a range so that the file grows", zero_growing, WRITING },
	{ "open a file in the folder", open_read, LATE_ONLY },
	{ "open a file in the folder for writing", open_write, LATE_ONLY },
	{ "make a file in the folder, or empty it", open_truncate, LATE_ONLY },
	{ "make a new file in the folder", open_new, LATE_ONLY },
	{ "open a file in a folder below", open_deep, LATE_ONLY },
	{ "make a file without a name in the folder", open_unnamed, LATE_ONLY },
	{ "open a file beside the folder", open_outside, OUTSIDE },
	{ "open a file beside the folder by way of ..", open_dots, OUTSIDE },
	{ "open a file beside the folder by a symbolic link", open_link, OUTSIDE },
	{ "open /proc/self/mem", open_magic, OUTSIDE },
	{ "open /etc/passwd", open_passwd, OUTSIDE },
	{ "make a file beside the folder", open_new_outside, OUTSIDE },
	{ "make a file without a name beside the folder", open_tmp_outside, OUTSIDE },
	{ "list the folder", open_folder, OUTSIDE },
	{ "open a file without a right (O_PATH)", open_path, NEVER },
	{ "make a file with a mode of its own", open_suid, NEVER },
	{ "open a file from an open folder", open_at, NEVER },
	{ "open a file by the old call (open)", open_old, NEVER },
	{ "open a file by the new call (openat2)", open_how, NEVER },
	{ "make a file by the old call (creat)", do_creat, NEVER },
	{ "stat a file", do_stat, NEVER },
	{ "statx a file", do_statx, NEVER },
	{ "truncate a file by name", do_truncate, NEVER },
	{ "make a hard link", do_link, NEVER },
	{ "rename a file", do_rename, NEVER },
	{ "make a symbolic link", do_symlink, NEVER },
	{ "make a folder", do_mkdir, NEVER },
	{ "make a pipe with a name (mknod)", do_mknod, NEVER },
	{ "change a file's mode by name", do_chmod, NEVER },
	{ "make an image readable for others (fchmod)", do_fchmod_any, WRITING },
	{ "remove a file in the folder", do_unlink, { -EACCES, -EACCES, ANY, ANY, ANY, -EACCES } },
	{ "remove a file beside the folder", do_unlink_outside, { -EACCES, -EACCES, -EACCES, -EACCES, -EACCES, -EACCES } },
	{ "remove a folder", do_rmdir, { -EACCES, -EACCES, -EACCES, -EACCES, -EACCES, -EACCES } },
	{ "remove a folder by the old call", do_rmdir_old, NEVER },
	{ "make a stream socket", sock_stream, LATE_ONLY },
	{ "make a seqpacket socket", sock_seqpacket, LATE_ONLY },
	{ "make a datagram socket", sock_dgram, { -EPERM, -EPERM, -EPERM, ANY, -EPERM, -EPERM } },
	{ "make a TCP socket", sock_inet, NEVER },
	{ "make a UDP socket", sock_udp, NEVER },
	{ "make an IPv6 socket", sock_inet6, NEVER },
	{ "make a netlink socket", sock_netlink, NEVER },
	{ "make a packet socket", sock_packet, NEVER },
	{ "make a vsock socket", sock_vsock, NEVER },
	{ "make a pair of sockets", sock_pair, NEVER },
	{ "listen in the folder", bind_inside, LATE_ONLY },
	{ "listen beside the folder", bind_outside, OUTSIDE },
	{ "listen in the guest's own folder", bind_own, { -EPERM, -EPERM, ANY, -EACCES, -EPERM, -EPERM } },
	{ "connect to somebody's socket", connect_bus, { -EPERM, -EPERM, -EPERM, ANY, -EPERM, -EPERM } },
	{ "connect a TCP socket that it was given", connect_tcp, { -EPERM, -EPERM, -EPERM, -EACCES, -EPERM, -EPERM } },
	{ "set an option of a socket that it was given", set_option, NEVER },
	{ "send to an address of its choice by sendto()", send_to, NEVER },
	{ "send to somebody's abstract socket", send_abstract, { -EPERM, ANY, ANY, ANY, -EPERM, -EPERM } },
	{ "run a program (execve)", do_exec, NEVER },
	{ "run an open program (execveat)", do_execat, NEVER },
	{ "fork", do_fork, NEVER },
	{ "clone", do_clone, NEVER },
	{ "clone3", do_clone3, NEVER },
	{ "trace a process (ptrace)", do_ptrace, NEVER },
	{ "write to another process", do_vm_write, NEVER },
	{ "kill a process", do_kill, NEVER },
	{ "have signals sent to another process", do_own, NEVER },
	{ "duplicate a descriptor", do_dup, NEVER },
	{ "map a file", do_mmap_file, NEVER },
	{ "map other memory", do_mmap_anon, NEVER },
	{ "drop memory", do_dontneed, NEVER },
	{ "punch holes into memory by its address", do_remove, NEVER },
	{ "move mappings to a place of the host's choice", do_mremap, NEVER },
	{ "set up io_uring", do_uring, NEVER },
	{ "load a BPF program", do_bpf, NEVER },
	{ "mount a file system", do_mount, NEVER },
	{ "unshare a namespace", do_unshare, NEVER },
	{ "change its root folder", do_chroot, NEVER },
	{ "change its working folder", do_chdir, NEVER },
	{ "call prctl", do_prctl, NEVER },
	{ "change its user", do_setuid, NEVER },
	{ "make a memfd", do_memfd, NEVER },
	{ "make an AIO ring", do_ring, NEVER },
	{ "make an eventfd", do_eventfd, NEVER },
	{ "open a name in a shared folder", name_read, BOTH(ANY) },
	{ "list a shared folder", name_list, BOTH(ANY) },
	{ "open a name there for writing", name_write, WRITING },
	{ "open a name there to append", name_append, WRITING },
	{ "append to an open file", write_end, WRITING },
	{ "write with a flag that the kernel does not use", write_wait, NEVER },
	{ "write by pwritev2 without a flag", write_flags, NEVER },
	{ "make a name there", name_create, WRITING },
	{ "make a name there that runs as its owner", name_suid, NEVER },
	{ "empty a name there", name_truncate, NEVER },
	{ "make a file without a name there", name_unnamed, NEVER },
	{ "open a name there, and wait", name_wait, NEVER },
	{ "open a link there, and follow it", name_follow, NEVER },
	{ "open a link there", name_link, BOTH(-ELOOP) },
	{ "from there by way of ..", name_dots, BOTH(-EACCES) },
	{ "from there by way of .. for writing", name_dots_write, SHARED(-EACCES, -EPERM) },
	{ "list the folder above", name_up, BOTH(-EACCES) },
	{ "open beside a shared folder", name_outside, BOTH(-EACCES) },
	{ "open /etc/passwd as a name there", name_passwd, BOTH(-EACCES) },
	{ "open its own memory as a name there", name_magic, SHARED(-EACCES, -EPERM) },
	{ "go to the root by a magic link", name_root, BOTH(-EACCES) },
	{ "make a name beside a shared folder", name_new_outside, SHARED(-EACCES, -EPERM) },
	{ "open a file without a right, from there", path_file, NEVER },
	{ "go through a folder there", path_folder, BOTH(ANY) },
	{ "list a folder beside, gone through", path_list, BOTH(-EBADF) },
	{ "open a file in a folder beside, gone through", path_read, BOTH(-EACCES) },
	{ "make a folder there", folder_make, WRITING },
	{ "make a folder there whose group is kept", folder_suid, NEVER },
	{ "make a folder beside", folder_outside, SHARED(-EACCES, -EPERM) },
	{ "make a link there", link_make, WRITING },
	{ "make a link beside", link_outside, SHARED(-EACCES, -EPERM) },
	{ "make a further name there", hard_make, WRITING },
	{ "make a further name of where a link leads", hard_follow, NEVER },
	{ "make a name of a descriptor", hard_fd, NEVER },
	{ "make a name there of a file beside", hard_in, { -EACCES, -EACCES, -EACCES, -EACCES, -EACCES, -EACCES } },
	{ "make a name beside of a file there", hard_out, { -EACCES, -EACCES, -EACCES, -EACCES, -EACCES, -EACCES } },
	{ "move a name there", move_make, WRITING },
	{ "move a file in", move_in, { -EACCES, -EACCES, -EACCES, -EACCES, -EACCES, -EACCES } },
	{ "move a file out", move_out, { -EACCES, -EACCES, -EACCES, -EACCES, -EACCES, -EACCES } },
	{ "swap one for a file beside", move_swap, { -EACCES, -EACCES, -EACCES, -EACCES, -EACCES, -EACCES } },
	{ "leave a device where a name was", move_white, NEVER },
	{ "make a pipe there", pipe_make, WRITING },
	{ "make a pipe beside", pipe_outside, SHARED(-EACCES, -EPERM) },
	{ "make a device there", device_make, NEVER },
	{ "make an open file run as its owner", mode_suid, NEVER },
	{ "change a mode by a name", mode_at, NEVER },
	{ "change a mode by a name and flags", mode_at2, NEVER },
	{ "change an owner by a name", owner_at, NEVER },
	{ "change times by a name", times_at, NEVER },
	{ "change times of an open file", times_open, WRITING },
	{ "set an attribute by a name", value_at, NEVER },
	{ "set an attribute of an open file", value_open, WRITING },
	{ "give a file capabilities", value_caps, NEVER },
	{ "see attributes of a file beside", see_outside, BOTH(ANY) },
	{ "read a link beside", see_link, { 0, 0, 0, 0, ANY, ANY } },
	{ "remove a folder there", remove_made, { -EACCES, -EACCES, -EACCES, -EACCES, ANY, -EACCES } },
	{ "remove a file beside by way of ..", remove_outside, { -EACCES, -EACCES, -EACCES, -EACCES, -EACCES, -EACCES } },
};

#define NR (sizeof(attempts) / sizeof(*attempts))

static void ok(int good, const char *who, const char *what)
{
	printf("%sok %d - %s: %s\n", good ? "" : "not ", ++tests, who, what);
}

static int make(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, "contents", 8) != 8) {
		printf("Bail out! cannot make %s\n", path);
		exit(1);
	}
	return fd;
}

static int confine(enum who who)
{
	struct host_confinement l = {
		.text_start = (unsigned long)__executable_start,
		.text_end = (unsigned long)etext,
		.gate_open = 0x6800ffe00100,
		.gate_hide = 0x6800ffe00200,
		.memfd = MEMORY,
		.empty = NOTHING,
		.answers = who == NAMED || who == HOTPLUG,
		.hotplug = who == HOTPLUG || who == CONNECT ? "folder\0second\0" : NULL,
		.connect = who == CONNECT,
		.shared = { { inherited, who == SHOWING } },
		.nr_shared = who == SHARING || who == SHOWING,
	};

	if (who == NAMED || who == HOTPLUG) {
		l.folder = "names/guest";
		l.parent = "names";
	}
	return host_confine(&l);
}

/* In the child: nothing of the C library, which is not in the text that the filter knows. */
static void attack(enum who who)
{
	unsigned int i;

	result[NR] = confine(who);
	if (!result[NR])
		for (i = 0; i < NR; i++)
			result[i] = attempts[i].make();
	for (;;)
		host_syscall1(__NR_exit_group, 0);
}

static void prepare(void)
{
	static const char * const folders[] = {
		"folder", "folder/deep", "folder/empty", "second", "outside", "outside/empty", "names", "names/guest",
	};
	unsigned int i;

	for (i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		mkdir(folders[i], 0700);
	close(make("folder/file"));
	close(make("folder/gone"));
	close(make("folder/deep/file"));
	close(make("outside/file"));
	unlink("folder/new");
	unlink("folder/socket");
	unlink("names/guest/socket");
	unlink("folder/link");
	unlink("folder/made");
	unlink("folder/made link");
	unlink("folder/made pipe");
	unlink("folder/made name");
	unlink("folder/deep/moved name");
	rmdir("folder/made folder");
	if (symlink("../outside/file", "folder/link"))
		printf("# no symbolic link\n");
}

static void test(enum who who, const char *name)
{
	char what[128];
	unsigned int i;
	int status;
	pid_t pid;

	prepare();
	for (i = 0; i <= NR; i++)
		result[i] = 4711;
	fflush(stdout);
	pid = fork();
	if (!pid)
		attack(who);
	waitpid(pid, &status, 0);
	ok(result[NR] == 0 && WIFEXITED(status), name, "confines itself");
	for (i = 0; i < NR; i++) {
		long wanted = attempts[i].wanted[who];
		int good = wanted == ANY ? result[i] >= 0 && result[i] != 4711 :
			   result[i] == wanted;

		if (attempts[i].make == connect_tcp && who == CONNECT && host_landlock_abi() < 4)
			continue;
		if (attempts[i].make == send_abstract && host_landlock_abi() < 6)
			continue;

		snprintf(what, sizeof(what), "%s %s", wanted == ANY ? "may" : "may not",
			 attempts[i].name);
		ok(good, name, what);
		if (!good)
			printf("# got %ld, wanted %ld\n", result[i], wanted);
	}
}

/* The host room's own functions, and what outlives a restart. */
enum { OPENED, STAT, LISTENING, DENIED, REOPENED, RELOCKED, PIPE, ALIGN, KEPT, BACK, LATE_GONE,
       FORGOTTEN, MANY, NR_STEPS };
static const char * const steps[] = {
	[OPENED] = "host_open() opens a file in the folder",
	[STAT] = "host_stat() says what a file in the folder is",
	[LISTENING] = "host_unix_listen() makes a socket in the folder",
	[DENIED] = "host_open() fails with EACCES elsewhere, host_stat() too",
	[REOPENED] = "what was opened at the start can be closed, and opened again",
	[RELOCKED] = "what was opened at the start, closed and opened again can be locked again",
	[PIPE] = "a pipe without another end does not make the guest wait",
	[ALIGN] = "host_dio_align() works on a new file",
	[KEPT] = "what was opened at the start is there after a restart",
	[BACK] = "what was closed is opened anew by a restarted kernel, even if it was not before",
	[LATE_GONE] = "what was opened later is closed before a restart",
	[FORGOTTEN] = "a restarted kernel is not given what was opened later",
	[MANY] = "a thousand files can be opened and closed, and 1100 at a time cannot be",
};

static int is_closed(int fd)
{
	return host_syscall3(__NR_fcntl, fd, F_GETFD, 0) == -EBADF;
}

/* The table of what is open has room for HOST_KEPT, whatever their names. */
static int open_many(void)
{
	char name[] = "folder/new0000";
	int fd[1100], i, n = 0, good = 1;

	for (i = 0; i < 1000 && good; i++) {
		name[10] = '0' + i / 1000;
		name[11] = '0' + i / 100 % 10;
		name[12] = '0' + i / 10 % 10;
		name[13] = '0' + i % 10;
		fd[0] = host_open(name, HOST_O_WRITE | HOST_O_CREATE);
		good = fd[0] >= 0 && !host_close(fd[0]) && !host_unlink(name);
	}
	while (n < 1100 && (fd[n] = host_open("folder/file", HOST_O_READ)) >= 0)
		n++;
	good = good && n > HOST_KEPT - 50 && n < HOST_KEPT && fd[n] == -ENFILE;
	while (n--)
		host_close(fd[n]);
	return good && host_open("folder/file", HOST_O_READ) >= 0;
}

static void use_room(void)
{
	const unsigned int rw = HOST_O_READ | HOST_O_WRITE;
	struct host_stat st;
	int kept, first, second, late, again, sock;

	kept = host_open("folder/file", rw);
	first = host_open("folder/deep/file", rw);
	second = host_open("folder/gone", rw);
	host_lock_file(first, 1);
	result[NR] = confine(HOTPLUG);

	late = host_open("folder/new", rw | HOST_O_CREATE);
	result[OPENED] = late >= 0 && host_pwrite(late, "text", 4, 0) == 4;
	result[STAT] = !host_stat("folder/new", &st) && st.size == 4;
	sock = host_unix_listen("folder/socket", 1);
	result[LISTENING] = sock >= 0;
	result[DENIED] = host_open("outside/file", HOST_O_READ) == -EACCES &&
			 host_stat("outside/file", &st) == -EACCES;
	host_close(first);
	result[REOPENED] = is_closed(first);
	again = host_open("folder/deep/file", rw);
	result[REOPENED] &= again >= 0 && !is_closed(again);
	result[RELOCKED] = !host_lock_file(again, 1);
	result[PIPE] = host_open("folder/pipe", HOST_O_READ) >= 0 &&
		       host_open("folder/pipe", HOST_O_WRITE) >= 0;
	result[ALIGN] = host_dio_align(late) == host_dio_align(kept);
	host_close(second);
	result[MANY] = open_many();

	/* as machine_restart() does, and what a new image finds */
	kept_drop_late();
	result[LATE_GONE] = is_closed(late) && is_closed(sock);
	confined = may_open = may_connect = 0;
	info.reboots++;
	result[KEPT] = host_open("folder/file", rw) == kept && !is_closed(kept) &&
		       host_open("folder/deep/file", rw) == again && !host_lock_file(again, 1);
	result[BACK] = !host_stat("folder/gone", &st) && host_open("folder/gone", rw) >= 0;
	result[FORGOTTEN] = host_open("folder/new", rw | HOST_O_CREATE) == -ENOENT;
	result[NR] |= confine(HOTPLUG);
	late = host_open("folder/new", rw | HOST_O_CREATE);
	result[FORGOTTEN] &= late >= 0 && host_stat("folder/new", &st) == 0 && st.size == 4;
	host_syscall1(__NR_exit_group, 0);
}

/* Without hotplug=: what is closed is kept for the next kernel. */
static void use_room_plain(void)
{
	int fd = host_open("folder/file", HOST_O_READ), other;

	result[NR] = confine(PLAIN);
	host_close(fd);
	result[0] = !is_closed(fd) && host_open("folder/file", HOST_O_READ | HOST_O_WRITE) == -EPERM;
	result[1] = host_open("folder/file", HOST_O_READ) == fd;
	other = host_open("folder/file", HOST_O_READ);
	result[2] = other == -EPERM;
	host_close(fd);
	kept_drop_late();
	confined = 0;
	info.reboots++;
	result[3] = host_open("folder/file", HOST_O_READ) == fd && !is_closed(fd);
	host_syscall1(__NR_exit_group, 0);
}

static void test_room(void (*use)(void), const char *name, const char * const *what, unsigned int n)
{
	unsigned int i;
	pid_t pid;

	prepare();
	mkfifo("folder/pipe", 0600);
	memset(result, 0, (NR + 1) * sizeof(*result));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		use();
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	ok(result[NR] == 0, name, "confines itself");
	for (i = 0; i < n; i++)
		ok(result[i] == 1, name, what[i]);
	unlink("folder/pipe");
}

static struct sockaddr_un address(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	strcpy(addr.sun_path, path);
	return addr;
}

int main(int argc, char **argv)
{
	static const char * const plain[] = {
		"what is closed stays open, and nothing else can be opened",
		"what is closed can be opened again as what it was",
		"what is closed can be opened again only once",
		"what is closed and opened again is there after a restart",
	};
	int bus_fd = socket(AF_UNIX, SOCK_STREAM, 0), memfd;

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGXFSZ, SIG_IGN);	/* as host_signals_init() does */
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 4096, 4096 });
	if (argc != 2 || chdir(argv[1])) {
		printf("Bail out! usage: wall FOLDER\n");
		return 1;
	}
	if (host_landlock_abi() < 1) {
		printf("1..0 # SKIP this host has no Landlock\n");
		return 0;
	}
	result = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	prepare();
	inherited = open("folder", O_RDONLY | O_DIRECTORY);
	image = make("image");
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	tcp = socket(AF_INET, SOCK_STREAM, 0);
	in_folder = address("folder/socket");
	in_other = address("outside/socket");
	bus = address("outside/bus");
	unlink("outside/bus");
	if (bind(bus_fd, (void *)&bus, sizeof(bus)) || listen(bus_fd, 100))
		printf("# no socket to connect to\n");

	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (listen(listener, 4) || socketpair(AF_UNIX, SOCK_DGRAM, 0, pair))
		printf("# no sockets\n");
	memfd = memfd_create("memory", MFD_CLOEXEC);
	if (ftruncate(memfd, 2 * 4096) || dup2(memfd, MEMORY) < 0 ||
	    dup2(memfd_create("empty", MFD_CLOEXEC), NOTHING) < 0)
		printf("# no memory\n");
	memcpy(abstract.sun_path + 1, "wall", 4);
	abstract.sun_family = AF_UNIX;
	memcpy(abstract.sun_path + 5, argv[1] + strlen(argv[1]) - 3, 3);
	if (bind(socket(AF_UNIX, SOCK_DGRAM, 0), (void *)&abstract, sizeof(short) + 8))
		printf("# no abstract socket\n");
	host_file_reaches(8192);

	if (host_landlock_abi() < 6)
		puts("# this host's Landlock cannot keep abstract sockets out of reach");
	if (host_landlock_abi() < 4)
		puts("# this host's Landlock cannot keep a socket from being connected");
	test(PLAIN, "a guest");
	test(NAMED, "one with a name");
	test(HOTPLUG, "one with a name and hotplug=");
	test(CONNECT, "one with hotplug=,connect");
	test(SHARING, "one with hostfs=");
	test(SHOWING, "one with hostfs=,ro");
	test_room(use_room, "with hotplug=", steps, NR_STEPS);
	test_room(use_room_plain, "without hotplug=", plain, sizeof(plain) / sizeof(*plain));
	printf("1..%d\n", tests);
	return 0;
}
