// SPDX-License-Identifier: GPL-2.0
/*
 * port<n>=fd:N: the character device /dev/port<n>, a stream of bytes to and from the
 * socket N that linux was started with.
 *
 * What a terminal does to bytes is not done here: all 256 values pass, the host's
 * socket is the only buffer, a full one makes the writer wait, and an end that the
 * other side has closed reads as the end of a file or fails with EPIPE.  Nothing
 * waits in the host.
 *
 * The socket's interrupt is on only while somebody waits: who finds nothing to read,
 * or no room, asks for it, and it mutes itself.
 */
#define pr_fmt(fmt) "port: " fmt

#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <asm/end.h>
#include <asm/host_irq.h>

#define PORTS		8
#define PIECE		(64UL << 10)	/* bytes that one host call moves at most */

struct port {
	struct miscdevice misc;
	char name[8];
	int fd;				/* of the host */
	int irq;
	unsigned int wanted;		/* HOST_POLL*; changed with interrupts off */
	wait_queue_head_t wait;
	struct mutex reading, writing;	/* each holds its piece */
	void *in, *out;
};

/* The descriptor that each option names, and 1; 0: there is no such port. */
static unsigned int named[PORTS] __initdata;

static int __init port_option(char *text)
{
	unsigned int n, fd;
	char *value = strchr(text, '=');

	/* "portN=": what else begins so is not ours */
	if (!value || value == text || strspn(text, "0123456789") != value - text)
		return 0;
	*value = 0;
	if (kstrtouint(text, 10, &n) || n >= PORTS)
		um_die("port%s=%s: ports have the numbers 0 to %d", text, value + 1, PORTS - 1);
	if (strncmp(value + 1, "fd:", 3) || kstrtouint(value + 4, 10, &fd) || fd > INT_MAX - 1)
		um_die("port%u=%s: name a socket that linux is started with, as port%u=fd:5", n,
		       value + 1, n);
	*value = '=';
	named[n] = fd + 1;
	return 1;
}
__setup("port", port_option);

static irqreturn_t port_interrupt(int irq, void *data)
{
	struct port *port = data;

	/* Who waits looks for itself what there is. */
	port->wanted = 0;
	fd_irq_events(irq, 0);
	wake_up_interruptible(&port->wait);
	return IRQ_HANDLED;
}

static void want(struct port *port, unsigned int events)
{
	unsigned long flags;

	local_irq_save(flags);
	port->wanted |= events;
	fd_irq_events(port->irq, port->wanted);
	local_irq_restore(flags);
}

/* HOST_POLL* of @events, or 0 and the interrupt is on for them. */
static unsigned int ready(struct port *port, unsigned int events)
{
	int now = host_wait_fd(port->fd, events, 0);

	if (now < 0)
		now = HOST_POLLHUP;
	if (!now)
		want(port, events);
	return now;
}

static int wait_for(struct port *port, unsigned int events)
{
	return wait_event_interruptible(port->wait, ready(port, events));
}

static bool try_again(struct port *port, struct file *file, unsigned int events, long *ret)
{
	if (*ret == -EINTR)
		return true;
	if (*ret != -EAGAIN || file->f_flags & O_NONBLOCK)
		return false;
	*ret = wait_for(port, events);
	return !*ret;
}

static ssize_t port_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	struct port *port = file->private_data;
	long ret;

	if (!len)
		return 0;
	if (mutex_lock_interruptible(&port->reading))
		return -ERESTARTSYS;
	do
		ret = host_stream_receive(port->fd, port->in, min(len, PIECE));
	while (try_again(port, file, HOST_POLLIN, &ret));
	/* The other end is closed, and had not read all. */
	if (ret == -ECONNRESET)
		ret = 0;
	if (ret > 0 && copy_to_user(to, port->in, ret))
		ret = -EFAULT;
	mutex_unlock(&port->reading);
	return ret;
}

static ssize_t port_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	struct port *port = file->private_data;
	struct host_iovec iov = { };
	size_t done = 0;
	long ret = 0;

	if (mutex_lock_interruptible(&port->writing))
		return -ERESTARTSYS;
	while (done < len) {
		if (!iov.len) {
			iov = (struct host_iovec){ port->out, min(len - done, PIECE) };
			if (copy_from_user(port->out, from + done, iov.len)) {
				ret = -EFAULT;
				break;
			}
		}
		ret = host_stream_send(port->fd, &iov, 1);
		if (ret > 0) {
			iov.base += ret;
			iov.len -= ret;
			done += ret;
			continue;
		}
		if (try_again(port, file, HOST_POLLOUT, &ret))
			continue;
		if (ret == -ECONNRESET || ret == -ENOTCONN)
			ret = -EPIPE;
		break;
	}
	mutex_unlock(&port->writing);
	return done ?: ret;
}

static __poll_t port_poll(struct file *file, poll_table *table)
{
	struct port *port = file->private_data;
	__poll_t wanted = poll_requested_events(table), mask = 0;
	unsigned int events = (wanted & EPOLLIN ? HOST_POLLIN : 0) |
			      (wanted & EPOLLOUT ? HOST_POLLOUT : 0);
	unsigned int now;

	poll_wait(file, &port->wait, table);
	now = ready(port, events);
	if (now & HOST_POLLIN)
		mask |= EPOLLIN | EPOLLRDNORM;
	if (now & HOST_POLLOUT)
		mask |= EPOLLOUT | EPOLLWRNORM;
	if (now & HOST_POLLHUP)
		mask |= EPOLLHUP;
	/* What waits for both and has one will poll again before it waits. */
	return mask;
}

static int port_open(struct inode *inode, struct file *file)
{
	file->private_data = container_of(file->private_data, struct port, misc);
	return stream_open(inode, file);
}

static const struct file_operations port_operations = {
	.owner	= THIS_MODULE,
	.open	= port_open,
	.read	= port_read,
	.write	= port_write,
	.poll	= port_poll,
};

/* Before the process is confined. */
static struct port *ports[PORTS] __initdata;

static int __init open_ports(void)
{
	struct port *port;
	unsigned int n, fd;

	for (n = 0; n < PORTS; n++) {
		if (!named[n])
			continue;
		fd = named[n] - 1;
		port = kzalloc(sizeof(*port), GFP_KERNEL);
		if (!port)
			return -ENOMEM;
		port->fd = host_private(fd);
		if (port->fd == -EBADF)
			um_die("port%u=fd:%u: descriptor %u is not open: open it where linux is started",
			       n, fd, fd);
		if (port->fd < 0 || host_net_kind(port->fd) != HOST_SOCK_STREAM)
			um_die("port%u=fd:%u: descriptor %u is no stream socket: hand over one end of a socketpair",
			       n, fd, fd);
		ports[n] = port;
	}
	return 0;
}
core_initcall(open_ports);

static int __init make_port(struct port *port, unsigned int n)
{
	int err;

	init_waitqueue_head(&port->wait);
	mutex_init(&port->reading);
	mutex_init(&port->writing);
	port->in = kmalloc(PIECE, GFP_KERNEL);
	port->out = kmalloc(PIECE, GFP_KERNEL);
	if (!port->in || !port->out)
		return -ENOMEM;
	snprintf(port->name, sizeof(port->name), "port%u", n);
	port->irq = request_fd_irq(port->fd, 0, port_interrupt, port->name, port);
	if (port->irq < 0)
		return port->irq;
	port->misc = (struct miscdevice){
		.minor = MISC_DYNAMIC_MINOR,
		.name = port->name,
		.fops = &port_operations,
		.mode = 0600,
	};
	err = misc_register(&port->misc);
	if (err)
		free_fd_irq(port->irq, port);
	return err;
}

static int __init make_ports(void)
{
	unsigned int n;
	int err;

	for (n = 0; n < PORTS; n++) {
		err = ports[n] ? make_port(ports[n], n) : 0;
		if (err)
			pr_err("port%u: error %d\n", n, err);
	}
	return 0;
}
device_initcall(make_ports);
