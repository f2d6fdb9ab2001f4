// SPDX-License-Identifier: GPL-2.0
/*
 * The `linux` program: command line, then check.c, then load.c.
 *
 * Options of the guest kernel and its drivers are theirs to understand; here
 * are only those that decide how the process is set up.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "stage.h"

#define MIN_MEMORY	(32ULL << 20)
#define DEFAULT_MIB	512
#define DEFAULT_MEMORY	((unsigned long long)DEFAULT_MIB << 20)

#define TEXT_OF(x)	#x
#define TEXT(x)		TEXT_OF(x)

static const char help[] =
"usage: linux [OPTION]... [KERNEL-OPTION]... [-- INIT-ARGUMENT]...\n"
"\n"
"Boots a Linux machine inside this process.\n"
"\n"
"  mem=SIZE[KMG]          memory of the machine; the host gives it as it is used\n"
"                         (default: " TEXT(DEFAULT_MIB) "M, or half of what the host has free)\n"
"  guard=auto|mprotect|none\n"
"                         how guest programs are kept out of the guest kernel\n"
"                         (none: they are not; only for trusted guests)\n"
"  ubdN[FLAGS]=FILE[,BACKING[,SERIAL]]\n"
"                         block device N (0-63, or a-z): /dev/ubda, /dev/ubdb, ...\n"
"                         flags: r read-only, s synchronous, c shared (no lock),\n"
"                         d no copy-on-write header looked for, t no discard,\n"
"                         v disposable: FILE is only read, what is written is lost;\n"
"                         with a BACKING file, FILE holds what is written over it\n"
"  ubd=sync               flag s for all of them\n"
"  root=/dev/ubda         device of the root file system; rw: mount it writable\n"
"  initrd=FILE            cpio archive to unpack as the first root file system\n"
"  init=PROGRAM           first program, instead of /sbin/init\n"
"  con=CHANNELS, conN=CHANNELS, ssl=CHANNELS, sslN=CHANNELS\n"
"                         where consoles and serial lines go: fd:N, tty:DEVICE, null,\n"
"                         or two of these for input and output; besides or alone\n"
"                         socket[:PATH], pty, port:N, log:FILE; or none\n"
"                         (default: con0=fd:0,fd:1 con=none)\n"
"  vecN:transport=T,...   network device N; T: stream, bess, dgram, daemon, tap, fd\n"
"  umid=NAME              name of the machine; its folder is ~/.uml/NAME\n"
"  uml_dir=FOLDER         where those folders are, instead of ~/.uml\n"
"  mconsole=notify:SOCKET tell a program that listens on SOCKET how the machine fares\n"
"  hotplug=FOLDER[,FOLDER...][,connect]\n"
"                         what devices plugged in later (uml_mconsole NAME config\n"
"                         ...) may open files in; connect: sockets to anywhere too\n"
"  --showconfig           print the configuration the kernel was built with\n"
"  --version              print the version of the kernel\n"
"  --help                 print this\n"
"\n"
"All other options are the kernel's own (quiet, loglevel=N, panic=N, ...) or go\n"
"to init.  Exit status: 0 after power off, 96 after halt, 99 after a panic, or\n"
"what the guest wrote to /proc/exitcode; 1 if the machine could not be started.\n";

void die(const char *fmt, ...)
{
	va_list ap;

	fputs("linux: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static const char *option(const char *arg, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(arg, name, n) && arg[n] == '=' ? arg + n + 1 : NULL;
}

static unsigned long long parse_size(const char *text)
{
	unsigned long long size;
	char *end;

	errno = 0;
	size = strtoull(text, &end, 0);
	if (end == text || *text == '-' || errno)
		die("mem=%s: not a size: write for example mem=512M", text);
	switch (*end) {
	case 'G': case 'g':
		size <<= 10;
		/* fall through */
	case 'M': case 'm':
		size <<= 10;
		/* fall through */
	case 'K': case 'k':
		size <<= 10;
		end++;
	}
	if (*end == 'B' || *end == 'b')
		end++;
	if (*end || size >> 50)
		die("mem=%s: not a size: write for example mem=512M", text);
	return size;
}

static unsigned long long memory_size(const char *text)
{
	unsigned long long available = host_memory(), size;

	if (!text) {
		size = available / 2 < DEFAULT_MEMORY ? available / 2 : DEFAULT_MEMORY;
		if (size < MIN_MEMORY)
			die("the host has only %llu MiB of memory free; the guest needs %llu",
			    available >> 20, MIN_MEMORY >> 20);
		return size & -HUGE_SIZE;
	}
	size = parse_size(text);
	if (size < MIN_MEMORY)
		die("mem=%s: too small: the guest needs at least %lluM", text, MIN_MEMORY >> 20);
	if (size > available)
		die("mem=%s: more than the host has (%llu MiB free): ask for less", text,
		    available >> 20);
	if (size > PHYS_MAX)
		die("mem=%s: more than the %luG that fit into the address space", text,
		    PHYS_MAX >> 30);
	return size & -HUGE_SIZE;
}

static enum boot_guard guard_kind(const char *name)
{
	if (!strcmp(name, "auto") || !strcmp(name, "mprotect"))
		return GUARD_MPROTECT;
	if (!strcmp(name, "none"))
		return GUARD_NONE;
	die("guard=%s: no such guard: auto, mprotect or none", name);
}

/* Would the kernel take all of @text for one argument (lib/cmdline.c, next_arg())? */
static int is_one_argument(const char *text)
{
	int quoted = 0;

	for (; *text; text++) {
		if (*text == '"')
			quoted = !quoted;
		else if (!quoted && strchr(" \t\n\v\f\r\xa0", *text))
			return 0;
	}
	return !quoted;
}

/*
 * Append @arg to the command line, in quotes if it needs them.  The kernel takes off
 * those around an argument or its value, and leaves those within.
 */
static void add_argument(char *line, const char *arg)
{
	size_t have = strlen(line);
	char text[BOOT_TEXT_SIZE + 3];
	const char *value = strchr(arg, '='), *quote;
	int name = value ? value + 1 - arg : 0;

	if (strlen(arg) >= BOOT_TEXT_SIZE)
		die("the command line is longer than %d characters", BOOT_TEXT_SIZE - 1);
	strcpy(text, arg);
	/* A value in quotes is what somebody means to give the kernel; it takes them off others, too. */
	quote = arg[name] == '"' ? strchr(arg + name + 1, '"') : NULL;
	if (!is_one_argument(text) || (quote && quote[1]))
		sprintf(text, "%.*s\"%s\"", name, arg, arg + name);
	if (!is_one_argument(text))
		sprintf(text, "\"%s\"", arg);
	if (!is_one_argument(text))
		die("%s: the kernel cannot be told this: write single quotes for the double ones in it",
		    arg);
	if (have + !!have + strlen(text) >= BOOT_TEXT_SIZE)
		die("the command line is longer than %d characters", BOOT_TEXT_SIZE - 1);
	sprintf(line + have, "%s%s", have ? " " : "", text);
}

static void add_environment(char *to)
{
	char *folder = getcwd(NULL, 0);
	static const char * const names[] = { "HOME", "PWD", "TERM", "TMPDIR", "USER" };
	size_t used = 0, i;

	/* Relative names begin there, and the guest cannot ask once it is confined. */
	if (folder)
		setenv("PWD", folder, 1);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);

		if (value && used + strlen(names[i]) + strlen(value) + 3 < BOOT_TEXT_SIZE)
			used += sprintf(to + used, "%s=%s", names[i], value) + 1;
	}
	to[used] = '\0';
}

/* Descriptors that the machine opens must not be taken for the standard ones. */
static void open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

int main(int argc, char **argv)
{
	static struct boot_info info = { .magic = BOOT_MAGIC, .guard = GUARD_MPROTECT };
	const char *mem = NULL, *value;
	int i, to_init = 0;

	close_unnamed(argc, argv);
	open_standard();
	for (i = 1; i < argc; i++) {
		if (to_init) {
			add_argument(info.command_line, argv[i]);
			continue;
		}
		if (!strcmp(argv[i], "--help")) {
			fputs(help, stdout);
			return 0;
		} else if (!strcmp(argv[i], "--version")) {
			puts(RELEASE);
			return 0;
		} else if (!strcmp(argv[i], "--showconfig")) {
			fwrite(config_start, 1, config_end - config_start, stdout);
			return 0;
		} else if (!strcmp(argv[i], "--")) {
			to_init = 1;
		} else if (argv[i][0] == '-') {
			die("%s: no such option: see linux --help", argv[i]);
		}
		value = option(argv[i], "mem");
		if (value)
			mem = value;
		value = option(argv[i], "guard");
		if (value) {
			info.guard = guard_kind(value);
			continue;
		}
		add_argument(info.command_line, argv[i]);
	}
	add_environment(info.environment);
	check_host(&info);
	info.size = memory_size(mem);
	load_and_enter(&info);
}
