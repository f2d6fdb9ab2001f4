// SPDX-License-Identifier: GPL-2.0
/*
 * Strings that change while the kernel reads them: the host's asynchronous reads
 * write to user memory like another processor.  A page holds one of two strings, of
 * SHORT and LONG bytes, whichever the last read of the disk brought, or the
 * beginning of the one and the rest of the other: what the kernel takes of it is of
 * these lengths, or something in between, and holds nothing but their letters.
 */
#include "hostile.h"
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>

/* As the test has made the disk: a page with each */
#define SHORT	300
#define LONG	600
#define LETTER_SHORT	'3'
#define LETTER_LONG	'6'
#define DISK	"/dev/ubdc"

static char *page;
static int disk;
static volatile bool stop;
static volatile unsigned long reads;

static void *reader(void *arg)
{
	for (; !stop; reads++)
		must(pread(disk, page, PAGE, reads % 2 * PAGE) == (ssize_t)PAGE);
	return arg;
}

/* The strings before ours in the kernel's buffers for names are longer, and not ours. */
static int others_names(void *arg)
{
	volatile int *end = arg;
	static char name[1200] = "/root/";

	while (strlen(name) < 1000)
		strcat(name, "not-to-be-seen-");
	while (!*end) {
		access(name, F_OK);
		sched_yield();
	}
	return 0;
}

static bool possible(const char *s, ssize_t n)
{
	if (n < SHORT || n > LONG)
		return false;
	for (ssize_t i = 0; i < n; i++)
		if (s[i] != LETTER_SHORT && s[i] != LETTER_LONG)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	char link[] = "/tmp/strings.XXXXXX", out[PAGE];
	unsigned long calls = 0, odd = 0;
	pthread_t thread;
	struct timespec now, end;
	int *end_other = map_shared(PAGE);
	pid_t other;

	disk = open(DISK, O_RDONLY | O_DIRECT);
	must(disk >= 0);
	other = spawn(others_names, end_other);
	become(argc, argv);
	must(mkdtemp(link) && !chdir(link));
	page = map_anon(PAGE, PROT_READ | PROT_WRITE);
	must(pread(disk, page, PAGE, 0) == (ssize_t)PAGE && strlen(page) == SHORT);
	must(pread(disk, page, PAGE, PAGE) == (ssize_t)PAGE && strlen(page) == LONG);
	must(!pthread_create(&thread, NULL, reader, NULL));
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += 4;
	do {
		ssize_t n = -1;

		sched_yield();		/* the other one's names lie in the buffers then */
		if (!symlink(page, "link")) {
			n = readlink("link", out, sizeof(out));
			must(!unlink("link"));
		} else {
			must(errno == ENAMETOOLONG);	/* no end within 4096 bytes */
		}
		if (!possible(out, n) && !odd++)
			printf("# after %lu calls and %lu reads: %zd bytes\n", calls, reads, n);
		calls++;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (!odd && (now.tv_sec < end.tv_sec || reads < 100));
	stop = true;
	pthread_join(thread, NULL);
	printf("# %lu calls, %lu reads\n", calls, reads);
	ok(!odd, "every string is one that the disk can have brought");
	*end_other = 1;
	wait_status(other);
	must(!chdir("/") && !rmdir(link));
	ok(alive(), "the machine goes on after strings that change");
	return tap_done();
}
