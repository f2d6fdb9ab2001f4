/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_EXTABLE_H
#define __ASM_UM_EXTABLE_H

#define ARCH_HAS_RELATIVE_EXTABLE

#ifdef __ASSEMBLY__

.macro UM_EXTABLE from:req, to:req
	.pushsection "__ex_table", "a"
	.balign 4
	.long (\from) - .
	.long (\to) - .
	.popsection
.endm

#else

struct exception_table_entry {
	int insn, fixup;	/* relative to the member's own address */
};

#endif

#endif
