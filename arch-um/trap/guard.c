// SPDX-License-Identifier: GPL-2.0
/*
 * The mprotect guard: kernel memory is PROT_NONE while user code runs.
 *
 * The gate opens and hides one window on every trap, by one mprotect() of one
 * mapping: physical memory, which begins with the kernel image.  All of it, for
 * kernel stacks may lie anywhere, and the host cannot deliver a signal on a
 * stack that is hidden.  What such a call costs is the number of page-table
 * entries that are filled in, 0.05 us for each 2 MiB, not the size.  So the
 * host's page tables are themselves the list of what the kernel has touched
 * lately, and mapping the same memory again, without any, keeps that list short.
 * Memory that is not on it comes back by a page fault that the host serves by
 * itself, without a signal.  (MADV_DONTNEED would leave empty tables behind, and
 * to look through one costs 1.5 us for each GiB.)
 *
 * The host drops translations one by one (INVLPG, 0.15 us each) up to 33, and
 * all at once (0.2 us) beyond.  It counts from the first changed entry to the
 * last, so one far page on the list makes both calls, and getpid(), 40 % cheaper.
 *
 * All other kernel memory (modules, vmalloc, AIO rings) lies in windows that
 * stay hidden until the kernel touches one: that is a SIGSEGV in kernel mode,
 * which opens it until the next exit.
 *
 * The signal costs several times what opening does.  A system call that needed
 * a window twice in a row in the same task (writes to a terminal: its line
 * discipline lies in vmalloc memory) therefore finds it open.
 */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <asm/boot.h>
#include <asm/hostmem.h>
#include <asm/layout.h>
#include <asm/setup.h>
#include <asm/trap.h>

/* Traps between two trims.  A trim costs 2 us and a fault of 2 us for each 2 MiB in use. */
#define TRIM_EVERY	512

static struct window {
	unsigned long start;
	unsigned long top;	/* end of what is mapped */
	unsigned long end;
	int prot;		/* while it is open */
	bool open;		/* all of it */
	bool hide;		/* some of it may be */
} windows[] = {
	{ MODULES_VADDR, MODULES_VADDR, MODULES_END, HOST_PROT_RWX, true, true },
	{ AIO_BASE, AIO_BASE, AIO_END, HOST_PROT_READ | HOST_PROT_WRITE, true, true },
	{ VMALLOC_START, VMALLOC_START, VMALLOC_END, HOST_PROT_RWX, true, true },
};

static bool windows_open = true;
static unsigned int traps;

/* What system calls need, by number and task; two that share an entry only cost time. */
#define HABITS		256
#define HABIT_TRIES	64	/* opened so often, it is looked whether it is needed still */

static struct habit {
	unsigned char open;	/* these windows: bits of their numbers */
	unsigned char last;	/* the last one touched these hidden ones */
	unsigned char tries;
} habits[HABITS];

static struct habit *habit;	/* of the system call that came last */
static unsigned char touched;	/* by SIGSEGV since then */

/*
 * After a restart all windows are hidden: the kernel's touch opens them.  Modules
 * and vmalloc are reserved anew (mm/vmap.c); the rings stay, open or not.
 */
static void __init guard_hide_at_first(void)
{
	struct window *w;

	if (host_protect(AIO_BASE, AIO_END - AIO_BASE, HOST_PROT_NONE))
		um_die("the host cannot hide its AIO rings after a restart: start the guest anew");
	for (w = windows; w < windows + ARRAY_SIZE(windows); w++)
		w->open = w->hide = false;
	windows_open = false;
}

void __init guard_init(void)
{
	gate_size = boot_info->size;
	gate_guarded = boot_info->guard != GUARD_NONE;
	if (boot_info->reboots && gate_guarded)
		guard_hide_at_first();
	if (!gate_guarded)
		pr_warn("guard=none: guest programs can read and write the guest kernel\n");
	else if (!boot_info->huge)
		pr_warn("guard: this host gives no huge pages (MADV_COLLAPSE, Linux 6.1): traps will be slow\n");
}

/* Something is mapped up to @addr: the window that holds it reaches that far. */
void guard_window_top(unsigned long addr)
{
	struct window *w;

	for (w = windows; w < windows + ARRAY_SIZE(windows); w++)
		if (addr > w->start && addr <= w->end && addr > w->top)
			w->top = addr;
}

/* False: the host has opened only a part of it, or nothing. */
static bool open_window(struct window *w)
{
	if (w->open)
		return true;
	w->hide = windows_open = true;
	w->open = w->top == w->start ||
		  !host_protect(w->start, w->top - w->start, w->prot);
	return w->open;
}

static struct window *find_window(unsigned long addr)
{
	struct window *w;

	for (w = windows; w < windows + ARRAY_SIZE(windows); w++)
		if (addr >= w->start && addr < w->top)
			return w;
	return NULL;
}

/*
 * The kernel was denied access to @addr.  True if that is because its window
 * was hidden; it is open now.  It may have been opened since the fault, by an
 * interrupt that the host delivered before.
 */
bool guard_touched(unsigned long addr)
{
	struct window *w = find_window(addr);

	if (!w)
		return false;
	/* Open or not: what lies between mappings is denied in an open one, too, and a fault then. */
	w->open = false;
	if (!open_window(w))
		return false;
	touched |= 1 << (w - windows);
	return true;
}

/* The window that @addr lies in; no signal, so it makes no habit.  False: the host cannot. */
bool guard_open_window(unsigned long addr)
{
	struct window *w = find_window(addr);

	return !w || open_window(w);
}

/* System call @nr begins. */
void guard_open_habit(int nr)
{
	struct habit *h = &habits[(current->pid * 31U + nr) % HABITS];
	unsigned int i;

	habit = h;
	touched = 0;
	if (likely(!h->open) || !gate_guarded)
		return;
	if (++h->tries % HABIT_TRIES == 0) {
		h->last = h->open;
		h->open = 0;
		return;
	}
	for (i = 0; i < ARRAY_SIZE(windows); i++)
		if (h->open & 1 << i)
			open_window(&windows[i]);
}

/* It is over, perhaps in another task; then the habit that it gives is not kept for long. */
static void learn_habit(void)
{
	if (!habit)
		return;
	habit->open |= touched & habit->last;
	habit->last = touched;
	habit = NULL;
}

/* On the way to user mode, interrupts off. */
void guard_hide_windows(void)
{
	struct window *w;

	learn_habit();
	if (likely(!windows_open) || !gate_guarded)
		return;
	for (w = windows; w < windows + ARRAY_SIZE(windows); w++) {
		if (!w->hide)
			continue;
		if (w->top > w->start && host_protect(w->start, w->top - w->start, HOST_PROT_NONE))
			panic("guard: the host cannot hide kernel memory");
		w->open = w->hide = false;
	}
	windows_open = false;
}

/* On the way in from user mode. */
void guard_trim(void)
{
	if (likely(++traps % TRIM_EVERY) || !gate_guarded)
		return;
	/*
	 * Refused (ENOMEM) while user code has as many mappings as the host allows.
	 * Then nothing has changed, and the list grows until the next trim.
	 */
	host_map(PAGE_OFFSET, gate_size, HOST_PROT_RWX, boot_info->memfd, 0);
	/* The far page, in the page table that is there anyway. */
	READ_ONCE(*(char *)(PAGE_OFFSET + min(gate_size, NEAR_SIZE) - 1));
}
