// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that change under the map: several processes own more memory than there is,
 * and move, share, merge, page out, protect, fork and trace it at random, while the
 * kernel swaps, merges and compacts.  Each word says what it must be, so each
 * process knows at any time what it must read.
 *   pressure SEED PROCESSES PAGES ROUNDS
 */
#include "../hostile/hostile.h"
#include "../fuzz/fuzz.h"
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#define SPREAD	4			/* of the address space, pages can move to free places in it */

/* What is in each page: 0 for none (zeroes), else what its words are made of. */
static uint32_t *stamp;
static char *area;			/* SPREAD * pages of it, of which [at[i]] is where page i is */
static uint32_t *at;
static unsigned int pages, nr_stamps;
static unsigned long owner;		/* this process, in the words that it writes */

static uint64_t word(uint32_t s, unsigned int i, unsigned int n)
{
	return s ? owner << 56 | (uint64_t)s << 24 | (i & 0xfff) << 12 | n : 0;
}

static uint64_t *page(unsigned int i)
{
	return (uint64_t *)(area + at[i] * PAGE);
}

static void write_page(unsigned int i)
{
	stamp[i] = ++nr_stamps;
	for (unsigned int n = 0; n < 512; n += 37)
		page(i)[n] = word(stamp[i], i, n);
}

static bool is_right(const uint64_t *p, unsigned int i)
{
	for (unsigned int n = 0; n < 512; n += 37) {
		if (p[n] != word(stamp[i], i, n)) {
			printf("# page %u, word %u: %#lx instead of %#lx\n", i, n, p[n],
			       word(stamp[i], i, n));
			return false;
		}
	}
	return true;
}

static bool all_right(void)
{
	for (unsigned int i = 0; i < pages; i++)
		if (!is_right(page(i), i))
			return false;
	return true;
}

/* Pages i to i + n - 1, as long as they follow each other in memory. */
static unsigned int run_of(unsigned int i, unsigned int most)
{
	unsigned int n = 1;

	while (n < most && i + n < pages && at[i + n] == at[i] + n)
		n++;
	return n;
}

static bool advise(unsigned int i, unsigned int n, int advice)
{
	return !madvise(page(i), n * PAGE, advice) || errno == EINVAL || errno == EAGAIN;
}

/* Each page has its home; moved away, it lies SPREAD - 1 areas further. */
static bool move(unsigned int i, unsigned int n)
{
	unsigned int to = at[i] < pages ? i + (1 + below(SPREAD - 1)) * pages : i;

	if (run_of(i, n) < n)
		return true;
	if (mremap(page(i), n * PAGE, n * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		   area + to * PAGE) == MAP_FAILED)
		return errno == EFAULT;	/* they are of several mappings */
	for (unsigned int k = 0; k < n; k++)
		at[i + k] = to + k;
	return true;
}

static int child_of_fork(void *arg)
{
	unsigned int from = *(unsigned int *)arg;

	for (unsigned int k = 0; k < 64; k++) {
		unsigned int i = (from + k * 7) % pages;

		if (!is_right(page(i), i))
			return 1;
		if (k % 2)
			write_page(i);
		if (!is_right(page(i), i))
			return 2;
	}
	return 0;
}

/* A debugger reads it, by three ways. */
static bool is_seen_by_debugger(unsigned int i)
{
	uint64_t copy[512] = { 0 }, peeked;
	char name[64];
	pid_t pid = fork();
	int status;
	bool good;

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return false;
	struct iovec here = { copy, PAGE }, there = { page(i), PAGE };

	good = process_vm_readv(pid, &here, 1, &there, 1, 0) == (long)PAGE && is_right(copy, i);
	memset(copy, 0, sizeof(copy));
	snprintf(name, sizeof(name), "/proc/%d/mem", pid);
	int fd = open(name, O_RDWR);

	good &= pread(fd, copy, PAGE, (off_t)(unsigned long)page(i)) == (long)PAGE && is_right(copy, i);
	errno = 0;
	peeked = ptrace(PTRACE_PEEKDATA, pid, page(i), NULL);
	good &= !errno && peeked == word(stamp[i], i, 0);
	/* what it writes is the child's alone */
	good &= !ptrace(PTRACE_POKEDATA, pid, page(i), ~0UL);
	good &= pread(fd, copy, 8, (off_t)(unsigned long)page(i)) == 8 && copy[0] == ~0UL;
	close(fd);
	kill(pid, SIGKILL);
	return waitpid(pid, NULL, 0) == pid && good && is_right(page(i), i);
}

struct missing {
	int fd;
	unsigned int first, n;
};

static void *fill(void *arg)
{
	struct missing *m = arg;
	static __thread char content[PAGE] __attribute__((aligned(4096)));
	struct uffd_msg msg;

	while (m->n && read(m->fd, &msg, sizeof(msg)) == sizeof(msg)) {
		unsigned long addr = msg.arg.pagefault.address & -PAGE;
		unsigned int i = m->first + (addr - (unsigned long)page(m->first)) / PAGE;
		struct uffdio_copy copy = { .dst = addr, .src = (unsigned long)content, .len = PAGE };

		for (unsigned int n = 0; n < 512; n += 37)
			((uint64_t *)content)[n] = word(stamp[i], i, n);
		if (!ioctl(m->fd, UFFDIO_COPY, &copy))
			m->n--;
	}
	return NULL;
}

/* What is missing comes from another thread, a page at each fault and none unasked. */
static bool by_userfaultfd(unsigned int i, unsigned int n)
{
	struct missing m = { .first = i, .n = n };
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	pthread_t thread;
	bool good = true;

	m.fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (m.fd < 0 || ioctl(m.fd, UFFDIO_API, &api))
		return false;
	madvise(page(i), n * PAGE, MADV_DONTNEED);
	reg.range.start = (unsigned long)page(i);
	reg.range.len = n * PAGE;
	if (ioctl(m.fd, UFFDIO_REGISTER, &reg))
		return false;
	for (unsigned int k = 0; k < n; k++)
		stamp[i + k] = ++nr_stamps;
	if (pthread_create(&thread, NULL, fill, &m))
		return false;
	for (unsigned int k = n; k-- && good;)
		good = is_right(page(i + k), i + k);
	/* all have been asked for, or the thread would wait for ever */
	pthread_join(thread, NULL);
	close(m.fd);
	return good && !m.n;
}

static const char *step(unsigned int i)
{
	unsigned int n = run_of(i, 1 + below(64));
	bool good = true;

	switch (below(14)) {
	case 0: case 1: case 2:
		for (unsigned int k = 0; k < n; k++)
			write_page(i + k);
		break;
	case 3: case 4: case 5:
		for (unsigned int k = 0; k < n; k++)
			good &= is_right(page(i + k), i + k);
		return good ? NULL : "read";
	case 6:
		good = advise(i, n, MADV_DONTNEED);
		memset(stamp + i, 0, n * sizeof(*stamp));
		return good ? NULL : "MADV_DONTNEED";
	case 7:
		return advise(i, n, below(2) ? MADV_PAGEOUT : MADV_COLD) ? NULL : "MADV_PAGEOUT";
	case 8:
		return move(i, n) ? NULL : "mremap";
	case 9:
		return advise(i, n, below(2) ? MADV_MERGEABLE : MADV_UNMERGEABLE) ? NULL : "MADV_MERGEABLE";
	case 10:
		return in_child(child_of_fork, &i) ? "a child" : all_right() ? NULL : "after a child";
	case 11:
		good = !mprotect(page(i), n * PAGE, PROT_READ) && is_right(page(i), i);
		return good && !mprotect(page(i), n * PAGE, PROT_READ | PROT_WRITE) ? NULL : "mprotect";
	case 12:
		return is_seen_by_debugger(i) ? NULL : "a debugger";
	case 13:
		return by_userfaultfd(i, n) ? NULL : "userfaultfd";
	}
	return NULL;
}

static unsigned long seed, rounds, processes;

static int work(void *arg)
{
	owner = (unsigned long)arg + 1;
	fuzz_seed(seed, owner);
	stamp = calloc(pages, sizeof(*stamp));
	at = calloc(pages, sizeof(*at));
	area = map_anon(pages * SPREAD * PAGE, PROT_READ | PROT_WRITE);
	if (owner % 2)
		madvise(area, pages * SPREAD * PAGE, MADV_HUGEPAGE);
	for (unsigned int i = 0; i < pages; i++) {
		at[i] = i;
		write_page(i);
	}
	for (unsigned long n = 0; n < rounds; n++) {
		const char *wrong = step(below(pages));

		if (wrong) {
			printf("# process %lu, round %lu: %s (%s)\n", owner, n, wrong, strerror(errno));
			return 1;
		}
	}
	return !all_right();
}

static void set(const char *name, const char *value)
{
	int fd = open(name, O_WRONLY);

	must(fd >= 0 && write(fd, value, strlen(value)) == (long)strlen(value));
	close(fd);
}

static long vmstat(const char *key)
{
	char *line = file_line("/proc/vmstat", key);

	return line ? atol(line) : 0;
}

int main(int argc, char **argv)
{
	pid_t pids[64];
	bool good = true;
	int status, left;

	must(argc == 5);
	seed = strtoul(argv[1], NULL, 0);
	processes = strtoul(argv[2], NULL, 0);
	pages = strtoul(argv[3], NULL, 0);
	rounds = strtoul(argv[4], NULL, 0);
	must(processes <= ARRAY_SIZE(pids));
	set("/sys/kernel/mm/ksm/pages_to_scan", "2000");
	set("/sys/kernel/mm/ksm/run", "1");
	for (unsigned long i = 0; i < processes; i++)
		pids[i] = spawn(work, (void *)i);
	for (left = processes; left;) {
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid > 0) {
			left--;
			good &= WIFEXITED(status) && !WEXITSTATUS(status);
			continue;
		}
		set("/proc/sys/vm/compact_memory", "1");
		sleep_ms(20);
	}
	ok(good, "%lu processes read what they wrote, %lu times", processes, rounds);
	ok(vmstat("pswpin ") > 1000, "pages came back from swap");
	ok(vmstat("compact_success ") + vmstat("pgmigrate_success ") > 100, "pages were moved by compaction");
	printf("# swapped in %ld, migrated %ld, merged %ld\n", vmstat("pswpin "),
	       vmstat("pgmigrate_success "), vmstat("ksm_swpin_copy ") + vmstat("cow_ksm "));
	return tap_done();
}
