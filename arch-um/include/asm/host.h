/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The boundary between the guest kernel and the host.
 *
 * The code under host/ is the only one that is compiled against the C library's
 * headers and that makes host system calls; everything else of the port and
 * every driver calls the functions below.  Plain C types only: both sides
 * include this file.
 *
 * All functions return a value >= 0, or the host's error as -errno, and never
 * sleep in the host unless they say so.  Descriptors are host descriptors.
 * Functions marked [boot] open something and work only until host_confine(), which
 * runs before the first user instruction.  After a restart of the machine they
 * return what they did in the first kernel, as long as that was not closed.
 *
 * Functions marked [late] work like those at the start, and after host_confine() too
 * where hotplug= was given: -EACCES for what lies in none of its folders.  Without
 * hotplug= they return what was closed since then, or -EPERM.
 */
#ifndef __ASM_HOST_H
#define __ASM_HOST_H

/* What host_open() is asked for; the host's own numbers stay in host/. */
#define HOST_O_READ	0x01
#define HOST_O_WRITE	0x02
#define HOST_O_CREATE	0x04	/* mode 0600 */
#define HOST_O_EXCL	0x08
#define HOST_O_DIRECT	0x10
#define HOST_O_DIR	0x20
#define HOST_O_NONBLOCK	0x40
#define HOST_O_APPEND	0x80
#define HOST_O_TRUNC	0x100
#define HOST_O_NOFOLLOW	0x200	/* -ELOOP for a symbolic link */

struct host_stat {
	unsigned long long size;	/* bytes; of a block device too */
	unsigned long long dev, ino;
	long long mtime;		/* seconds */
	unsigned int mode;		/* as in stat(2) */
	unsigned int uid, links;	/* likewise */
	unsigned int blksize;
};

/* Files (file.c) */
int host_open(const char *path, unsigned int flags);				/* [late] */
int host_close(int fd);
int host_stat(const char *path, struct host_stat *st);				/* [late] */
int host_fstat(int fd, struct host_stat *st);
long host_read(int fd, void *buf, unsigned long len);
long host_write(int fd, const void *buf, unsigned long len);
long host_pread(int fd, void *buf, unsigned long len, unsigned long long offset);
long host_pwrite(int fd, const void *buf, unsigned long len, unsigned long long offset);
int host_ftruncate(int fd, unsigned long long size);
int host_fdatasync(int fd);		/* waits */
/* Where data begins at or after @offset; -ENXIO: there is no more. */
long long host_seek_data(int fd, unsigned long long offset);
/*
 * [boot] A file that is open may grow to @end bytes.  Once the process is confined none grows
 * beyond what the longest may, or is (RLIMIT_FSIZE); consoles and logs 1 GiB longer.
 */
void host_file_reaches(unsigned long long end);
/* Make a range read as zeroes: give its blocks back, or keep them, of HOST_ZERO_MAX at most. */
#define HOST_ZERO_MAX	(16U << 20)
int host_punch_hole(int fd, unsigned long long offset, unsigned long long len);
int host_zero_range(int fd, unsigned long long offset, unsigned long long len);
int host_symlink(const char *target, const char *path);	/* [boot] in place of an older link */
int host_unlink(const char *path);
/*
 * Remove the files of all sockets that are bound to one.  At the end of the machine; after
 * host_confine() those of the guest's folder and of hotplug= can be, and others stay.
 */
void host_remove_sockets(void);
int host_set_nonblock(int fd, int on);
int host_set_async(int fd, int on);	/* SIGIO to this process when @fd becomes ready */
/*
 * [late] A file in @folder that has no name, to read and write.  @name: one in @folder that
 * it has for a moment where the host cannot do without.  A restart finds it by @unit and @key.
 */
int host_open_unnamed(const char *folder, const char *name, unsigned int unit, const char *key);
int host_lock_file(int fd, int write);	/* OFD lock on the whole file; -EAGAIN: taken */
/* What O_DIRECT asks of buffers, offsets and lengths, in bytes (>= 512); 0: it does not work */
unsigned int host_dio_align(int fd);						/* [late] */

/*
 * Folders of guests (folder.c).  Names in one, given by its descriptor; what is a
 * symbolic link is refused (-ELOOP, a folder's -ENOTDIR).
 */
int host_folder_open(int at, const char *name);	/* [boot] at -1: a path, with its links */
int host_folder_make(int at, const char *name);	/* [boot] likewise; mode 0700 */
int host_folder_file(int folder, const char *name, int create);	/* [boot] to read and write; 0600 */
int host_folder_unlink(int folder, const char *name);
int host_folder_remove(int at, const char *name);	/* a folder */
/* [boot] Something that a killed guest leaves in its folder: a socket or a symbolic link. */
int host_folder_left_over(int folder, const char *name);
/*
 * [boot] The names in it, once, each with \0 behind it and one more at the end.  Returns
 * their number; -E2BIG: there are more than fit, and @names has some.
 */
int host_folder_list(int folder, char *names, unsigned long size);

/* Terminals and channels (tty.c) */
struct host_winsize {
	unsigned short rows, cols;
};

int host_isatty(int fd);
int host_tty_raw(int fd);	/* saves the first state of each fd for host_tty_restore() */
void host_tty_resume(void);	/* after a stop of the process: raw again what was */
void host_tty_restore(void);	/* undoes it, and host_private(); at any time, also while dying */
void host_tty_release(int fd);	/* undoes it for @fd, which is about to be closed */
int host_tty_winsize(int fd, struct host_winsize *ws);
/*
 * A pseudo terminal, raw, for the use that @name says.  Its name is /dev/pts/@number;
 * @peer is our own descriptor of that end, so it never hangs up.  After host_confine() it is
 * what this @name had, or one of the reserve; -ENFILE: neither is there.
 */
struct host_pty {
	int master, peer;
	unsigned int number;
};

int host_pty_open(const char *name, struct host_pty *pty);

/* [boot] Make HOST_SPARE_PTYS for later, or as many as the host gives. */
#define HOST_SPARE_PTYS	4
void host_pty_reserve(void);
int host_unread(int fd);		/* bytes that wait to be read from @fd */
/*
 * [boot] A descriptor for the guest's own use of what @fd names.  Never waits.
 * A terminal or pipe is opened anew, so that its flags are not those of the shell
 * that gave it to us; where that is refused the description is shared, and
 * host_tty_restore() puts its flags back.  -EBADF: linux was not started with @fd.
 */
int host_private(int fd);

/* Asynchronous I/O on files (aio.c).  Drivers submit and take requests by asm/aio.h. */
struct host_iovec {		/* same as struct iovec */
	void *base;
	unsigned long len;
};

enum host_aio_op { HOST_AIO_READV, HOST_AIO_WRITEV, HOST_AIO_FDSYNC };

/*
 * One request in flight.  Owned by the caller until host_aio_reap() hands it
 * back; @iov stays valid until then.
 */
struct host_aio {
	unsigned long iocb[8];	/* struct iocb, private to host/aio.c */
	void *owner;		/* the caller's */
	long res;		/* bytes or -errno, after completion */
};

/*
 * [boot] Room for @depth requests, or for less where the host has less.  An eventfd
 * that each completion makes readable; or -errno: the host has no AIO, or no room
 * for more of it (fs.aio-max-nr).
 */
int host_aio_setup(unsigned int depth);
/* [boot] Where the memory that it takes from AIO_BASE on ends. */
unsigned long host_aio_end(void);
/* @dsync: a write that is on the disk when it completes */
void host_aio_prep(struct host_aio *io, enum host_aio_op op, int fd,
		   const struct host_iovec *iov, unsigned int niov, unsigned long long offset,
		   int dsync);
/* Returns how many of @nr were taken (>= 1), or -errno for the first. */
int host_aio_submit(struct host_aio **io, unsigned int nr);
/* Takes up to @max completed requests off the ring in memory: no host call. */
int host_aio_reap(struct host_aio **io, unsigned int max);
/* How many were submitted and not taken yet. */
unsigned int host_aio_in_flight(void);
/*
 * Before a restart: wait until the host has answered all, and will write to no
 * memory any more.  Waits.
 */
void host_aio_drain(void);

/* Readiness: one epoll set for everything that can wake the guest (poll.c) */
#define HOST_POLLIN	0x001
#define HOST_POLLOUT	0x004
#define HOST_POLLHUP	0x010
#define HOST_POLLRDHUP	0x2000		/* the other end sends no more */
#define HOST_POLLEDGE	0x80000000u	/* only when it becomes ready, not while it is */

struct host_event {
	unsigned int events;	/* HOST_POLL*, level triggered */
	unsigned int irq;
};

/* The first call of host_poll_add() or host_poll() makes the set: [boot] */
int host_poll_add(int fd, unsigned int events, unsigned int irq);
int host_poll_mod(int fd, unsigned int events, unsigned int irq);	/* 0: hang-ups neither */
int host_poll_del(int fd);
/*
 * Waits up to @ns (0: not at all, -1: for ever) for up to @max events.  -EINTR when
 * a signal came, or at once when *@pending (may be NULL) is not 0.
 *
 * No signal is slept over if the handler that sets *@pending resumes a context it
 * interrupted at host_poll_window <= ip < host_poll_window_end at
 * host_poll_interrupted instead.
 */
int host_poll(struct host_event *ev, unsigned int max, long long ns, const unsigned int *pending);
extern const char host_poll_window[], host_poll_window_end[], host_poll_interrupted[];
/* Waits up to @ns for one descriptor: HOST_POLL*, 0 when none came, or -errno. */
int host_wait_fd(int fd, unsigned int events, long long ns);
int host_eventfd(void);								/* [boot] */

/* Time (time.c) */
unsigned long long host_monotonic_ns(void);
unsigned long long host_realtime_ns(void);
int host_timer_arm(unsigned long long ns);	/* one shot, SIGALRM in @ns from now; 0: off.
						 * First call: [boot] */
int host_tsc_usable(void);			/* [boot] the host keeps time by the TSC */

/* What a descriptor can be */
enum host_kind {
	HOST_OTHER, HOST_SOCK_STREAM, HOST_SOCK_DGRAM, HOST_SOCK_SEQPACKET,
	HOST_TAP, HOST_TAP_VNET			/* with a struct virtio_net_hdr */
};

/* Sockets (socket.c, unix.c) */
/* [late] 0600; of @kind HOST_SOCK_STREAM or HOST_SOCK_DGRAM, which hotplug= alone does not allow */
int host_unix_listen(const char *path, int kind);
int host_tcp_listen(unsigned int port);			/* [boot] of the loopback only */
/*
 * A connection.  It outlives a restart, with the letter @note.  After one, and
 * before host_accept(): the next of those of the listening @fd, or -ENOENT.
 */
int host_accept(int fd, char note);
int host_accepted(int fd, char *note);
void host_note(int client, char note);		/* change it */
long host_send(int fd, const void *buf, unsigned long len);	/* of a stream; no SIGPIPE */
long host_recv_peer(int fd, void *buf, unsigned long len, void *peer, unsigned int *peer_len,
		    int *peer_uid);
long host_send_peer(int fd, const void *buf, unsigned long len, const void *peer,
		    unsigned int peer_len);
#define HOST_PEER_LEN 112	/* struct sockaddr_un fits */
/* The address of a unix socket at @path, in HOST_PEER_LEN bytes; its length, or -ENAMETOOLONG */
int host_unix_address(const char *path, void *address);
/* Is that the address of a socket file called @name, in whatever folder? */
int host_peer_is_path(const void *peer, unsigned int peer_len, const char *name);

/* Networks (net.c) */
struct host_packet {		/* same as struct mmsghdr */
	void *name;		/* whom it is for; NULL: the peer */
	unsigned int name_len;
	struct host_iovec *iov;
	unsigned long niov;
	void *control;
	unsigned long control_len;
	unsigned int flags, pad;	/* of what came: HOST_PACKET_CUT */
	unsigned int len;	/* of what came, bytes */
};

#define HOST_PACKET_CUT		0x20	/* it was longer than the room for it */

/* Both return how many of @nr, >= 1, or -errno. */
int host_packets_send(int fd, struct host_packet *p, unsigned int nr);
int host_packets_receive(int fd, struct host_packet *p, unsigned int nr);
long host_stream_send(int fd, const struct host_iovec *iov, unsigned int niov);
long host_stream_receive(int fd, void *buf, unsigned long len);
long host_readv(int fd, const struct host_iovec *iov, unsigned int niov);
long host_writev(int fd, const struct host_iovec *iov, unsigned int niov);
int host_net_hung_up(int fd);
int host_net_signal(int fd, int on);	/* host_set_async(), in one call, for what does not wait */

int host_net_kind(int fd);		/* [boot] an enum host_kind */
/* Unix sockets.  @src and @dst are paths; @src is made, 0600, and may be NULL where @dst is not. */
int host_net_connect(int kind, const char *src, const char *dst);		/* [boot] */
int host_net_listen(int kind, const char *src);					/* [boot] */
int host_net_accept(int listener);
int host_net_accepted(int listener);	/* [boot] whom the last kernel had accepted, or -ENOENT */
int host_net_datagrams(const char *src, const char *dst, int *connected);	/* [boot] */
/* [boot] A port of uml_switch: its data socket, and its control socket in *@control. */
int host_net_switch(const char *path, int *control);
/*
 * [boot] A tap device with a struct virtio_net_hdr before each frame; @name has
 * IFNAMSIZ bytes, "" for any.  *@offload is what both ends may be left to do, as
 * wanted and then as the host can.
 */
int host_net_tap(const char *name, unsigned int *offload);
#define HOST_NET_CSUM	0x1
#define HOST_NET_TSO	0x2
#define HOST_NET_USO	0x4
/* A random address for device @unit; the same one after a restart. */
void host_net_mac(unsigned int unit, unsigned char mac[6]);			/* [boot] */

/* Where a stream of frames stands that the next kernel of this process may go on with. */
struct host_net_note {
	unsigned int skip;	/* bytes of a frame that are still to come */
	unsigned int unsent;	/* bytes of a frame that are still to go */
	unsigned int prefix_len;	/* bytes that came of a frame's length, 0 to 3 */
	unsigned char prefix[3];
};

void host_net_note(int fd, const struct host_net_note *note);
void host_net_noted(int fd, struct host_net_note *note);	/* all 0 if nothing was */

/* What Landlock is on this host: 1 and above, or -errno (confine.c). */
int host_landlock_abi(void);						/* [boot] */

/* The process */
int host_getpid(void);
int host_getuid(void);
unsigned long host_minor_faults(void);	/* that the host has served without I/O */
int host_process_exists(int pid);			/* [boot] as far as we can see */
long host_getrandom(void *buf, unsigned long len);
/* From the environment that linux was started with; PWD is right even if that was not. */
const char *host_getenv(const char *name);
void host_exit(int status) __attribute__((noreturn));	/* restores the terminals first */

#endif /* __ASM_HOST_H */
