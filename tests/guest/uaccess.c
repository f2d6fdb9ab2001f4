// SPDX-License-Identifier: GPL-2.0
/* The kernel's own access to user memory: faults it resolves, and those it reports. */
#include "tap.h"
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

static int pipe_in, pipe_out;

static bool into_pipe(const void *buf, size_t n)
{
	return write(pipe_out, buf, n) == (ssize_t)n;
}

static bool from_pipe(void *buf, size_t n)
{
	return read(pipe_in, buf, n) == (ssize_t)n;
}

static void drain(void)
{
	char buf[PAGE];
	int n;

	/* not poll(): a write that faulted may leave an empty buffer, which counts as readable */
	while (!ioctl(pipe_in, FIONREAD, &n) && n)
		must(read(pipe_in, buf, sizeof(buf)) > 0);
}

static void resolved(void)
{
	char *p = map_anon(64 * PAGE, PROT_READ | PROT_WRITE);
	char zero[16] = { 0 }, back[16];
	int fd = memfd_create("file", MFD_CLOEXEC);
	char *file, *once;

	must(into_pipe("0123456789abcdef", 16));
	ok(from_pipe(p + 3 * PAGE - 8, 16) && !memcmp(p + 3 * PAGE - 8, "0123456789abcdef", 16),
	   "read into two untouched pages");
	ok(into_pipe(p + 10 * PAGE, 16) && from_pipe(back, 16) && !memcmp(back, zero, 16),
	   "write from an untouched page");
	must(into_pipe("fedcba9876543210", 16));
	ok(from_pipe(p + 10 * PAGE, 16) && !memcmp(p + 10 * PAGE, "fedcba9876543210", 16),
	   "read into a page that was only read");

	must(fd >= 0 && !ftruncate(fd, 8 * PAGE));
	must(pwrite(fd, "in the file", 12, 5 * PAGE) == 12);
	file = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	once = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	must(file != MAP_FAILED && once != MAP_FAILED);
	ok(into_pipe(file + 5 * PAGE, 12) && from_pipe(back, 12) && !strcmp(back, "in the file"),
	   "write from a file's untouched page");
	must(into_pipe("from a pipe", 12));
	ok(from_pipe(file + 6 * PAGE, 12) && pread(fd, back, 12, 6 * PAGE) == 12 &&
	   !strcmp(back, "from a pipe"), "read into a file's untouched page");
	must(into_pipe("private", 8));
	ok(from_pipe(once + 6 * PAGE, 8) && !strcmp(once + 6 * PAGE, "private") &&
	   !strcmp(file + 6 * PAGE, "from a pipe"), "read into a private page of a file");
	/* A read of a file into a mapping of that same page. */
	ok(pread(fd, file + 5 * PAGE + 100, 12, 5 * PAGE) == 12 &&
	   !strcmp(file + 5 * PAGE + 100, "in the file"), "read of a file's page into itself");
	munmap(file, 8 * PAGE);
	munmap(once, 8 * PAGE);
	munmap(p, 64 * PAGE);
	close(fd);
}

static void big(void)
{
	const size_t size = 8 << 20;
	char *from = map_anon(size, PROT_READ | PROT_WRITE);
	char *to = map_anon(size, PROT_READ | PROT_WRITE);
	int fd = memfd_create("big", MFD_CLOEXEC);

	for (size_t i = 0; i < size; i += 8)
		*(size_t *)(from + i) = i * 0x9e3779b97f4a7c15UL;
	ok(write(fd, from + 1, size - 9) == (ssize_t)size - 9 && !lseek(fd, 0, SEEK_SET),
	   "write of 8 MB from an odd address succeeds");
	ok(read(fd, to + 3, size - 9) == (ssize_t)size - 9 && !memcmp(from + 1, to + 3, size - 9),
	   "read of 8 MB to another odd address gives the same");
	munmap(from, size);
	munmap(to, size);
	close(fd);
}

static void refused(void)
{
	char *p = map_anon(4 * PAGE, PROT_READ | PROT_WRITE);
	/* a kernel address, a non-canonical one, the end of the address space */
	static const unsigned long nowhere[] = {
		0, 8, 0x7ffffffff000, 0x800000000000, 0xffff888000000000, 0xffffffffffffff00,
	};
	bool good = true;
	int fd;

	memset(p, 'x', 4 * PAGE);
	must(!mprotect(p + PAGE, PAGE, PROT_READ) && !mprotect(p + 3 * PAGE, PAGE, PROT_NONE));
	must(into_pipe("0123456789", 10));
	errno = 0;
	ok(read(pipe_in, p + PAGE, 10) == -1 && errno == EFAULT,
	   "read into read-only memory: EFAULT");
	errno = 0;
	ok(read(pipe_in, p + 3 * PAGE, 10) == -1 && errno == EFAULT, "read into PROT_NONE: EFAULT");
	errno = 0;
	ok(write(pipe_out, p + 3 * PAGE, 10) == -1 && errno == EFAULT,
	   "write from PROT_NONE: EFAULT");
	for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++) {
		errno = 0;
		good &= read(pipe_in, (void *)nowhere[i], 10) == -1 && errno == EFAULT;
		errno = 0;
		good &= write(pipe_out, (void *)nowhere[i], 10) == -1 && errno == EFAULT;
		errno = 0;
		good &= syscall(SYS_uname, nowhere[i]) == -1 && errno == EFAULT;
		errno = 0;
		good &= syscall(SYS_openat, AT_FDCWD, nowhere[i], O_RDONLY) == -1 &&
			errno == EFAULT;
		errno = 0;
		good &= syscall(SYS_rt_sigaction, SIGUSR1, nowhere[i] ? nowhere[i] : 8, NULL,
			8) == -1 &&
			errno == EFAULT;
		errno = 0;
		good &= syscall(SYS_futex, nowhere[i] & ~3UL, 0, 0, NULL, NULL, 0) == -1 &&
			errno == EFAULT;
	}
	ok(good, "calls with addresses that no program has: EFAULT");
	drain();

	errno = 0;
	ok(write(pipe_out, p + 3 * PAGE - 5, 10) == 5 || errno == EFAULT,
	   "write that runs into PROT_NONE: a part, or EFAULT");
	drain();
	fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	ok(read(fd, p + PAGE - 5, 10) == 5 && !p[PAGE - 1] && p[PAGE - 6] == 'x',
	   "read that runs into read-only memory: a part");
	close(fd);
	strcpy(p + 3 * PAGE - 10, "/dev/null");
	fd = open(p + 3 * PAGE - 10, O_RDONLY | O_CLOEXEC);
	ok(fd >= 0, "open of a name that ends at the last byte of its page");
	close(fd);
	memset(p + 3 * PAGE - 10, '/', 10);
	errno = 0;
	ok(open(p + 3 * PAGE - 10, O_RDONLY) == -1 && errno == EFAULT,
	   "open of a name that does not end: EFAULT");
	ok(!memcmp(p + PAGE, "xxxxxxxxxx", 10),
	   "calls that failed left read-only memory as it was");
	munmap(p, 4 * PAGE);
}

static void vectors(void)
{
	char *p = map_anon(8 * PAGE, PROT_READ | PROT_WRITE), back[64];
	struct iovec out[3] = { { "one ", 4 }, { "two ", 4 }, { "three", 6 } };
	struct iovec in[4] = { { p + 1, 3 }, { p + 2 * PAGE - 2, 4 }, { p + 5 * PAGE, 0 },
			       { p + 7 * PAGE, 7 } };
	int fds[2];
	struct msghdr msg = { .msg_iov = out, .msg_iovlen = 3 };

	ok(writev(pipe_out, out, 3) == 14 && readv(pipe_in, in, 4) == 14 &&
	   !memcmp(p + 1, "one", 3) &&
	   !memcmp(p + 2 * PAGE - 2, " two", 4) && !memcmp(p + 7 * PAGE, " three", 7),
	   "writev and readv move data over many pages");
	out[1].iov_base = (void *)8;
	errno = 0;
	ok(writev(pipe_out, out, 3) == 4 || errno == EFAULT,
	   "writev with a bad vector: EFAULT or a part");
	drain();
	must(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	out[1].iov_base = "2nd ";
	ok(sendmsg(fds[0], &msg, 0) == 14 && recv(fds[1], back, 64, 0) == 14 &&
	   !strcmp(back, "one 2nd three"), "sendmsg sends pieces from several places");
	errno = 0;
	ok(sendmsg(fds[0], (void *)0x7ffffffff000, 0) == -1 && errno == EFAULT,
	   "sendmsg of a bad header: EFAULT");
	close(fds[0]);
	close(fds[1]);
	munmap(p, 8 * PAGE);
}

/* Atomic access by the kernel to memory that is not there yet. */
static void futexes(void)
{
	int *p = map_anon(4 * PAGE, PROT_READ | PROT_WRITE);
	struct timespec ts = { 0, 1000000 };

	errno = 0;
	ok(syscall(SYS_futex, p + 1024, 0 /* WAIT */, 5, &ts, NULL, 0) == -1 && errno == EAGAIN,
	   "futex on an untouched page");
	ok(syscall(SYS_futex, p + 2048, 5 /* WAKE_OP */, 1, 1UL, p + 3072,
		   0 << 28 | 0 << 24 | 77 << 12 | 0) == 0 && p[3072] == 77,
	   "futex operation on an untouched page");
	munmap(p, 4 * PAGE);
}

int main(void)
{
	int fds[2];

	must(!pipe(fds));
	pipe_in = fds[0];
	pipe_out = fds[1];
	resolved();
	big();
	refused();
	vectors();
	futexes();
	return tap_done();
}
