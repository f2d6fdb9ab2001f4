// SPDX-License-Identifier: GPL-2.0
/*
 * Options of solo run and solo shell, on the command line and in files of defaults.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "options.h"

/* A line is an option without its dashes: "mem 1G". */
#define OWN_DEFAULTS	"solo/config"		/* in XDG_CONFIG_HOME */
#define FOLDER_DEFAULTS	".solo"			/* in the folder where solo is started */

bool is_option(int argc, char **argv, int *i, const char *name, const char **value)
{
	const char *arg = argv[*i];
	size_t len = strlen(name);

	if (strncmp(arg, name, len))
		return false;
	if (!value)
		return !arg[len];
	if (arg[len] == '=') {
		*value = arg + len + 1;
		return true;
	}
	if (arg[len])
		return false;
	if (++*i == argc)
		die("%s: a value is missing: see solo help", name);
	*value = argv[*i];
	return true;
}

int64_t parse_time(const char *text)
{
	static const struct { const char *unit; double ms; } units[] = {
		{ "", 1e3 }, { "s", 1e3 }, { "ms", 1 }, { "m", 60e3 }, { "h", 3600e3 },
	};
	char *end;
	double number = strtod(text, &end);
	unsigned int i;

	if (!isdigit((unsigned char)*text) || number > 1e9)
		return -1;
	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(end, units[i].unit))
			return number * units[i].ms;
	return -1;
}

static void check_pair(const char *option, const char *said, const char *usage)
{
	const char *colon = strchr(said, ':');

	if (!colon || colon == said || !colon[1])
		die("%s %s: write %s", option, said, usage);
}

static void check_memory(const char *said)
{
	char *end;
	unsigned long long n = strtoull(said, &end, 10);

	if (!isdigit((unsigned char)*said) || !n || (*end && (!strchr("kKmMgG", *end) || end[1])))
		die("--mem %s: write a size, as 512M or 2G", said);
}

static const char *current_folder(void)
{
	static char path[PATH_MAX];

	if (!*path && !getcwd(path, sizeof(path)))
		die("the present folder: %s", strerror(errno));
	return path;
}

bool take_run_option(struct run_options *o, int argc, char **argv, int *i)
{
	const char *value;

	if (is_option(argc, argv, i, "--root", &value)) {
		o->guest.root = value;
	} else if (is_option(argc, argv, i, "--mem", &value)) {
		check_memory(value);
		o->guest.mem = value;
	} else if (is_option(argc, argv, i, "--timeout", &value)) {
		o->timeout = parse_time(value);
		if (o->timeout <= 0)
			die("--timeout %s: write a time, as 30, 1.5s, 5m or 2h", value);
	} else if (is_option(argc, argv, i, "--env", &value)) {
		if (*value == '=' || !*value)
			die("--env %s: write NAME=VALUE, or NAME for the one that is set here", value);
		if (!strchr(value, '=')) {
			if (!getenv(value))
				die("--env %s: it is not set here: write %s=VALUE", value, value);
			value = format("%s=%s", value, getenv(value));
		}
		list_add(&o->env, value);
	} else if (is_option(argc, argv, i, "--workdir", &value)) {
		o->folder = value;
	} else if (is_option(argc, argv, i, "--user", &value)) {
		o->user = value;
	} else if (is_option(argc, argv, i, "--disk", &value)) {
		list_add(&o->guest.disks, value);
	} else if (is_option(argc, argv, i, "--share", &value)) {
		list_add(&o->guest.share, value);
	} else if (is_option(argc, argv, i, "--rw", NULL)) {
		list_add(&o->guest.share, current_folder());
		o->folder = o->folder ?: current_folder();
	} else if (is_option(argc, argv, i, "--name", &value)) {
		o->guest.name = value;
	} else if (is_option(argc, argv, i, "--kernel", &value)) {
		o->guest.kernel = value;
	} else if (is_option(argc, argv, i, "--append", &value)) {
		list_add(&o->guest.append, value);
	} else if (is_option(argc, argv, i, "--guard", &value)) {
		o->guest.guard = value;
	} else if (is_option(argc, argv, i, "--kernel-log", &value)) {
		o->guest.log = value;
	} else if (is_option(argc, argv, i, "--json", &value)) {
		o->json = value;
	} else if (is_option(argc, argv, i, "--copy-in", &value)) {
		check_pair("--copy-in", value, "HOST-FILE:GUEST-FILE");
		if (access(strndup(value, strcspn(value, ":")), R_OK))
			die("--copy-in %s: %s", value, strerror(errno));
		list_add(&o->copy_in, value);
	} else if (is_option(argc, argv, i, "--copy-out", &value)) {
		check_pair("--copy-out", value, "GUEST-FILE:HOST-FILE");
		list_add(&o->copy_out, value);
	} else if (is_option(argc, argv, i, "--publish", &value)) {
		list_add(&o->guest.publish, value);
	} else if (is_option(argc, argv, i, "--net", NULL)) {
		o->guest.net = true;
	} else if (is_option(argc, argv, i, "--boot", NULL)) {
		o->guest.boot = true;
	} else if (is_option(argc, argv, i, "--write", NULL)) {
		o->guest.write = true;
	} else if (is_option(argc, argv, i, "--keep-on-failure", NULL)) {
		o->keep = true;
	} else if (is_option(argc, argv, i, "--detach", NULL)) {
		o->detach = true;
	} else if (is_option(argc, argv, i, "--dry-run", NULL)) {
		o->dry_run = o->guest.dry = true;
	} else if (is_option(argc, argv, i, "--quiet", NULL)) {
		quiet = true;
	} else if (is_option(argc, argv, i, "-v", NULL)) {
		verbose = true;
	} else {
		return false;
	}
	return true;
}

/*
 * A folder may be somebody else's: what its file says may be about the guest, and not about
 * files, programs and secrets of the host.
 */
static bool is_harmless(const char *line)
{
	static const char *const names[] = {
		"boot", "env", "keep-on-failure", "mem", "net", "quiet", "root", "timeout", "user",
		"workdir",
	};
	size_t len = strcspn(line, " \t=");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == len && !strncmp(names[i], line, len))
			/* without a value it is one of the caller's */
			return strcmp(names[i], "env") || strchr(line + len + !!line[len], '=');
	return false;
}

static void read_defaults(struct run_options *o, const char *path, bool own)
{
	FILE *file = fopen(path, "re");
	char *line = NULL, *at, *args[2];
	unsigned int number = 0;
	size_t room = 0, len;
	int i = 0;

	if (!file)
		return;
	while (getline(&line, &room, file) > 0) {
		number++;
		at = line + strspn(line, " \t");
		len = strlen(at);
		while (len && isspace((unsigned char)at[len - 1]))
			at[--len] = 0;
		if (!*at || *at == '#')
			continue;
		if (!own && !is_harmless(at))
			die("%s: line %u: %s: a folder's file may not say that: put it into ~/.config/" OWN_DEFAULTS,
			    path, number, at);
		len = strcspn(at, " \t=");
		args[1] = at[len] ? at + len + 1 + strspn(at + len + 1, " \t") : "";
		args[0] = format("--%.*s%s%s", (int)len, at, *args[1] ? "=" : "", args[1]);
		i = 0;
		if (!take_run_option(o, 1, args, &i))
			die("%s: line %u: %s: no such option: see solo help", path, number, at);
	}
	free(line);
	fclose(file);
}

static void read_all_defaults(struct run_options *o)
{
	const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *path = NULL;

	if (folder && *folder)
		path = format("%s/" OWN_DEFAULTS, folder);
	else if (home)
		path = format("%s/.config/" OWN_DEFAULTS, home);
	if (path)
		read_defaults(o, path, true);
	free(path);
	read_defaults(o, FOLDER_DEFAULTS, false);
}

/* On the host's own root: who we are, where we are, and what programs are found by. */
static void be_at_home(struct run_options *o)
{
	static const char *const names[] = { "PATH", "LANG", "LC_ALL" };
	unsigned int i;
	struct list env = { };

	if (!o->user)
		o->user = format("%u:%u", getuid(), getgid());
	if (!o->folder) {
		o->folder = current_folder();
		o->guest.present = o->folder;
	}
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (getenv(names[i]))
			list_add(&env, format("%s=%s", names[i], getenv(names[i])));
	/* What the caller says comes last, and counts. */
	for (i = 0; i < o->env.nr; i++)
		list_add(&env, o->env.item[i]);
	o->env = env;
}

void parse_run_options(struct run_options *o, int argc, char **argv, bool command)
{
	int i;

	read_all_defaults(o);
	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		if (take_run_option(o, argc, argv, &i))
			continue;
		if (argv[i][0] == '-')
			die("%s: no such option: see solo help; a command comes behind --", argv[i]);
		if (o->guest.root && !strcmp(o->guest.root, argv[i]))
			break;
		/* An image, as the first word */
		o->guest.root = argv[i];
		if (i + 1 < argc && argv[i + 1][0] != '-')
			die("%s: write -- before the command: solo run %s -- %s ...", argv[i + 1], argv[i],
			    argv[i + 1]);
	}
	for (; i < argc; i++)
		list_add(&o->command, argv[i]);
	if (command && !o->command.nr)
		die("no command: write it behind --, as solo run tiny -- uname -a; or solo shell for a shell");
	if (!command && o->command.nr)
		die("solo shell takes no command: use solo run");
	if (command && !*o->command.item[0])
		die("the command is empty: write it behind --, as solo run tiny -- uname -a");
	if (!o->guest.root)
		o->guest.root = "host";
	if (!strcmp(o->guest.root, "host"))
		be_at_home(o);
}
