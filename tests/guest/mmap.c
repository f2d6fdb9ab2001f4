// SPDX-License-Identifier: GPL-2.0
/* mmap, munmap, mremap, madvise and brk: anonymous memory. */
#include "tap.h"

static bool all(const char *p, size_t size, int value)
{
	for (size_t i = 0; i < size; i++)
		if (p[i] != value)
			return false;
	return true;
}

/* Page I of the region holds a number that tells it. */
static void number(char *p, int from, int to)
{
	for (int i = from; i < to; i++)
		*(int *)(p + i * PAGE) = i + 1;
}

static bool numbered(char *p, int from, int to, int offset)
{
	for (int i = from; i < to; i++)
		if (*(int *)(p + i * PAGE) != i + 1 + offset)
			return false;
	return true;
}

static char *reserve(size_t size)
{
	char *p = map_anon(size, PROT_NONE);

	must(!munmap(p, size));
	return p;
}

static void fixed(void)
{
	char *p = map_anon(16 * PAGE, PROT_READ | PROT_WRITE), *q;

	memset(p, 7, 16 * PAGE);
	q = mmap(p + 4 * PAGE, 4 * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	ok(q == p + 4 * PAGE && all(q, 4 * PAGE, 0), "MAP_FIXED replaces what was there by zeros");
	ok(all(p, 4 * PAGE, 7) && all(p + 8 * PAGE, 8 * PAGE, 7),
	   "MAP_FIXED replaces nothing beside it");
	errno = 0;
	q = mmap(p + 15 * PAGE, 2 * PAGE, PROT_READ,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ok(q == MAP_FAILED && errno == EEXIST, "MAP_FIXED_NOREPLACE over a mapping: EEXIST");
	munmap(p + 8 * PAGE, PAGE);
	q = mmap(p + 8 * PAGE, PAGE, PROT_READ,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ok(q == p + 8 * PAGE, "MAP_FIXED_NOREPLACE into a hole");
	q = mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ok(q != MAP_FAILED && q != p, "a hint that is taken gets another place");
	munmap(q, PAGE);
	munmap(p, 16 * PAGE);
	q = mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ok(q == p, "a hint that is free is taken");
	munmap(q, PAGE);
	q = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	ok(q != MAP_FAILED && (unsigned long)q < 0x80000000, "MAP_32BIT gives a low address");
	munmap(q, PAGE);
	p = (char *)0x50000000;
	q = mmap(p, 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	ok(q == p, "MAP_32BIT: a low hint that is free is taken");
	q = mmap(p + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	ok(q != MAP_FAILED && (unsigned long)q < 0x80000000 && (q < p || q >= p + 4 * PAGE),
	   "one that is not is not, and the address is low");
	munmap(q, PAGE);
	munmap(p, 4 * PAGE);
	p = (char *)(0x80000000 - PAGE);
	q = mmap(p, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	ok(q != MAP_FAILED && (unsigned long)q + 2 * PAGE <= 0x80000000,
	   "nor is one that would reach beyond 2 GiB");
	munmap(q, 2 * PAGE);
}

static void holes(void)
{
	char *p = map_anon(8 * PAGE, PROT_READ | PROT_WRITE);

	number(p, 0, 8);
	ok(!munmap(p + 3 * PAGE, 2 * PAGE), "munmap in the middle of a mapping succeeds");
	ok(numbered(p, 0, 3, 0) && numbered(p, 5, 8, 0),
	   "munmap in the middle of a mapping keeps both ends");
	ok(try_read(p + 3 * PAGE) == SIGSEGV && fault_info.si_code == SEGV_MAPERR &&
	   fault_info.si_addr == p + 3 * PAGE, "the first byte of a hole faults");
	ok(try_write(p + 5 * PAGE - 1) == SIGSEGV && fault_info.si_code == SEGV_MAPERR &&
	   fault_info.si_addr == p + 5 * PAGE - 1, "the last byte of a hole faults");
	ok(!munmap(p, 8 * PAGE), "munmap over a hole succeeds");
	ok(try_read(p) == SIGSEGV && try_read(p + 7 * PAGE) == SIGSEGV,
	   "munmap over a hole leaves nothing");
	ok(!munmap(p, 8 * PAGE), "munmap of nothing succeeds");
	errno = 0;
	ok(munmap(p + 1, PAGE) == -1 && errno == EINVAL, "munmap of an odd address: EINVAL");
	errno = 0;
	ok(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
	   errno == EINVAL, "an empty mapping: EINVAL");
	errno = 0;
	ok(mmap(NULL, 1UL << 62, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
	   errno == ENOMEM, "a mapping larger than the address space: ENOMEM");
	errno = 0;
	ok(mmap((void *)0x800000000000, PAGE, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED &&
	   errno == ENOMEM, "a mapping beyond the address space: ENOMEM");
}

static void remap(void)
{
	char *p = reserve(64 * PAGE), *q;

	p = mmap(p, 8 * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	number(p, 0, 8);
	ok(mremap(p, 8 * PAGE, 16 * PAGE, 0) == p, "mremap grows in place");
	ok(numbered(p, 0, 8, 0) && all(p + 8 * PAGE, 8 * PAGE, 0),
	   "mremap that grows in place keeps what was there");
	number(p, 8, 16);
	ok(mremap(p, 16 * PAGE, 12 * PAGE, 0) == p && numbered(p, 0, 12, 0) &&
	   try_read(p + 12 * PAGE) == SIGSEGV, "mremap shrinks");
	q = mmap(p + 12 * PAGE, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	errno = 0;
	ok(mremap(p, 12 * PAGE, 16 * PAGE, 0) == MAP_FAILED && errno == ENOMEM,
	   "mremap without room: ENOMEM");
	q = mremap(p, 12 * PAGE, 600 * PAGE, MREMAP_MAYMOVE);
	ok(q != MAP_FAILED && q != p && numbered(q, 0, 12, 0) &&
	   all(q + 12 * PAGE, 588 * PAGE, 0), "mremap moves to where there is room");
	ok(try_read(p) == SIGSEGV && try_read(p + 11 * PAGE) == SIGSEGV,
	   "mremap that moves leaves nothing at the old place");
	number(q, 12, 600);

	p = map_anon(600 * PAGE, PROT_READ | PROT_WRITE);
	memset(p, 9, PAGE);
	ok(mremap(q, 600 * PAGE, 600 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p) == p &&
	   numbered(p, 0, 600, 0), "MREMAP_FIXED onto another mapping");
	ok(try_write(q) == SIGSEGV, "MREMAP_FIXED leaves nothing at the old place");
	q = map_anon(16 * PAGE, PROT_READ | PROT_WRITE);
	ok(mremap(p + 100 * PAGE, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		  q + 8 * PAGE) == q + 8 * PAGE && numbered(q + 8 * PAGE, 0, 4, 100) &&
	   all(q, 8 * PAGE, 0), "a part of a mapping moves");
	ok(numbered(p, 0, 100, 0) && numbered(p, 104, 600, 0) &&
	   try_read(p + 100 * PAGE) == SIGSEGV, "a part of a mapping that moves leaves the rest");
	munmap(q, 16 * PAGE);

	q = mremap(p, 50 * PAGE, 50 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		   NULL);
	ok(q != MAP_FAILED && q != p && numbered(q, 0, 50, 0) && all(p, 50 * PAGE, 0),
	   "MREMAP_DONTUNMAP leaves zeros behind");
	number(p, 0, 50);
	*(int *)q = 12345;
	ok(numbered(p, 0, 50, 0) && numbered(q, 1, 50, 0),
	   "MREMAP_DONTUNMAP leaves pages that are not the moved ones");
	munmap(q, 50 * PAGE);
	munmap(p, 600 * PAGE);

	p = map_shared(4 * PAGE);
	number(p, 0, 4);
	q = mremap(p, 0, 4 * PAGE, MREMAP_MAYMOVE);
	ok(q != MAP_FAILED && q != p && numbered(q, 0, 4, 0),
	   "mremap from size 0 maps shared memory once more");
	q[1] = 77;
	ok(p[1] == 77, "shared memory mapped once more is the same memory");
	munmap(p, 4 * PAGE);
	munmap(q, 4 * PAGE);
	errno = 0;
	ok(mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED && errno == EFAULT,
	   "mremap of nothing: EFAULT");
}

static int check_advice(void *arg)
{
	char *p = arg;

	must(*(int *)(p + PAGE) == 0);			/* MADV_WIPEONFORK */
	must(try_read(p + 2 * PAGE) == SIGSEGV);	/* MADV_DONTFORK */
	must(*(int *)p == 1 && *(int *)(p + 3 * PAGE) == 4);
	return 0;
}

static void advice(void)
{
	char *p = map_anon(512 * PAGE, PROT_READ | PROT_WRITE);
	unsigned char vec[512];
	int resident = 0;

	number(p, 0, 512);
	ok(!madvise(p + 10 * PAGE, 400 * PAGE, MADV_DONTNEED) &&
	   all(p + 10 * PAGE, 400 * PAGE, 0), "MADV_DONTNEED gives zeros");
	ok(numbered(p, 0, 10, 0) && numbered(p, 410, 512, 0), "MADV_DONTNEED spares the rest");
	for (int i = 0; i < 100; i++) {
		*(int *)(p + 20 * PAGE) = i;
		if (*(int *)(p + 20 * PAGE) != i || madvise(p + 20 * PAGE, PAGE, MADV_DONTNEED) ||
		    *(int *)(p + 20 * PAGE))
			break;
		resident++;
	}
	ok(resident == 100, "MADV_DONTNEED gives zeros a hundred times over");
	munmap(p, 512 * PAGE);

	p = map_anon(8 * PAGE, PROT_READ | PROT_WRITE);
	madvise(p, 8 * PAGE, MADV_NOHUGEPAGE);
	number(p, 0, 4);
	ok(!mincore(p, 8 * PAGE, vec) && (vec[0] & vec[1] & vec[2] & vec[3] & 1) &&
	   !((vec[4] | vec[7]) & 1), "mincore knows what has been touched");
	ok(!madvise(p + PAGE, PAGE, MADV_WIPEONFORK) &&
	   !madvise(p + 2 * PAGE, PAGE, MADV_DONTFORK) &&
	   !in_child(check_advice, p), "MADV_WIPEONFORK and MADV_DONTFORK");
	ok(numbered(p, 0, 4, 0), "MADV_WIPEONFORK and MADV_DONTFORK leave the parent alone");
	ok(!madvise(p, PAGE, MADV_FREE) && (*(int *)p == 1 || *(int *)p == 0),
	   "MADV_FREE leaves the contents or zeros");
	*(int *)p = 55;
	ok(*(int *)p == 55, "memory after MADV_FREE can be written");
	errno = 0;
	munmap(p + 4 * PAGE, PAGE);
	ok(madvise(p, 8 * PAGE, MADV_DONTNEED) == -1 && errno == ENOMEM,
	   "MADV_DONTNEED over a hole: ENOMEM");
	munmap(p, 8 * PAGE);

	p = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	resident = 0;
	must(!mincore(p, 64 * PAGE, vec));
	for (int i = 0; i < 64; i++)
		resident += vec[i] & 1;
	ok(resident == 64 && all(p, 64 * PAGE, 0), "MAP_POPULATE brings in every page");
	munmap(p, 64 * PAGE);
}

static void sparse(void)
{
	const size_t size = 64UL << 30;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *q = mmap(NULL, 1UL << 40, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		       -1, 0);
	unsigned long at = 0;
	bool good = true;

	if (!ok(p != MAP_FAILED && q != MAP_FAILED, "64 GiB and 1 TiB can be reserved"))
		return;
	madvise(p, size, MADV_NOHUGEPAGE);
	for (int i = 0; i < 300; i++) {
		at = (at * 6364136223846793005UL + 1442695040888963407UL);
		*(unsigned long *)(p + at % size / 8 * 8) = at;
	}
	at = 0;
	for (int i = 0; i < 300; i++) {
		at = (at * 6364136223846793005UL + 1442695040888963407UL);
		good &= *(unsigned long *)(p + at % size / 8 * 8) == at;
	}
	ok(good, "300 pages far apart keep their contents");
	ok(!mprotect(q + (512UL << 30), PAGE, PROT_READ | PROT_WRITE) &&
	   !try_write(q + (512UL << 30)) && try_read(q + (512UL << 30) - 1) == SIGSEGV &&
	   try_read(q + (512UL << 30) + PAGE) == SIGSEGV,
	   "one page in the middle of a reserved TiB can be used");
	ok(!munmap(p, size) && !munmap(q, 1UL << 40), "64 GiB and 1 TiB can be unmapped");
}

static void locked(void)
{
	char *p = map_anon(16 * PAGE, PROT_READ | PROT_WRITE);
	unsigned char vec[16];

	ok(!mlock(p, 16 * PAGE) && !mincore(p, 16 * PAGE, vec) && (vec[0] & vec[15] & 1),
	   "mlock brings pages in");
	ok(all(p, 16 * PAGE, 0) && !munlock(p, 16 * PAGE), "munlock succeeds");
	munmap(p, 16 * PAGE);
}

static void program_break(void)
{
	char *end = sbrk(0), *p;
	bool good;

	/* to a page boundary, so that what follows is all new */
	must(sbrk(-(unsigned long)end % PAGE) != (void *)-1);
	p = sbrk(100 * PAGE);
	good = p != (void *)-1 && all(p, 100 * PAGE, 0);
	ok(good, "sbrk gives zeros");
	number(p, 0, 100);
	ok(sbrk(-50 * (long)PAGE) == p + 100 * PAGE && numbered(p, 0, 50, 0) &&
	   try_read(p + 50 * PAGE) == SIGSEGV, "sbrk takes memory back");
	ok(sbrk(50 * PAGE) == p + 50 * PAGE && all(p + 50 * PAGE, 50 * PAGE, 0) &&
	   numbered(p, 0, 50, 0), "sbrk gives zeros where memory was taken back");
	ok(!brk(p) && try_read(p) == SIGSEGV && !brk(end) && sbrk(0) == end,
	   "brk gives all memory back");
}

static void churn(void)
{
	bool good = true;

	/* The same addresses, new contents, again and again. */
	for (int i = 0; i < 300; i++) {
		int *p = map_anon(4 * PAGE, PROT_READ | PROT_WRITE);

		good &= p[0] == 0 && p[1024] == 0 && p[4095] == 0;
		p[0] = p[1024] = p[4095] = i + 1;
		munmap(p, 4 * PAGE);
	}
	ok(good, "each of 300 short mappings is fresh");
}

int main(void)
{
	fixed();
	holes();
	remap();
	advice();
	sparse();
	locked();
	program_break();
	churn();
	return tap_done();
}
