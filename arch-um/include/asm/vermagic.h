/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_VERMAGIC_H
#define __ASM_UM_VERMAGIC_H

#define MODULE_ARCH_VERMAGIC "uml-solo "

#endif
