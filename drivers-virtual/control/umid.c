// SPDX-License-Identifier: GPL-2.0
/*
 * umid=: the guest's name.  A named guest has a folder on the host, uml_dir/umid,
 * with its process number in the file pid and its control sockets.  It holds a
 * lock on that file as long as it lives, so a folder without a lock is one that a
 * dead guest has left, and may be taken over.
 */
#define pr_fmt(fmt) "umid: " fmt

#include <linux/err.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/drivers.h>
#include <asm/host.h>
#include <asm/setup.h>

#define UMID_LEN	64
#define PATH_LEN	512
#define TRIES		100	/* at a folder that others remove meanwhile */
#define FILES		40	/* in it, besides the pid file */

static char umid[UMID_LEN];
static const char *uml_dir __initdata = "~/.uml";
static char folder[PATH_LEN], pid_file[PATH_LEN];
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

static void __init make_folder(const char *path)
{
	int err = host_mkdir(path);

	if (err && err != -EEXIST)
		um_die("umid=%s: cannot make the folder %s (host error %pe): name another with uml_dir=",
		       umid, path, ERR_PTR(err));
}

static __noreturn void __init in_use(int fd)
{
	char pid[16] = "";
	long n = host_pread(fd, pid, sizeof(pid) - 1, 0);

	pid[max(n, 0L)] = 0;
	um_die("umid=%s: a guest of this name is running as process %s: choose another name", umid,
	       strim(pid));
}

/* The pid file, locked by us.  Starters and enders of the same name may be about. */
static int __init claim(void)
{
	struct host_stat mine, there;
	int fd, err, i;

	for (i = 0; i < TRIES; i++) {
		make_folder(folder);
		fd = host_open(pid_file, HOST_O_READ | HOST_O_WRITE | HOST_O_CREATE);
		if (fd >= 0) {
			err = host_lock_file(fd, 1);
			if (err == -EAGAIN)
				in_use(fd);
			if (err)
				um_die("umid=%s: %s cannot be locked (host error %pe): name a folder on a local disk with uml_dir=",
				       umid, pid_file, ERR_PTR(err));
			/* Its last owner may have removed it after we had opened it. */
			if (!host_fstat(fd, &mine) && !host_stat(pid_file, &there) &&
			    mine.ino == there.ino && mine.dev == there.dev)
				return fd;
			host_close(fd);
		} else if (fd != -ENOENT) {
			um_die("umid=%s: %s cannot be written (host error %pe): name another folder with uml_dir=",
			       umid, pid_file, ERR_PTR(fd));
		}
	}
	um_die("umid=%s: %s vanishes again and again", umid, pid_file);
}

static int __init umid_init(void)
{
	char text[16];
	int fd, n;

	if (!umid[0])
		return 0;
	make_path(folder, "", "");
	make_folder(folder);
	make_path(folder, umid, "");
	make_path(pid_file, umid, "pid");
	fd = claim();

	n = scnprintf(text, sizeof(text), "%d\n", host_getpid());
	if (host_ftruncate(fd, 0) || host_pwrite(fd, text, n, 0) != n)
		um_die("umid=%s: %s cannot be written: is the disk full?", umid, pid_file);
	/* It stays open: the lock goes with it. */
	claimed = true;
	return 0;
}
/* With all options known, and before anything is shown. */
console_initcall(umid_init);

/* The guest's folder and the one it lies in, or false for a guest without a name. */
bool um_umid_folder(const char **own, const char **parent)
{
	static char dir[PATH_LEN];

	if (!claimed)
		return false;
	strscpy(dir, folder);
	*strrchr(dir, '/') = 0;
	*own = folder;
	*parent = dir;
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

void um_umid_cleanup(void)
{
	unsigned int i;

	if (!claimed)
		return;
	for (i = 0; i < FILES && files[i]; i++)
		host_unlink(files[i]);
	host_unlink(pid_file);
	host_rmdir(folder);
}
