// SPDX-License-Identifier: GPL-2.0
/* /proc: what programs read about themselves and the machine. */
#include "tap.h"
#include <dirent.h>
#include <elf.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>

struct map {
	unsigned long start, end, offset, inode;
	char rights[5], name[256];
};

static bool find_map(void *addr, struct map *m)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	bool found = false;

	must(f);
	while (!found && fgets(line, sizeof(line), f)) {
		m->name[0] = '\0';
		must(sscanf(line, "%lx-%lx %4s %lx %*s %lu %255[^\n]", &m->start, &m->end,
		     m->rights,
			    &m->offset, &m->inode, m->name) >= 5);
		found = (unsigned long)addr >= m->start && (unsigned long)addr < m->end;
	}
	fclose(f);
	return found;
}

static char data_byte = 1;

static void maps(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512], self[PATH_MAX] = "", local, *heap, *p;
	unsigned long start, end, last = 0;
	bool sorted = true;
	int lines = 0, stacks = 0, heaps = 0;
	struct map m;

	heap = malloc(1000);
	must(f && heap);
	while (fgets(line, sizeof(line), f)) {
		must(sscanf(line, "%lx-%lx ", &start, &end) == 2);
		if (!strstr(line, "[vsyscall]"))
			sorted &= start >= last && end > start && !(start % PAGE) && !(end % PAGE);
		last = end;
		stacks += !!strstr(line, "[stack]");
		heaps += !!strstr(line, "[heap]");
		lines++;
	}
	fclose(f);
	ok(sorted && lines >= 5, "maps: sorted, nothing overlaps");
	ok(stacks == 1 && heaps == 1, "maps: one stack, one heap");
	must(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	ok(find_map(maps, &m) && !strcmp(m.rights, "r-xp") && !strcmp(m.name, self) && m.inode,
	   "maps: the program's text");
	ok(find_map(&data_byte, &m) && !strcmp(m.rights, "rw-p"), "maps: the program's data");
	ok(find_map(&local, &m) && !strcmp(m.rights, "rw-p") && !strcmp(m.name, "[stack]"),
	   "maps: the stack");
	ok(find_map(heap, &m) && !strcmp(m.name, "[heap]"), "maps: the heap");
	free(heap);

	p = map_anon(5 * PAGE, PROT_READ | PROT_WRITE);
	must(!mprotect(p + PAGE, 2 * PAGE, PROT_NONE));
	ok(find_map(p + PAGE, &m) && m.start == (unsigned long)p + PAGE &&
	   m.end == (unsigned long)p + 3 * PAGE && !strcmp(m.rights, "---p"),
	   "maps: rights of a part");
	munmap(p + PAGE, PAGE);
	ok(!find_map(p + PAGE, &m), "maps: a hole");
	munmap(p, 5 * PAGE);
}

static long smaps_value(void *addr, const char *key)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	char line[512];
	unsigned long start, end;
	bool here = false;
	long value = -1;

	must(f);
	while (value < 0 && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = (unsigned long)addr >= start && (unsigned long)addr < end;
		else if (here && !strncmp(line, key, strlen(key)))
			value = atol(line + strlen(key));
	}
	fclose(f);
	return value;
}

static void page_states(void)
{
	/* Guards, so that it does not become one with a neighbour. */
	char *guarded = map_anon(66 * PAGE, PROT_NONE), *p = guarded + PAGE;
	uint64_t entries[64];
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), present = 0;

	must(!mprotect(p, 64 * PAGE, PROT_READ | PROT_WRITE));
	madvise(p, 64 * PAGE, MADV_NOHUGEPAGE);
	for (int i = 0; i < 10; i++)
		p[i * 5 * PAGE] = 1;
	ok(smaps_value(p, "Size:") == 256 && smaps_value(p, "Rss:") == 40 &&
	   smaps_value(p, "Private_Dirty:") == 40, "smaps: ten pages touched");
	ok(fd >= 0 &&
	   pread(fd, entries, sizeof(entries), (unsigned long)p / PAGE * 8) == sizeof(entries),
	   "pagemap can be read");
	for (int i = 0; i < 64; i++)
		present += (entries[i] >> 63) == (i % 5 == 0 && i < 50);
	ok(present == 64, "pagemap: exactly the touched pages are present");
	ok(write_file("/proc/self/clear_refs", "1") && smaps_value(p, "Referenced:") == 0 &&
	   smaps_value(p, "Rss:") == 40, "clear_refs: no page is referenced, all are present");
	close(fd);
	munmap(guarded, 66 * PAGE);
}

static void status(void)
{
	char *line, comm[32], state;
	int pid, ppid, pgrp, session;
	FILE *f;

	prctl(PR_SET_NAME, "two (words) x");
	ok((line = file_line("/proc/self/status", "Name:\t")) && !strcmp(line, "two (words) x\n"),
	   "status: name");
	ok((line = file_line("/proc/self/status", "Pid:")) && atoi(line) == getpid() &&
	   (line = file_line("/proc/self/status", "PPid:")) && atoi(line) == getppid() &&
	   (line = file_line("/proc/self/status", "Threads:")) && atoi(line) == 1,
	   "status: ids and threads");
	ok((line = file_line("/proc/self/status", "VmRSS:")) && atol(line) > 100 &&
	   (line = file_line("/proc/self/status", "VmSize:")) && atol(line) > 500, "status: sizes");
	ok((line = file_line("/proc/self/status", "SigQ:")) && strchr(line, '/') &&
	   file_line("/proc/self/status", "Cpus_allowed_list:") &&
	   file_line("/proc/self/status", "CapEff:") && file_line("/proc/self/status", "Seccomp:"),
	   "status: signals, processors, capabilities and seccomp");
	f = fopen("/proc/self/stat", "re");
	ok(f &&
	   fscanf(f, "%d (%31[^)]) x) %c %d %d %d", &pid, comm, &state, &ppid, &pgrp,
	   &session) == 6 &&
	   pid == getpid() && state == 'R' && ppid == getppid() && pgrp == getpgrp() &&
	   session == getsid(0), "stat");
	fclose(f);
	f = fopen("/proc/self/statm", "re");
	{
		long size = 0, resident = 0, share = 0;

		ok(f && fscanf(f, "%ld %ld %ld", &size, &resident, &share) == 3 &&
		   size > resident &&
		   resident > share && share > 0, "statm");
	}
	fclose(f);
}

static void own_files(char **argv)
{
	Elf64_auxv_t entries[64];
	char buf[4096], cwd[PATH_MAX], link[PATH_MAX] = "";
	int fd = open("/proc/self/auxv", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, entries, sizeof(entries));
	bool agree = n > 0;
	int count = 0;
	DIR *d;

	for (size_t i = 0; n > 0 && i < n / sizeof(*entries) && entries[i].a_type; i++, count++)
		/* the C library has its own idea of the hardware */
		agree &= entries[i].a_type == AT_HWCAP ||
			 getauxval(entries[i].a_type) == entries[i].a_un.a_val;
	ok(agree && count > 10, "auxv is what the program was given");
	close(fd);
	fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	n = read(fd, buf, sizeof(buf));
	ok(n == (ssize_t)strlen(argv[0]) + 1 && !strcmp(buf, argv[0]),
	   "cmdline is what the program was given");
	close(fd);
	ok(readlink("/proc/self/cwd", link, sizeof(link) - 1) > 0 && getcwd(cwd, sizeof(cwd)) &&
	   !strcmp(link, cwd), "cwd leads to the working folder");
	d = opendir("/proc/self/fd");
	count = 0;
	while (d && readdir(d))
		count++;
	ok(count >= 2 + 4, "fd lists the open descriptors");
	closedir(d);
	ok(file_line("/proc/self/limits", "Max open files"), "limits names the open files");
	ok(file_line("/proc/self/mountinfo", ""), "mountinfo has a line");
	ok(file_line("/proc/self/wchan", "") || !access("/proc/self/wchan", R_OK),
	   "wchan can be read");
	ok(file_line("/proc/self/syscall", "0 0x") || file_line("/proc/self/syscall", "running") ||
	   geteuid(), "syscall shows a read, or that the process runs");
}

static void *pause_thread(void *arg)
{
	prctl(PR_SET_NAME, "second");
	must(write(((int *)arg)[1], "x", 1) == 1);
	for (;;)
		pause();
	return NULL;
}

static void tasks(void)
{
	pthread_t t;
	char path[300], c;
	int fds[2], count = 0, second = 0;
	struct dirent *e;
	DIR *d;

	must(!pipe(fds));
	must(!pthread_create(&t, NULL, pause_thread, fds));
	must(read(fds[0], &c, 1) == 1);
	d = opendir("/proc/self/task");
	while ((e = readdir(d))) {
		char *line;

		if (e->d_name[0] == '.')
			continue;
		count++;
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", e->d_name);
		line = file_line(path, "");
		second += line && !strcmp(line, "second\n");
	}
	closedir(d);
	ok(count == 2 && second == 1, "task: both threads by name");
	pthread_cancel(t);
	pthread_join(t, NULL);
}

static void machine(void)
{
	struct sysinfo info;
	struct utsname uts;
	char *line;
	int processors = 0;
	long total = 0;
	FILE *f;

	must((f = fopen("/proc/cpuinfo", "re")));
	{
		char text[4096];

		while (fgets(text, sizeof(text), f))
			processors += !strncmp(text, "processor\t", 10);
		fclose(f);
	}
	ok(processors >= 1 && processors == sysconf(_SC_NPROCESSORS_ONLN), "cpuinfo: processors");
	ok((line = file_line("/proc/cpuinfo", "model name\t: ")) && strlen(line) > 3,
	   "cpuinfo: model name");
	line = file_line("/proc/cpuinfo", "flags\t");
	ok(line && strstr(line, "fpu") && strstr(line, " sse2") && strstr(line, " tsc"),
	   "cpuinfo: flags");
	ok(line && !!__builtin_cpu_supports("avx2") == !!strstr(line, " avx2"),
	   "cpuinfo: AVX2 as it is");
	ok(file_line("/proc/cpuinfo", "vendor_id\t: "), "cpuinfo: vendor");

	must((line = file_line("/proc/meminfo", "MemTotal:")));
	total = atol(line);
	ok(!sysinfo(&info) && info.totalram / 1024 * info.mem_unit == (unsigned long)total &&
	   file_line("/proc/meminfo", "MemAvailable:"), "meminfo and sysinfo agree");
	ok((line = file_line("/proc/uptime", "")) && atol(line) - info.uptime <= 2, "uptime");
	ok((line = file_line("/proc/stat", "cpu ")) && strlen(line) > 10 &&
	   (line = file_line("/proc/stat", "btime ")) && atol(line) > 1000000000 &&
	   file_line("/proc/stat", "intr ") && file_line("/proc/stat", "ctxt "), "stat");
	ok((line = file_line("/proc/loadavg", "")) && strchr(line, '/'), "loadavg");
	must(!uname(&uts));
	ok((line = file_line("/proc/version", "Linux version ")) &&
	   !strncmp(line, uts.release, strlen(uts.release)) && !strcmp(uts.machine, "x86_64"),
	   "version and uname agree");
	ok(file_line("/proc/interrupts", " ") && file_line("/proc/filesystems", "nodev\ttmpfs") &&
	   file_line("/proc/devices", "Character devices:"), "interrupts, filesystems, devices");
	ok((line = file_line("/proc/sys/kernel/pid_max", "")) && atoi(line) > 300 &&
	   (line = file_line("/proc/sys/kernel/random/boot_id", "")) && strlen(line) == 37,
	   "sys/kernel");
}

int main(int argc, char **argv)
{
	(void)argc;
	__builtin_cpu_init();
	maps();
	page_states();
	own_files(argv);
	tasks();
	machine();
	status();
	return tap_done();
}
