// SPDX-License-Identifier: GPL-2.0
/* Another process's memory: process_vm_readv, process_vm_writev, /proc/PID/mem, madvise. */
#include "tap.h"
#include <sys/uio.h>

static char *target;	/* at the same address here and in the child */

static int be_read(void *arg)
{
	char c;

	for (int i = 0; i < 4; i++)
		memset(target + i * PAGE, 'a' + i, PAGE);
	must(!mprotect(target + 3 * PAGE, PAGE, PROT_READ));
	must(write(((int *)arg)[1], "x", 1) == 1);
	must(read(((int *)arg)[2], &c, 1) == 1);
	must(!strcmp(target + 2 * PAGE - 4, "written"));
	must(!strcmp(target + 6 * PAGE + 1, "untouched"));
	return 0;
}

int main(void)
{
	char back[64], *big;
	struct iovec local[2] = { { back, 6 }, { back + 32, 10 } }, remote[2];
	int fds[4], fd;
	char path[64], c;
	pid_t pid;

	target = map_anon(8 * PAGE, PROT_READ | PROT_WRITE);
	must(!pipe(fds) && !pipe(fds + 2));
	{
		int ends[3] = { fds[0], fds[1], fds[2] };

		pid = spawn(be_read, ends);
	}
	must(read(fds[0], &c, 1) == 1);
	ok(target[0] == 0, "the child's memory is its own");

	remote[0] = (struct iovec){ target + PAGE - 3, 6 };
	remote[1] = (struct iovec){ target + 3 * PAGE, 10 };
	ok(process_vm_readv(pid, local, 2, remote, 2, 0) == 16 && !memcmp(back, "aaabbb", 6) &&
	   !memcmp(back + 32, "dddddddddd", 10),
	   "process_vm_readv over two pages and from two places");
	strcpy(back, "written");
	local[0] = (struct iovec){ back, 8 };
	remote[0] = (struct iovec){ target + 2 * PAGE - 4, 8 };
	ok(process_vm_writev(pid, local, 1, remote, 1, 0) == 8, "process_vm_writev writes");
	strcpy(back, "untouched");
	local[0].iov_len = 10;
	remote[0] = (struct iovec){ target + 6 * PAGE + 1, 10 };
	ok(process_vm_writev(pid, local, 1, remote, 1, 0) == 10,
	   "process_vm_writev to a page that is not there yet");
	remote[0] = (struct iovec){ target + 3 * PAGE, 10 };
	errno = 0;
	ok(process_vm_writev(pid, local, 1, remote, 1, 0) == -1 && errno == EFAULT,
	   "process_vm_writev to read-only memory: EFAULT");
	remote[0] = (struct iovec){ (void *)8, 10 };
	errno = 0;
	ok(process_vm_readv(pid, local, 1, remote, 1, 0) == -1 && errno == EFAULT,
	   "process_vm_readv of no mapping: EFAULT");
	big = map_anon(8 * PAGE, PROT_READ | PROT_WRITE);
	local[0] = (struct iovec){ big, 8 * PAGE };
	remote[0] = (struct iovec){ target, 8 * PAGE };
	ok(process_vm_readv(pid, local, 1, remote, 1, 0) == 8 * PAGE && big[0] == 'a' &&
	   big[4 * PAGE - 1] == 'd' && big[5 * PAGE] == 0, "process_vm_readv of eight pages");
	errno = 0;
	ok(process_vm_readv(0x3ffffff, local, 1, remote, 1, 0) == -1 && errno == ESRCH,
	   "process_vm_readv of no process: ESRCH");

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ok(fd >= 0 && pread(fd, back, 5, (long)target + 3 * PAGE) == 5 && !memcmp(back, "ddddd", 5),
	   "/proc/PID/mem reads the child's memory");
	close(fd);
	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	ok(!access(path, R_OK), "/proc/PID/environ can be reached");
	must(write(fds[3], "x", 1) == 1);
	ok(wait_for(pid) == 0, "the child sees what was written");
	return tap_done();
}
