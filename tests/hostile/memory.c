// SPDX-License-Identifier: GPL-2.0
/*
 * Reads, writes and calls all over the kernel region, and system calls that are
 * given its addresses.
 */
#include "hostile.h"
#include <linux/filter.h>
#include <linux/futex.h>
#include <sys/socket.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/auxv.h>
#include <sys/shm.h>
#include <sys/user.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <asm/prctl.h>

#ifndef SYS_rseq
#define SYS_rseq 334
#endif

/* One place after the other; the kernel may hide them in pieces of any size. */
static const struct {
	const char *name;
	unsigned long start, end, step;
} regions[] = {
	{ "physical memory and the image", PAGE_OFFSET, PAGE_OFFSET + (1UL << 30), HUGE_SIZE },
	{ "every page of the image", PAGE_OFFSET, PAGE_OFFSET + (10UL << 20), PAGE },
	{ "memory beyond the first GiB", PAGE_OFFSET + (1UL << 30), VMALLOC_START, 8UL << 30 },
	{ "modules", MODULES_VADDR, MODULES_END, HUGE_SIZE },
	{ "AIO rings", AIO_BASE, AIO_END, PAGE },
	{ "vmalloc", VMALLOC_START, VMALLOC_START + (1UL << 20), PAGE },
	{ "more of vmalloc", VMALLOC_START, VMALLOC_END, 64UL << 20 },
	{ "between the gate and the host's words about the process", GATE_DATA_END, TITLE, PAGE },
	{ "between the host's words and the kernel", TITLE + TITLE_SIZE, KERNEL_BASE, PAGE },
	{ "between the gate's pages", GATE_END, GATE_DATA, PAGE },
	{ "before the gate", HOLE, GATE_TEXT, 64UL << 20 },
	{ "what is behind it all", VMALLOC_END, HOLE_END, 8UL << 30 },
	{ "the last page of 47 bits", TASK_SIZE, 0x800000000000, 8 },
	{ "no address at all", 0x800000000000, 0xffff800000000000, 1UL << 61 },
	{ "the host's kernel", 0xffff800000000000, 0xffffffffff000000, 1UL << 40 },
};

static void access_all(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(regions); i++) {
		unsigned long bad = 0, at, left;

		for (at = regions[i].start;; at += regions[i].step) {
			unsigned long to = at + (some() % 512) * 8;
			int r = try_read((void *)at), w = try_write((void *)to),
			    x = try_call((void *)to);

			if (r != SIGSEGV || w != SIGSEGV || x != SIGSEGV) {
				printf("# %#lx, %#lx: read %d write %d call %d\n", at, to, r, w, x);
				bad = bad ?: at;
			}
			left = regions[i].end - at;
			if (left <= regions[i].step)
				break;
		}
		ok(!bad, "%s: SIGSEGV (first that differs: %#lx)", regions[i].name, bad);
	}
	ok(try_write((void *)GATE_TEXT) == SIGSEGV && try_write((void *)(GATE_END - 1)) == SIGSEGV,
	   "the gate cannot be written to");
	ok(try_call((void *)GATE_DATA) == SIGSEGV && try_call((void *)GATE_EXIT_FRAME) == SIGSEGV,
	   "the gate's data cannot be executed");
	ok(try_write((void *)TITLE) == SIGSEGV && try_call((void *)TITLE) == SIGSEGV,
	   "what the host's ps shows can neither be written to nor be executed");
}

static const unsigned long places[] = {
	TASK_SIZE, GATE_TEXT, GATE_TEXT + PAGE, GATE_DATA, GATE_EXIT_FRAME, KERNEL_BASE,
	PAGE_OFFSET, PAGE_OFFSET + 0x1000, PAGE_OFFSET + MEMORY - PAGE, AIO_BASE, VMALLOC_START,
	HOLE, HOLE_END - PAGE, 0x800000000000, 1UL << 63, -PAGE, 0xffffffffff600000,
};

/* Fails with an error that says "no such address", and does nothing. */
static bool refused(long ret)
{
	return ret == -1 && (errno == EFAULT || errno == EINVAL || errno == ENOMEM ||
			     errno == EPERM || errno == EIO || errno == EOVERFLOW || errno == ENOSYS);
}

#define REFUSED(expr) do {							\
	errno = 0;								\
	if (!refused((long)(expr))) {						\
		printf("# %#lx: %s: %s\n", at, #expr, strerror(errno));		\
		good = false;							\
	}									\
} while (0)

static bool mapping_calls(unsigned long at)
{
	char *mine = map_anon(2 * PAGE, PROT_READ | PROT_WRITE);
	void *p = (void *)at;
	bool good = true;
	int shm;

	REFUSED(mmap(p, PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	REFUSED(mmap(p - PAGE, 2 * PAGE, 7, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	REFUSED(mmap(p, PAGE, 3, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
	REFUSED(mmap((void *)0x10000, at, 3, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	/* in the hole there is nothing to unmap, which is no error */
	if (at < HOLE || at >= HOLE_END)
		REFUSED(munmap(p, PAGE));
	else
		must(!munmap(p, PAGE));
	REFUSED(munmap(mine, at));
	REFUSED(mprotect(p, PAGE, 7));
	REFUSED(mremap(mine, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p));
	REFUSED(mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	REFUSED(madvise(p, PAGE, MADV_DONTNEED));
	REFUSED(mlock(p, PAGE));
	REFUSED(msync(p, PAGE, MS_SYNC));
	shm = shmget(IPC_PRIVATE, PAGE, 0600);
	must(shm >= 0);
	REFUSED(shmat(shm, p, 0));
	REFUSED(shmat(shm, p, SHM_REMAP));
	shmctl(shm, IPC_RMID, NULL);
	must(syscall(SYS_brk, at) != (long)at);
	munmap(mine, 2 * PAGE);
	return good;
}

static bool copying_calls(unsigned long at)
{
	char mine[64] = "", name[64];
	struct iovec local = { mine, 8 }, there = { (void *)at, 8 };
	void *p = (void *)at;
	bool good = true;
	int fds[2], zero = open("/dev/zero", O_RDWR), mem;

	must(zero >= 0 && !pipe(fds) && write(fds[1], "12345678", 8) == 8);
	REFUSED(read(zero, p, 8));
	REFUSED(read(fds[0], p, 8));
	REFUSED(write(fds[1], p, 8));
	REFUSED(write(fds[1], p - 8, 16));
	REFUSED(readv(zero, &there, 1));
	REFUSED(writev(fds[1], &there, 1));
	REFUSED(vmsplice(fds[1], &there, 1, 0));
	REFUSED(process_vm_readv(getpid(), &local, 1, &there, 1, 0));
	REFUSED(process_vm_writev(getpid(), &local, 1, &there, 1, 0));
	REFUSED(process_vm_readv(getpid(), &there, 1, &local, 1, 0));
	REFUSED(open(p, O_RDONLY));
	REFUSED(syscall(SYS_execve, "/bin/busybox", p, NULL));
	REFUSED(syscall(SYS_execve, p, NULL, NULL));
	REFUSED(syscall(SYS_uname, p));
	REFUSED(syscall(SYS_stat, "/", p));
	REFUSED(syscall(SYS_getcwd, p, 64));
	REFUSED(syscall(SYS_rt_sigaction, SIGUSR2, p, NULL, 8));
	REFUSED(syscall(SYS_rt_sigaction, SIGUSR2, NULL, p, 8));
	REFUSED(syscall(SYS_futex, p, FUTEX_WAIT, 0, NULL, NULL, 0));
	REFUSED(syscall(SYS_futex, p, FUTEX_WAKE_OP, 1, 1, mine, 0));
	REFUSED(syscall(SYS_futex, mine, FUTEX_WAKE_OP, 1, 1, p, 0));
	REFUSED(syscall(SYS_futex, p, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	REFUSED(syscall(SYS_clock_gettime, CLOCK_MONOTONIC_RAW, p));
	REFUSED(syscall(SYS_getrandom, p, 8, 0));
	REFUSED(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, p, 8));
	REFUSED(syscall(SYS_prctl, PR_GET_NAME, p));
	REFUSED(syscall(SYS_prctl, PR_SET_SECCOMP, 2, p, 0, 0));
	REFUSED(syscall(SYS_arch_prctl, ARCH_GET_FS, p));
	if (at >= PAGE_OFFSET) {
		REFUSED(syscall(SYS_arch_prctl, ARCH_SET_GS, p));
	}
	REFUSED(syscall(SYS_rseq, p, 32, 0, 0x53053053));
	snprintf(name, sizeof(name), "/proc/self/mem");
	mem = open(name, O_RDWR);	/* not allowed after a change of the user */
	if (mem >= 0 && (long)at > 0) {
		REFUSED(pread(mem, mine, 8, at));
		REFUSED(pwrite(mem, mine, 8, at));
	}
	if (mem >= 0)
		close(mem);
	close(zero);
	close(fds[0]);
	close(fds[1]);
	return good;
}

static int stopped(void *arg)
{
	(void)arg;
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	return 0;
}

static bool tracing_calls(unsigned long at)
{
	pid_t pid = spawn(stopped, NULL);
	bool good = true;
	int status;

	must(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	REFUSED(ptrace(PTRACE_PEEKDATA, pid, at, NULL));
	REFUSED(ptrace(PTRACE_POKEDATA, pid, at, 1L));
	REFUSED(ptrace(PTRACE_POKETEXT, pid, at, 1L));
	REFUSED(ptrace(PTRACE_GETREGS, pid, NULL, at));
	REFUSED(ptrace(PTRACE_SETREGS, pid, NULL, at));
	REFUSED(ptrace(PTRACE_PEEKUSER, pid, at | 8, NULL));
	REFUSED(ptrace(PTRACE_POKEUSER, pid, at | 8, 1L));
	/* a program counter or stack pointer there is the tracee's own misfortune */
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rsp), at);
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rip), at);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		if (ptrace(PTRACE_CONT, pid, NULL, WSTOPSIG(status)))
			break;
	return good;
}

/* What the kernel writes to later, when a task ends or is switched. */
static int list_head(void *arg)
{
	/* a robust list may have any head: it is only looked at when the task ends */
	must(!syscall(SYS_set_robust_list, arg, 24));
	return 0;
}

static int clear_tid(void *arg)
{
	syscall(SYS_set_tid_address, arg);
	syscall(SYS_prctl, PR_SET_NAME, "tid");
	syscall(SYS_exit, 0);
	return 97;
}

static int robust_list(void *arg)
{
	static struct {
		void *next;
		long offset;
		void *pending;
	} head;

	head.next = arg;
	head.pending = arg;
	head.offset = 16;
	must(!syscall(SYS_set_robust_list, &head, sizeof(head)));
	return 0;
}

static int alternate_stack(void *arg)
{
	stack_t ss = { .ss_sp = arg, .ss_size = 0x8000 };
	struct sigaction sa = { .sa_handler = alive_alarm, .sa_flags = SA_ONSTACK };

	if (sigaltstack(&ss, NULL))
		return 0;
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	return 97;		/* never on such a stack */
}

static int segment_bases(void *arg)
{
	if (getauxval(26 /* AT_HWCAP2 */) & 2) {
		unsigned long at = (unsigned long)arg, got;

		if ((long)(at << 16) >> 16 != (long)at)
			return 0;
		for (int i = 0; i < 20; i++) {
			asm volatile("wrgsbase %0" : : "r"(at));
			for (int n = 0; n < 3; n++)
				sched_yield();
			asm volatile("rdgsbase %0" : "=r"(got));
			must(got == at);
		}
		if (at > GATE_DATA_END)
			asm volatile("mov %%gs:0, %0" : "=r"(got));
		else
			return 0;
		return 97;
	}
	return 0;
}

static int tls_of_a_child(void *arg)
{
	long pid = syscall(SYS_clone, CLONE_SETTLS | SIGCHLD, 0, NULL, NULL, arg);

	if (pid < 0)
		return 0;
	if (!pid) {
		/* no C library here: it has no thread pointer */
		asm volatile("syscall" : : "a"(SYS_exit), "D"(0) : "rcx", "r11");
		__builtin_trap();
	}
	wait_status(pid);
	return 0;
}

static void later_calls(void)
{
	static const struct {
		const char *name;
		int (*fn)(void *);
	} tries[] = {
		{ "a robust list at kernel addresses does no harm", list_head },
		{ "a robust list that leads to kernel addresses does no harm", robust_list },
		{ "an address to clear at the end in the kernel does no harm", clear_tid },
		{ "a signal stack at kernel addresses does no harm", alternate_stack },
		{ "segment bases at kernel addresses do no harm", segment_bases },
		{ "a child's thread pointer at kernel addresses does no harm", tls_of_a_child },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
		bool good = true;

		for (size_t n = 0; n < ARRAY_SIZE(places); n++)
			good &= survives(tries[i].fn, (void *)places[n]);
		ok(good && alive(), "%s", tries[i].name);
	}
}

/* Faults in numbers and in odd places. */
static int fault_patterns(void *arg)
{
	char *p = mmap(NULL, 1UL << 40, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct rlimit lim = { 64 << 20, 64 << 20 };

	(void)arg;
	must(p != MAP_FAILED);
	for (int i = 0; i < 300; i++)
		p[some() % (1UL << 40)] = 1;
	munmap(p, 1UL << 40);
	/* a stack that grows to its limit; the last page of user space */
	setrlimit(RLIMIT_STACK, &lim);
	p = mmap((void *)(TASK_SIZE - PAGE), PAGE, 7, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0);
	if (p == MAP_FAILED)
		return 0;
	memset(p, 0x90, PAGE);		/* falls through into nothing */
	must(try_call(p + PAGE - 16) == SIGSEGV);
	p[PAGE - 2] = 0x0f;		/* syscall, returns to what is no address */
	p[PAGE - 1] = 0x05;
	must(try_call(p + PAGE - 2) == SIGSEGV);
	must(!mprotect(p, PAGE, PROT_READ));
	must(try_write(p + PAGE - 4) == SIGSEGV);
	return 0;
}

static void kernel_files(void)
{
	static const char *const files[] = { "/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore" };
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		good &= open(files[i], O_RDONLY) < 0;
	/* numbers of x86's ioperm and iopl */
	good &= syscall(173, 0, 65536, 1) < 0 && syscall(172, 3) < 0;
	ok(good, "no file and no call leads to physical memory or ports");
}

/*
 * At the host's limit of mappings: each page of the region is one, and the guest
 * kernel wants some for itself, now and then at a trap and for a filter's program.
 */
static int all_mappings(void *arg)
{
	enum { MANY = 66000, NEAR = 65300, FILE_PAGES = 16, TRAPS = 600 };
	struct sock_filter pass = { BPF_RET | BPF_K, 0, 0, ~0U };
	struct sock_fprog filter = { 1, &pass };
	int fd = memfd_create("pages", MFD_CLOEXEC), s;
	char *region = mmap(NULL, MANY * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			    -1, 0);
	long i;

	(void)arg;
	must(fd >= 0 && region != MAP_FAILED && !ftruncate(fd, FILE_PAGES * PAGE));
	for (i = 0; i < MANY; i++) {
		volatile char *p = region + i * PAGE;

		/* neighbours have other rights, so that no two make one mapping */
		if (mmap((void *)p, PAGE, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, fd, i * 7 % FILE_PAGES * PAGE) == MAP_FAILED)
			break;
		if (i % 2)
			(void)*p;
		else
			*p = 1;
		for (int n = 0; i >= NEAR && n < TRAPS; n++)
			syscall(SYS_getppid);
		if (i >= NEAR) {
			/* each needs more of the kernel's mappings, at higher addresses */
			s = socket(AF_UNIX, SOCK_DGRAM, 0);
			must(s >= 0 && !setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
						   sizeof(filter)));
			for (int n = 0; n < 512; n++)
				must(try_read((void *)(VMALLOC_START + n * PAGE)) == SIGSEGV);
		}
	}
	return i > NEAR ? 0 : 99;
}

int main(int argc, char **argv)
{
	bool good = true;

	become(argc, argv);
	/* first: nothing else runs, for a switch to another address space drops what is mapped */
	ok(!in_child(all_mappings, NULL) && alive(),
	   "a program that takes all mappings that the host allows does no harm");
	access_all();
	ok(alive(), "the machine goes on after reads, writes and jumps all over");
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		good &= mapping_calls(places[i]);
	ok(good && alive(), "calls that map kernel memory are refused");
	good = true;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		good &= copying_calls(places[i]);
	ok(good && alive(), "calls that copy to and from kernel memory are refused");
	good = true;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		good &= tracing_calls(places[i]);
	ok(good && alive(), "calls that trace at kernel addresses are refused");
	ok(!in_child(fault_patterns, NULL) && alive(),
	   "faults all over, and at the end of user space, do no harm");
	kernel_files();
	later_calls();
	return tap_done();
}
