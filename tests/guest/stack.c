// SPDX-License-Identifier: GPL-2.0
/* Stacks: growth by use, by the kernel, with MAP_GROWSDOWN; their limits and guards. */
#include "tap.h"
#include <pthread.h>
#include <sys/resource.h>

#define MIB	(1024UL * 1024)

/* Uses about SIZE bytes of stack and checks on the way back that they are intact. */
static unsigned long __attribute__((noinline)) dig(unsigned long size, unsigned long seed)
{
	volatile unsigned long frame[512];
	unsigned long below;

	for (int i = 0; i < 512; i += 37)
		frame[i] = seed + i;
	below = size > sizeof(frame) ? dig(size - sizeof(frame), seed * 31 + 1) : 0;
	for (int i = 0; i < 512; i += 37)
		if (frame[i] != seed + i)
			below += 1000000;
	return below + 1;
}

static char *stack_pointer(void)
{
	char *sp;

	asm volatile("mov %%rsp, %0" : "=r"(sp));
	return sp;
}

static void growth(void)
{
	unsigned long frames = dig(6 * MIB, 1);
	char *below;

	ok(frames > 1400 && frames < 1000000, "recursion through 6 MiB keeps every frame intact");
	below = stack_pointer() - 7 * MIB;
	ok(!try_write(below) && *below == 1, "the stack grows by 7 MiB in one step");
}

static void growth_by_kernel(void)
{
	char *below = stack_pointer() - 7 * MIB - 300000;
	int fds[2];

	must(!pipe(fds) && write(fds[1], "text", 4) == 4);
	ok(read(fds[0], below, 4) == 4 && !memcmp(below, "text", 4),
	   "the stack grows to a system call's buffer");
	close(fds[0]);
	close(fds[1]);
}

static bool on_alternate;

static void overflow_handler(int sig, siginfo_t *si, void *uc)
{
	static const char *low, *high;
	char here;

	(void)uc;
	if (!low) {
		stack_t ss;

		sigaltstack(NULL, &ss);
		low = ss.ss_sp;
		high = low + ss.ss_size;
	}
	on_alternate = &here > low && &here < high;
	_exit(sig == SIGSEGV && on_alternate && si->si_addr ? 40 : 41);
}

static void handle_overflow(void)
{
	stack_t ss = { .ss_sp = malloc(65536), .ss_size = 65536 };
	struct sigaction sa = { .sa_sigaction = overflow_handler,
				.sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigaltstack(&ss, NULL);
	sigaction(SIGSEGV, &sa, NULL);
}

static int overflow(void *arg)
{
	struct rlimit lim = { MIB, MIB };

	(void)arg;
	must(!setrlimit(RLIMIT_STACK, &lim));
	handle_overflow();
	return dig(64 * MIB, 1) & 1;
}

static int overflow_unhandled(void *arg)
{
	struct rlimit lim = { MIB, MIB }, no_core = { 0, 0 };

	(void)arg;
	must(!setrlimit(RLIMIT_STACK, &lim) && !setrlimit(RLIMIT_CORE, &no_core));
	return dig(64 * MIB, 1) & 1;
}

/* The signal itself needs a stack: on an exhausted one there is no handler. */
static void end_quietly(int sig)
{
	(void)sig;
	_exit(43);
}

static int overflow_no_altstack(void *arg)
{
	struct rlimit lim = { MIB, MIB }, no_core = { 0, 0 };

	(void)arg;
	must(!setrlimit(RLIMIT_STACK, &lim) && !setrlimit(RLIMIT_CORE, &no_core));
	signal(SIGSEGV, end_quietly);
	return dig(64 * MIB, 1) & 1;
}

static void limits(void)
{
	ok(in_child(overflow, NULL) == 40, "stack overflow: SIGSEGV on the alternate stack");
	ok(in_child(overflow_unhandled, NULL) == -SIGSEGV,
	   "stack overflow without a handler: killed by SIGSEGV");
	ok(in_child(overflow_no_altstack, NULL) == -SIGSEGV,
	   "stack overflow with a handler but no stack for it: killed by SIGSEGV");
}

static void *thread_digs(void *arg)
{
	return (void *)dig((unsigned long)arg, 3);
}

static void *thread_overflows(void *arg)
{
	handle_overflow();
	return thread_digs(arg);
}

static int overflow_in_thread(void *arg)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, MIB);
	must(!pthread_create(&t, &attr, thread_overflows, arg));
	pthread_join(t, NULL);
	return 42;
}

static void threads(void)
{
	pthread_attr_t attr;
	pthread_t t[4];
	bool good = true;
	void *frames;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 4 * MIB);
	for (int i = 0; i < 4; i++)
		must(!pthread_create(&t[i], &attr, thread_digs, (void *)(3 * MIB)));
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &frames);
		good &= (unsigned long)frames > 700 && (unsigned long)frames < 1000000;
	}
	ok(good, "four threads use 3 MiB of stack each");
	ok(in_child(overflow_in_thread, (void *)(4 * MIB)) == 40,
	   "a thread that overflows hits its guard page");
}

static void grows_down(void)
{
	char *area = map_anon(16 * MIB, PROT_NONE), *top, *at;
	int fds[2];
	bool good = true;

	munmap(area, 16 * MIB);
	top = area + 12 * MIB;
	at = mmap(top - 4 * PAGE, 4 * PAGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
	must(at == top - 4 * PAGE);
	for (at = top - PAGE; at > top - 4 * MIB; at -= PAGE) {
		good &= !try_write(at);
		*at = (long)at >> 12;
	}
	for (at = top - PAGE; at > top - 4 * MIB; at -= PAGE)
		good &= *at == (char)((long)at >> 12);
	ok(good, "MAP_GROWSDOWN grows page by page to 4 MiB");
	must(!pipe(fds) && write(fds[1], "text", 4) == 4);
	ok(read(fds[0], top - 5 * MIB, 4) == 4 && !memcmp(top - 5 * MIB, "text", 4),
	   "MAP_GROWSDOWN grows to a system call's buffer");
	close(fds[0]);
	close(fds[1]);
	/* The gap that Linux keeps below such a mapping. */
	must(mmap(top - 8 * MIB, PAGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == top - 8 * MIB);
	ok(try_write(top - 8 * MIB + PAGE) == SIGSEGV && fault_info.si_code == SEGV_MAPERR,
	   "MAP_GROWSDOWN does not grow up to the next mapping");
	munmap(area, 16 * MIB);
}

static void not_executable(void)
{
	char code[64];

	memset(code, 0xc3, sizeof(code));
	asm volatile("" : : "r"(code) : "memory");
	ok(try_call(code) == SIGSEGV && fault_info.si_code == SEGV_ACCERR &&
	   fault_info.si_addr == code, "the stack is not executable");
}

int main(void)
{
	struct rlimit lim;

	must(!getrlimit(RLIMIT_STACK, &lim));
	if (lim.rlim_cur < 8 * MIB) {
		lim.rlim_cur = 8 * MIB;
		must(!setrlimit(RLIMIT_STACK, &lim));
	}
	growth();
	growth_by_kernel();
	limits();
	threads();
	grows_down();
	not_executable();
	return tap_done();
}
