/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_HOST_FRAME_H
#define __ASM_UM_HOST_FRAME_H

/*
 * Where the parts of the frame lie that the host pushes for a signal in user mode: the
 * same place each time.  Found out at boot by host_signals_init(), constant from then
 * on.  Plain C types only.
 */
struct host_frame {
	unsigned long sp;		/* stack pointer of the handler */
	void *info;			/* siginfo_t */
	void *mcontext;			/* struct sigcontext_64 */
	void *xsave;
	unsigned int xsave_size;	/* bytes, without FP_XSTATE_MAGIC2 */
	unsigned long long xfeatures;
};

#endif
