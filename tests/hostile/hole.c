// SPDX-License-Identifier: GPL-2.0
/*
 * The hole in user space that the kernel lies in, with user space below and above it:
 * nothing that a program maps there can be reached, and what it does on both sides at
 * once leaves the kernel alone.
 */
#include "hostile.h"
#include <elf.h>
#include <linux/futex.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/uio.h>

static const unsigned long inside[] = {
	HOLE, HOLE + PAGE, GATE_TEXT, GATE_DATA, TITLE, KERNEL_BASE, AIO_BASE, PAGE_OFFSET,
	PAGE_OFFSET + HUGE_SIZE, VMALLOC_START, VMALLOC_END, HOLE_END - PAGE,
};

static bool is_inside(const void *p, size_t size)
{
	unsigned long at = (unsigned long)p;

	return at < HOLE_END && at + size > HOLE;
}

static void *map(unsigned long at, size_t size, int prot, int flags)
{
	return mmap((void *)at, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
}

/* Of what can be touched there by anybody: the gate and its neighbours. */
static bool is_gate(unsigned long at)
{
	return at >= GATE_TEXT && at < TITLE + TITLE_SIZE;
}

static bool untouchable(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++)
		if (!is_gate(inside[i]) &&
		    (try_read((void *)inside[i]) != SIGSEGV || try_write((void *)inside[i]) != SIGSEGV ||
		     try_call((void *)inside[i]) != SIGSEGV))
			return false;
	return true;
}

static void plain_mappings(void)
{
	int zero = open("/dev/zero", O_RDWR), memfd = memfd_create("hole", MFD_CLOEXEC), shm;
	bool good = true, hints = true, moved = true, files = true;
	char *mine;

	must(zero >= 0 && memfd >= 0 && !ftruncate(memfd, PAGE));
	shm = shmget(IPC_PRIVATE, PAGE, 0600);
	must(shm >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++) {
		unsigned long at = inside[i];
		void *p = (void *)at;

		for (int prot = 1; prot < 8; prot++)
			good &= map(at, PAGE, prot, MAP_FIXED) == MAP_FAILED &&
				map(at, PAGE, prot, MAP_FIXED_NOREPLACE) == MAP_FAILED;
		good &= map(HOLE - PAGE, at - HOLE + 2 * PAGE, 3, MAP_FIXED) == MAP_FAILED;
		good &= map(at, HOLE_END - at + PAGE, 3, MAP_FIXED) == MAP_FAILED;
		files &= mmap(p, PAGE, 3, MAP_SHARED | MAP_FIXED, memfd, 0) == MAP_FAILED &&
			 mmap(p, PAGE, 7, MAP_PRIVATE | MAP_FIXED, zero, 0) == MAP_FAILED &&
			 shmat(shm, p, 0) == (void *)-1 && shmat(shm, p, SHM_REMAP) == (void *)-1;
		mine = map(at, HUGE_SIZE, 3, 0);
		hints &= mine != MAP_FAILED && !is_inside(mine, HUGE_SIZE);
		moved &= mremap(mine, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p) == MAP_FAILED;
		munmap(mine, HUGE_SIZE);
	}
	shmctl(shm, IPC_RMID, NULL);
	close(zero);
	close(memfd);
	ok(good, "no memory is mapped in the hole");
	ok(files, "no file, and no shared memory");
	ok(hints, "an address in it is a hint that is not taken");
	ok(moved, "nothing is moved there");
	ok(untouchable() && alive(), "it cannot be touched");
}

static void growing(void)
{
	char *below = map(HOLE - 4 * PAGE, 4 * PAGE, 3, MAP_FIXED_NOREPLACE), *above;
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	must(below != MAP_FAILED);
	memset(below, 1, 4 * PAGE);
	ok(mremap(below, 4 * PAGE, 5 * PAGE, 0) == MAP_FAILED, "nothing grows into it from below");
	ok(try_read(below + 4 * PAGE) == SIGSEGV, "behind its last byte is nothing");
	memset(below + 3 * PAGE, 0x90, PAGE);
	ok(try_call(below + 4 * PAGE - 16) == SIGSEGV, "code does not run on into it");
	below[4 * PAGE - 2] = 0x0f;		/* a system call returns to the hole */
	below[4 * PAGE - 1] = 0x05;
	must(!mprotect(below, 4 * PAGE, 7));
	ok(try_call(below + 4 * PAGE - 2) == SIGSEGV, "no system call returns to it");
	munmap(below, 4 * PAGE);

	setrlimit(RLIMIT_STACK, &unlimited);
	above = map(HOLE_END, 4 * PAGE, 3, MAP_FIXED_NOREPLACE | MAP_GROWSDOWN);
	must(above != MAP_FAILED);
	memset(above, 1, 4 * PAGE);
	ok(try_write(above - 1) == SIGSEGV && try_write(above - HUGE_SIZE) == SIGSEGV,
	   "a stack above it does not grow into it");
	try_write((void *)(HOLE - PAGE));	/* or below it: that would have to reach over it */
	ok(untouchable() && alive(), "nor over it");
	munmap(above, 4 * PAGE);
	munmap((void *)(HOLE - PAGE), PAGE);
	ok((unsigned long)syscall(SYS_brk, HOLE + PAGE) < HOLE, "the heap does not grow into it");
}

/* What sanitizers do, and then some. */
static void reserved(void)
{
	char *p = map(HOLE - HUGE_SIZE, HOLE_END - HOLE + 2 * HUGE_SIZE, PROT_NONE, MAP_FIXED);
	struct iovec local = { (char [8]){ "1234567" }, 8 }, there = { (void *)PAGE_OFFSET, 8 };
	struct uffdio_register range = { { HOLE, HOLE_END - HOLE }, UFFDIO_REGISTER_MODE_MISSING, 0 };
	struct uffdio_copy copy = { .dst = PAGE_OFFSET, .len = PAGE };
	struct uffdio_api api = { .api = UFFD_API };
	int fd, zero = open("/dev/zero", O_RDONLY);
	bool good = true;

	ok(p == (char *)(HOLE - HUGE_SIZE), "a reservation may lie over it");
	ok(untouchable() && alive(), "which changes nothing");
	mprotect((void *)HOLE, HOLE_END - HOLE, 7);
	ok(untouchable() && alive(), "nor does it to give it all rights");
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++) {
		errno = 0;
		good &= read(zero, (void *)inside[i], 8) == -1 && errno == EFAULT;
		errno = 0;
		good &= write(1, (void *)inside[i], 8) == -1 && errno == EFAULT;
	}
	ok(good, "no call takes an address in it");
	madvise((void *)HOLE, HOLE_END - HOLE, MADV_HUGEPAGE);
	madvise((void *)PAGE_OFFSET, HUGE_SIZE, 23 /* MADV_POPULATE_WRITE */);
	mlock((void *)KERNEL_BASE, PAGE);
	process_vm_writev(getpid(), &local, 1, &there, 1, 0);
	fd = open("/proc/self/mem", O_RDWR);
	must(fd >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++)
		pwrite(fd, "12345678", 8, inside[i]);
	close(fd);
	ok(untouchable() && alive(), "pages that the kernel finds for others are not there for this one");
	must(madvise((void *)HOLE, HOLE_END - HOLE, MADV_DONTNEED) == 0 || errno == EINVAL);
	munlock((void *)KERNEL_BASE, PAGE);
	fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
	must(fd >= 0 && !ioctl(fd, UFFDIO_API, &api));
	copy.src = (unsigned long)map_anon(PAGE, PROT_READ | PROT_WRITE);
	ioctl(fd, UFFDIO_REGISTER, &range);
	ioctl(fd, UFFDIO_COPY, &copy);
	ok(untouchable() && alive(), "nor those that userfaultfd puts there");
	close(fd);
	close(zero);
	ok(!munmap(p, HOLE_END - HOLE + 2 * HUGE_SIZE) && untouchable() && alive(),
	   "and the reservation goes");
}

/* Calls that try again when a page is not there although it could be brought. */
static int futexes(void *arg)
{
	struct timespec soon = { 0, 1000000 };
	char *p = map(HOLE - HUGE_SIZE, HOLE_END - HOLE + 2 * HUGE_SIZE, PROT_NONE, MAP_FIXED);
	int mine = 0;

	(void)arg;
	must(p != MAP_FAILED);
	mprotect((void *)HOLE, HOLE_END - HOLE, 3);
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++) {
		void *at = (void *)inside[i];

		if (syscall(SYS_futex, at, FUTEX_WAIT, 0, &soon, NULL, 0) != -1 || errno != EFAULT ||
		    syscall(SYS_futex, &mine, FUTEX_WAKE_OP, 1, 1, at, 0) != -1 || errno != EFAULT ||
		    syscall(SYS_futex, at, FUTEX_LOCK_PI, 0, &soon, NULL, 0) != -1 || errno != EFAULT ||
		    syscall(SYS_futex, &mine, FUTEX_CMP_REQUEUE, 1, 1, at, 0) != -1 || errno != EFAULT)
			return 1;
		syscall(SYS_set_robust_list, at, 24);
	}
	syscall(SYS_set_tid_address, (void *)PAGE_OFFSET);
	return 0;
}

static int beside(void *arg)
{
	char *below = (char *)HOLE - 2 * PAGE, *above = (char *)HOLE_END;
	int rounds = (long)arg;

	for (int i = 0; i < rounds; i++) {
		if (map((unsigned long)below, 2 * PAGE, 3, MAP_FIXED) != below ||
		    map((unsigned long)above, 2 * PAGE, 3, MAP_FIXED) != above)
			return 1;
		below[2 * PAGE - 1] = above[0] = i;
		sched_yield();
		if (below[2 * PAGE - 1] != (char)i || above[0] != (char)i || below[0] || above[PAGE])
			return 2;
		if (i % 3 == 0 && munmap(below, HOLE_END - HOLE + 4 * PAGE))
			return 3;
		if (i % 3 == 0 && (try_read(below) != SIGSEGV || try_read(above) != SIGSEGV))
			return 4;
		if (i % 7 == 0 && mprotect(below, 2 * PAGE, PROT_READ) == 0 &&
		    mprotect(above, 2 * PAGE, PROT_READ))
			return 5;
	}
	return 0;
}

/* Changes of one address space, and switches between several, on both sides at once. */
static void both_sides(void)
{
	pid_t pid[4];
	bool good = true;

	ok(in_child(futexes, NULL) == 0 && alive(), "no futex lies there");
	ok(in_child(beside, (void *)200L) == 0, "mappings on both sides come and go in one call");
	for (size_t i = 0; i < ARRAY_SIZE(pid); i++)
		pid[i] = spawn(beside, (void *)200L);
	for (size_t i = 0; i < ARRAY_SIZE(pid); i++)
		good &= wait_for(pid[i]) == 0;
	ok(good && alive(), "in several processes, too");
	ok(!munmap((void *)HOLE, HOLE_END - HOLE) &&
	   !munmap((void *)(HOLE - PAGE), HOLE_END - HOLE + 2 * PAGE) && alive(),
	   "to unmap it unmaps nothing");
}

/* All of user space, in pieces of any size: none is in the hole, and both sides are used. */
static int take_all(void *arg)
{
	unsigned long piece = (unsigned long)arg, low = 0, high = 0;

	for (; piece >= 1UL << 38; piece >>= 1) {
		char *p;

		while ((p = map(0, piece, PROT_NONE, 0)) != MAP_FAILED) {
			if (is_inside(p, piece))
				return 1;
			if ((unsigned long)p < HOLE)
				low += piece >> 30;
			else
				high += piece >> 30;
		}
	}
	return low > 90 << 10 && high > 19 << 10 ? 0 : 2;
}

static void taking_all(void)
{
	struct rlimit legacy = { RLIM_INFINITY, RLIM_INFINITY };

	ok(in_child(take_all, (void *)(1UL << 45)) == 0, "a program takes all addresses but these");
	ok(in_child(take_all, (void *)(3UL << 40)) == 0, "in other pieces, too");
	setrlimit(RLIMIT_STACK, &legacy);
	ok(alive(), "and the machine goes on");
}

static int stack_there(void *arg)
{
	static struct jump j;

	attempts_begin();
	random_registers(&j);
	j.flags = 0x202;
	j.sp = (unsigned long)arg;
	j.ip = (unsigned long)getpid;
	attempt(&j);
	return 0;
}

static void on_signal(int sig)
{
	_exit(sig);
}

static int signal_stack_there(void *arg)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
	stack_t ss = { .ss_sp = arg, .ss_size = 64 << 10 };

	if (sigaltstack(&ss, NULL))
		return 0;
	must(!sigaction(SIGUSR1, &sa, NULL));
	raise(SIGUSR1);
	return 1;
}

static int run_there(void *arg)
{
	struct {
		Elf64_Ehdr e;
		Elf64_Phdr p;
		char code[64];
	} file = {
		.e = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
			.e_entry = (unsigned long)arg + sizeof(file) - 64, .e_phoff = sizeof(file.e),
			.e_ehsize = sizeof(file.e), .e_phentsize = sizeof(file.p), .e_phnum = 1,
		},
		.p = {
			.p_type = PT_LOAD, .p_flags = 7, .p_vaddr = (unsigned long)arg,
			.p_filesz = sizeof(file), .p_memsz = sizeof(file), .p_align = PAGE,
		},
	};
	int fd = memfd_create("program", MFD_CLOEXEC);

	memset(file.code, 0xcc, sizeof(file.code));
	must(fd >= 0 && write(fd, &file, sizeof(file)) == sizeof(file));
	syscall(SYS_execveat, fd, "", (char *[]){ "program", NULL }, NULL, 0x1000);
	return 0;
}

static int traced(void *arg)
{
	(void)arg;
	must(!ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	raise(SIGSTOP);
	return 0;
}

static void others(void)
{
	bool stacks = true, signals = true, programs = true, pokes = true;
	pid_t pid = spawn(traced, NULL);

	must(WIFSTOPPED(wait_status(pid)));
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++) {
		void *at = (void *)inside[i];
		int how;

		stacks &= survives(stack_there, at);
		how = in_child(signal_stack_there, at);
		signals &= how == -SIGSEGV || how == 0;
		how = in_child(run_there, at);
		programs &= how == -SIGSEGV || how == -SIGKILL || how == 0;
		errno = 0;
		ptrace(PTRACE_PEEKDATA, pid, at, NULL);
		pokes &= errno == EIO && ptrace(PTRACE_POKEDATA, pid, at, 1L) == -1;
	}
	kill(pid, SIGKILL);
	wait_for(pid);
	ok(stacks && alive(), "a stack pointer in it is a fault");
	ok(signals && alive(), "no signal is delivered there");
	ok(programs && alive(), "no program is loaded there");
	ok(pokes && alive(), "no debugger finds anything there");
}

/* Root may have something at address 0, which is no other name of the hole. */
static int page_zero(void *arg)
{
	char *zero = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	int pair[2], file = open("/dev/zero", O_RDONLY);
	char *volatile at = zero;

	(void)arg;
	if (zero == MAP_FAILED)
		return geteuid() == 0;		/* vm.mmap_min_addr is for others */
	memset(at, 'x', PAGE);
	must(!pipe(pair) && file >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++) {
		if (write(pair[1], (void *)inside[i], 8) != -1 || errno != EFAULT)
			return 2;
		if (read(file, (void *)inside[i], 8) != -1 || errno != EFAULT)
			return 3;
	}
	for (unsigned long i = 0; i < PAGE; i++)
		if (at[i] != 'x')
			return 4;
	return 0;
}

int main(int argc, char **argv)
{
	become(argc, argv);
	prctl(PR_SET_DUMPABLE, 1);	/* else nobody opens his own memory */
	plain_mappings();
	growing();
	reserved();
	both_sides();
	taking_all();
	others();
	ok(in_child(page_zero, NULL) == 0, "an address in the hole is not taken for page 0");
	return tap_done();
}
