// SPDX-License-Identifier: GPL-2.0
/* Core dumps: what a debugger needs of a program that crashed. */
#include "tap.h"
#include <elf.h>
#include <pthread.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char dir[] = "/tmp/core.XXXXXX";
static char *core;		/* the core file, mapped */
static size_t core_size;
static char *marker;		/* memory that must be found in it */

extern char core_fault[];

static void __attribute__((noinline)) crash(void)
{
	/* r12 keeps the stack pointer: the dump must show both alike. */
	asm volatile("mov $0x1111111122222222, %%rbx\n\t"
		     "mov %%rsp, %%r12\n\t"
		     "mov $0x5555, %%r15\n\t"
		     "movq %%rbx, %%xmm5\n\t"
		     "mov $0x7654321000, %%rdx\n"
		     ".globl core_fault\n"
		     "core_fault:\n\t"
		     "movl $1, (%%rdx)"
		     : : : "rbx", "rdx", "r12", "r15", "xmm5", "memory");
}

static volatile bool ready;

static void *second_thread(void *arg)
{
	(void)arg;
	ready = true;
	for (;;)
		pause();
	return NULL;
}

static int dump_core(void *arg)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	pthread_t t;

	(void)arg;
	must(!chdir(dir));
	if (setrlimit(RLIMIT_CORE, &all)) {
		must(!getrlimit(RLIMIT_CORE, &all));
		all.rlim_cur = all.rlim_max;
		must(!setrlimit(RLIMIT_CORE, &all));
	}
	must(!pthread_create(&t, NULL, second_thread, NULL));
	must(eventually(ready));
	crash();
	return 1;
}

static int dump_nothing(void *arg)
{
	struct rlimit none = { 0, 0 };

	(void)arg;
	must(!chdir(dir) && !setrlimit(RLIMIT_CORE, &none));
	crash();
	return 1;
}

/* The n-th note of a type; its size in *size if asked for. */
static void *note(unsigned int type, int n, size_t *size)
{
	Elf64_Ehdr *eh = (void *)core;
	Elf64_Phdr *ph = (void *)(core + eh->e_phoff);

	for (int i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_NOTE)
			continue;
		for (size_t at = 0; at < ph[i].p_filesz;) {
			Elf64_Nhdr *nh = (void *)(core + ph[i].p_offset + at);
			size_t desc = sizeof(*nh) + (nh->n_namesz + 3) / 4 * 4;

			if (nh->n_type == type && !n--) {
				if (size)
					*size = nh->n_descsz;
				return (char *)nh + desc;
			}
			at += desc + (nh->n_descsz + 3) / 4 * 4;
		}
	}
	return NULL;
}

/* Where the memory at ADDR is in the file. */
static char *memory(void *addr)
{
	Elf64_Ehdr *eh = (void *)core;
	Elf64_Phdr *ph = (void *)(core + eh->e_phoff);
	unsigned long a = (unsigned long)addr;

	for (int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && a >= ph[i].p_vaddr &&
		    a < ph[i].p_vaddr + ph[i].p_filesz &&
		    ph[i].p_offset + ph[i].p_filesz <= core_size)
			return core + ph[i].p_offset + (a - ph[i].p_vaddr);
	return NULL;
}

static void check_core(pid_t pid)
{
	Elf64_Ehdr *eh = (void *)core;
	struct elf_prstatus *status = note(NT_PRSTATUS, 0, NULL),
	     *second = note(NT_PRSTATUS, 1, NULL);
	struct elf_prpsinfo *psinfo = note(NT_PRPSINFO, 0, NULL);
	struct user_fpregs_struct *fp = note(NT_FPREGSET, 0, NULL);
	siginfo_t *si = note(NT_SIGINFO, 0, NULL);
	Elf64_auxv_t *auxv = note(NT_AUXV, 0, NULL);
	struct user_regs_struct *regs;
	size_t size;
	char self[PATH_MAX] = "", *files;
	bool page_size = false, named = false;

	ok(!memcmp(eh->e_ident, ELFMAG "\2\1\1", 7) && eh->e_type == ET_CORE &&
	   eh->e_machine == EM_X86_64 && eh->e_phnum > 5, "a core file begins with an ELF header");
	if (!ok(status && psinfo && fp && si && auxv, "a core file has the usual notes"))
		return;
	regs = (void *)&status->pr_reg;
	ok(status->pr_pid == pid && status->pr_cursig == SIGSEGV,
	   "NT_PRSTATUS names the thread and the signal");
	ok(regs->rip == (unsigned long)core_fault,
	   "rip in a core file is the instruction that failed");
	ok(regs->rsp == regs->r12 && regs->rbx == 0x1111111122222222 && regs->r15 == 0x5555 &&
	   regs->rdx == 0x7654321000, "a core file has rsp and the other registers");
	ok(second && second->pr_pid > 0 && second->pr_pid != pid && !note(NT_PRSTATUS, 2, NULL),
	   "a core file has the status of the second thread");
	ok(!memcmp(&fp->xmm_space[5 * 4], &regs->rbx, 8), "a core file has the SSE registers");
	ok(note(NT_X86_XSTATE, 0, &size) && size >= 576, "a core file has the extended state");
	ok(si->si_signo == SIGSEGV && si->si_code == SEGV_MAPERR &&
	   si->si_addr == (void *)0x7654321000,
	   "siginfo in a core file has the address of the fault");
	ok(!strncmp(psinfo->pr_fname, "core", 4) && psinfo->pr_pid == pid,
	   "a core file has the program's name");
	for (; auxv->a_type != AT_NULL; auxv++)
		page_size |= auxv->a_type == AT_PAGESZ && auxv->a_un.a_val == PAGE;
	ok(page_size, "a core file has the auxiliary vector");
	files = note(NT_FILE, 0, &size);
	must(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	for (size_t i = 16; files && i + strlen(self) < size; i++)
		named |= !memcmp(files + i, self, strlen(self));
	ok(named, "a core file lists the mapped files");
	ok(memory(marker) && !strcmp(memory(marker), "found in the core"),
	   "a core file has anonymous memory");
	ok(memory((void *)regs->rsp), "a core file has the stack");
	ok(memory(dir) && !strcmp(memory(dir), dir), "a core file has the program's data");
}

static void dump(void)
{
	struct stat st;
	int status, fd;
	pid_t pid;

	marker = map_anon(16 * PAGE, PROT_READ | PROT_WRITE);
	strcpy(marker + 5 * PAGE, "found in the core");
	marker += 5 * PAGE;

	pid = spawn(dump_nothing, NULL);
	status = wait_status(pid);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV && !WCOREDUMP(status) &&
	   access("core", F_OK), "no core file where the limit is 0");

	pid = spawn(dump_core, NULL);
	status = wait_status(pid);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV && WCOREDUMP(status),
	   "the status of a program that crashed says that it dumped core");
	fd = open("core", O_RDONLY | O_CLOEXEC);
	if (!ok(fd >= 0 && !fstat(fd, &st) && st.st_size > (off_t)PAGE &&
		(st.st_mode & 0777) == 0600,
		"a core file is named core and is for its owner only"))
		return;
	core_size = st.st_size;
	core = mmap(NULL, core_size, PROT_READ, MAP_PRIVATE, fd, 0);
	must(core != MAP_FAILED);
	check_core(pid);
	munmap(core, core_size);
	close(fd);
}

int main(void)
{
	static const char pattern[] = "/proc/sys/kernel/core_pattern";
	static const char uses_pid[] = "/proc/sys/kernel/core_uses_pid";
	char old[256], old_pid[16], *line;

	must((line = file_line(pattern, "")));
	snprintf(old, sizeof(old), "%s", line);
	must((line = file_line(uses_pid, "")));
	snprintf(old_pid, sizeof(old_pid), "%s", line);
	if ((strcmp(old, "core\n") || strcmp(old_pid, "0\n")) &&
	    !(getenv("IN_GUEST") && write_file(pattern, "core") && write_file(uses_pid, "0"))) {
		skip_on_host("core dumps", "this system sends them elsewhere");
		return tap_done();
	}
	must(mkdtemp(dir) && !chdir(dir));
	dump();
	unlink("core");
	must(!chdir("/") && !rmdir(dir));
	if (getenv("IN_GUEST")) {
		write_file(pattern, old);
		write_file(uses_pid, old_pid);
	}
	return tap_done();
}
