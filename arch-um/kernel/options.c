// SPDX-License-Identifier: GPL-2.0
/*
 * Options that no other file handles: upstream's that mean nothing here, and mistyped ones.
 */
#include <linux/ctype.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/boot.h>
#include <asm/end.h>
#include <asm/setup.h>

bool um_has_option(const char *begins)
{
	const char *at = boot_info->command_line;

	while ((at = strstr(at, begins))) {
		if (at == boot_info->command_line || at[-1] == ' ')
			return true;
		at++;
	}
	return false;
}

/* How upstream runs guest programs, and some of its devices: nothing changes without these. */
static int __init no_effect(char *arg)
{
	return 1;
}
__setup_param("aio=", aio_option, no_effect, 0);
__setup_param("mode=", mode_option, no_effect, 0);
__setup_param("noprocmm", noprocmm_option, no_effect, 0);
__setup_param("noptracefaultinfo", noptracefaultinfo_option, no_effect, 0);
__setup_param("noptraceldt", noptraceldt_option, no_effect, 0);
__setup_param("nosysemu", nosysemu_option, no_effect, 0);
__setup_param("quiet_reboot", quiet_reboot_option, no_effect, 0);
__setup_param("seccomp=", seccomp_option, no_effect, 0);
__setup_param("skas0", skas0_option, no_effect, 0);
__setup_param("xterm=", xterm_option, no_effect, 0);

static int __init ncpus_option(char *arg)
{
	unsigned int n;

	if (kstrtouint(arg, 0, &n) || !n)
		um_die("ncpus=%s: not a number of processors", arg);
	if (n > 1)
		um_tell("ncpus=%s: a guest has one processor: the option is ignored", arg);
	return 1;
}
__setup("ncpus=", ncpus_option);

static int __init time_travel_option(char *arg)
{
	um_die("time-travel%s: there is no simulated time here: leave it out", arg);
}
__setup("time-travel", time_travel_option);

static int __init iomem_option(char *arg)
{
	um_die("iomem=%s: files as I/O memory are not there: use a disk, ubd1=FILE", arg);
}
__setup("iomem=", iomem_option);

static int __init virtio_option(char *arg)
{
	um_die("virtio_uml.device=%s: there are no devices by vhost-user: use ubd<n>= and vec<n>=",
	       arg);
}
__setup("virtio_uml.device=", virtio_option);

/*
 * A word that is no option goes to init, as it should.  But where it is one letter away
 * from an option, the option was meant.
 */
struct option_name {
	const char *name;
	bool numbered;
};

static const struct option_name names[] __initconst = {
	{ "con", true }, { "ssl", true }, { "ubd", true }, { "vec", true },
	{ "guard" }, { "hostfs" }, { "hotplug" }, { "init" }, { "initrd" }, { "loglevel" }, { "mconsole" },
	{ "mem" }, { "ncpus" }, { "overlay" }, { "panic" }, { "root" }, { "rootflags" },
	{ "rootfstype" }, { "uml_dir" }, { "umid" },
};

/* Words near an option that are used for other things. */
static const char *const strangers[] __initconst = { "boot" };

/* Do they differ by one letter more, less or another, or by two that have changed places? */
static bool __init is_near(const char *a, size_t la, const char *b, size_t lb)
{
	size_t head = 0, tail = 0;

	while (head < la && head < lb && a[head] == b[head])
		head++;
	while (tail < la - head && tail < lb - head && a[la - 1 - tail] == b[lb - 1 - tail])
		tail++;
	la -= head + tail;
	lb -= head + tail;
	if (la == 2 && lb == 2)
		return a[head] == b[head + 1] && a[head + 1] == b[head];
	return la + lb && la <= 1 && lb <= 1;
}

static void __init look_for_option(const char *arg)
{
	size_t len = strcspn(arg, "="), letters = 0;
	unsigned int i;
	bool numbered;

	while (letters < len && (isalpha(arg[letters]) || arg[letters] == '_'))
		letters++;
	numbered = isdigit(arg[letters]);
	if (!numbered && letters != len)
		return;
	for (i = 0; i < ARRAY_SIZE(strangers); i++)
		if (strlen(strangers[i]) == len && !strncmp(arg, strangers[i], len))
			return;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].numbered == numbered &&
		    is_near(arg, letters, names[i].name, strlen(names[i].name))) {
			um_tell("%s: there is no such option, and it goes to init: is %s%s= meant?",
				arg, names[i].name, numbered ? "<n>" : "");
			return;
		}
	}
}

/* Options without a value: the kernel keeps no list of those that go to init. */
static void __init look_for_words(void)
{
	static const char *const words[] __initconst = { "noreboot", "quiet" };
	const char *at = boot_info->command_line;
	unsigned int i;
	size_t len;

	for (; *at; at += len) {
		at = skip_spaces(at);
		len = strcspn(at, " ");
		if (len == 2 && !strncmp(at, "--", 2))
			return;
		for (i = 0; i < ARRAY_SIZE(words); i++)
			if (is_near(at, len, words[i], strlen(words[i])))
				um_tell("%.*s: there is no such option: is %s meant?", (int)len, at,
					words[i]);
	}
}

/* Double quotes again, for the character that the first stage put in their place: boot/main.c. */
static void __init put_quotes(char *text)
{
	while ((text = strchr(text, BOOT_QUOTE)))
		*text = '"';
}

static int __init options_init(void)
{
	unsigned int i;

	put_quotes(saved_command_line);
	for (i = 0; envp_init[i]; i++) {
		if (strstarts(envp_init[i], "run="))
			put_quotes((char *)envp_init[i]);
		/* the first two are not the command line's */
		else if (i >= 2 && !boot_info->reboots)
			look_for_option(envp_init[i]);
	}
	if (!boot_info->reboots)
		look_for_words();
	return 0;
}
late_initcall(options_init);
