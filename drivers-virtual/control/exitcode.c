// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/exitcode: what the process exits with when the guest powers off, for
 * scripts that run a job in a guest.  Decimal, or hexadecimal with 0x.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <asm/end.h>

static int exitcode_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\n", uml_exitcode);
	return 0;
}

static int exitcode_open(struct inode *inode, struct file *file)
{
	return single_open(file, exitcode_show, NULL);
}

static ssize_t exitcode_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	int err = kstrtoint_from_user(text, len, 0, &uml_exitcode);

	if (err)
		return err;
	uml_exitcode_written = true;
	return len;
}

static const struct proc_ops exitcode_ops = {
	.proc_open	= exitcode_open,
	.proc_read	= seq_read,
	.proc_lseek	= seq_lseek,
	.proc_write	= exitcode_write,
	.proc_release	= single_release,
};

static int __init exitcode_init(void)
{
	return proc_create("exitcode", 0600, NULL, &exitcode_ops) ? 0 : -ENOMEM;
}
device_initcall(exitcode_init);
