// SPDX-License-Identifier: GPL-2.0
/*
 * Windows: kernel address space beside physical memory.
 *
 * They stay hidden until the kernel touches one: that is a SIGSEGV in kernel
 * mode, which opens it until the next exit.
 *
 * The signal costs several times what opening does.  A system call that needed
 * a window twice in a row in the same task (writes to a terminal: its line
 * discipline lies in vmalloc memory) therefore finds it open.
 *
 * Where nothing is mapped in a window lies a mapping of an empty file: an access
 * there is a fault (SIGBUS), but the window has no holes, so one call covers it.
 */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <asm/boot.h>
#include <asm/end.h>
#include <asm/hostmem.h>
#include <asm/layout.h>
#include "ops.h"

static struct window windows[GUARD_WINDOWS] = {
	[GUARD_MODULES] = { MODULES_VADDR, MODULES_END, HOST_PROT_RWX, false },
	/* the rings outlive a restart (host/keep.c) */
	[GUARD_RING] = { AIO_BASE, AIO_END, HOST_PROT_READ | HOST_PROT_WRITE, true },
	[GUARD_VMALLOC] = { VMALLOC_START, VMALLOC_END, HOST_PROT_RWX, false },
};

static bool windows_open;

/* What system calls need, by number and task; two that share an entry only cost time. */
#define HABITS		256
#define HABIT_TRIES	64	/* at every 64th opening it is checked whether it is needed */

static struct habit {
	unsigned char open;	/* windows to open, a bit each by number */
	unsigned char last;	/* hidden windows that the last such call touched */
	unsigned char tries;
} habits[HABITS];

static struct habit *habit;	/* of the system call that came last */
static unsigned char touched;	/* windows opened by SIGSEGV since then */

void __init guard_reserve_windows(void)
{
	struct window *w;
	int err;

	for (w = windows; w < windows + ARRAY_SIZE(windows); w++) {
		w->top = w->start;
		w->open = w->hide = !boot_info->reboots || !guard->hide;
		windows_open |= w->open;
		if (boot_info->reboots && w->kept)
			continue;
		err = host_map(w->start, w->end - w->start, HOST_PROT_NONE, boot_info->empty, 0);
		if (err)
			panic("cannot reserve kernel address space: error %d", err);
	}
}

/*
 * After a restart all windows are hidden: the kernel's touch opens them.  Those
 * that are not kept are reserved anew.
 */
void __init windows_hidden(void)
{
	struct window *w;

	for (w = windows; w < windows + ARRAY_SIZE(windows); w++)
		if (w->kept && host_protect(w->start, w->end - w->start, HOST_PROT_NONE))
			um_die("the host cannot hide its AIO rings after a restart: start the guest anew");
}

bool guard_window_cut(enum guard_window nr, unsigned long *start, unsigned long *end)
{
	const struct window *w = &windows[nr];

	*start = max(*start, w->start);
	*end = min(*end, w->end);
	return *start < *end;
}

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
	w->open = !guard->open || w->top == w->start || !guard->open(w);
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

bool guard_touched(unsigned long addr)
{
	struct window *w = guard->open ? find_window(addr) : NULL;

	if (!w)
		return false;
	/* Even if it was open: what lies between mappings is denied in an open window, too. */
	w->open = false;
	if (!open_window(w))
		return false;
	touched |= 1 << (w - windows);
	return true;
}

/* There was no signal, so this does not count for habits. */
bool guard_open_window(unsigned long addr)
{
	struct window *w = find_window(addr);

	return !w || open_window(w);
}

void guard_syscall(int nr)
{
	struct habit *h = &habits[(current->pid * 31U + nr) % HABITS];
	unsigned int i;

	habit = h;
	touched = 0;
	if (likely(!h->open))
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

/* The system call is over.  Another task may run now: a habit learnt from it is soon dropped. */
static void learn_habit(void)
{
	if (!habit)
		return;
	habit->open |= touched & habit->last;
	habit->last = touched;
	habit = NULL;
}

void guard_leave(void)
{
	struct window *w;

	learn_habit();
	if (likely(!windows_open) || !guard->hide)
		return;
	for (w = windows; w < windows + ARRAY_SIZE(windows); w++) {
		if (!w->hide)
			continue;
		if (w->top > w->start && guard->hide(w))
			panic("guard: the host cannot hide kernel memory");
		w->open = w->hide = false;
	}
	windows_open = false;
}
