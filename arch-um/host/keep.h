/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What [boot] calls remember for the kernel after a restart, see keep.c.
 */
#ifndef HOST_KEEP_H
#define HOST_KEEP_H

enum kept_what {
	KEPT_OPEN,		/* arg: HOST_O_* */
	KEPT_UNNAMED,		/* arg and name: the driver's */
	KEPT_FOLDER,		/* arg: the descriptor of the folder that it lies in, or -1 */
	KEPT_IN_FOLDER,		/* arg: the folder's descriptor */
	KEPT_PRIVATE,		/* arg: descriptor */
	KEPT_SHARED,		/* likewise */
	KEPT_DIO_ALIGN,		/* likewise */
	KEPT_EVENTFD,
	KEPT_EPOLL,
	KEPT_AIO,		/* arg: depth; value: where the ring ends */
	KEPT_TIMER,
	KEPT_TSC,
	KEPT_LISTEN,		/* arg: type, or HOST_TCP and the port */
	KEPT_CLIENT,		/* arg: the listening descriptor; name: a byte of the driver's */
	KEPT_PTY,		/* name: the driver's; value: master */
	KEPT_PTY_PEER,		/* likewise; value: the other end */
	KEPT_PTY_NUMBER,
	KEPT_NET_CONNECT,	/* arg: type; name: to where */
	KEPT_NET_LISTEN,	/* arg: type */
	KEPT_NET_PEER,		/* arg: the listener */
	KEPT_NET_DATAGRAMS,
	KEPT_NET_CONNECTED,	/* arg: descriptor; name: to where */
	KEPT_NET_SRC,		/* arg: descriptor; name: what it is bound to */
	KEPT_NET_SWITCH,
	KEPT_NET_CONTROL,	/* name: as the switch's */
	KEPT_NET_TAP,
	KEPT_NET_OFFLOAD,	/* arg: descriptor */
	KEPT_NET_KIND,		/* likewise */
	KEPT_NET_MAC,		/* arg: unit */
	KEPT_NET_NOTE,		/* arg: descriptor */
	KEPT_ROOM,		/* value: descriptors that there may be */
};

/*
 * After a restart: true, and in *@value what kept_record() got from the last
 * kernel for the same @what, @arg and @name; or -ENOENT.  Each value is handed out
 * once.  False where the call must be made: in the first kernel, once the process
 * is confined, and for a descriptor that was closed since then.
 */
int kept_recall(enum kept_what what, unsigned int arg, const char *name, long *value);

/*
 * Returns @value; remembers it unless it is an error.  What was opened in a
 * confined process is remembered to be closed before a restart.  -ENFILE: no room
 * for more, the caller closes it.
 */
long kept_record(enum kept_what what, unsigned int arg, const char *name, long value);

/* Change what was remembered, or remember it: a value that each kernel reads and none takes. */
void kept_set(enum kept_what what, unsigned int arg, long value);
long kept_get(enum kept_what what, unsigned int arg);	/* 0: nothing was */

/* Was @name remembered with it? */
int kept_is_named(enum kept_what what, unsigned int arg, const char *name);

/* The start is over.  @opens: files can be opened still; @connects: sockets connected to. */
void kept_confine(int opens, int connects);
int kept_confined(void);

/* Before a restart: close what the next kernel will not ask for. */
void kept_drop_late(void);

/* Descriptors from here on are the guest's; those below are the standard ones. */
#define HOST_FIRST_FD	3

/* Is this kernel not the first of the process? */
int kept_after_restart(void);

/* @fd stays open without an owner, until it is recalled. */
void kept_free(int fd);

/* @fd is to be closed.  True: leave it open, it could not be opened again. */
int kept_forget(int fd);

/* After a restart: the next descriptor of @what and @arg, and its name.  False: no more. */
int kept_next(enum kept_what what, unsigned int arg, const char **name, long *value);

/* Give @fd another name. */
void kept_rename(int fd, const char *name);

/* After a restart: a descriptor of the file that @name was opened as, or -ENOENT. */
int kept_file(const char *name);

/* Was that file opened at the start, and closed later? */
int kept_closed(const char *name);

/* All descriptors, one after the other, and what each is: start with *@i = 0; -1 after the last. */
int kept_next_fd(unsigned int *i, enum kept_what *what);

#endif
