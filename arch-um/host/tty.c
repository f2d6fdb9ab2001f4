// SPDX-License-Identifier: GPL-2.0
/*
 * Terminals of the host, and what else stands behind descriptors that the guest
 * was started with.
 *
 * Calls after host_confine():
 *	ioctl	TCGETS TCSETS TIOCGWINSZ FIONREAD
 *	read			of pseudo terminals that are used again
 *	fcntl	F_GETFL F_SETFL		of shared descriptions
 *		F_GETFD F_DUPFD_CLOEXEC	of what linux was started with
 */
#include <asm/ioctls.h>
#include <asm/termios.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include "../include/asm/host.h"
#include "keep.h"
#include "syscall.h"

#define PTY_HOLDS	65536	/* bytes one way, at most (drivers/tty/pty.c) */

/* What host_tty_restore() puts back. */
struct saved {
	int fd;
	int is_flags;		/* file status flags, otherwise terminal modes */
	long flags;
	struct termios modes;
};

static struct saved saved[64];
static unsigned int nr_saved;

/* An entry that is to be filled in; NULL: there is one for this, or no room. */
static struct saved *save(int fd, int is_flags)
{
	struct saved *s;

	for (s = saved; s < saved + nr_saved; s++)
		if (s->fd == fd && s->is_flags == is_flags)
			return NULL;
	/* Those that were released last make room. */
	while (nr_saved && saved[nr_saved - 1].fd < 0)
		nr_saved--;
	if (nr_saved == sizeof(saved) / sizeof(saved[0]))
		return NULL;
	s = saved + nr_saved;
	s->fd = fd;
	s->is_flags = is_flags;
	return s;
}

/* A signal may end the process at any instruction: an entry counts when it is complete. */
static void saved_complete(void)
{
	asm volatile("" : : : "memory");
	nr_saved++;
}

static void put_back(const struct saved *s)
{
	if (s->is_flags)
		host_syscall3(__NR_fcntl, s->fd, F_SETFL, s->flags);
	else
		host_syscall3(__NR_ioctl, s->fd, TCSETS, (long)&s->modes);
}

int host_isatty(int fd)
{
	struct termios modes;

	return !host_syscall3(__NR_ioctl, fd, TCGETS, (long)&modes);
}

/* Bytes pass unchanged both ways: the guest's terminal does all the rest. */
static void make_raw(struct termios *modes)
{
	modes->c_iflag &= ~(IGNBRK | BRKINT | IGNPAR | PARMRK | INPCK | ISTRIP | INLCR | IGNCR |
			    ICRNL | IUCLC | IXON | IXOFF | IXANY | IMAXBEL | IUTF8);
	modes->c_oflag &= ~OPOST;
	modes->c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN | TOSTOP);
	modes->c_cflag &= ~(CSIZE | PARENB);
	modes->c_cflag |= CS8;
	modes->c_cc[VMIN] = 1;
	modes->c_cc[VTIME] = 0;
}

int host_tty_raw(int fd)
{
	struct termios modes;
	struct saved *s;
	long ret = host_syscall3(__NR_ioctl, fd, TCGETS, (long)&modes);

	if (ret < 0)
		return ret;
	s = save(fd, 0);
	if (s) {
		s->modes = modes;
		saved_complete();
	}
	make_raw(&modes);
	/* Retried: a process in the background is stopped here until it is in the foreground. */
	return host_retry(host_syscall3(__NR_ioctl, fd, TCSETS, (long)&modes));
}

/* Would make_raw() change nothing? */
static int is_raw(const struct termios *modes)
{
	struct termios raw = *modes;

	make_raw(&raw);
	return !memcmp(&raw, modes, sizeof(raw));
}

/*
 * While the process was stopped the terminal was the shell's, which has set it as it
 * likes.  Where it went on in the background the host stops it again.
 */
void host_tty_resume(void)
{
	struct termios modes;
	struct saved *s;

	for (s = saved; s < saved + nr_saved; s++) {
		if (s->fd < 0)
			continue;
		if (s->is_flags) {
			host_set_nonblock(s->fd, 1);
			continue;
		}
		if (host_syscall3(__NR_ioctl, s->fd, TCGETS, (long)&modes) || is_raw(&modes))
			continue;
		s->modes = modes;
		make_raw(&modes);
		host_retry(host_syscall3(__NR_ioctl, s->fd, TCSETS, (long)&modes));
	}
}

void host_tty_restore(void)
{
	/* Last first, so that a terminal saved twice gets its first modes. */
	for (struct saved *s = saved + nr_saved; s-- > saved;)
		put_back(s);
}

/* The number of a closed descriptor may come to mean another terminal. */
void host_tty_release(int fd)
{
	for (struct saved *s = saved + nr_saved; s-- > saved;) {
		if (s->fd != fd)
			continue;
		put_back(s);
		s->fd = -1;
	}
}

int host_tty_winsize(int fd, struct host_winsize *ws)
{
	struct winsize from;
	long ret = host_syscall3(__NR_ioctl, fd, TIOCGWINSZ, (long)&from);

	if (ret < 0)
		return ret;
	ws->rows = from.ws_row;
	ws->cols = from.ws_col;
	return 0;
}

int host_unread(int fd)
{
	int n;
	long ret = host_syscall3(__NR_ioctl, fd, FIONREAD, (long)&n);

	return ret < 0 ? ret : n;
}

static char *put_number(char *at, unsigned int n)
{
	if (n >= 10)
		at = put_number(at, n / 10);
	*at++ = '0' + n % 10;
	*at = 0;
	return at;
}

/* Opened again, a pseudo terminal's master would be another terminal. */
static int is_ptmx(const struct stat *st)
{
	return st->st_rdev == ((5 << 8) | 2);
}

static int duplicate(int fd)
{
	return host_syscall3(__NR_fcntl, fd, F_DUPFD_CLOEXEC, HOST_FIRST_FD);
}

/* An open description of our own; the same one where its flags do not matter. */
static long open_private(int fd)
{
	char path[32] = "/proc/self/fd/";
	struct stat st;
	long flags = host_syscall3(__NR_fcntl, fd, F_GETFD, 0);

	/* Only our own descriptors would not have outlived the exec() of linux. */
	if (flags < 0 || flags & FD_CLOEXEC)
		return -EBADF;
	flags = host_syscall3(__NR_fcntl, fd, F_GETFL, 0);
	host_syscall2(__NR_fstat, fd, (long)&st);
	if (S_ISFIFO(st.st_mode) || (S_ISCHR(st.st_mode) && host_isatty(fd) && !is_ptmx(&st))) {
		put_number(path + strlen(path), fd);
		return host_retry(host_syscall3(__NR_openat, AT_FDCWD, (long)path,
						(flags & O_ACCMODE) | O_NOCTTY | O_NONBLOCK |
						O_CLOEXEC));
	}
	if (S_ISSOCK(st.st_mode) || is_ptmx(&st))
		return -ENXIO;
	/* Files are always ready; their position and O_APPEND are part of the channel. */
	return duplicate(fd);
}

/* @fd is shared with others: make it not wait, and remember what it was. */
static void share(int fd)
{
	long flags = host_syscall3(__NR_fcntl, fd, F_GETFL, 0);
	struct saved *s = save(fd, 1);

	if (s) {
		s->flags = flags;
		saved_complete();
	}
	host_set_nonblock(fd, 1);
}

int host_private(int fd)
{
	long own;

	if (!kept_recall(KEPT_SHARED, fd, "", &own) || own < 0) {
		if (kept_recall(KEPT_PRIVATE, fd, "", &own))
			return own;
		own = open_private(fd);
		if (own >= 0 || own == -EBADF)
			return kept_record(KEPT_PRIVATE, fd, "", own);
		/* It belongs to another user, or can never be opened anew, or not any more. */
		own = kept_record(KEPT_SHARED, fd, "", duplicate(fd));
	}
	if (own >= 0)
		share(own);
	return own;
}

static long make_pty(struct host_pty *pty)
{
	int off = 0;
	long ret;

	ret = boot_syscall4(__NR_openat, AT_FDCWD, (long)"/dev/ptmx",
			    O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);
	if (ret < 0)
		return ret;
	pty->master = ret;
	ret = boot_syscall3(__NR_ioctl, pty->master, TIOCSPTLCK, (long)&off);
	if (!ret)
		ret = boot_syscall3(__NR_ioctl, pty->master, TIOCGPTN, (long)&pty->number);
	if (!ret)
		ret = boot_syscall3(__NR_ioctl, pty->master, TIOCGPTPEER,
				    O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (ret < 0) {
		host_close(pty->master);
		return ret;
	}
	pty->peer = ret;
	return 0;
}

static void close_pty(const struct host_pty *pty)
{
	host_close(pty->master);
	host_close(pty->peer);
}

/* One that was made at the start, under @name, or else as number @spare of those for later. */
static int recall_pty(unsigned int spare, const char *name, struct host_pty *pty)
{
	long master, peer, number;

	if (!kept_recall(KEPT_PTY, spare, name, &master))
		return 0;
	kept_recall(KEPT_PTY_PEER, spare, name, &peer);
	kept_recall(KEPT_PTY_NUMBER, spare, name, &number);
	*pty = (struct host_pty){ master, peer, number };
	return 1;
}

static long make_and_record(unsigned int spare, const char *name, struct host_pty *pty)
{
	long ret = make_pty(pty);

	if (ret < 0)
		return ret;
	ret = kept_record(KEPT_PTY, spare, name, pty->master);
	if (ret >= 0)
		ret = kept_record(KEPT_PTY_PEER, spare, name, pty->peer);
	if (ret >= 0)
		ret = kept_record(KEPT_PTY_NUMBER, spare, name, pty->number);
	if (ret < 0)
		close_pty(pty);
	return ret;
}

/* What its last user left in it is not for the next.  The other end may write without end. */
static void drain(int fd)
{
	char buf[256];
	int i = PTY_HOLDS / sizeof(buf);

	while (i-- && host_retry(host_syscall3(__NR_read, fd, (long)buf, sizeof(buf))) > 0)
		;
}

void host_pty_reserve(void)
{
	struct host_pty pty;
	unsigned int i;

	for (i = 1; i <= HOST_SPARE_PTYS; i++) {
		if (!recall_pty(i, "", &pty) && make_and_record(i, "", &pty) < 0)
			return;
		kept_free(pty.master);
		kept_free(pty.peer);
	}
}

static long open_pty(const char *name, struct host_pty *pty)
{
	unsigned int i;

	if (recall_pty(0, name, pty))
		return pty->master < 0 || pty->peer < 0 ? -ENOENT : 0;
	if (!kept_confined())
		return make_and_record(0, name, pty);
	for (i = 1; i <= HOST_SPARE_PTYS; i++)
		if (recall_pty(i, "", pty))
			return 0;
	return -ENFILE;
}

int host_pty_open(const char *name, struct host_pty *pty)
{
	struct termios modes;
	long ret = open_pty(name, pty);

	if (ret < 0)
		return ret;
	/* A pseudo terminal is the guest's alone, so there is nothing to restore. */
	ret = host_syscall3(__NR_ioctl, pty->peer, TCGETS, (long)&modes);
	if (ret < 0)
		return ret;
	make_raw(&modes);
	ret = host_syscall3(__NR_ioctl, pty->peer, TCSETS, (long)&modes);
	if (kept_confined()) {
		drain(pty->master);
		drain(pty->peer);
	}
	return ret;
}
