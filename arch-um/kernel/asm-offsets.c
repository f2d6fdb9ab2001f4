// SPDX-License-Identifier: GPL-2.0
#define COMPILE_OFFSETS
#include <linux/kbuild.h>
#include <linux/sched.h>
#include <asm/cpu_state.h>

int main(void);

int main(void)
{
	OFFSET(TASK_THREAD_sp, task_struct, thread.sp);
	OFFSET(CPU_in_user, cpu_state, in_user);
	OFFSET(CPU_irq_pending, cpu_state, irq_pending);
	OFFSET(CPU_kernel_sp, cpu_state, kernel_sp);
	DEFINE(THREAD_SIZE_ASM, THREAD_SIZE);
	return 0;
}
