// SPDX-License-Identifier: GPL-2.0
/*
 * solo: which of its lives, and which subcommand.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "solo.h"

static const char help[] =
"usage: solo run [OPTION]... [ROOT] -- COMMAND [ARGUMENT]...\n"
"       solo shell [OPTION]... ROOT|NAME\n"
"       solo exec [OPTION]... NAME -- COMMAND [ARGUMENT]...\n"
"       solo ps [--json] | attach NAME | logs [--kernel] NAME | stop NAME | kill NAME\n"
"       solo cp FILE NAME:PATH | solo cp NAME:PATH FILE\n"
"       solo test [OPTION]... --root ROOT [-j N] [--junit FILE] FOLDER\n"
"       solo images [rm NAME|rm all] | solo doctor [--json]\n"
"\n"
"Runs a command in a Linux machine of its own, which is one process and needs no rights.\n"
"ROOT is an image, a folder, an archive of tar or docker save, tiny or debian, or host:\n"
"this machine's own files, with changes in memory; it is that if there is none.\n"
"\n"
"  --root ROOT            likewise\n"
"  --write                keep what is written to the image; otherwise it is lost\n"
"  --boot                 start the image's own init, and run the command after that\n"
"  --share FOLDER[:PATH][:ro]\n"
"                         a folder of the host; --rw: this one, and the command is there\n"
"  --disk FILE[,ro|,temp] another disk: /dev/ubdb, /dev/ubdc, ...\n"
"  --mem SIZE             memory of the guest, as 512M\n"
"  --env NAME[=VALUE]     the command's environment\n"
"  --workdir FOLDER       where it starts\n"
"  --user USER[:GROUP]    who runs it: of the guest's /etc/passwd, or numbers\n"
"  --copy-in FILE:PATH    copy from the host before the command, folders too\n"
"  --copy-out PATH:FILE   copy to the host behind it, also if it failed\n"
"  --net                  a network, by passt; --publish HOST-PORT:GUEST-PORT\n"
"  --timeout TIME         end the guest then, as 30 or 5m\n"
"  --name NAME            for solo exec and the like\n"
"  --detach               run in the background\n"
"  --keep-on-failure      a shell in the guest if the command fails\n"
"  --kernel-log FILE      the guest kernel's log; --json FILE: status, times, memory\n"
"  --kernel LINUX, --guard KIND, --append OPTION\n"
"                         another guest kernel, its guard, options for it\n"
"  --dry-run              print how linux would be started\n"
"  --quiet, -v            say less, or show the guest kernel's log\n"
"\n"
"Exit status: the command's, 128 and the number for a signal; 122: the guest did not\n"
"boot; 123: it ended before its command; 124: --timeout; 125: bad input; 126, 127: the\n"
"command cannot be run, is not there.  The manual page solo(1) says more.\n";

static int main_help(int argc, char **argv)
{
	fputs(help, stdout);
	return 0;
}

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
} commands[] = {
	{ "run", main_run },
	{ "shell", main_shell },
	{ "exec", main_exec },
	{ "ps", main_ps },
	{ "attach", main_attach },
	{ "logs", main_logs },
	{ "cp", main_cp },
	{ "stop", main_stop },
	{ "kill", main_kill },
	{ "test", main_test },
	{ "images", main_images },
	{ "doctor", main_doctor },
	{ "help", main_help },
	{ "--help", main_help },
	{ "-h", main_help },
};

int main(int argc, char **argv)
{
	unsigned int i;
	int fd;

	if (getpid() == 1 && !strcmp(argv[0], "/init"))
		return main_init();
	/* Nothing that is opened later may pass for a stream that the caller has closed. */
	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO)
		;
	close(fd);
	if (argc < 2) {
		fputs(help, stderr);
		return STATUS_ERROR;
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].main(argc - 1, argv + 1);
	die("%s: no such command: see solo help; solo run -- %s ... runs a program", argv[1], argv[1]);
}
