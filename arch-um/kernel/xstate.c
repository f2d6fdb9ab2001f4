// SPDX-License-Identifier: GPL-2.0
/*
 * Extended state in signal frames and for debuggers.
 *
 * The layout is XSAVE's standard one with Linux's software bytes, which tell a
 * program how long it is: arch/x86/include/uapi/asm/sigcontext.h.
 */
#include <linux/bitops.h>
#include <linux/cache.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/fpu.h>
#include <asm/processor.h>
#include <asm/sigcontext.h>
#include <asm/xstate.h>

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
