// SPDX-License-Identifier: GPL-2.0
/*
 * solo doctor: what this host gives, what follows, and what mends it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/seccomp.h>
#include "guest.h"
#include "term.h"

enum level { GOOD, FAIR, BAD };

static bool json;
static unsigned int told;

/* @follows and @mend are for what is not GOOD. */
__attribute__((format(printf, 5, 6)))
static void tell(enum level level, const char *what, const char *follows, const char *mend,
		 const char *fmt, ...)
{
	static const char *const names[] = { "ok", "fair", "bad" };
	va_list ap;
	char *value;

	va_start(ap, fmt);
	if (vasprintf(&value, fmt, ap) < 0)
		die("no memory");
	va_end(ap);
	if (json) {
		printf("%s{\"what\": \"%s\", \"level\": \"%s\", \"value\": \"", told ? ",\n " : "", what,
		       names[level]);
		for (const char *at = value; *at; at++)
			if (*at >= ' ' && *at < 127 && !strchr("\"\\", *at))
				putchar(*at);
		printf("\"");
		if (level)
			printf(", \"follows\": \"%s\", \"mend\": \"%s\"", follows, mend);
		printf("}");
	} else {
		printf("%-5s %-18s %s\n", names[level], what, value);
		if (level)
			printf("%25s%s\n%25smend: %s\n", "", follows, "", mend);
	}
	told++;
	free(value);
}

/* The first line of a file, or "". */
static const char *first_line(const char *path)
{
	static char line[512];
	FILE *file = fopen(path, "re");

	line[0] = 0;
	if (file && !fgets(line, sizeof(line), file))
		line[0] = 0;
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = 0;
	return line;
}

static bool cpu_has(const char *flag)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char *line = NULL, *at;
	size_t room = 0, len = strlen(flag);
	bool found = false;

	while (file && !found && getline(&line, &room, file) > 0) {
		if (strncmp(line, "flags", 5))
			continue;
		for (at = line; !found && (at = strstr(at, flag)); at += len)
			found = at[-1] == ' ' && (at[len] == ' ' || at[len] == '\n');
		break;
	}
	if (file)
		fclose(file);
	free(line);
	return found;
}

static void check_kernel(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	uname(&name);
	sscanf(name.release, "%u.%u", &major, &minor);
	if (major < 4 || (major == 4 && minor < 14))
		tell(BAD, "kernel", "no guest boots", "a host with Linux 4.14 or later", "%s", name.release);
	else if (major < 6 || (major == 6 && !minor))
		tell(FAIR, "kernel", "guests are slower: memory cannot be put into huge pages",
		     "a host with Linux 6.1 or later", "%s", name.release);
	else
		tell(GOOD, "kernel", NULL, NULL, "%s", name.release);
}

static void check_processor(void)
{
	if (!cpu_has("xsave"))
		tell(BAD, "processor", "no guest boots", "an x86-64 processor with XSAVE", "no XSAVE");
	else
		tell(GOOD, "processor", NULL, NULL, "XSAVE%s", cpu_has("fsgsbase") ? ", FSGSBASE" : "");
	tell(GOOD, "protection keys", NULL, NULL, "%s",
	     cpu_has("ospke") ? "there are" : "there are none; nothing needs them yet");
}

static void check_seccomp(void)
{
	/* EFAULT: it looks for a filter. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) && errno == EFAULT)
		tell(GOOD, "seccomp", NULL, NULL, "filters");
	else
		tell(BAD, "seccomp", "no guest boots",
		     "a host kernel with CONFIG_SECCOMP_FILTER, or a container that allows seccomp()",
		     "no filters");
}

static void check_memory(void)
{
	int fd = memfd_create("doctor", MFD_CLOEXEC);
	const char *line = first_line("/sys/kernel/mm/transparent_hugepage/shmem_enabled");
	char word[32] = "not known";
	unsigned long kib = 0;
	FILE *file;
	char text[256];

	if (fd < 0)
		tell(BAD, "memfd", "no guest boots", "a container that allows memfd_create()", "refused");
	else
		tell(GOOD, "memfd", NULL, NULL, "there is");
	if (fd >= 0)
		close(fd);
	if (strchr(line, '['))
		sscanf(strchr(line, '[') + 1, "%31[^]]", word);
	if (!strcmp(word, "deny"))
		tell(FAIR, "huge pages", "guests are several times slower",
		     "echo advise | sudo tee /sys/kernel/mm/transparent_hugepage/shmem_enabled",
		     "of memory files: %s", word);
	else
		tell(GOOD, "huge pages", NULL, NULL, "of memory files: %s", word);
	file = fopen("/proc/meminfo", "re");
	while (file && fgets(text, sizeof(text), file))
		sscanf(text, "MemAvailable: %lu", &kib);
	if (file)
		fclose(file);
	if (kib && kib < 128 << 10)
		tell(FAIR, "memory", "guests are small", "free some, or say --mem 64M",
		     "%lu MiB can be had", kib >> 10);
	else
		tell(GOOD, "memory", NULL, NULL, "%lu MiB can be had", kib >> 10);
}

static void check_landlock(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

	if (abi < 1)
		tell(FAIR, "Landlock", "a guest kernel that is taken over is held by seccomp alone; no hotplug=",
		     "a host with Linux 5.13 or later, and lsm=landlock,... among its boot options", "none");
	else
		tell(GOOD, "Landlock", NULL, NULL, "ABI %ld", abi);
}

static void check_namespaces(void)
{
	int status = 1;
	pid_t pid = fork();

	if (!pid)
		_exit(!!unshare(CLONE_NEWUSER));
	if (pid > 0)
		waitpid(pid, &status, 0);
	if (status)
		tell(FAIR, "user namespaces", "passt confines itself less",
		     "sudo sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0",
		     "refused");
	else
		tell(GOOD, "user namespaces", NULL, NULL, "there are");
}

static void check_aio(void)
{
	aio_context_t context = 0;
	int err = syscall(SYS_io_setup, 64, &context) ? errno : 0;

	if (!err)
		syscall(SYS_io_destroy, context);
	if (!err)
		tell(GOOD, "AIO", NULL, NULL, "there is");
	else if (err == EAGAIN)
		tell(FAIR, "AIO", "disks of guests make their guests wait", "sudo sysctl fs.aio-max-nr=1048576",
		     "no room for more");
	else
		tell(FAIR, "AIO", "disks of guests make their guests wait",
		     "a container that allows io_setup()", "refused");
}

static void check_limits(void)
{
	unsigned long maps = strtoul(first_line("/proc/sys/vm/max_map_count"), NULL, 10);
	struct rlimit limit;

	if (maps && maps < 65530)
		tell(FAIR, "mappings", "large guest programs are slower", "sudo sysctl vm.max_map_count=262144",
		     "%lu", maps);
	else
		tell(GOOD, "mappings", NULL, NULL, "%lu", maps);
	getrlimit(RLIMIT_AS, &limit);
	if (limit.rlim_cur != RLIM_INFINITY)
		tell(FAIR, "address space", "a guest may not fit", "ulimit -v unlimited", "%llu MiB",
		     (unsigned long long)limit.rlim_cur >> 20);
	else
		tell(GOOD, "address space", NULL, NULL, "unlimited");
	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < 256)
		tell(FAIR, "open files", "guests with many devices do not start", "ulimit -n 1024", "%llu",
		     (unsigned long long)limit.rlim_cur);
	else
		tell(GOOD, "open files", NULL, NULL, "%llu", (unsigned long long)limit.rlim_cur);
}

static void check_folder(void)
{
	const char *folder = getenv("TMPDIR") ?: "/var/tmp";
	struct statvfs fs;
	int fd = open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

	if (fd < 0 && access(folder, W_OK)) {
		tell(BAD, "temporary files", "disposable disks have nowhere to be",
		     "export TMPDIR=FOLDER, of one that can be written to", "%s: %s", folder,
		     strerror(errno));
		return;
	}
	if (fd >= 0)
		close(fd);
	statvfs(folder, &fs);
	tell(GOOD, "temporary files", NULL, NULL, "%s, %llu MiB free", folder,
	     (unsigned long long)fs.f_bavail * fs.f_frsize >> 20);
}

static void check_program(const char *program, const char *what, const char *follows,
			  const char *mend)
{
	char *command = format("PATH=$PATH:/usr/sbin:/sbin command -v %s >/dev/null", program);

	if (system(command))
		tell(FAIR, what, follows, mend, "no %s", program);
	else
		tell(GOOD, what, NULL, NULL, "%s", program);
	free(command);
}

static bool boots(void)
{
	char *const args[] = { "solo", "run", "--root", "none", "--quiet", "--", "/init", "help", NULL };
	int status = 0, null;
	int64_t began = now_ms();
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		execv("/proc/self/exe", args);
		_exit(STATUS_ERROR);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
		tell(BAD, "a guest", "it does not boot", "see above, and what it said on stderr",
		     "status %d", exit_status(status));
		return false;
	}
	tell(GOOD, "a guest", NULL, NULL, "boots and runs a command in %lld ms",
	     (long long)(now_ms() - began));
	return true;
}

int main_doctor(int argc, char **argv)
{
	bool good;

	json = argc > 1 && !strcmp(argv[1], "--json");
	if (argc > 1 + json)
		die("%s: solo doctor takes --json and nothing else", argv[1 + json]);
	if (json)
		printf("[");
	check_kernel();
	check_processor();
	check_seccomp();
	check_memory();
	check_landlock();
	check_namespaces();
	check_aio();
	check_limits();
	check_folder();
	check_program("passt", "networks", "no --net", "sudo apt-get install passt");
	check_program("mke2fs", "images of folders", "none can be made", "sudo apt-get install e2fsprogs");
	good = boots();
	if (json)
		printf("]\n");
	return good ? 0 : 1;
}
