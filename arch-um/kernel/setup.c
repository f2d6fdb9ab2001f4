// SPDX-License-Identifier: GPL-2.0
/*
 * From the first stage's jump to the generic kernel.
 */
#include <linux/init.h>
#include <linux/initrd.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched/task.h>
#include <linux/start_kernel.h>
#include <linux/string.h>
#include <linux/utsname.h>
#include <asm/boot.h>
#include <asm/drivers.h>
#include <asm/fpu.h>
#include <asm/guard.h>
#include <asm/host.h>
#include <asm/hostmem.h>
#include <asm/physmem.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/trap.h>

struct boot_info *boot_info __ro_after_init;

void um_cpu_init(void);

/* The process's own ranges; all else goes. */
static void __init unmap_first_stage(void)
{
	static const unsigned long gaps[][2] = {
		{ 0, KERNEL_BASE },
		{ KERNEL_BASE, PAGE_OFFSET },
		{ VMALLOC_START, 0x7ffffffff000 },
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
	kernel_sp = (unsigned long)task_pt_regs(&init_task);
	if (info->magic != BOOT_MAGIC)
		host_exit(1);
	unmap_first_stage();
	start_kernel();
}

void um_die(const char *fmt, ...)
{
	static char line[512];
	va_list ap;
	int n;

	n = scnprintf(line, sizeof(line), "linux: ");
	va_start(ap, fmt);
	n += vscnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	line[n++] = '\n';
	host_tty_restore();
	host_write(2, line, n);
	um_umid_cleanup();
	host_remove_sockets();
	host_exit(1);
}

void __init trap_init_host(void)
{
	unsigned long handler = GATE_TEXT + (gate_handler - gate_start);
	int err;

	guard_init();	/* sets the gate's constants */
	err = host_map(GATE_TEXT, PAGE_SIZE, HOST_PROT_READ | HOST_PROT_EXEC, boot_info->memfd,
		       __pa(gate_start));
	if (!err && !boot_info->reboots)
		err = host_map_anon(GATE_DATA, GATE_DATA_SIZE);
	if (!err)
		err = host_signals_init(handler, &user_frame);
	if (err)
		um_die("the host refuses to set up traps (error %d)", err);
	if (!user_frame.xsave_size || user_frame.xsave_size > GATE_STACK_SIZE / 4)
		um_die("this CPU or host saves its registers in a way this program does not know (XSAVE is needed, AMX is not supported)");
}

/* Right before the first user instruction, once. */
void confine_before_user(void)
{
	static bool confined;
	struct host_confinement to = {
		.text_start = (unsigned long)_stext,
		.text_end = (unsigned long)_etext,
		.gate_open = GATE_TEXT + (gate_open_ret - gate_start),
		.gate_hide = GATE_TEXT + (gate_hide_ret - gate_start),
		.guard_start = PAGE_OFFSET,
		.guard_size = guard_gate_size(),
		.memfd = boot_info->memfd,
		.empty = boot_info->empty,
	};
	int err;

	if (likely(confined))
		return;
	confined = true;
	um_umid_folder(&to.folder, &to.parent);
	to.hotplug = um_hotplug_folders();
	to.connect = um_hotplug_connects();
	err = host_confine(&to);
	if (err)
		um_die("the host refuses the seccomp filter that user code needs (error %d)", err);
}

static void __init seed_entropy(void)
{
	u8 seed[64];

	if (host_getrandom(seed, sizeof(seed)) == sizeof(seed))
		add_bootloader_randomness(seed, sizeof(seed));
	memzero_explicit(seed, sizeof(seed));
}

#ifdef CONFIG_BLK_DEV_INITRD
static char initrd_file[256] __initdata;

static int __init initrd_option(char *name)
{
	strscpy(initrd_file, name, sizeof(initrd_file));
	return 0;
}
early_param("initrd", initrd_option);

/* The first stage has read it; known here, it does not go to init. */
static int __init mem_option(char *arg)
{
	return 0;
}
early_param("mem", mem_option);

static void __init load_initrd(void)
{
	struct host_stat st;
	unsigned long done = 0;
	phys_addr_t phys;
	long n = 1;
	void *to;
	int fd;

	if (!initrd_file[0])
		return;
	fd = host_open(initrd_file, HOST_O_READ);
	if (fd < 0 || host_fstat(fd, &st) < 0)
		um_die("initrd=%s: %s: name a cpio archive that can be read", initrd_file,
		       fd == -ENOENT ? "No such file" : "cannot be opened");
	if ((st.mode & 0170000) != 0100000 || !st.size)
		um_die("initrd=%s: not a file with contents: name a cpio archive", initrd_file);
	/* anywhere: the limit of early memory is for what the kernel uses all the time */
	phys = memblock_phys_alloc_range(st.size, PAGE_SIZE, 0, boot_info->size);
	if (!phys)
		um_die("initrd=%s: %llu bytes do not fit into mem=%luM", initrd_file, st.size,
		       boot_info->size >> 20);
	to = __va(phys);
	while (done < st.size && n > 0) {
		n = host_pread(fd, to + done, st.size - done, done);
		done += n;
	}
	if (n <= 0)
		um_die("initrd=%s: cannot read it", initrd_file);
	/* stays open: after a restart it is read again, and nothing can be opened */
	initrd_start = (unsigned long)to;
	initrd_end = initrd_start + st.size;
}
#else
static inline void load_initrd(void) { }
#endif

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
	load_initrd();
	paging_init();
	guard_reserve_windows();
	seed_entropy();
}



void __init arch_task_cache_init(void)
{
	fpu_init();
}
