// SPDX-License-Identifier: GPL-2.0
/*
 * mconsole's proc: a file of the guest's /proc, as its first process's namespace
 * has it, whether or not the guest has mounted one.
 */
#include <linux/errname.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "mconsole.h"

static struct vfsmount *proc_mount(void)
{
	static struct vfsmount *mount;
	struct file_system_type *type;

	if (!mount) {
		type = get_fs_type("proc");
		if (!type)
			return ERR_PTR(-ENODEV);
		mount = kern_mount(type);
		put_filesystem(type);
		if (IS_ERR(mount)) {
			struct vfsmount *err = mount;

			mount = NULL;
			return err;
		}
	}
	return mount;
}

/*
 * Some files can be read into user memory only.  The worker is a kernel thread and
 * has none, so it takes on an address space with one page.
 */
static struct mm_struct *take_user_page(unsigned long *page)
{
	struct mm_struct *mm = mm_alloc();

	if (!mm)
		return NULL;
	mm->task_size = TASK_SIZE;
	arch_pick_mmap_layout(mm, &current->signal->rlim[RLIMIT_STACK]);
	kthread_use_mm(mm);
	*page = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			0);
	if (!IS_ERR_VALUE(*page))
		return mm;
	kthread_unuse_mm(mm);
	mmput(mm);
	return NULL;
}

static void leave_user_page(struct mm_struct *mm)
{
	if (!mm)
		return;
	kthread_unuse_mm(mm);
	mmput(mm);
}

static ssize_t read_some(struct file *file, void *buf, unsigned long page)
{
	ssize_t n;

	if (!page)
		return kernel_read(file, buf, PAGE_SIZE, &file->f_pos);
	n = vfs_read(file, (char __user *)page, PAGE_SIZE, &file->f_pos);
	if (n > 0 && copy_from_user(buf, (const void __user *)page, n))
		n = -EFAULT;
	return n;
}

static void send_file(struct mc_request *req, struct file *file, const char *name)
{
	char *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	struct mm_struct *mm = NULL;
	unsigned long page = 0;
	ssize_t n = -ENOMEM;

	if (file->f_op->read)
		mm = take_user_page(&page);
	if (buf && (mm || !file->f_op->read))
		while ((n = read_some(file, buf, page)) > 0 && mc_write(req, buf, n))
			;
	/* -EAGAIN: nothing more now, of a file that would wait for more */
	if (n < 0 && !(n == -EAGAIN && req->answering))
		mc_refuse(req, "/proc/%s cannot be read: error %s", name, errname(n) ?: "unknown");
	else
		mc_end(req);
	leave_user_page(mm);
	kfree(buf);
}

void mc_proc(struct mc_request *req)
{
	const char *name = req->arg + strspn(req->arg, "/");
	struct vfsmount *mount = proc_mount();
	struct file *file;

	if (IS_ERR(mount)) {
		mc_refuse(req, "The guest has no /proc");
		return;
	}
	if (!*name) {
		mc_refuse(req, "Write proc and the name of a file in /proc");
		return;
	}
	file = file_open_root_mnt(mount, name, O_RDONLY | O_NONBLOCK | O_LARGEFILE, 0);
	if (IS_ERR(file)) {
		if (PTR_ERR(file) == -ENOENT)
			mc_refuse(req, "There is no /proc/%s", name);
		else
			mc_refuse(req, "/proc/%s cannot be opened: error %s", name,
				  errname(PTR_ERR(file)) ?: "unknown");
		return;
	}
	send_file(req, file, name);
	fput(file);
}
