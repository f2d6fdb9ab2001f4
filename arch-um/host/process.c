// SPDX-License-Identifier: GPL-2.0
/*
 * The process itself.
 *
 * Calls after host_confine():
 *	getpid getuid getrandom getrusage exit_group
 */
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include "../include/asm/boot.h"
#include "../include/asm/host.h"
#include "syscall.h"

int host_getpid(void)
{
	return host_syscall0(__NR_getpid);
}

int host_getuid(void)
{
	return host_syscall0(__NR_getuid);
}

unsigned long host_minor_faults(void)
{
	struct rusage usage = { };

	host_syscall2(__NR_getrusage, RUSAGE_THREAD, (long)&usage);
	return usage.ru_minflt;
}

int host_process_exists(int pid)
{
	return boot_syscall2(__NR_kill, pid, 0) != -ESRCH;
}

long host_getrandom(void *buf, unsigned long len)
{
	long ret = host_retry(host_syscall3(__NR_getrandom, (long)buf, len, 0));

	if (ret == -EFAULT) {
		host_touch(buf, len);
		ret = host_retry(host_syscall3(__NR_getrandom, (long)buf, len, 0));
	}
	return ret;
}

const char *host_getenv(const char *name)
{
	unsigned long len = strlen(name);
	const char *at;

	for (at = boot_info->environment; *at; at += strlen(at) + 1)
		if (!strncmp(at, name, len) && at[len] == '=')
			return at + len + 1;
	return NULL;
}

void host_exit(int status)
{
	host_tty_restore();
	for (;;)
		host_syscall1(__NR_exit_group, status);
}
