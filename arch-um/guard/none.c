// SPDX-License-Identifier: GPL-2.0
/*
 * guard=none: nothing is hidden.  For guests that are trusted.
 */
#include <linux/printk.h>
#include "ops.h"

static unsigned long __init none_init(void)
{
	pr_warn("guard=none: guest programs can read and write the guest kernel\n");
	return 0;
}

const struct guard_ops guard_none = {
	.init	= none_init,
};
