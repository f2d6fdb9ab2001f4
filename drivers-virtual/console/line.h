/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines: terminals of the guest (line.c), their output (output.c), and where they
 * come from (option.c).
 */
#ifndef LINE_H
#define LINE_H

#include <linux/console.h>
#include <linux/mutex.h>
#include <linux/timer.h>
#include <linux/tty.h>
#include <linux/tty_port.h>
#include <linux/workqueue.h>
#include <asm/host.h>
#include "chan.h"

#define LINES		16
#define RING_SIZE	65536U		/* a power of two */
#define TTY_QUEUE	8192		/* of it for the terminal; the rest is printk's */
#define BACKLOG		8192		/* of it is shown to a client that comes late */
#define INPUT_SIZE	1024

struct line {
	struct tty_port port;
	struct line_driver *driver;
	unsigned int index;
	char name[8];			/* of the option: "con1" */
	char *spec;			/* the option's value */
	struct delayed_work work;	/* what interrupts cannot do */
	struct work_struct resize_work;

	spinlock_t lock;		/* for what follows; irqs off */
	struct list_head chans;		/* changed with lines_mutex too */
	bool live;			/* channels have interrupts */
	bool dying;

	/* Output */
	u8 *ring;			/* the last RING_SIZE bytes; NULL: no channel wants them */
	u64 written;			/* bytes so far */
	bool shown;			/* somewhere on a terminal: printk's lines need a return */
	bool typed;			/* at a terminal, or where one may be: it has an echo */
	bool plain;			/* a pipe or file takes the output: lines end as programs say */
	bool deferred;			/* something is to be pushed, */
	struct timer_list push_timer;	/* at the latest when this expires */
	struct timer_list hold_timer;	/* a channel is not waited for any more */
	bool starved;			/* a writer found no room */
	bool unread;			/* no channel takes output any more: hang it up */

	/* Input */
	struct delayed_work in_work;	/* polls for input where no interrupt tells */
	bool open;
	bool throttled;			/* by the line discipline */
	bool full;			/* no room in the port's buffer */
	bool at_end;			/* all input has come: programs read its end, as often as they ask */
	u8 last_input;
	unsigned int raw_ends;		/* end characters that a program in raw mode got */
	struct host_winsize told;	/* by a client; newer than the terminal's if not 0 */
	u8 input[INPUT_SIZE];
};

struct line_driver {
	const char *option;
	const char *name;		/* of devices */
	int minor;
	short type, subtype;
	const char *specs[LINES];	/* con<n>= */
	const char *others;		/* con=, for all others */
	struct line *lines[LINES];	/* those that are not "none" */
	struct tty_driver *tty;
	struct console console;
};

enum { CON, SSL, DRIVERS };
extern struct line_driver line_drivers[DRIVERS];

/* Held while lines and their channels come and go.  Process context. */
extern struct mutex lines_mutex;

/* Output (output.c).  All that ends in _locked: under the line's lock. */

/* Hand to the host what it takes now.  Returns whether a writer should be woken. */
bool line_push_locked(struct line *line);
bool chan_push_locked(struct chan *chan);
void line_push(struct line *line);
/* The same, but it may be put off for a moment. */
bool line_push_soon_locked(struct line *line);
unsigned int line_used_locked(struct line *line);	/* bytes that hold up the terminal */
unsigned int line_unsent_locked(struct line *line);	/* bytes that tcdrain() waits for */
unsigned int line_room_locked(struct line *line);
void line_put_locked(struct line *line, const u8 *text, unsigned int len);
void line_printk_locked(struct line *line, const char *text, unsigned int len);
/* A writer found no room. */
void line_starved_locked(struct line *line);
void line_forget_locked(struct line *line);	/* what is not written yet */
void line_output_start(void);		/* at boot, once */
void line_output_init(struct line *line);
/* One more channel of its line: it begins with the last lines that there were. */
void chan_output_init(struct chan *chan);

/* Channels of a line (line.c) */

/* What @chan waits for, as things are now.  Under the line's lock. */
void chan_listen_locked(struct chan *chan);

/* @chan is one more.  With lines_mutex. */
void line_join(struct line *line, struct chan *chan);

/* A client's window has this size. */
void line_told_size(struct line *line, unsigned short rows, unsigned short cols);

struct line *line_create(struct line_driver *driver, unsigned int index, const char *spec,
			 struct list_head *chans);
/* With lines_mutex: take @chans in place of those that it has, which go. */
int line_change(struct line *line, const char *spec, struct list_head *chans);
/* The tty driver is there. */
void line_go_live(struct line *line);
void line_remove(struct line *line);

extern const struct tty_operations line_tty_ops;

#endif
