// SPDX-License-Identifier: GPL-2.0
/*
 * mconsole: a socket by which the guest's owner commands it from the host.
 *
 * A datagram's way: mc_receive() takes it from the socket and finds its command.
 * A command for interrupt context runs at once; one for process context waits in
 * a queue for the worker.  Nothing here waits in the host: an answer that the
 * client has no room for is sent again later, by the worker.
 *
 * Only the owner can write to the socket, by its mode; the host vouches for each
 * sender besides.
 */
#define pr_fmt(fmt) "mconsole: " fmt

#include <linux/err.h>
#include <linux/file.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/kmsg_dump.h>
#include <linux/nmi.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <asm/drivers.h>
#include <asm/end.h>
#include <asm/host_irq.h>
#include "control.h"
#include "mconsole.h"

#define REQUESTS	16
#define BURST		32		/* datagrams in a tick; a flood must not keep the guest from its work */
#define PATIENCE	(5 * HZ)	/* with a client that does not read */
#define ROOT_UID	0

static int mc_fd = -1, mc_irq, mc_uid;

/* One more than may wait, so that there is always one for interrupt context. */
static struct mc_request requests[REQUESTS + 1];
static unsigned int nr_used;
static LIST_HEAD(queue);		/* for the worker; this and @nr_used with irqs off */

static void mc_work(struct work_struct *work);
static DECLARE_WORK(worker, mc_work);
static struct workqueue_struct *workqueue;

/* Answers */

/*
 * Send what is in req->out, and empty it.  False: there is no room at the client
 * now, and this context cannot wait.
 */
static bool mc_send(struct mc_request *req, bool more)
{
	unsigned long give_up = jiffies + PATIENCE;
	long ret;

	req->out.err = req->failed;
	req->out.more = more;
	req->out.len = req->fill + 1;
	req->out.data[req->fill] = 0;
	while (!req->gone) {
		ret = host_send_peer(mc_fd, &req->out,
				     offsetof(struct mc_answer, data) + req->out.len, req->peer,
				     req->peer_len);
		if (ret >= 0)
			break;
		if (ret == -EAGAIN && !req->may_wait)
			return false;
		if (ret != -EAGAIN || time_after(jiffies, give_up))
			req->gone = true;
		else	/* the host does not tell when there is room */
			schedule_timeout_uninterruptible(1);
	}
	req->fill = 0;
	req->failed = false;
	req->answering = true;
	req->answered = !more;
	return true;
}

static bool is_full(const struct mc_request *req)
{
	return req->fill == MC_DATA - 1;
}

/*
 * As much of the text as goes into the packet.  uml_mconsole shows a packet up to
 * the first \0, so there is none before anything else.
 */
static size_t mc_fill(struct mc_request *req, const char *data, size_t len)
{
	size_t n = 0;

	while (n < len && !is_full(req)) {
		if (req->fill && !req->out.data[req->fill - 1] && data[n])
			break;
		req->out.data[req->fill++] = data[n++];
	}
	return n;
}

bool mc_write(struct mc_request *req, const void *data, size_t len)
{
	while (len && !req->gone) {
		size_t n = mc_fill(req, data, len);

		data += n;
		len -= n;
		if (len && !mc_send(req, true))
			break;
	}
	return !req->gone;
}

void mc_end(struct mc_request *req)
{
	if (!mc_send(req, false))
		req->gone = true;
}

void mc_reply(struct mc_request *req, const char *text)
{
	mc_write(req, text, strlen(text));
	mc_end(req);
}

void mc_refuse(struct mc_request *req, const char *fmt, ...)
{
	char text[MC_DATA];
	va_list ap;

	va_start(ap, fmt);
	vscnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	req->failed = true;
	mc_reply(req, text);
}

/* Answers from the kernel's log */

u64 mc_log_position(void)
{
	struct kmsg_dump_iter iter;

	kmsg_dump_rewind(&iter);
	return iter.next_seq;
}

static bool next_line(struct mc_request *req)
{
	struct kmsg_dump_iter iter = { .cur_seq = req->seq };

	if (req->seq >= req->end ||
	    !kmsg_dump_get_line(&iter, false, req->line, sizeof(req->line), &req->line_len))
		return false;
	req->seq = iter.cur_seq;
	req->line_sent = 0;
	return true;
}

/* False: go on later, in process context. */
static bool mc_send_log(struct mc_request *req)
{
	do {
		while (req->line_sent < req->line_len) {
			if (is_full(req) && !mc_send(req, true))
				return false;
			req->line_sent += mc_fill(req, req->line + req->line_sent,
						  req->line_len - req->line_sent);
		}
	} while (!req->gone && next_line(req));
	return mc_send(req, false);
}

void mc_reply_log(struct mc_request *req, u64 from)
{
	req->seq = from;
	req->end = mc_log_position();
	req->line_len = req->line_sent = 0;
	/* If it does not all go now, the worker has the rest: see mc_run(). */
	mc_send_log(req);
}

/* Requests */

static struct mc_request *mc_get(void)
{
	struct mc_request *req;

	for (req = requests; req->used; req++)
		;
	nr_used++;
	req->used = true;
	req->may_wait = req->failed = req->gone = req->answering = req->answered = false;
	req->fill = 0;
	return req;
}

static void mc_put(struct mc_request *req)
{
	unsigned long flags;

	local_irq_save(flags);
	req->used = false;
	nr_used--;
	local_irq_restore(flags);
}

/* The worker has it next.  Irqs off. */
static void mc_queue(struct mc_request *req)
{
	list_add_tail(&req->link, &queue);
	queue_work(workqueue, &worker);
}

/* Clients of before version 1 sent and took plain text. */
static void refuse_version_0(struct mc_request *req)
{
	static const char text[] = "ERR This guest speaks version 2 of the mconsole protocol";

	host_send_peer(mc_fd, text, sizeof(text), req->peer, req->peer_len);
}

static const struct mc_command *mc_find(struct mc_request *req)
{
	char *name = strim(req->in.data), *arg = name;
	unsigned int i;

	name = strsep(&arg, " \t\n");
	req->arg = arg ? skip_spaces(arg) : "";
	for (i = 0; i < mc_nr_commands; i++)
		if (!strcmp(mc_commands[i].name, name))
			return &mc_commands[i];
	return NULL;
}

/* @len bytes have come from @uid: is it a request?  Answers if not. */
static bool mc_check(struct mc_request *req, long len, int uid)
{
	const unsigned int header = offsetof(struct mc_packet, data);

	req->gone = !req->peer_len;	/* it cannot be answered */
	if (len < header || req->in.magic != MC_MAGIC)
		refuse_version_0(req);
	else if (uid != mc_uid && uid != ROOT_UID)
		mc_refuse(req, "Only the owner of the guest may command it");
	else if (host_peer_is_path(req->peer, req->peer_len, "mconsole"))
		mc_refuse(req, "A guest may not command another");
	else if (req->in.version != MC_VERSION)
		mc_refuse(req, "This guest speaks version %d of the protocol", MC_VERSION);
	else if (req->in.len >= MC_DATA || req->in.len > len - header)
		mc_refuse(req, "The request is longer than it can be");
	else
		return true;
	return false;
}

/* Take a datagram, if there is one.  Irqs off. */
static bool mc_receive(void)
{
	struct mc_request *req = mc_get();
	long len;
	int uid;

	len = host_recv_peer(mc_fd, &req->in, sizeof(req->in), req->peer, &req->peer_len, &uid);
	if (len < 0 || !mc_check(req, len, uid)) {
		mc_put(req);
		return len >= 0;
	}
	req->in.data[req->in.len] = 0;
	req->command = mc_find(req);
	if (!req->command) {
		mc_refuse(req, "Unknown command: help lists those that there are");
	} else if (req->command->context == MC_INTERRUPT) {
		req->command->run(req);
		if (!req->answered && !req->gone && nr_used <= REQUESTS) {
			mc_queue(req);
			return true;
		}
	} else if (nr_used <= REQUESTS) {
		mc_queue(req);
		return true;
	} else {
		mc_refuse(req, "Too many commands wait already: try again later");
	}
	mc_put(req);
	return true;
}

static void mc_resume(struct timer_list *timer)
{
	fd_irq_events(mc_irq, HOST_POLLIN);
}
static DEFINE_TIMER(resume_timer, mc_resume);

static irqreturn_t mc_interrupt(int irq, void *dev)
{
	unsigned int n;

	for (n = 0; mc_receive(); n++) {
		if (n == BURST) {
			fd_irq_events(mc_irq, 0);
			mod_timer(&resume_timer, jiffies + 1);
			break;
		}
	}
	return IRQ_HANDLED;
}

/* Process context */

/* One from the queue.  False: there is none. */
static bool mc_run(void)
{
	struct mc_request *req;

	local_irq_disable();
	req = list_first_entry_or_null(&queue, struct mc_request, link);
	if (req)
		list_del(&req->link);
	local_irq_enable();
	if (!req)
		return false;
	req->may_wait = true;
	if (req->command->context == MC_INTERRUPT)
		mc_send_log(req);	/* the command itself has run */
	else
		req->command->run(req);
	mc_put(req);
	/* a kernel thread's files close later: a disk would be in use until then */
	flush_delayed_fput();
	return true;
}

static void mc_work(struct work_struct *work)
{
	while (mc_run())
		;
}

/* No user code runs while this is set: trap/ asks on the way there. */
bool um_stopped;
static DECLARE_WAIT_QUEUE_HEAD(stop_wait);

void um_stop_wait(void)
{
	wait_event(stop_wait, !READ_ONCE(um_stopped));
}

void mc_go(struct mc_request *req)
{
	if (!um_stopped) {
		mc_refuse(req, "The guest is not stopped");
		return;
	}
	WRITE_ONCE(um_stopped, false);
	wake_up_all(&stop_wait);
	mc_reply(req, "");
}

/*
 * The worker keeps the processor, and waits for requests in the host.  Where a
 * command has to sleep, the kernel goes on meanwhile, but user code does not:
 * tasks wait on their way to it.
 */
void mc_stop(struct mc_request *req)
{
	if (um_stopped) {
		mc_refuse(req, "The guest is stopped already");
		return;
	}
	um_stopped = true;
	um_console_flush();
	mc_reply(req, "stopped");
	while (um_stopped) {
		mc_work(NULL);
		local_irq_disable();
		um_console_flush();
		while (um_stopped && list_empty(&queue)) {
			host_wait_fd(mc_fd, HOST_POLLIN, NSEC_PER_SEC * 3600);
			mc_receive();
		}
		local_irq_enable();
	}
	/* That nothing happened meanwhile is no stall. */
	touch_all_softlockup_watchdogs();
	reset_hung_task_detector();
	rcu_cpu_stall_reset();
}

/* Start and end */

static int mc_at_end(struct notifier_block *nb, unsigned long how, void *data)
{
	const char *why = how == UM_END_RESTART ? "The guest starts anew" : "The guest has ended";
	struct mc_request *req;

	for (req = requests; req < requests + ARRAY_SIZE(requests); req++) {
		if (!req->used || req->answered || req->gone)
			continue;
		req->may_wait = false;
		/* the end is no failure for a client that asked for it by a sysrq */
		req->failed = req->command->context == MC_PROCESS;
		mc_reply(req, why);
	}
	return NOTIFY_DONE;
}

static struct notifier_block mc_end_block = {
	.notifier_call	= mc_at_end,
	.priority	= UM_END_ANSWERS,
};

void __init mconsole_open(const char *path)
{
	if (path) {
		mc_uid = host_getuid();
		mc_fd = host_unix_listen(path, HOST_SOCK_DGRAM);
	}
	if (mc_fd == -ENAMETOOLONG)
		um_die("%s: this is too long for the name of a socket: name a shorter folder with uml_dir=",
		       path);
	if (path && mc_fd < 0)
		um_die("%s: the socket cannot be made (host error %pe): name another folder with uml_dir=",
		       path, ERR_PTR(mc_fd));
	mc_notify_open(mc_fd, path);
	um_end_register(&mc_end_block);
}

static int __init mc_init(void)
{
	if (mc_fd < 0)
		return 0;
	workqueue = alloc_ordered_workqueue("mconsole", 0);
	if (!workqueue)
		return -ENOMEM;
	mc_irq = request_fd_irq(mc_fd, HOST_POLLIN, mc_interrupt, "mconsole", &mc_fd);
	if (mc_irq < 0)
		pr_err("no interrupt: %pe\n", ERR_PTR(mc_irq));
	return 0;
}
device_initcall(mc_init);
