// SPDX-License-Identifier: GPL-2.0
/*
 * Debuggers and core dumps: registers in the layout of x86-64, single steps.
 *
 * The tracee is stopped or is current (core dumps).  Selectors are the host's
 * and cannot be changed from here: ds, es, fs and gs read as 0, and code stays
 * in the mode it is in.
 */
#include <linux/audit.h>
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <linux/user.h>
#include <asm/fpu.h>
#include <asm/prctl.h>
#include <asm/processor.h>
#include <asm/sigcontext.h>
#include <asm/trapnr.h>
#include <asm/user_context.h>
#include <uapi/asm/debugreg.h>

/* Index of a register in user_regs_struct, and in pt_regs up to ss */
#define REG(name)	(offsetof(struct user_regs_struct, name) / sizeof(long))
#define NUM_REGS	(sizeof(struct user_regs_struct) / sizeof(long))

#define FLAGS_SETTABLE	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF |	\
			 X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF |	\
			 X86_EFLAGS_RF | X86_EFLAGS_AC | X86_EFLAGS_NT)

#define REG_NAME(name)	{ #name, offsetof(struct pt_regs, name) }

static const struct {
	const char *name;
	unsigned int offset;
} reg_names[] = {
	REG_NAME(r15), REG_NAME(r14), REG_NAME(r13), REG_NAME(r12), REG_NAME(bp), REG_NAME(bx),
	REG_NAME(r11), REG_NAME(r10), REG_NAME(r9), REG_NAME(r8), REG_NAME(ax), REG_NAME(cx),
	REG_NAME(dx), REG_NAME(si), REG_NAME(di), REG_NAME(orig_ax), REG_NAME(ip), REG_NAME(cs),
	REG_NAME(flags), REG_NAME(sp), REG_NAME(ss),
};

int regs_query_register_offset(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(reg_names); i++)
		if (!strcmp(reg_names[i].name, name))
			return reg_names[i].offset;
	return -EINVAL;
}

unsigned long regs_get_kernel_stack_nth(struct pt_regs *regs, unsigned int n)
{
	unsigned long at = kernel_stack_pointer(regs) + n * sizeof(long);

	if ((at ^ kernel_stack_pointer(regs)) & ~(THREAD_SIZE - 1))
		return 0;
	return READ_ONCE_NOCHECK(*(unsigned long *)at);
}

static unsigned long get_reg(struct task_struct *task, unsigned int reg)
{
	const struct pt_regs *regs = task_pt_regs(task);

	BUILD_BUG_ON(REG(ss) != offsetof(struct pt_regs, ss) / sizeof(long));
	switch (reg) {
	case REG(flags):
		return task->thread.stepping ? regs->flags & ~X86_EFLAGS_TF : regs->flags;
	case REG(fs_base):
		tls_sync(task);
		return task->thread.fsbase;
	case REG(gs_base):
		tls_sync(task);
		return task->thread.gsbase;
	case REG(ds):
	case REG(es):
	case REG(fs):
	case REG(gs):
		return 0;
	default:
		return ((const unsigned long *)regs)[array_index_nospec(reg, NUM_REGS)];
	}
}

static void set_flags(struct task_struct *task, unsigned long value)
{
	struct pt_regs *regs = task_pt_regs(task);

	/* A trap flag that the debugger wants by name stays when stepping ends. */
	if (value & X86_EFLAGS_TF)
		task->thread.stepping = false;
	else if (task->thread.stepping)
		value |= X86_EFLAGS_TF;
	regs->flags = (regs->flags & ~FLAGS_SETTABLE) | (value & FLAGS_SETTABLE);
}

static int set_base(struct task_struct *task, unsigned long *base, unsigned long value)
{
	if (!is_user_address(value))
		return -EIO;
	tls_sync(task);
	*base = value;
	if (task == current)
		tls_load(task);
	return 0;
}

static int set_reg(struct task_struct *task, unsigned int reg, unsigned long value)
{
	struct pt_regs *regs = task_pt_regs(task);

	switch (reg) {
	case REG(flags):
		set_flags(task, value);
		return 0;
	case REG(fs_base):
		return set_base(task, &task->thread.fsbase, value);
	case REG(gs_base):
		return set_base(task, &task->thread.gsbase, value);
	case REG(ds):
	case REG(es):
	case REG(fs):
	case REG(gs):
		return (u16)value ? -EIO : 0;
	case REG(cs):
		return (u16)value == regs->cs ? 0 : -EIO;
	case REG(ss):
		return (u16)value == regs->ss ? 0 : -EIO;
	case REG(ip):
		if (user_64bit_mode(regs) ? !user_ip_ok(value) : value >> 32 != 0)
			return -EIO;
		regs->ip = value;
		return 0;
	default:
		((unsigned long *)regs)[array_index_nospec(reg, NUM_REGS)] = value;
		return 0;
	}
}

static int regs_get(struct task_struct *task, const struct user_regset *regset,
		    struct membuf to)
{
	unsigned int i;

	for (i = 0; i < NUM_REGS && to.left; i++)
		membuf_store(&to, get_reg(task, i));
	return 0;
}

static int regs_set(struct task_struct *task, const struct user_regset *regset,
		    unsigned int pos, unsigned int count, const void *kbuf,
		    const void __user *ubuf)
{
	unsigned int first = pos / sizeof(long), i = first, n = count / sizeof(long);
	unsigned long value[NUM_REGS];
	int err;

	err = user_regset_copyin(&pos, &count, &kbuf, &ubuf, value + first, pos, pos + count);
	for (; !err && i < first + n; i++)
		err = set_reg(task, i, value[i]);
	return err;
}

/* The FXSAVE image alone */
static int fpregs_get(struct task_struct *task, const struct user_regset *regset,
		      struct membuf to)
{
	const struct _xstate *x = xstate_read(task);

	membuf_write(&to, &x->fpstate, offsetof(struct _fpstate, reserved2));
	return membuf_zero(&to, sizeof(struct _fpstate) - offsetof(struct _fpstate, reserved2));
}

static int fpregs_set(struct task_struct *task, const struct user_regset *regset,
		      unsigned int pos, unsigned int count, const void *kbuf,
		      const void __user *ubuf)
{
	struct _fpstate new;
	struct _xstate *x = task->thread.xsave;
	int err;

	if (pos != 0 || count != sizeof(new))
		return -EINVAL;
	err = user_regset_copyin(&pos, &count, &kbuf, &ubuf, &new, 0, sizeof(new));
	if (err)
		return err;
	if (new.mxcsr & ~fpu_mxcsr_mask)
		return -EINVAL;
	fpu_sync(task);
	memcpy(&x->fpstate, &new, offsetof(struct _fpstate, reserved2));
	x->xstate_hdr.xfeatures |= XSTATE_X87 | XSTATE_SSE;
	fpu_sanitize(task);
	return 0;
}

/* In place of the software bytes debuggers get XCR0: arch/x86/include/asm/user.h */
#define XSTATE_SW_START	offsetof(struct _fpstate, sw_reserved)
#define XSTATE_SW_END	sizeof(struct _fpstate)

static int xstate_get(struct task_struct *task, const struct user_regset *regset,
		      struct membuf to)
{
	const void *x = xstate_read(task);
	u64 sw[(XSTATE_SW_END - XSTATE_SW_START) / sizeof(u64)] = { fpu_xfeatures };

	membuf_write(&to, x, XSTATE_SW_START);
	membuf_write(&to, sw, sizeof(sw));
	return membuf_write(&to, x + XSTATE_SW_END, fpu_xstate_size - XSTATE_SW_END);
}

static int xstate_set(struct task_struct *task, const struct user_regset *regset,
		      unsigned int pos, unsigned int count, const void *kbuf,
		      const void __user *ubuf)
{
	void *new;
	int err;

	if (pos != 0 || count != fpu_xstate_size)
		return -EFAULT;
	new = kmalloc(fpu_xstate_size, GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	err = user_regset_copyin(&pos, &count, &kbuf, &ubuf, new, 0, fpu_xstate_size);
	if (!err)
		err = xstate_check(new);
	if (!err) {
		fpu_sync(task);
		memcpy(task->thread.xsave, new, fpu_xstate_size);
		fpu_sanitize(task);
	}
	kfree(new);
	return err;
}

enum { REGSET_GENERAL, REGSET_FP, REGSET_XSTATE };

static struct user_regset regsets[] __ro_after_init = {
	[REGSET_GENERAL] = {
		.core_note_type = NT_PRSTATUS,
		.n = NUM_REGS,
		.size = sizeof(long),
		.align = sizeof(long),
		.regset_get = regs_get,
		.set = regs_set,
	},
	[REGSET_FP] = {
		.core_note_type = NT_PRFPREG,
		.n = sizeof(struct _fpstate) / sizeof(long),
		.size = sizeof(long),
		.align = sizeof(long),
		.regset_get = fpregs_get,
		.set = fpregs_set,
	},
	[REGSET_XSTATE] = {
		.core_note_type = NT_X86_XSTATE,
		.size = sizeof(u64),
		.align = sizeof(u64),
		.regset_get = xstate_get,
		.set = xstate_set,
	},
};

static const struct user_regset_view regset_view = {
	.name = "x86_64",
	.e_machine = EM_X86_64,
	.regsets = regsets,
	.n = ARRAY_SIZE(regsets),
};

static int __init regsets_init(void)
{
	regsets[REGSET_XSTATE].n = fpu_xstate_size / sizeof(u64);
	return 0;
}
early_initcall(regsets_init);

const struct user_regset_view *task_user_regset_view(struct task_struct *task)
{
	return &regset_view;
}

/* Single steps */

/*
 * Will the next instruction load the flags (popf, iret)?  Then the trap flag
 * after it is the program's own.
 */
static bool loads_flags(struct task_struct *task, const struct pt_regs *regs)
{
	u8 code[15];		/* no instruction is longer */
	int i, n;

	n = access_process_vm(task, regs->ip, code, sizeof(code), FOLL_FORCE);
	for (i = 0; i < n; i++) {
		switch (code[i]) {
		case 0x9d:	/* popf */
		case 0xcf:	/* iret */
			return true;
		case 0x26:	/* prefixes: segments, sizes, lock and repeat */
		case 0x2e:
		case 0x36:
		case 0x3e:
		case 0x64 ... 0x67:
		case 0xf0:
		case 0xf2:
		case 0xf3:
			break;
		case 0x40 ... 0x4f:	/* REX, in 64-bit code */
			if (user_64bit_mode(regs))
				break;
			return false;
		default:
			return false;
		}
	}
	return false;
}

/*
 * What debuggers have asked of a task beside a step: debug registers, and a step to
 * the next branch.  The processor's own are out of reach, so both are done by single
 * steps: after each it is looked whether a watched place has another value, or
 * whether the next instruction is at a breakpoint.
 *
 * That shows less than hardware does: writing the value that is there already is not
 * seen, and reads are not.  So watching for reads is refused.
 */
#define NR_BREAKPOINTS	4

struct debug_state {
	unsigned long addr[NR_BREAKPOINTS];
	unsigned long value[NR_BREAKPOINTS];	/* last seen there */
	unsigned long hits;			/* DR_TRAP*, DR_STEP: dr6 without the bits that are always set */
	unsigned long dr7;

	bool to_branch;				/* PTRACE_SINGLEBLOCK */
	unsigned long from;			/* the instruction that runs next, if so */
};

static struct debug_state *debug_state(struct task_struct *task)
{
	if (!task->thread.debug)
		task->thread.debug = kzalloc(sizeof(struct debug_state), GFP_KERNEL_ACCOUNT);
	return task->thread.debug;
}

void debug_forget(struct task_struct *task)
{
	kfree(task->thread.debug);
	task->thread.debug = NULL;
}

static bool is_enabled(unsigned long dr7, unsigned int i)
{
	return dr7 >> (i * DR_ENABLE_SIZE) & (DR_LOCAL_ENABLE | DR_GLOBAL_ENABLE);
}

static unsigned int access_of(unsigned long dr7, unsigned int i)
{
	return dr7 >> (DR_CONTROL_SHIFT + i * DR_CONTROL_SIZE) & 3;
}

static unsigned int length_of(unsigned long dr7, unsigned int i)
{
	static const unsigned char lengths[] = { 1, 2, 8, 4 };

	return lengths[dr7 >> (DR_CONTROL_SHIFT + i * DR_CONTROL_SIZE + 2) & 3];
}

static bool is_watching(const struct debug_state *debug)
{
	return debug && debug->dr7 & (DR_LOCAL_ENABLE_MASK | DR_GLOBAL_ENABLE_MASK);
}

static void set_trap_flag(struct task_struct *task)
{
	struct pt_regs *regs = task_pt_regs(task);
	bool own = (regs->flags & X86_EFLAGS_TF) && !task->thread.stepping;

	regs->flags |= X86_EFLAGS_TF;
	task->thread.stepping = !own;
}

static void enable_step(struct task_struct *task, bool to_branch)
{
	struct debug_state *debug = to_branch ? debug_state(task) : task->thread.debug;

	set_tsk_thread_flag(task, TIF_SINGLESTEP);
	/* A step over a system call stops behind it. */
	set_task_syscall_work(task, SYSCALL_EXIT_TRAP);
	set_trap_flag(task);
	if (loads_flags(task, task_pt_regs(task)))
		task->thread.stepping = false;
	/* without memory for it each instruction is a block */
	if (debug) {
		debug->to_branch = to_branch;
		debug->from = task_pt_regs(task)->ip;
	}
}

void user_enable_single_step(struct task_struct *task)
{
	enable_step(task, false);
}

void user_enable_block_step(struct task_struct *task)
{
	enable_step(task, true);
}

void user_disable_single_step(struct task_struct *task)
{
	clear_tsk_thread_flag(task, TIF_SINGLESTEP);
	clear_task_syscall_work(task, SYSCALL_EXIT_TRAP);
	if (task->thread.stepping)
		task_pt_regs(task)->flags &= ~X86_EFLAGS_TF;
	task->thread.stepping = false;
}

/* The registers may come from anywhere by now: a signal's frame, a debugger. */
void debug_arm(struct pt_regs *regs)
{
	if (is_watching(current->thread.debug) && !(regs->flags & X86_EFLAGS_TF))
		set_trap_flag(current);
}

#define ALWAYS_TAKEN	UINT_MAX

/*
 * Of the instruction that begins the @n bytes at @code: 0 if it is no branch, else how
 * far behind its beginning it goes on if it is not taken.
 */
static unsigned int untaken_length(const u8 *code, int n, bool long_mode)
{
	int i = 0;

	while (i < n && memchr("\x26\x2e\x36\x3e\x64\x65\x66\x67\xf2\xf3", code[i], 10))
		i++;
	if (long_mode && i < n && (code[i] & 0xf0) == 0x40)
		i++;			/* REX */
	if (i + 1 >= n)
		return i < n && (code[i] == 0xc3 || code[i] == 0xcb) ? ALWAYS_TAKEN : 0;
	switch (code[i]) {
	case 0x70 ... 0x7f:		/* jcc */
	case 0xe0 ... 0xe3:		/* loop, jrcxz */
		return i + 2;
	case 0x0f:			/* jcc */
		return (code[i + 1] & 0xf0) == 0x80 ? i + 6 : 0;
	case 0xff:			/* call, jmp by register or memory */
		return code[i + 1] >> 3 & 6 && (code[i + 1] >> 3 & 7) < 6 ? ALWAYS_TAKEN : 0;
	case 0xc2 ... 0xc3:		/* ret */
	case 0xca ... 0xcb:
	case 0xcf:			/* iret */
	case 0xe8 ... 0xe9:		/* call, jmp */
	case 0xeb:
		return ALWAYS_TAKEN;
	default:
		return 0;
	}
}

/* Has current just taken a branch? */
static bool took_branch(const struct debug_state *debug, const struct pt_regs *regs)
{
	u8 code[15];
	int n = access_process_vm(current, debug->from, code, sizeof(code), FOLL_FORCE);
	unsigned int length = untaken_length(code, n, user_64bit_mode(regs));

	return length && regs->ip - debug->from != length;
}

/* What is at @addr of @task; false where there is nothing. */
static bool read_watched(struct task_struct *task, unsigned long addr, unsigned int length,
			 unsigned long *value)
{
	*value = 0;
	return access_process_vm(task, addr, value, length, FOLL_FORCE) == length;
}

/*
 * DR_TRAP bits of what has happened, or is about to.  What the kernel has written is
 * noted, but no hit, as on x86.
 */
static unsigned long find_hits(struct debug_state *debug, const struct pt_regs *regs,
			       bool by_kernel)
{
	unsigned long hits = 0, value;
	unsigned int i;

	for (i = 0; i < NR_BREAKPOINTS; i++) {
		if (!is_enabled(debug->dr7, i))
			continue;
		if (access_of(debug->dr7, i) == DR_RW_EXECUTE) {
			if (regs->ip == debug->addr[i] && !(regs->flags & X86_EFLAGS_RF))
				hits |= DR_TRAP0 << i;
			continue;
		}
		if (read_watched(current, debug->addr[i], length_of(debug->dr7, i), &value) &&
		    value != debug->value[i]) {
			debug->value[i] = value;
			if (!by_kernel)
				hits |= DR_TRAP0 << i;
		}
	}
	return hits;
}

static void send_sigtrap(struct pt_regs *regs, int si_code)
{
	current->thread.trap_nr = X86_TRAP_DB;
	current->thread.error_code = 0;
	force_sig_fault(SIGTRAP, si_code, (void __user *)regs->ip);
}

static void send_hit(struct debug_state *debug, struct pt_regs *regs, unsigned long hits)
{
	debug->hits = hits;
	/* a breakpoint that is reported is not met again, whatever comes before it is passed */
	regs->flags |= X86_EFLAGS_RF;
	send_sigtrap(regs, TRAP_HWBKPT);
}

void debug_trap(struct pt_regs *regs, bool icebp)
{
	struct debug_state *debug = current->thread.debug;
	bool own = (regs->flags & X86_EFLAGS_TF) && !current->thread.stepping;
	bool step = test_thread_flag(TIF_SINGLESTEP), watching = is_watching(debug);
	unsigned long hits = watching && !icebp ? find_hits(debug, regs, false) : 0;

	if (step && debug && debug->to_branch && !icebp && !took_branch(debug, regs)) {
		debug->from = regs->ip;
		set_trap_flag(current);
		step = false;
	} else if (!step) {
		/* it is the program's own, unless somebody watches */
		step = own || !watching;
	}
	if (icebp) {
		send_sigtrap(regs, TRAP_BRKPT);
	} else if (step) {
		if (debug)
			debug->hits = hits | DR_STEP;
		send_sigtrap(regs, TRAP_TRACE);
	} else if (hits) {
		send_hit(debug, regs, hits);
	}
}

void debug_syscall(struct pt_regs *regs)
{
	struct debug_state *debug = current->thread.debug;
	unsigned long hits = is_watching(debug) ? find_hits(debug, regs, true) : 0;

	if (hits)
		send_hit(debug, regs, hits);
}

void user_single_step_report(struct pt_regs *regs)
{
	if (current->thread.debug)
		current->thread.debug->hits |= DR_STEP;
	send_sigtrap(regs, TRAP_BRKPT);
}

void ptrace_disable(struct task_struct *task)
{
	user_disable_single_step(task);
}

/* PEEKUSR and POKEUSR: struct user */

#define DEBUGREG(n)	offsetof(struct user, u_debugreg[n])

static unsigned long get_debugreg(struct task_struct *task, unsigned int n)
{
	const struct debug_state *debug = task->thread.debug;

	switch (n) {
	case 0 ... NR_BREAKPOINTS - 1:
		return debug ? debug->addr[array_index_nospec(n, NR_BREAKPOINTS)] : 0;
	case DR_STATUS:
		return (debug ? debug->hits : 0) ^ DR6_RESERVED;
	case DR_CONTROL:
		return debug ? debug->dr7 : 0;
	default:
		return 0;
	}
}

/* Can @dr7 be had, with the addresses that @debug has? */
static int check_dr7(const struct debug_state *debug, unsigned long dr7)
{
	unsigned int i, length;

	for (i = 0; i < NR_BREAKPOINTS; i++) {
		if (!is_enabled(dr7, i))
			continue;
		length = length_of(dr7, i);
		switch (access_of(dr7, i)) {
		case DR_RW_EXECUTE:
			if (length != 1)
				return -EINVAL;
			break;
		case DR_RW_WRITE:
			if (debug->addr[i] % length)
				return -EINVAL;
			break;
		default:
			return -EINVAL;
		}
	}
	return 0;
}

static int set_dr7(struct task_struct *task, struct debug_state *debug, unsigned long dr7)
{
	unsigned int i;
	int err;

	dr7 &= ~DR_CONTROL_RESERVED;
	err = check_dr7(debug, dr7);
	if (err)
		return err;
	debug->dr7 = dr7;
	for (i = 0; i < NR_BREAKPOINTS; i++)
		if (is_enabled(dr7, i))
			read_watched(task, debug->addr[i], length_of(dr7, i), &debug->value[i]);
	if (!is_watching(debug) && !test_tsk_thread_flag(task, TIF_SINGLESTEP))
		user_disable_single_step(task);
	return 0;
}

static int set_debugreg(struct task_struct *task, unsigned int n, unsigned long value)
{
	struct debug_state *debug;
	unsigned long before;
	int err;

	if (n == 4 || n == 5)
		return -EIO;
	if (n < NR_BREAKPOINTS && value >= TASK_SIZE)
		return -EINVAL;
	/* debuggers clear them all at times */
	if (!task->thread.debug && value == get_debugreg(task, n))
		return 0;
	debug = debug_state(task);
	if (!debug)
		return -ENOMEM;
	switch (n) {
	case DR_STATUS:
		debug->hits = value ^ DR6_RESERVED;
		return 0;
	case DR_CONTROL:
		return set_dr7(task, debug, value);
	default:
		n = array_index_nospec(n, NR_BREAKPOINTS);
		before = debug->addr[n];
		debug->addr[n] = value;
		err = is_enabled(debug->dr7, n) ? set_dr7(task, debug, debug->dr7) : 0;
		if (err)
			debug->addr[n] = before;
		return err;
	}
}

static bool is_debugreg(unsigned long addr)
{
	return addr >= DEBUGREG(0) && addr <= DEBUGREG(7);
}

static long peek_user(struct task_struct *task, unsigned long addr, unsigned long __user *to)
{
	unsigned long value = 0;

	if (addr % sizeof(long) || addr >= sizeof(struct user))
		return -EIO;
	if (addr < sizeof(struct user_regs_struct))
		value = get_reg(task, addr / sizeof(long));
	else if (is_debugreg(addr))
		value = get_debugreg(task, (addr - DEBUGREG(0)) / sizeof(long));
	return put_user(value, to);
}

static long poke_user(struct task_struct *task, unsigned long addr, unsigned long value)
{
	if (addr % sizeof(long) || addr >= sizeof(struct user))
		return -EIO;
	if (addr < sizeof(struct user_regs_struct))
		return set_reg(task, addr / sizeof(long), value);
	if (is_debugreg(addr))
		return set_debugreg(task, (addr - DEBUGREG(0)) / sizeof(long), value);
	return -EIO;
}

long arch_ptrace(struct task_struct *task, long request, unsigned long addr,
		 unsigned long data)
{
	void __user *user = (void __user *)data;

	switch (request) {
	case PTRACE_PEEKUSR:
		return peek_user(task, addr, user);
	case PTRACE_POKEUSR:
		return poke_user(task, addr, data);
	case PTRACE_GETREGS:
		return copy_regset_to_user(task, &regset_view, REGSET_GENERAL, 0,
					   sizeof(struct user_regs_struct), user);
	case PTRACE_SETREGS:
		return copy_regset_from_user(task, &regset_view, REGSET_GENERAL, 0,
					     sizeof(struct user_regs_struct), user);
	case PTRACE_GETFPREGS:
		return copy_regset_to_user(task, &regset_view, REGSET_FP, 0,
					   sizeof(struct user_i387_struct), user);
	case PTRACE_SETFPREGS:
		return copy_regset_from_user(task, &regset_view, REGSET_FP, 0,
					     sizeof(struct user_i387_struct), user);
	case PTRACE_ARCH_PRCTL:
		return do_arch_prctl_64(task, data, addr);
	default:
		return ptrace_request(task, request, addr, data);
	}
}

/*
 * Reading the time-stamp counter cannot be made to fault: the kernel itself reads it,
 * in the same thread of the host.
 */
int get_tsc_mode(unsigned long addr)
{
	return put_user(PR_TSC_ENABLE, (unsigned int __user *)addr);
}

int set_tsc_mode(unsigned int mode)
{
	return mode == PR_TSC_ENABLE ? 0 : -EINVAL;
}

/* arch_prctl: the caller's own, or a tracee's by PTRACE_ARCH_PRCTL */

long do_arch_prctl_64(struct task_struct *task, int option, unsigned long addr)
{
	unsigned long __user *to = (unsigned long __user *)addr;

	switch (option) {
	case ARCH_SET_FS:
		return set_base(task, &task->thread.fsbase, addr) ? -EPERM : 0;
	case ARCH_SET_GS:
		return set_base(task, &task->thread.gsbase, addr) ? -EPERM : 0;
	case ARCH_GET_FS:
		return put_user(get_reg(task, REG(fs_base)), to);
	case ARCH_GET_GS:
		return put_user(get_reg(task, REG(gs_base)), to);
	case ARCH_GET_CPUID:
		return 1;		/* the instruction works, */
	case ARCH_SET_CPUID:
		return -ENODEV;		/* and cannot be made to fault */
	case ARCH_GET_XCOMP_SUPP:
	case ARCH_GET_XCOMP_PERM:
		return put_user(fpu_xfeatures, to);
	case ARCH_REQ_XCOMP_PERM:
		/* none needs permission: what would (AMX) is not there */
		if (addr > ARCH_XCOMP_TILEDATA)
			return -EINVAL;
		return fpu_xfeatures & BIT_ULL(addr) ? 0 : -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE2(arch_prctl, int, option, unsigned long, addr)
{
	return do_arch_prctl_64(current, option, addr);
}
