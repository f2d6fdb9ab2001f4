// SPDX-License-Identifier: GPL-2.0
/*
 * Starting linux: its options, its descriptors, and passt.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cpio.h"
#include "guest.h"
#include "roots.h"

/* Of what linux is started with: the descriptors that its options name. */
enum { FD_PORT = 10, FD_INIT, FD_LOG, FD_NET, FD_FIRST_FREE = 20 };

#define NET_ADDRESS	"10.0.2.15"
#define NET_MASK	"255.255.255.0"
#define NET_GATEWAY	"10.0.2.2"
#define NET_SERVER	"10.0.2.3"

void list_add(struct list *list, const char *item)
{
	list->item = must_alloc(list->item, (list->nr + 2) * sizeof(*list->item));
	list->item[list->nr++] = item;
	list->item[list->nr] = NULL;
}

const char *own_folder(void)
{
	static char path[PATH_MAX];
	ssize_t n;

	if (*path)
		return path;
	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (n <= 0)
		die("/proc/self/exe cannot be read: mount /proc");
	path[n] = 0;
	*strrchr(path, '/') = 0;
	return path;
}

char *find_kernel(const char *said)
{
	static const char *const places[] = {
		"%s/linux", "%s/../libexec/uml-solo/linux", "%s/../lib/uml-solo/linux",
	};
	unsigned int i;
	char *path;

	if (said) {
		if (access(said, X_OK))
			die("--kernel %s: %s", said, strerror(errno));
		path = realpath(said, NULL);
		return path ?: strdup(said);
	}
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		path = format(places[i], own_folder());
		if (!access(path, X_OK))
			return path;
		free(path);
	}
	die("there is no guest kernel beside %s/solo: build it (make linux), or name one with --kernel",
	    own_folder());
}

void guest_config(struct guest *guest, const char *key, const char *value)
{
	bytes_add(&guest->config, key, strlen(key));
	bytes_add(&guest->config, "=", 1);
	bytes_add(&guest->config, value, strlen(value) + 1);
}

/*
 * A file's name as linux's options can hold it: another name of the same file where it
 * has what means something there.
 */
static char *plain_name(const char *path, int flags)
{
	char full[PATH_MAX];
	int fd;

	if (!realpath(path, full))
		die("%s: %s", path, strerror(errno));
	if (!full[strcspn(full, " ,\"'\\\n\t:")] && strlen(full) < 200)
		return strdup(full);
	fd = open(full, flags | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	return format("/proc/%d/fd/%d", getpid(), fd);
}

static void check_file(const char *path, bool write)
{
	struct stat st;

	if (stat(path, &st))
		die("%s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		die("%s: this is a folder: name an image", path);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		die("%s: neither a file nor a disk", path);
	if (S_ISREG(st.st_mode) && !st.st_size)
		die("%s: the file is empty: name an image with a file system", path);
	if (access(path, R_OK | (write ? W_OK : 0)))
		die("%s: %s", path, access(path, R_OK) ? "it cannot be read: Permission denied" :
		    "it cannot be written to: Permission denied");
}

static void add_disk(struct guest *guest, unsigned int n, const char *said)
{
	char *file = strdup(said), *how = strrchr(file, ',');
	const char *flag = "";

	if (how && !strcmp(how, ",ro"))
		flag = "r";
	else if (how && !strcmp(how, ",temp"))
		flag = "v";
	else
		how = NULL;
	if (how)
		*how = 0;
	check_file(file, !*flag);
	list_add(&guest->args, format("ubd%u%s=%s", n, flag,
				      plain_name(file, *flag ? O_RDONLY : O_RDWR)));
	if (!*flag)
		guest->keeps = true;
	free(file);
}

/* HOST[:GUEST][:ro] */
static void add_share(struct guest *guest, unsigned int n, const char *said)
{
	char *host = strdup(said), *at, *colon = strrchr(host, ':'), *text;
	bool read_only = colon && !strcmp(colon, ":ro");
	char full[PATH_MAX];
	struct stat st;

	if (read_only)
		*colon = 0;
	at = strchr(host, ':');
	if (at)
		*at++ = 0;
	if (at && strchr(at, ':'))
		die("--share %s: there is a colon too many: write FOLDER, FOLDER:/FOLDER-OF-THE-GUEST, and :ro to only read",
		    said);
	if (!realpath(host, full) || stat(full, &st))
		die("--share %s: %s", said, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		die("--share %s: this is no folder: use --copy-in for a file", said);
	if (at && *at != '/')
		die("--share %s: write FOLDER, or FOLDER:/FOLDER-OF-THE-GUEST, and :ro to only read", said);
	list_add(&guest->args, format("hostfs=%s%s,tag=share%u", plain_name(full, O_RDONLY),
				      read_only ? ",ro" : "", n));
	text = format("share%u d %s", n, at ?: full);
	guest_config(guest, "share", text);
	free(text);
	guest->keeps |= !read_only;
	free(host);
}

/* Whether @path lies in a folder that --share lets the guest write to. */
static bool is_in_writable(const struct guest_options *o, const char *path)
{
	char present[PATH_MAX], full[PATH_MAX];
	bool found = false;
	unsigned int i;
	size_t len;

	for (i = 0; i < o->share.nr && !found && realpath(path, present); i++) {
		char *host = strdup(o->share.item[i]), *colon = strrchr(host, ':');
		bool read_only = colon && !strcmp(colon, ":ro");

		host[strcspn(host, ":")] = 0;
		if (!read_only && realpath(host, full)) {
			len = strcmp(full, "/") ? strlen(full) : 0;
			found = !strncmp(present, full, len) && (!present[len] || present[len] == '/');
		}
		free(host);
	}
	return found;
}

/* In the guest there is something else: what init mounts (init.c). */
static bool is_covered(const char *path)
{
	static const char *const places[] = { "/tmp/", "/run/", "/dev/shm/" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		if (!strncmp(path, places[i], strlen(places[i])))
			return true;
	return false;
}

/*
 * On the host's own root: the folder where the command starts, if that is mounted there.
 * What is mounted below a folder is not shared with it.  The guest lays a file system of its
 * own over it; the kernel refuses ro for what may be written to by way of another folder.
 */
static void add_present(struct guest *guest, const struct guest_options *o)
{
	struct statx root, present;
	char *text;

	if (!o->present || statx(AT_FDCWD, "/", 0, STATX_MNT_ID, &root) ||
	    statx(AT_FDCWD, o->present, 0, STATX_MNT_ID, &present) ||
	    (root.stx_mnt_id == present.stx_mnt_id && !is_covered(o->present)))
		return;
	list_add(&guest->args, format("hostfs=%s%s,tag=present", plain_name(o->present, O_RDONLY),
				      is_in_writable(o, o->present) ? "" : ",ro"));
	text = format("present m %s", o->present);
	guest_config(guest, "share", text);
	free(text);
}

static void check_ports(const struct guest_options *o)
{
	unsigned int i, host, guest;
	char rest;

	for (i = 0; i < o->publish.nr; i++)
		if (sscanf(o->publish.item[i], "%u:%u%c", &host, &guest, &rest) != 2 || !host ||
		    !guest || host > 65535 || guest > 65535)
			die("--publish %s: write HOST-PORT:GUEST-PORT, as 8080:80", o->publish.item[i]);
}

static bool on_path(const char *program)
{
	const char *path = getenv("PATH") ?: "/usr/bin:/bin";
	char *folders = strdup(path), *rest = folders, *folder, *file;
	bool found = false;

	while (!found && (folder = strsep(&rest, ":"))) {
		file = format("%s/%s", *folder ? folder : ".", program);
		found = !access(file, X_OK);
		free(file);
	}
	free(folders);
	return found;
}

void guest_prepare(struct guest *guest, const struct guest_options *o)
{
	char *image;
	unsigned int i;

	list_add(&guest->args, find_kernel(o->kernel));
	list_add(&guest->args, "--die-with-parent");
	list_add(&guest->args, "noreboot");
	list_add(&guest->args, format("port0=fd:%d", FD_PORT));
	list_add(&guest->args, format("initrd=fd:%d", FD_INIT));
	list_add(&guest->args, "con=none");
	list_add(&guest->args, format("con0=null,fd:%d", FD_LOG));
	if (o->mem)
		list_add(&guest->args, format("mem=%s", o->mem));
	if (o->guard)
		list_add(&guest->args, format("guard=%s", o->guard));
	if (o->root && !strcmp(o->root, "host")) {
		if (o->write)
			die("--write: the host's root is never written to: share folders, --rw or --share FOLDER");
		list_add(&guest->args, "hostfs=/,ro,tag=root");
		guest_config(guest, "root", "root");
		guest_config(guest, "type", "hostfs");
		guest_config(guest, "overlay", "1");
		add_present(guest, o);
	} else if (o->root && strcmp(o->root, "none")) {
		image = root_image(o->root, o->kernel, o->dry);
		/* One that is not there is one that would be made. */
		if (!o->dry || !access(image, F_OK)) {
			check_file(image, o->write);
			image = plain_name(image, o->write ? O_RDWR : O_RDONLY);
		}
		list_add(&guest->args, format("ubd0%s=%s", o->write ? "" : "v", image));
		guest_config(guest, "root", "/dev/ubda");
		guest->keeps = o->write;
	}
	for (i = 0; i < o->share.nr; i++)
		add_share(guest, i, o->share.item[i]);
	for (i = 0; i < o->disks.nr; i++)
		add_disk(guest, i + 1, o->disks.item[i]);
	if (o->publish.nr && !o->net)
		die("--publish needs --net");
	check_ports(o);
	if (o->net) {
		if (!on_path("passt"))
			die("--net needs the program passt: install it (apt-get install passt)");
		list_add(&guest->args, format("vec0:transport=fd,fd=%d,mtu=65520", FD_NET));
		guest_config(guest, "net", NET_ADDRESS " " NET_MASK " " NET_GATEWAY " " NET_SERVER);
	}
	if (o->boot && (!o->root || !strcmp(o->root, "none") || !strcmp(o->root, "host")))
		die("--boot needs an image with an init of its own");
	if (o->boot)
		guest_config(guest, "boot", "1");
	if (o->name)
		guest_config(guest, "name", o->name);
	for (i = 0; i < o->append.nr; i++)
		list_add(&guest->args, o->append.item[i]);
}

void guest_print(const struct guest *guest)
{
	unsigned int i;
	const char *at;

	for (i = 0; i < guest->args.nr; i++) {
		at = guest->args.item[i];
		printf("%s", i ? " " : "");
		if (*at && !at[strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				      "/.,:=+_-%@")]) {
			printf("%s", at);
			continue;
		}
		putchar('\'');
		for (; *at; at++)
			printf(*at == '\'' ? "'\\''" : "%c", *at);
		putchar('\'');
	}
	putchar('\n');
}

static void socket_pair(int *fd)
{
	int size = 1 << 20, i;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		die("the host gives no sockets: %s", strerror(errno));
	for (i = 0; i < 2; i++)
		setsockopt(fd[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

/* Descriptors, and the numbers that a program that is about to be started is to have them as. */
struct handed {
	int fd, as;
};

static void hand_over(struct handed *all, unsigned int nr)
{
	unsigned int i;

	/* All out of the way first: one's number may be what another is to be. */
	for (i = 0; i < nr; i++)
		all[i].fd = fcntl(all[i].fd, F_DUPFD_CLOEXEC, FD_FIRST_FREE);
	for (i = 0; i < nr; i++)
		if (all[i].fd < 0 || dup2(all[i].fd, all[i].as) < 0)
			_exit(STATUS_ERROR);
}

static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static void start_passt(struct guest *guest, const struct guest_options *o, int fd)
{
	const char *args[64] = {
		"passt", "--foreground", "--quiet", "--fd", "10", "--address", NET_ADDRESS,
		"--netmask", NET_MASK, "--gateway", NET_GATEWAY, "--dns-forward", NET_SERVER,
	};
	unsigned int n = 0, i;
	struct bytes ports = { };

	while (args[n])
		n++;
	for (i = 0; i < o->publish.nr; i++) {
		bytes_add(&ports, ",", !!i);
		bytes_add(&ports, o->publish.item[i], strlen(o->publish.item[i]));
	}
	bytes_add(&ports, "", 1);
	args[n++] = "--tcp-ports";
	args[n++] = o->publish.nr ? ports.data : "none";
	args[n++] = "--udp-ports";
	args[n++] = "none";
	guest->passt = fork();
	if (guest->passt < 0)
		die("passt cannot be started: %s", strerror(errno));
	if (guest->passt)
		return;
	/* It ends when its socket does; this is for the moment before that. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	hand_over((struct handed[]){
		{ fd, 10 }, { open("/dev/null", O_RDWR), 0 }, { guest->net_messages, 1 },
		{ guest->net_messages, 2 },
	}, 4);
	reset_signals();
	execvp("passt", (char **)args);
	_exit(STATUS_NOT_FOUND);
}

static int open_log(const struct guest_options *o, int *to_read)
{
	int fd;

	if (!o->log) {
		*to_read = memfd_create("solo-log", MFD_CLOEXEC);
		if (*to_read < 0)
			die("the host gives no memory file: %s", strerror(errno));
		return *to_read;
	}
	fd = open(o->log, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		die("--kernel-log %s: %s", o->log, strerror(errno));
	*to_read = fd;
	return fd;
}

void guest_start(struct guest *guest, const struct guest_options *o)
{
	int port[2], net[2] = { -1, -1 }, init, log, null;
	pid_t self = getpid();

	socket_pair(port);
	init = make_initrd();
	log = open_log(o, &guest->log);
	guest->messages = memfd_create("solo-messages", MFD_CLOEXEC);
	if (o->net) {
		socket_pair(net);
		guest->net_messages = memfd_create("solo-net", MFD_CLOEXEC);
		start_passt(guest, o, net[1]);
		close(net[1]);
	}
	guest->pid = fork();
	if (guest->pid < 0)
		die("linux cannot be started: %s", strerror(errno));
	if (!guest->pid) {
		/* Keys of our terminal are not for it. */
		setsid();
		if (getppid() != self)
			_exit(STATUS_ERROR);
		null = open("/dev/null", O_RDWR);
		hand_over((struct handed[]){
			{ null, 0 }, { null, 1 }, { guest->messages, 2 }, { port[1], FD_PORT },
			{ init, FD_INIT }, { log, FD_LOG }, { net[0], FD_NET },
		}, o->net ? 7 : 6);
		reset_signals();
		execv(guest->args.item[0], (char **)guest->args.item);
		warn("%s: %s", guest->args.item[0], strerror(errno));
		_exit(STATUS_ERROR);
	}
	close(port[1]);
	close(init);
	if (o->net)
		close(net[0]);
	link_init(&guest->link, port[0]);
	link_send(&guest->link, 0, F_CONFIG, 0, guest->config.data, guest->config.len);
}

void guest_kill(struct guest *guest)
{
	struct rusage usage;

	if (guest->pid > 0) {
		kill(guest->pid, SIGKILL);
		while (wait4(guest->pid, &guest->status, 0, &usage) < 0 && errno == EINTR)
			;
		guest->memory = usage.ru_maxrss;
		guest->pid = 0;
	}
	if (guest->passt > 0) {
		kill(guest->passt, SIGKILL);
		waitpid(guest->passt, NULL, 0);
		guest->passt = 0;
	}
}

/* The last @lines lines of @fd, each with @before it; and whether there were any. */
static void print_end(int fd, const char *before, unsigned int lines)
{
	static char text[16384], shown[4 * sizeof(text) + 8];
	off_t size = lseek(fd, 0, SEEK_END), from = size > (off_t)sizeof(text) ? size - sizeof(text) : 0;
	ssize_t n = pread(fd, text, sizeof(text) - 1, from);
	char *at, *line, *rest;

	if (n <= 0)
		return;
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r' || !text[n - 1]))
		n--;
	text[n] = 0;
	for (at = text + n; at > text && lines; at--)
		if (at[-1] == '\n' && !--lines)
			break;
	for (rest = at; (line = strsep(&rest, "\n")); ) {
		line[strcspn(line, "\r")] = 0;
		printable(shown, sizeof(shown), line);
		fprintf(stderr, "%s%s\n", before, shown);
	}
}

bool guest_reap(struct guest *guest)
{
	struct rusage usage;
	int status;

	if (guest->pid > 0 && wait4(guest->pid, &status, WNOHANG, &usage) == guest->pid) {
		guest->pid = 0;
		guest->status = status;
		guest->memory = usage.ru_maxrss;
	}
	if (guest->passt > 0 && waitpid(guest->passt, NULL, WNOHANG) == guest->passt) {
		guest->passt = 0;
		if (guest->pid) {
			warn("passt has ended, and the guest's network with it:");
			print_end(guest->net_messages, "  ", 3);
		}
	}
	return !guest->pid;
}

void guest_explain(struct guest *guest, unsigned int lines)
{
	if (lines)
		print_end(guest->log, "  ", lines);
	print_end(guest->messages, "", 10);
	guest->explained = true;
}
