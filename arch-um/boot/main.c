// SPDX-License-Identifier: GPL-2.0
/*
 * The `linux` program: command line, then check.c, then load.c.
 *
 * Options of the guest kernel and its drivers are theirs to understand; here
 * are only those that decide how the process is set up.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/prctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
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
"  hostfs=FOLDER[,ro][,tag=NAME]\n"
"                         a folder of the host that the guest may mount:\n"
"                         mount -t hostfs none /mnt -o FOLDER\n"
"  root=/dev/ubda         device of the root file system; rw: mount it writable\n"
"  rootfstype=hostfs rootflags=FOLDER\n"
"                         a folder of the host for a root file system\n"
"  initrd=FILE            cpio archive to unpack as the first root file system, or fd:N\n"
"  init=PROGRAM           first program, instead of /sbin/init\n"
"  con=CHANNELS, conN=CHANNELS, ssl=CHANNELS, sslN=CHANNELS\n"
"                         where consoles and serial lines go: fd:N, tty:DEVICE, null,\n"
"                         or two of these for input and output; besides or alone\n"
"                         socket[:PATH], pty, port:N, log:FILE; or none\n"
"                         (default: con0=fd:0,fd:1 con=none)\n"
"  portN=fd:M             stream of bytes, /dev/portN: a socket that linux is started with\n"
"  vecN:transport=T,...   network device N; T: stream, bess, dgram, daemon, tap, fd\n"
"  umid=NAME              name of the machine; its folder is ~/.uml/NAME\n"
"  uml_dir=FOLDER         where those folders are, instead of ~/.uml\n"
"  mconsole=notify:SOCKET tell a program that listens on SOCKET how the machine fares\n"
"  hotplug=FOLDER[,FOLDER...][,connect]\n"
"                         what devices plugged in later (uml_mconsole NAME config\n"
"                         ...) may open files in; connect: sockets to anywhere too\n"
"  noreboot               end instead of starting anew\n"
"  run=COMMAND            of the images that are built here: a job instead of a login\n"
"  --die-with-parent      end, as by kill -9, with the process that starts linux\n"
"  --showconfig           print the configuration the kernel was built with\n"
"  --version              print the version of the kernel\n"
"  --help, -h, help       print this\n"
"\n"
"All other options are the kernel's own (quiet, loglevel=N, panic=N, ...) or go\n"
"to init.  Exit status: 0 after power off, 96 after halt, 99 after a panic, or\n"
"what the guest wrote to /proc/exitcode; 128 and the signal's number if a signal\n"
"ended a job; 1 if the machine could not be started, or its output was lost.\n";

static void tell(const char *fmt, va_list ap)
{
	fputs("linux: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(fmt, ap);
	va_end(ap);
	exit(1);
}

static void __attribute__((format(printf, 1, 2))) warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(fmt, ap);
	va_end(ap);
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
	if (have)
		line[have++] = ' ';
	strcpy(line + have, text);
}

/*
 * run= takes any command, though the kernel cannot be told of double quotes around a
 * blank: they go as a character that nobody writes, and init gets them back
 * (kernel/options.c).  A value in quotes is one that somebody means to give the kernel,
 * which takes them off.
 */
static void add_job(char *line, const char *value)
{
	size_t len = strlen(value), n;
	char text[BOOT_TEXT_SIZE + 8], *at;

	if (strchr(value, BOOT_QUOTE))
		die("run=: the command has a character of code %d in it: put it into a file of the disk, and run that",
		    BOOT_QUOTE);
	if (len >= BOOT_TEXT_SIZE)
		die("run=: the command is longer than %d characters: put it into a file of the disk, and run that",
		    BOOT_TEXT_SIZE - 1);
	if (len > 1 && value[0] == '"' && strchr(value + 1, '"') == value + len - 1) {
		value++;
		len -= 2;
	}
	n = sprintf(text, "run=\"%.*s\"", (int)len, value);
	for (at = text + 5; at < text + n - 1; at++)
		if (*at == '"')
			*at = BOOT_QUOTE;
	add_argument(line, text);
}

/*
 * Of these a second one takes the place of the first: of one name, or of one with a
 * number.
 */
static const char * const once[] = {
	"con", "guard", "hotplug", "init", "initrd", "mconsole", "mem", "run", "ssl", "ubd",
	"uml_dir", "umid",
};

static int is_once(const char *arg, size_t len)
{
	size_t i, n;

	for (i = 0; i < sizeof(once) / sizeof(*once); i++) {
		n = strlen(once[i]);
		if (len >= n && !strncmp(arg, once[i], n) &&
		    strspn(arg + n, "0123456789") == len - n)
			return 1;
	}
	return 0;
}

static void warn_of_second(char **argv, int i)
{
	size_t len = strcspn(argv[i], "=");
	int j;

	if (!argv[i][len] || !is_once(argv[i], len))
		return;
	for (j = 1; j < i; j++)
		if (!strncmp(argv[j], argv[i], len + 1)) {
			warn("%.*s= is given twice: the last one counts", (int)len, argv[i]);
			return;
		}
}

static void check_umid(const char *name)
{
	const char *at = name;

	while (isascii(*at) && (isalnum(*at) || (*at && strchr("-_.", *at))))
		at++;
	if (at == name || *name == '.' || *at)
		die("umid=%s: this cannot be a name: use letters, digits, -, _ and, not first, a dot",
		    name);
}

/* Until it is closed, nobody could tell that process from another one. */
static void die_with_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		exit(1);
}

/*
 * What ps and /proc/PID/cmdline tell.  The arguments' own place goes away with this
 * program's stack; at this one they are read-only, and hold nothing that the guest's
 * /proc/cmdline does not.  Where the host has no such call, they are not told.
 */
static void keep_title(char **argv, const char *umid)
{
	struct prctl_mm_map map = { .exe_fd = -1 };
	size_t len = 0, n;
	char name[16], *at;
	int i;

	snprintf(name, sizeof(name), umid ? "linux:%s" : "linux", umid);
	prctl(PR_SET_NAME, name);
	at = mmap((void *)TITLE, TITLE_SIZE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (at != (void *)TITLE)
		return;
	for (i = 0; argv[i]; i++) {
		n = strlen(argv[i]) + 1;
		if (n > TITLE_SIZE - len)
			break;
		memcpy(at + len, argv[i], n);
		len += n;
	}
	mprotect(at, TITLE_SIZE, PROT_READ);
	map.start_code = map.start_data = map.start_brk = map.brk = map.start_stack = TITLE;
	map.end_code = map.end_data = TITLE + 1;
	map.arg_start = TITLE;
	map.arg_end = map.env_start = map.env_end = TITLE + len;
	prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0);
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
	const char *mem = NULL, *umid = NULL, *value;
	pid_t parent = getppid();
	int i, to_init = 0;

	close_unnamed(argc, argv);
	open_standard();
	if (argc < 2) {
		fputs(help, stdout);
		return 1;
	}
	for (i = 1; i < argc; i++) {
		if (to_init) {
			add_argument(info.command_line, argv[i]);
			continue;
		}
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h") ||
		    !strcmp(argv[i], "help")) {
			fputs(help, stdout);
			return 0;
		} else if (!strcmp(argv[i], "--version")) {
			puts(RELEASE);
			return 0;
		} else if (!strcmp(argv[i], "--showconfig")) {
			fwrite(config_start, 1, config_end - config_start, stdout);
			return 0;
		} else if (!strcmp(argv[i], "--die-with-parent")) {
			die_with_parent(parent);
			continue;
		} else if (!strcmp(argv[i], "--")) {
			to_init = 1;
		} else if (argv[i][0] == '-') {
			die("%s: no such option: see linux --help", argv[i]);
		}
		warn_of_second(argv, i);
		value = option(argv[i], "run");
		if (value) {
			info.job = 1;
			add_job(info.command_line, value);
			continue;
		}
		value = option(argv[i], "umid");
		if (value) {
			check_umid(value);
			umid = value;
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
	check_limits(info.size);
	keep_title(argv, umid);
	load_and_enter(&info);
}
