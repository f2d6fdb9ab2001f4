// SPDX-License-Identifier: GPL-2.0
#define COMPILE_OFFSETS
#include <linux/kbuild.h>
#include <linux/sched.h>

int main(void);

int main(void)
{
	OFFSET(TASK_THREAD_sp, task_struct, thread.sp);
	DEFINE(THREAD_SIZE_ASM, THREAD_SIZE);
	return 0;
}
