// SPDX-License-Identifier: GPL-2.0
/*
 * Files of the host: opening and locking them, and transfers.
 *
 * Transfers go by O_DIRECT where the file system has it: the host then serves
 * them while the guest runs, and keeps no second copy of what is in the guest's
 * page cache.  A transfer that does not meet O_DIRECT's alignment takes a second
 * descriptor, through the host's page cache; the host keeps the two coherent.
 * Sectors are 512 bytes therefore on any host disk, and images can move.
 */
#define pr_fmt(fmt) "ubd: " fmt

#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/printk.h>
#include <linux/stat.h>
#include <linux/string.h>
#include <asm/drivers.h>
#include <asm/end.h>
#include <asm/setup.h>
#include "image.h"

static int cannot_open(const struct ubd_option *o, const char *path, int err)
{
	switch (err) {
	case -ENOENT:
	case -ENOTDIR:
		return ubd_refuse(o, err, "%s: No such file: check the name, or make an image first",
				  path);
	case -EACCES:
		return ubd_refuse(o, err, "%s: Permission denied: make it readable for you", path);
	case -EPERM:
		/* The filter's answer, in a confined process. */
		if (system_state >= SYSTEM_RUNNING)
			return ubd_refuse(o, err,
					  "%s: a running guest may not open it: name it when linux is started",
					  path);
		return ubd_refuse(o, err, "%s: Permission denied: make it readable for you", path);
	case -ELOOP:
		return ubd_refuse(o, err,
				  "%s: this is a symbolic link, which the header of a COW file may not name: name it behind the COW file",
				  path);
	case -EBUSY:
		return ubd_refuse(o, err, "%s: the host uses this device: unmount it there first",
				  path);
	case -ENOSPC:
	case -EROFS:
		return ubd_refuse(o, err, "%s: it cannot be made: %s", path,
				  err == -ENOSPC ? "no space left" : "the file system is read-only");
	default:
		return ubd_refuse(o, err, "%s: it cannot be opened: host error %pe", path,
				  ERR_PTR(err));
	}
}

/* Only one guest writes to an image, and none while others read it, unless they were asked to. */
static int lock_file(struct ubd_file *f, const struct ubd_option *o, unsigned int flags)
{
	int err;

	if (flags & UBD_SHARED)
		return 0;
	err = host_lock_file(f->cached, !f->read_only);
	if (err == -EAGAIN)
		return ubd_refuse(o, -EBUSY, f->read_only ?
				  "%s: another guest or program writes to it: end that one, or use a copy" :
				  "%s: another guest or program uses it: end that one, or use a copy",
				  f->path);
	if (err)
		pr_warn("%s cannot be locked (%pe): see to it that nobody else writes to it\n",
			f->path, ERR_PTR(err));
	return 0;
}

static void open_direct(struct ubd_file *f, const char *path, unsigned int access)
{
	f->direct = host_open(path, access | HOST_O_DIRECT);
	if (f->direct < 0)
		return;
	f->align = host_dio_align(f->direct);
	if (!f->align || f->align > PAGE_SIZE) {
		host_close(f->direct);
		f->direct = -1;
	}
}

/* What the host says about the file that is open. */
static int learn(struct ubd_file *f)
{
	struct host_stat st;
	int err = host_fstat(f->cached, &st);

	if (err)
		return err;
	f->size = st.size;
	f->dev = st.dev;
	f->ino = st.ino;
	f->mtime = st.mtime;
	f->regular = S_ISREG(st.mode);
	/* A smaller write would make the host read first. */
	f->block_size = clamp(roundup_pow_of_two(st.blksize), SECTOR_SIZE, PAGE_SIZE);
	return 0;
}

static int wrong_kind(const struct ubd_option *o, const char *path, unsigned int mode)
{
	if (S_ISDIR(mode))
		return ubd_refuse(o, -EISDIR,
				  "%s: this is a directory: name an image file or a block device", path);
	if (!S_ISREG(mode) && !S_ISBLK(mode))
		return ubd_refuse(o, -EINVAL, "%s: this is neither a file nor a block device", path);
	return 0;
}

/*
 * A file is opened with the same flags by all kernels of a process: after a restart
 * host_open() finds it only by the flags with which it was opened.
 */
static int open_cached(struct ubd_file *f, const struct ubd_option *o, unsigned int *access,
		       unsigned int exclusive, bool create)
{
	int fd = host_open(f->path, *access | exclusive);

	if (fd == -ENOENT && create)
		fd = host_open(f->path, *access | HOST_O_CREATE | HOST_O_EXCL);
	if ((fd == -EACCES || fd == -EROFS || fd == -EPERM || fd == -ENOENT) && !f->read_only) {
		int readable = host_open(f->path, HOST_O_READ);

		if (readable >= 0) {
			*access = HOST_O_READ;
			f->read_only = true;
			pr_notice("%s cannot be written: ubd%s is read-only\n", f->path, o->name);
			if (system_state < SYSTEM_RUNNING && um_has_option("rw"))
				um_tell("ubd%s=%s: the file cannot be written, so the disk is read-only in spite of rw",
					o->name, f->path);
			return readable;
		}
	}
	return fd;
}

/*
 * Some files hold a disk's contents, and are none.  The guest may want them all the
 * same; a panic over the root tells of them (kernel/reboot.c).
 */
static void note_format(const struct ubd_file *f)
{
	static const struct {
		const char *magic, *name;
	} formats[] = {
		{ "QFI\xfb", "a qcow2 image" },
		{ "KDMV", "a VMDK image" },
		{ "\x1f\x8b", "a compressed file" },
		{ "\xfd\x37zX", "a compressed file" },
		{ "\x28\xb5\x2f\xfd", "a compressed file" },
		{ "BZh", "a compressed file" },
	};
	char start[5] = "";
	unsigned int i;

	if (host_pread(f->cached, start, sizeof(start) - 1, 0) < 0)
		return;
	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (strstarts(start, formats[i].magic))
			pr_notice("%s is %s, not a disk\n", f->path, formats[i].name);
}

int ubd_file_open(struct ubd_file *f, const struct ubd_option *o, const char *path,
		  unsigned int flags, bool create)
{
	unsigned int access = HOST_O_READ, exclusive = 0;
	struct host_stat st = { .mode = S_IFREG };
	int err;

	*f = (struct ubd_file){ .path = path, .cached = -1, .direct = -1 };
	f->read_only = flags & UBD_READ_ONLY;
	if (!f->read_only)
		access |= HOST_O_WRITE;
	if (flags & UBD_NO_LINK)
		access |= HOST_O_NOFOLLOW;

	/* Ask before opening: opening a pipe would wait. */
	err = host_stat(path, &st);
	if (err && !(err == -ENOENT && create))
		return cannot_open(o, path, err);
	err = wrong_kind(o, path, st.mode);
	if (err)
		return err;
	if (S_ISBLK(st.mode) && !(flags & (UBD_SHARED | UBD_READ_ONLY)))
		exclusive = HOST_O_EXCL;	/* fails if it is mounted */
	f->cached = open_cached(f, o, &access, exclusive, create);
	if (f->cached < 0)
		return cannot_open(o, path, f->cached);

	err = learn(f);
	if (err)
		err = cannot_open(o, path, err);
	else if (!f->size && !create)
		err = ubd_refuse(o, -EINVAL,
				 "%s: this image is empty: give it a size, as with truncate -s 1G, or a file system",
				 path);
	else
		err = lock_file(f, o, flags);
	if (err) {
		ubd_file_close(f);
		return err;
	}
	note_format(f);
	open_direct(f, path, access);
	if (f->direct < 0)
		pr_notice("ubd%s: %s has no O_DIRECT: it goes through the host's page cache\n",
			  o->name, path);
	return 0;
}

static int open_nameless(const char *folder, const struct ubd_option *o)
{
	char name[256];

	if (snprintf(name, sizeof(name), "%s/.uml-%d-ubd%u", folder, host_getpid(), o->unit) >=
	    sizeof(name))
		return -ENAMETOOLONG;
	/* After a restart the same disk of the same image must find this file. */
	return host_open_unnamed(folder, name, o->unit, o->path);
}

int ubd_file_open_unnamed(struct ubd_file *f, const struct ubd_option *o)
{
	const char *usual[] = { host_getenv("TMPDIR"), "/var/tmp", "/tmp", "/dev/shm" };
	const char *folder;
	unsigned int i;
	int err;

	*f = (struct ubd_file){ .path = o->path, .cached = -1, .direct = -1, .ours = true };
	for (i = 0; f->cached < 0 && i < ARRAY_SIZE(usual); i++)
		if (usual[i] && *usual[i])
			f->cached = open_nameless(usual[i], o);
	/* Once user code runs, files can be made only in these. */
	folder = um_hotplug_folders();
	for (; f->cached < 0 && folder && *folder; folder += strlen(folder) + 1)
		f->cached = open_nameless(folder, o);
	if (f->cached < 0 && system_state >= SYSTEM_RUNNING)
		return ubd_refuse(o, um_hotplug_folders() ? -ENOSPC : -EPERM,
				  "%s: there is no place in the folders of hotplug= for what the guest writes",
				  o->path);
	if (f->cached < 0)
		return ubd_refuse(o, f->cached,
				  "%s: there is no folder for what the guest writes: name one in the environment's TMPDIR",
				  o->path);
	err = learn(f);
	if (err) {
		ubd_file_close(f);
		return cannot_open(o, o->path, err);
	}
	return 0;
}

void ubd_file_close(struct ubd_file *f)
{
	/* The file may stay open, for a disk that is plugged in again: that one begins empty. */
	if (f->ours && f->cached >= 0)
		host_ftruncate(f->cached, 0);
	if (f->direct >= 0)
		host_close(f->direct);
	if (f->cached >= 0)
		host_close(f->cached);
	f->cached = -1;
	f->direct = -1;
}

int ubd_file_discard(struct ubd_file *f, u64 offset, u64 len, bool keep)
{
	return keep ? host_zero_range(f->cached, offset, len) :
		      host_punch_hole(f->cached, offset, len);
}

/* Counts batches of requests: a file's size is asked for once in each. */
static unsigned int batch = 1;

void ubd_files_changed(void)
{
	batch++;
}

/*
 * Has somebody made the file shorter?  A write would make it as long as it was, with
 * zeroes where there was data, so this comes first.  What was beyond the end stays
 * lost.
 */
static void check_size(struct ubd_file *f)
{
	struct host_stat st;

	if (!f->regular || f->ours || f->batch == batch)
		return;
	f->batch = batch;
	if (!host_fstat(f->cached, &st) && st.size < f->size) {
		pr_err("%s has become shorter: what was beyond byte %llu is lost\n", f->path,
		       st.size);
		f->size = st.size;
	}
}

static bool aligned(const struct ubd_file *f, const struct ubd_io *io)
{
	unsigned long bits = io->pos;
	unsigned int i;

	for (i = 0; i < io->cut_niov; i++)
		bits |= (unsigned long)io->next[i].base | io->next[i].len;
	return !(bits & (f->align - 1));
}

/* Leave only the first @len bytes in the vector, for now. */
static void cut(struct ubd_io *io, u64 len)
{
	unsigned int i = 0;

	while (len > io->next[i].len)
		len -= io->next[i++].len;
	io->cut_niov = i + 1;
	io->cut_len = io->next[i].len;
	io->next[i].len = len;
}

static void uncut(struct ubd_io *io)
{
	io->next[io->cut_niov - 1].len = io->cut_len;
}

/* The first @n bytes of what was left are done. */
static void advance(struct ubd_io *io, u64 n)
{
	io->offset += n;
	io->pos += n;
	io->left -= n;
	while (n && n >= io->next->len) {
		n -= io->next->len;
		io->next++;
		io->niov--;
	}
	if (n) {
		io->next->base += n;
		io->next->len -= n;
	}
}

/* The image ends within this sector; the device does not. */
static void zero_rest(struct ubd_io *io)
{
	unsigned int i;

	for (i = 0; i < io->niov; i++)
		memset(io->next[i].base, 0, io->next[i].len);
	advance(io, io->left);
}

int ubd_transfer(struct ubd_io *io, struct ubd_file *f, u64 pos, u64 len, bool dsync)
{
	int fd = f->cached;

	if (io->op != UBD_READ) {
		check_size(f);
		if (pos + len > round_up(f->size, SECTOR_SIZE))
			return -EIO;
	}
	io->file = f;
	io->pos = pos;
	cut(io, len);
	if (f->direct >= 0 && aligned(f, io))
		fd = f->direct;
	host_aio_prep(&io->aio, io->op == UBD_READ ? HOST_AIO_READV : HOST_AIO_WRITEV, fd,
		      io->next, io->cut_niov, pos, dsync);
	return 1;
}

int ubd_transferred(struct ubd_io *io)
{
	uncut(io);
	if (io->aio.res < 0)
		return io->aio.res;
	advance(io, io->aio.res);
	if (io->op == UBD_READ && io->left && io->left < SECTOR_SIZE && io->pos == io->file->size)
		zero_rest(io);
	else if (io->op != UBD_READ && io->pos > io->file->size)
		io->file->size = io->pos;
	else if (!io->aio.res)
		return -EIO;	/* somebody made the file shorter, or the host takes no more */
	return 0;
}

int ubd_write_first(struct ubd_io *io, struct ubd_file *f, bool dsync)
{
	static u8 sector[SECTOR_SIZE];		/* under ubd_lock */
	long n;

	check_size(f);
	if (!f->size || io->next->len < SECTOR_SIZE)
		return -EIO;
	memcpy(sector, io->next->base, SECTOR_SIZE);
	if (ubd_begins_cow(sector)) {
		pr_warn_ratelimited("%s: the guest may not make it look like a COW file; with flag d it may\n",
				    f->path);
		return -EPERM;
	}
	n = host_pwrite(f->cached, sector, SECTOR_SIZE, 0);
	if (n == SECTOR_SIZE && dsync)
		n = host_fdatasync(f->cached) ?: SECTOR_SIZE;
	if (n != SECTOR_SIZE)
		return n < 0 ? n : -EIO;
	f->size = max_t(u64, f->size, SECTOR_SIZE);
	advance(io, SECTOR_SIZE);
	return 0;
}

int ubd_sync(struct ubd_io *io, struct ubd_file *f)
{
	host_aio_prep(&io->aio, HOST_AIO_FDSYNC, f->cached, NULL, 0, 0, 0);
	return 1;
}

int ubd_read_step(struct ubd_image *image, struct ubd_io *io)
{
	struct ubd_file *f;
	u64 pos, len;
	int err;

	if (io->stage) {
		err = ubd_transferred(io);
		if (err || !io->left)
			return err;
	}
	io->stage = 1;
	pos = io->offset;
	len = io->left;
	f = image->ops->find(image, &pos, &len);
	return ubd_transfer(io, f, pos, len, false);
}
