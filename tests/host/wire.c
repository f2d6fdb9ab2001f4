// SPDX-License-Identifier: GPL-2.0
/*
 * wire KIND COMMAND COMMAND: run two shell commands, each with one end of a socket pair of KIND (stream, dgram
 * or seqpacket) as descriptor 9. Ends when both have, with the status of the first that failed.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t start(const char *command, int mine, int other)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(other);
	dup2(mine, 9);
	if (mine != 9)
		close(mine);
	execl("/bin/bash", "bash", "-c", command, NULL);
	_exit(127);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int type;
	} kinds[] = { { "stream", SOCK_STREAM }, { "dgram", SOCK_DGRAM }, { "seqpacket", SOCK_SEQPACKET } };
	int fd[2], i, status, result = 0;

	for (i = 0; argc == 4 && i < 3 && strcmp(argv[1], kinds[i].name); i++)
		;
	if (argc != 4 || i == 3) {
		fprintf(stderr, "usage: wire stream|dgram|seqpacket COMMAND COMMAND\n");
		return 2;
	}
	if (socketpair(AF_UNIX, kinds[i].type, 0, fd)) {
		perror("wire");
		return 1;
	}
	start(argv[2], fd[0], fd[1]);
	start(argv[3], fd[1], fd[0]);
	close(fd[0]);
	close(fd[1]);
	while (wait(&status) > 0)
		if (status && !result)
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return result;
}
