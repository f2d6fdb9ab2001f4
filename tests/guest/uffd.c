// SPDX-License-Identifier: GPL-2.0
/* userfaultfd: one thread resolves the page faults of another. */
#include "tap.h"
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>

#define PAGES	16

static char *area;
static int fd;
static volatile int handled;

static void *resolve(void *arg)
{
	char *page = arg;

	for (int i = 0; i < PAGES; i++) {
		struct uffd_msg msg;
		struct uffdio_copy copy = { .len = PAGE, .src = (unsigned long)page };

		must(read(fd, &msg, sizeof(msg)) == sizeof(msg));
		must(msg.event == UFFD_EVENT_PAGEFAULT);
		copy.dst = msg.arg.pagefault.address & -PAGE;
		memset(page, 'A' + (copy.dst - (unsigned long)area) / PAGE, PAGE);
		must(!ioctl(fd, UFFDIO_COPY, &copy) && copy.copy == PAGE);
		handled++;
	}
	return NULL;
}

int main(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *page = map_anon(PAGE, PROT_READ | PROT_WRITE);
	bool good = true;
	int fds[2];
	pthread_t t;

	fd = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	if (fd < 0) {
		skip("userfaultfd", errno == ENOSYS ? "not in this kernel" : "not for this user");
		return tap_done();
	}
	ok(!ioctl(fd, UFFDIO_API, &api), "UFFDIO_API succeeds");
	close(fd);
	fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (fd < 0) {
		skip_on_host("faults of the kernel", "not for this user");
		fd = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	}
	api = (struct uffdio_api){ .api = UFFD_API };
	must(!ioctl(fd, UFFDIO_API, &api));
	area = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE);
	reg.range.start = (unsigned long)area;
	reg.range.len = PAGES * PAGE;
	ok(!ioctl(fd, UFFDIO_REGISTER, &reg), "UFFDIO_REGISTER succeeds");
	must(!pthread_create(&t, NULL, resolve, page));
	for (int i = 0; i < PAGES - 1; i++) {
		char *p = area + i * 7 % (PAGES - 1) * PAGE;

		good &= p[100] == 'A' + i * 7 % (PAGES - 1);
	}
	ok(good, "each fault is resolved by another thread");
	/* the last by the kernel's own access, where that is allowed */
	must(!pipe(fds));
	if (write(fds[1], area + (PAGES - 1) * PAGE, 10) == 10)
		ok(read(fds[0], page, 10) == 10 && page[0] == 'A' + PAGES - 1,
		   "a fault in a system call is resolved");
	else
		good = area[(PAGES - 1) * PAGE] == 'A' + PAGES - 1;
	pthread_join(t, NULL);
	ok(handled == PAGES && good, "all faults were resolved, once each");
	close(fd);
	ok(area[5 * PAGE] == 'F', "pages that were put there stay after the end of userfaultfd");
	return tap_done();
}
