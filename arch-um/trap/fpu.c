// SPDX-License-Identifier: GPL-2.0
/*
 * Extended state of user code: where it is, and how it goes to signal frames and
 * debuggers.  See asm/fpu.h.
 *
 * The layout is XSAVE's standard one with Linux's software bytes, which tell a
 * program how long it is: arch/x86/include/uapi/asm/sigcontext.h.
 */
#include <linux/bitops.h>
#include <linux/cache.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/boot.h>
#include <asm/cpu_state.h>
#include <asm/end.h>
#include <asm/fpu.h>
#include <asm/ptrace.h>
#include <asm/processor.h>
#include <asm/sigcontext.h>
#include <asm/trap.h>

unsigned int fpu_xstate_size __ro_after_init;
u64 fpu_xfeatures __ro_after_init;
u32 fpu_mxcsr_mask __ro_after_init;

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

	if (!(um_cpu.user_frame.xfeatures & XSTATE_PKRU))
		return;
	native_cpuid_count(0xd, ilog2(XSTATE_PKRU), &size, &pkru_offset, &ecx, &edx);
	if (pkru_offset + sizeof(u64) > fpu_xstate_size)
		um_die("the host's signal frames have no room for PKRU, which they say they hold");
	if (!boot_info->pkeys)
		pr_warn("pkeys: this host's kernel (before Linux 6.12) ends the machine when a guest program executes wrpkru\n");
}

void __init fpu_init(void)
{
	fpu_xstate_size = um_cpu.user_frame.xsave_size;
	fpu_xfeatures = um_cpu.user_frame.xfeatures & ~XSTATE_PKRU;
	/* the FXSAVE image says which MXCSR bits exist; 0 stands for 0xffbf (SDM volume 1, 11.6.6) */
	fpu_mxcsr_mask = ((struct _fpstate_64 *)um_cpu.user_frame.xsave)->mxcsr_mask ?: 0xffbf;
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
	if (t != current || !um_cpu.fpu_live)
		return;
	memcpy(t->thread.xsave, um_cpu.user_frame.xsave, fpu_xstate_size);
	if (unlikely(um_cpu.user_frame.xfeatures & XSTATE_PKRU))
		forget_pkru(t->thread.xsave);
	um_cpu.fpu_live = false;
}

void fpu_reset(struct task_struct *t)
{
	if (t == current)
		um_cpu.fpu_live = false;
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
	dst->thread.debug = NULL;
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
	debug_forget(t);
	kmem_cache_free(xsave_cache, t->thread.xsave);
}

/* To and from the outside */

/* Where XSAVE puts each component from 2 on: CPUID leaf 0xd */
static struct {
	u32 offset, size;
} component[63] __ro_after_init;

static int __init xstate_init(void)
{
	unsigned int i;
	u32 eax, ebx, ecx, edx;

	for (i = 2; i < ARRAY_SIZE(component); i++) {
		if (!(fpu_xfeatures & BIT_ULL(i)))
			continue;
		native_cpuid_count(0xd, i, &eax, &ebx, &ecx, &edx);
		if (eax + ebx > fpu_xstate_size)
			continue;
		component[i].size = eax;
		component[i].offset = ebx;
	}
	return 0;
}
early_initcall(xstate_init);

const struct _xstate *xstate_read(struct task_struct *t)
{
	struct _xstate *x = t->thread.xsave;
	unsigned long missing;
	unsigned int i;

	fpu_sync(t);
	/* Bits that are clear mean "initial", and the bytes may be anything. */
	missing = fpu_xfeatures & ~x->xstate_hdr.xfeatures;
	if (missing & XSTATE_X87) {
		/* up to mxcsr, which is valid in any case */
		memset(x, 0, offsetof(struct _fpstate, mxcsr));
		x->fpstate.cwd = 0x37f;
		memset(x->fpstate.st_space, 0, sizeof(x->fpstate.st_space));
	}
	if (missing & XSTATE_SSE)
		memset(x->fpstate.xmm_space, 0, sizeof(x->fpstate.xmm_space));
	missing &= ~(XSTATE_X87 | XSTATE_SSE);
	for_each_set_bit(i, &missing, ARRAY_SIZE(component))
		memset((void *)x + component[i].offset, 0, component[i].size);

	/*
	 * A program that knows only the FXSAVE image changes the image and not
	 * the header; so its two bits are always set.
	 */
	x->xstate_hdr.xfeatures |= XSTATE_X87 | XSTATE_SSE;
	return x;
}

int xstate_check(const struct _xstate *x)
{
	const struct _header *header = &x->xstate_hdr;

	/* SDM volume 1, 13.8: reasons for #GP; reserved1[0] is XCOMP_BV */
	if ((header->xfeatures & ~fpu_xfeatures) || header->reserved1[0] || header->reserved1[1])
		return -EINVAL;
	if (x->fpstate.mxcsr & ~fpu_mxcsr_mask)
		return -EINVAL;
	return 0;
}

unsigned int xstate_frame_size(void)
{
	return fpu_xstate_size + FP_XSTATE_MAGIC2_SIZE;
}

int xstate_to_frame(void __user *to)
{
	const struct _xstate *x = xstate_read(current);

	if (copy_to_user(to, x, fpu_xstate_size))
		return -EFAULT;
	return put_user(FP_XSTATE_MAGIC2, (u32 __user *)(to + fpu_xstate_size));
}

/*
 * Is there more than the FXSAVE image?  The second magic number catches a copy
 * of the image alone, software bytes included.  Bytes of the area, 0 if there
 * is none, or -EFAULT.
 */
static int extended_size(struct _fpx_sw_bytes *sw, void __user *from)
{
	struct _fpstate __user *fp = from;
	u32 magic2;

	if (copy_from_user(sw, &fp->sw_reserved, sizeof(*sw)))
		return -EFAULT;
	if (sw->magic1 != FP_XSTATE_MAGIC1 ||
	    sw->xstate_size < offsetof(struct _xstate, ymmh) ||
	    sw->xstate_size > fpu_xstate_size || sw->xstate_size > sw->extended_size)
		return 0;
	if (get_user(magic2, (u32 __user *)(from + sw->xstate_size)))
		return -EFAULT;
	return magic2 == FP_XSTATE_MAGIC2 ? sw->xstate_size : 0;
}

int xstate_from_frame(void __user *from)
{
	struct _xstate *x = current->thread.xsave;
	struct _fpx_sw_bytes sw;
	int size, err;

	/* What the frame does not have becomes the initial state. */
	fpu_reset(current);
	if (!from)
		return 0;

	size = extended_size(&sw, from);
	if (size < 0)
		return size;
	if (copy_from_user(x, from, size ?: sizeof(struct _fpstate))) {
		fpu_reset(current);
		return -EFAULT;
	}
	if (!size)
		x->xstate_hdr.xfeatures = XSTATE_X87 | XSTATE_SSE;
	err = xstate_check(x);
	if (err) {
		fpu_reset(current);
		return err;
	}
	if (size)
		x->xstate_hdr.xfeatures &= sw.xfeatures;
	fpu_sanitize(current);
	return 0;
}
