// SPDX-License-Identifier: GPL-2.0
/*
 * Extended state of user code, and where it is.  See asm/fpu.h.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/boot.h>
#include <asm/end.h>
#include <asm/fpu.h>
#include <asm/processor.h>
#include <asm/sigcontext.h>
#include <asm/trap.h>
#include <asm/xstate.h>

unsigned int fpu_xstate_size __ro_after_init;
u64 fpu_xfeatures __ro_after_init;
u32 fpu_mxcsr_mask __ro_after_init;

bool fpu_live;

static struct kmem_cache *xsave_cache __ro_after_init;

/* The state a program starts with: FXSAVE image with the reset values, nothing in use. */
static struct xregs {
	struct _fpstate_64 i387;
	struct _xstate_header {
		u64 xstate_bv, xcomp_bv, reserved[6];
	} header;
} init_state __ro_after_init __aligned(64);

static void set_software_bytes(struct xregs *x)
{
	x->i387.sw_reserved = (struct _fpx_sw_bytes) {
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = fpu_xstate_size + FP_XSTATE_MAGIC2_SIZE,
		.xfeatures = fpu_xfeatures,
		.xstate_size = fpu_xstate_size,
	};
}

static unsigned int pkru_offset __ro_after_init;

static void __init pkru_init(void)
{
	u32 size, ecx, edx;

	if (!(user_frame.xfeatures & XSTATE_PKRU))
		return;
	native_cpuid_count(0xd, ilog2(XSTATE_PKRU), &size, &pkru_offset, &ecx, &edx);
	if (pkru_offset + sizeof(u64) > fpu_xstate_size)
		um_die("the host's signal frames have no room for PKRU, which they say they hold");
	if (!boot_info->pkeys)
		pr_warn("pkeys: this host's kernel (before Linux 6.12) ends the machine when a guest program executes wrpkru\n");
}

void __init fpu_init(void)
{
	fpu_xstate_size = user_frame.xsave_size;
	fpu_xfeatures = user_frame.xfeatures & ~XSTATE_PKRU;
	/* the FXSAVE image says which MXCSR bits exist; 0 stands for 0xffbf (SDM volume 1, 11.6.6) */
	fpu_mxcsr_mask = ((struct _fpstate_64 *)user_frame.xsave)->mxcsr_mask ?: 0xffbf;
	pkru_init();
	init_state.i387.cwd = 0x37f;
	init_state.i387.mxcsr = 0x1f80;
	set_software_bytes(&init_state);
	xsave_cache = kmem_cache_create_usercopy("xsave", fpu_xstate_size, 64,
						 SLAB_PANIC | SLAB_ACCOUNT, 0, fpu_xstate_size, NULL);
}

/* Of what the host has put into a frame. */
static void forget_pkru(struct xregs *x)
{
	if (x->header.xstate_bv & XSTATE_PKRU)
		memset((void *)x + pkru_offset, 0, sizeof(u64));
	x->header.xstate_bv &= ~XSTATE_PKRU;
	set_software_bytes(x);
}

void fpu_sync(struct task_struct *t)
{
	if (t != current || !fpu_live)
		return;
	memcpy(t->thread.xsave, user_frame.xsave, fpu_xstate_size);
	if (unlikely(user_frame.xfeatures & XSTATE_PKRU))
		forget_pkru(t->thread.xsave);
	fpu_live = false;
}

void fpu_reset(struct task_struct *t)
{
	if (t == current)
		fpu_live = false;
	memset(t->thread.xsave, 0, fpu_xstate_size);
	memcpy(t->thread.xsave, &init_state, sizeof(init_state));
}

void fpu_sanitize(struct task_struct *t)
{
	struct xregs *x = t->thread.xsave;

	x->i387.mxcsr &= fpu_mxcsr_mask;
	x->header.xstate_bv &= fpu_xfeatures;
	x->header.xcomp_bv = 0;
	memset(x->header.reserved, 0, sizeof(x->header.reserved));
	set_software_bytes(x);
}

void fpu_switch_out(struct task_struct *prev)
{
	fpu_sync(prev);
}

int arch_dup_task_struct(struct task_struct *dst, struct task_struct *src)
{
	memcpy(dst, src, sizeof(*dst));
	dst->thread.xsave = kmem_cache_alloc(xsave_cache, GFP_KERNEL);
	if (!dst->thread.xsave)
		return -ENOMEM;
	if (src->thread.xsave && src->mm) {
		fpu_sync(src);
		memcpy(dst->thread.xsave, src->thread.xsave, fpu_xstate_size);
	} else {
		memset(dst->thread.xsave, 0, fpu_xstate_size);
		memcpy(dst->thread.xsave, &init_state, sizeof(init_state));
	}
	return 0;
}

void arch_release_task_struct(struct task_struct *t)
{
	kmem_cache_free(xsave_cache, t->thread.xsave);
}
