// SPDX-License-Identifier: GPL-2.0
/*
 * From the first stage's jump to the generic kernel.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched/task.h>
#include <linux/start_kernel.h>
#include <linux/string.h>
#include <linux/utsname.h>
#include <asm/boot.h>
#include <asm/cpufeature.h>
#include <asm/drivers.h>
#include <asm/end.h>
#include <asm/fpu.h>
#include <asm/guard.h>
#include <asm/host.h>
#include <asm/hostmem.h>
#include <asm/physmem.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/trap.h>

struct boot_info *boot_info __ro_after_init;

/* The process's own ranges; all else goes. */
static void __init unmap_first_stage(void)
{
	static const unsigned long gaps[][2] = {
		{ 0, TITLE },
		{ TITLE + TITLE_SIZE, PAGE_OFFSET },
		{ VMALLOC_START, TASK_SIZE },
	};
	unsigned long end = PAGE_OFFSET + boot_info->size;
	int i;

	if (boot_info->reboots)
		return;

	for (i = 0; i < ARRAY_SIZE(gaps); i++)
		host_unmap(gaps[i][0], gaps[i][1] - gaps[i][0]);
	host_unmap(end, VMALLOC_START - end);
}

/* First C code, on init_task's stack; nothing is set up. */
asmlinkage __visible void __init start_image(struct boot_info *info);

asmlinkage __visible void __init start_image(struct boot_info *info)
{
	boot_info = info;
	um_cpu.kernel_sp = (unsigned long)task_pt_regs(&init_task);
	if (info->magic != BOOT_MAGIC)
		host_exit(1);
	unmap_first_stage();
	start_kernel();
}

static void __init seed_entropy(void)
{
	u8 seed[64];

	if (host_getrandom(seed, sizeof(seed)) == sizeof(seed))
		add_bootloader_randomness(seed, sizeof(seed));
	memzero_explicit(seed, sizeof(seed));
}

/* The first stage has read it; known here, it does not go to init. */
static int __init mem_option(char *arg)
{
	return 0;
}
early_param("mem", mem_option);

void __init setup_arch(char **cmdline)
{
	static char command_line[COMMAND_LINE_SIZE] __initdata;

	strscpy(boot_command_line, boot_info->command_line, COMMAND_LINE_SIZE);
	strscpy(command_line, boot_command_line, COMMAND_LINE_SIZE);
	*cmdline = command_line;

	/* programs ask for the machine, not for the port ("um") */
	strscpy(init_uts_ns.name.machine, "x86_64", sizeof(init_uts_ns.name.machine));
	setup_initial_init_mm(_text, _etext, _edata, _end);
	panic_init();
	um_console_early();
	physmem_init();
	trap_init_host();
	um_cpu_init();
	parse_early_param();
	um_initrd_load();
	paging_init();
	guard_reserve_windows();
	seed_entropy();
}

void __init arch_task_cache_init(void)
{
	fpu_init();
}
