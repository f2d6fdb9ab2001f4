// SPDX-License-Identifier: GPL-2.0
/* mprotect in all combinations, and code written at run time. */
#include "tap.h"

/* mov $VALUE, %eax; ret */
static void write_code(void *p, int value)
{
	unsigned char *code = p;

	code[0] = 0xb8;
	memcpy(code + 1, &value, 4);
	code[5] = 0xc3;
}

static int call(void *p)
{
	return ((int (*)(void))p)();
}

/*
 * x86 has no write-only and no execute-only pages without protection keys:
 * any access right includes reading. (Linux gives PROT_EXEC alone a key where
 * there are keys; then such a page cannot be read.)
 */
static bool allows(int prot, char access)
{
	switch (access) {
	case 'r': return prot & (PROT_READ | PROT_WRITE);
	case 'w': return prot & PROT_WRITE;
	default: return prot & PROT_EXEC;
	}
}

static bool behaves(char *p, int prot, bool touch_first)
{
	static const char access[] = "rwx";

	/* Which page is tried first must not matter: host maps lazily. */
	for (int i = 0; i < 3; i++) {
		char a = access[touch_first ? i : 2 - i];
		int sig = a == 'r' ? try_read(p + 64) : a == 'w' ? try_write(p + 64) :
			  try_call(p);

		if (a == 'r' && prot == PROT_EXEC)
			continue;
		if (sig != (allows(prot, a) ? 0 : SIGSEGV)) {
			printf("# prot %d access %c: signal %d\n", prot, a, sig);
			return false;
		}
		if (sig && (fault_info.si_code != SEGV_ACCERR ||
			    fault_info.si_addr != (a == 'x' ? p : p + 64))) {
			printf("# prot %d access %c: code %d address %p of %p\n", prot, a,
			       fault_info.si_code, fault_info.si_addr, p);
			return false;
		}
	}
	return true;
}

static void combinations(void)
{
	char *p = map_anon(3 * PAGE, PROT_READ | PROT_WRITE);

	memset(p, 0xc3, 3 * PAGE);	/* ret */
	for (int from = 0; from < 8; from++) {
		bool good = true;

		for (int to = 0; to < 8; to++) {
			must(!mprotect(p + PAGE, PAGE, from));
			good &= behaves(p + PAGE, from, to & 1);
			must(!mprotect(p + PAGE, PAGE, to));
			good &= behaves(p + PAGE, to, from & 1);
		}
		ok(good,
		   "mprotect from %c%c%c to all other rights", from & 1 ? 'r' : '-',
		   from & 2 ? 'w' : '-', from & 4 ? 'x' : '-');
	}
	ok(behaves(p, PROT_READ | PROT_WRITE, true) &&
	   behaves(p + 2 * PAGE, PROT_READ | PROT_WRITE, true),
	   "mprotect leaves the neighbouring pages as they are");
	munmap(p, 3 * PAGE);

	for (int prot = 0; prot < 8; prot++) {
		p = mmap(NULL, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		must(p != MAP_FAILED);
		if (prot & PROT_EXEC) {
			/* zeros are no code to call: only reading and writing */
			ok((prot == PROT_EXEC || !try_read(p)) &&
			   try_write(p) == (prot & PROT_WRITE ? 0 : SIGSEGV), "mmap with rights %d",
			   prot);
		} else {
			ok(behaves(p, prot, false), "mmap with rights %d", prot);
		}
		munmap(p, PAGE);
	}
}

static void jit(void)
{
	char *p = map_anon(PAGE, PROT_READ | PROT_WRITE), *q;
	bool good = true;
	int fd;

	for (int i = 0; i < 200 && good; i++) {
		must(!mprotect(p, PAGE, PROT_READ | PROT_WRITE));
		write_code(p + i, i * 7919);
		must(!mprotect(p, PAGE, PROT_READ | PROT_EXEC));
		good = call(p + i) == i * 7919;
	}
	ok(good, "code is written, made executable and called 200 times");
	munmap(p, PAGE);

	p = map_anon(PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
	for (int i = 0; i < 1000 && good; i++) {
		write_code(p, i * 104729);
		good = call(p) == i * 104729;
	}
	ok(good, "code is rewritten in place and called 1000 times");
	munmap(p, PAGE);

	fd = memfd_create("code", MFD_CLOEXEC);
	must(fd >= 0 && !ftruncate(fd, PAGE));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	q = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	must(p != MAP_FAILED && q != MAP_FAILED);
	for (int i = 0; i < 1000 && good; i++) {
		write_code(p, i * 31337);
		good = call(q) == i * 31337;
	}
	ok(good, "code written through one mapping runs through another");
	munmap(p, PAGE);
	munmap(q, PAGE);
	close(fd);

	/* An instruction that lies on two pages, the second not executable. */
	p = map_anon(2 * PAGE, PROT_READ | PROT_WRITE);
	write_code(p + PAGE - 3, 4242);
	must(!mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	ok(try_call(p + PAGE - 3) == SIGSEGV && fault_info.si_code == SEGV_ACCERR &&
	   fault_info.si_addr == p + PAGE,
	   "an instruction that ends on a page without execution faults there");
	must(!mprotect(p + PAGE, PAGE, PROT_READ | PROT_EXEC));
	ok(call(p + PAGE - 3) == 4242, "an instruction that ends on another executable page runs");
	munmap(p, 2 * PAGE);
}

static void ranges(void)
{
	char *p = map_anon(64 * PAGE, PROT_READ | PROT_WRITE);
	bool good = true;

	memset(p, 0xc3, 64 * PAGE);
	for (int i = 0; i < 64; i += 2)
		must(!mprotect(p + i * PAGE, PAGE, PROT_READ));
	for (int i = 0; i < 64; i++)
		good &= try_write(p + i * PAGE) == (i & 1 ? 0 : SIGSEGV);
	ok(good, "every second page can be made read-only");
	must(!mprotect(p + 10 * PAGE, 20 * PAGE, PROT_NONE));
	for (int i = 0; i < 64; i++)
		good &= try_read(p + i * PAGE) == (i >= 10 && i < 30 ? SIGSEGV : 0);
	ok(good, "one mprotect over twenty pages of alternate rights");
	must(!mprotect(p, 64 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
	for (int i = 0; i < 64; i++)
		good &= behaves(p + i * PAGE, 7, i & 1);
	ok(good, "one mprotect gives all pages all rights");
	munmap(p + 40 * PAGE, PAGE);
	errno = 0;
	ok(mprotect(p + 38 * PAGE, 5 * PAGE, PROT_READ) == -1 && errno == ENOMEM,
	   "mprotect over a hole: ENOMEM");
	ok(try_write(p + 39 * PAGE) == SIGSEGV && !try_write(p + 41 * PAGE),
	   "mprotect over a hole changes the pages before it");
	errno = 0;
	ok(mprotect(p + 1, PAGE, PROT_READ) == -1 && errno == EINVAL,
	   "mprotect of an odd address: EINVAL");
	munmap(p, 64 * PAGE);
}

static int change_rights(void *arg)
{
	char *p = arg;

	must(!mprotect(p, PAGE, PROT_NONE) && try_read(p) == SIGSEGV);
	must(!mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE) && !try_write(p + PAGE));
	return 0;
}

static void forked(void)
{
	char *p = map_anon(2 * PAGE, PROT_READ | PROT_WRITE);

	memset(p, 5, 2 * PAGE);
	must(!mprotect(p + PAGE, PAGE, PROT_READ));
	ok(!in_child(change_rights, p), "a child changes rights");
	ok(!try_write(p) && try_write(p + PAGE) == SIGSEGV && p[PAGE] == 5,
	   "a child that changes rights changes none of its parent's");
	munmap(p, 2 * PAGE);
}

int main(void)
{
	combinations();
	jit();
	ranges();
	forked();
	return tap_done();
}
