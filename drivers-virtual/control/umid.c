// SPDX-License-Identifier: GPL-2.0
/*
 * umid=: the guest's name.  A named guest has a folder on the host, uml_dir/umid,
 * with its process number in the file pid and its control sockets.  It holds a
 * lock on that file as long as it lives, so a folder without a lock is one that a
 * dead guest has left: the next guest of that name takes it over, and any other
 * named guest that starts removes it.  A guest that removes a folder holds its lock, with
 * nothing in the file.
 *
 * uml_dir may be a place that others share, like /tmp: what another user could have put
 * there is not trusted, and no symbolic link is followed.
 *
 * Guests of upstream's UML have such folders too, without a lock.  Their pid files
 * can be read by others, ours cannot; that tells them apart.
 */
#define pr_fmt(fmt) "umid: " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/string.h>
#include <asm/boot.h>
#include <asm/drivers.h>
#include <asm/end.h>
#include <asm/host.h>
#include "control.h"

#define UMID_LEN	64
#define PATH_LEN	512
#define TRIES		100	/* when others remove the folder meanwhile */
#define TRY_MS		10
#define NAMES_SIZE	16384	/* of the folders beside ours */
#define OUR_MODE	0100600	/* of a pid file */
#define FILES		40	/* in it, besides the pid file */

static char umid[UMID_LEN];
static const char *uml_dir __initdata = "~/.uml";
static char folder[PATH_LEN], pid_file[PATH_LEN], mconsole_file[PATH_LEN];
static int dir = -1, own = -1;	/* uml_dir and the folder in it */
static bool claimed;
static const char *files[FILES];

static int __init umid_option(char *name)
{
	if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		um_die("umid=%s: this cannot be a name: use letters, digits, - and _", name);
	if (strscpy(umid, name) < 0)
		um_die("umid=%s: this is too long: use at most %d characters", name, UMID_LEN - 1);
	return 1;
}
__setup("umid=", umid_option);

static int __init uml_dir_option(char *path)
{
	if (!*path)
		um_die("uml_dir=: no folder is named");
	uml_dir = path;
	return 1;
}
__setup("uml_dir=", uml_dir_option);

/* uml_dir and what is in it; with ~ for the home folder as shells have it. */
static void __init make_path(char *to, const char *name, const char *file)
{
	const char *home = "", *path = uml_dir;

	if (path[0] == '~' && (path[1] == '/' || !path[1])) {
		home = host_getenv("HOME");
		if (!home || !*home)
			um_die("umid=%s: HOME is not set: name a folder for guests with uml_dir=",
			       umid);
		path++;
	}
	if (snprintf(to, PATH_LEN, "%s%s%s%s%s%s", home, path, *name ? "/" : "", name,
		     *file ? "/" : "", file) >= PATH_LEN)
		um_die("uml_dir=%s: this is too long", uml_dir);
}

static void __init make_folder(int at, const char *name, const char *path)
{
	int err = host_folder_make(at, name);

	if (err && err != -EEXIST)
		um_die("umid=%s: cannot make the folder %s (host error %pe): name another with uml_dir=",
		       umid, path, ERR_PTR(err));
}

static bool __init is_mine(const struct host_stat *st)
{
	return st->uid == host_getuid();
}

/* uml_dir.  It may be root's and everybody's, if nobody can remove what is another's there. */
static void __init open_dir(void)
{
	char path[PATH_LEN];
	struct host_stat st;

	make_path(path, "", "");
	make_folder(-1, path, path);
	dir = host_folder_open(-1, path);
	if (dir < 0 || host_fstat(dir, &st))
		um_die("umid=%s: %s is not a folder, or cannot be opened (host error %pe): name another with uml_dir=",
		       umid, path, ERR_PTR(dir));
	if (!is_mine(&st) && st.uid)
		um_die("umid=%s: the folder %s belongs to another user: name one of your own with uml_dir=",
		       umid, path);
	if (st.mode & 022 && !(st.mode & S_ISVTX))
		um_die("umid=%s: others can write to the folder %s: name another with uml_dir=, or chmod go-w %s",
		       umid, path, path);
}

/* The guest's folder; false: it was removed meanwhile. */
static bool __init open_own(void)
{
	struct host_stat st;

	own = host_folder_open(dir, umid);
	if (own == -ENOENT)
		return false;
	if (own < 0 || host_fstat(own, &st))
		um_die("umid=%s: %s is not a folder, or cannot be opened (host error %pe): choose another name",
		       umid, folder, ERR_PTR(own));
	if (!is_mine(&st))
		um_die("umid=%s: the folder %s belongs to another user: choose another name, or another folder with uml_dir=",
		       umid, folder);
	if (st.mode & 022)
		um_die("umid=%s: others can write to the folder %s: chmod go-w %s, or choose another name",
		       umid, folder, folder);
	return true;
}

/* Is it a file of the user's that has no name elsewhere? */
static bool __init is_pid_file(const struct host_stat *st)
{
	return S_ISREG(st->mode) && is_mine(st) && st->links == 1;
}

/* The process number in a pid file, or 0. */
static int __init read_pid(int fd)
{
	char text[16] = "";
	long n = host_pread(fd, text, sizeof(text) - 1, 0);
	int pid;

	text[max(n, 0L)] = 0;
	return kstrtoint(strim(text), 10, &pid) ? 0 : pid;
}

static __noreturn void __init in_use(int pid)
{
	um_die("umid=%s: a guest of this name is running as process %d: choose another name", umid,
	       pid);
}

/* Is it the pid file of a guest of upstream's that runs? */
static bool __init is_upstreams(int fd)
{
	struct host_stat st;
	int pid;

	if (host_fstat(fd, &st) || st.mode == OUR_MODE)
		return false;
	pid = read_pid(fd);
	return pid > 0 && host_process_exists(pid);
}

/* The pid file, locked by us.  Guests of the same name may start and end meanwhile. */
static int __init claim(void)
{
	struct host_stat st;
	int fd, err, pid, i;

	for (i = 0; i < TRIES; i++) {
		make_folder(dir, umid, folder);
		if (!open_own())
			continue;
		fd = host_folder_file(own, "pid", 1);
		if (fd >= 0) {
			err = host_fstat(fd, &st);
			if (!err && st.links && !is_pid_file(&st))
				um_die("umid=%s: %s is not a file of this user's alone: remove it, or choose another name",
				       umid, pid_file);
			if (!err)
				err = host_lock_file(fd, 1);
			if (err == -EAGAIN) {
				/* No number: another guest has just made it, or removes it. */
				pid = read_pid(fd);
				if (pid)
					in_use(pid);
				mdelay(TRY_MS);
			} else if (err) {
				um_die("umid=%s: %s cannot be locked (host error %pe): name a folder on a local disk with uml_dir=",
				       umid, pid_file, ERR_PTR(err));
			} else if (!boot_info->reboots && is_upstreams(fd)) {
				in_use(read_pid(fd));
			} else if (!host_fstat(fd, &st) && st.links) {
				/* It still has its name: its last owner has not removed it. */
				return fd;
			}
			host_close(fd);
		} else if (fd == -ELOOP) {
			um_die("umid=%s: %s is a symbolic link: remove it, or choose another name",
			       umid, pid_file);
		} else if (fd != -ENOENT) {
			um_die("umid=%s: %s cannot be written (host error %pe): name another folder with uml_dir=",
			       umid, pid_file, ERR_PTR(fd));
		}
		host_close(own);
	}
	um_die("umid=%s: others make and remove %s all the time", umid, pid_file);
}

/* What guests leave when they are killed: sockets that nobody answers, links to their terminals. */
static void __init remove_left_over(int where)
{
	static char names[4096] __initdata;
	const char *name;

	host_folder_list(where, names, sizeof(names));
	for (name = names; *name; name += strlen(name) + 1)
		if (host_folder_left_over(where, name))
			host_folder_unlink(where, name);
}

/* Folder @name is not ours: remove it if it is that of a dead guest of this user's. */
static void __init remove_stale(const char *name)
{
	int where = host_folder_open(dir, name), fd = -1;
	struct host_stat st;

	if (where < 0)
		return;
	if (!host_fstat(where, &st) && is_mine(&st) && !(st.mode & 022))
		fd = host_folder_file(where, "pid", 0);
	if (fd >= 0 && !host_fstat(fd, &st) && is_pid_file(&st) && st.mode == OUR_MODE &&
	    !host_lock_file(fd, 1) && !host_ftruncate(fd, 0)) {
		remove_left_over(where);
		host_folder_unlink(where, "pid");
		host_folder_remove(dir, name);
	}
	if (fd >= 0)
		host_close(fd);
	host_close(where);
}

static void __init remove_stale_folders(void)
{
	static char names[NAMES_SIZE] __initdata;
	const char *name;

	host_folder_list(dir, names, sizeof(names));
	for (name = names; *name; name += strlen(name) + 1)
		if (strcmp(name, umid))
			remove_stale(name);
}

/* The machine ends: remove the folder. */
static int umid_at_end(struct notifier_block *nb, unsigned long how, void *data)
{
	unsigned int i;

	if (how == UM_END_RESTART)
		return NOTIFY_DONE;
	host_folder_unlink(own, "mconsole");
	for (i = 0; i < FILES && files[i]; i++)
		host_folder_unlink(own, kbasename(files[i]));
	host_folder_unlink(own, "pid");
	host_folder_remove(dir, umid);
	return NOTIFY_DONE;
}

static struct notifier_block umid_end = {
	.notifier_call	= umid_at_end,
	.priority	= UM_END_FILES,
};

static void __init claim_folder(void)
{
	char text[16];
	int fd, n;

	open_dir();
	if (!boot_info->reboots)
		remove_stale_folders();
	make_path(folder, umid, "");
	make_path(pid_file, umid, "pid");
	fd = claim();
	if (!boot_info->reboots)
		remove_left_over(own);

	n = scnprintf(text, sizeof(text), "%d\n", host_getpid());
	if (host_ftruncate(fd, 0) || host_pwrite(fd, text, n, 0) != n)
		um_die("umid=%s: %s cannot be written: is the disk full?", umid, pid_file);
	/* It stays open: the lock goes with it. */
	claimed = true;
	make_path(mconsole_file, umid, "mconsole");
	um_end_register(&umid_end);
}

void __init um_umid_claim(void)
{
	static bool called __initdata;

	if (called)
		return;
	called = true;
	if (umid[0])
		claim_folder();
	mconsole_open(umid[0] ? mconsole_file : NULL);
}

/* Where no console has asked for it. */
static int __init umid_init(void)
{
	um_umid_claim();
	return 0;
}
early_initcall(umid_init);

/* The guest's folder and the one it lies in, or false for a guest without a name. */
bool um_umid_folder(const char **path, const char **parent)
{
	static char above[PATH_LEN];

	if (!claimed)
		return false;
	strscpy(above, folder);
	*strrchr(above, '/') = 0;
	*path = folder;
	*parent = above;
	return true;
}

/* The path of @name in that folder, with which it will be removed; NULL: there is none. */
const char *um_umid_file(const char *name)
{
	unsigned int i;
	size_t len = strlen(folder);

	if (!claimed)
		return NULL;
	for (i = 0; i < FILES && files[i]; i++)
		if (!strcmp(files[i] + len + 1, name))
			return files[i];
	if (i < FILES)
		files[i] = kasprintf(GFP_KERNEL, "%s/%s", folder, name);
	return i < FILES ? files[i] : NULL;
}
