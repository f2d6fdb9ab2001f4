// SPDX-License-Identifier: GPL-2.0
/*
 * Network. A closed connection stays for a minute in TIME_WAIT, one with unsent
 * data lingers: what of them is left when their container dies? And which of the
 * sysctls of the network belong to the container?
 */
#include "experiment.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define PORT	7777

static struct {
	struct door ready, go;
	int *writable;
	long *value;
	char (*path)[256];
	int count;
} t;

#define MAX_SYSCTLS	8192

/* The number after NAME in the line of TCP. */
static int sockstat(const char *name)
{
	char *line = strstr(read_file("/proc/net/sockstat"), "\nTCP:"), *p;

	p = line ? strstr(line, name) : NULL;
	return p ? atoi(p + strlen(name)) : -1;
}

static struct sockaddr_in address(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int tcp(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int binds(int port)
{
	struct sockaddr_in a = address(port);
	int fd = tcp(), ret = bind(fd, (struct sockaddr *)&a, sizeof(a)) ? errno : 0;

	close(fd);
	return ret;
}

/* A listener, and a connection to it. */
static int connected(int port, int *server)
{
	struct sockaddr_in a = address(port);
	int listener = tcp(), client = tcp(), on = 1;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) || listen(listener, 4) ||
	    connect(client, (struct sockaddr *)&a, sizeof(a)))
		cannot("TCP connection");
	*server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	return client;
}

static bool waits(void *arg)
{
	(void)arg;
	return sockstat(" tw ") >= 1;
}

static int inside(void *arg)
{
	static char block[65536];
	int server, client;

	(void)arg;
	if (loopback_up())
		cannot("lo");
	/* The side that closes first waits: let it be the one with the known port. */
	client = connected(PORT, &server);
	close(server);
	close(client);
	check(wait_for(5, waits, NULL), "a closed connection is in TIME_WAIT inside");
	check(binds(PORT) == EADDRINUSE, "and keeps its port from others inside");
	/* Data that nobody takes, then the end of the sender: the kernel goes on trying. */
	client = connected(PORT + 1, &server);
	fcntl(client, F_SETFL, O_NONBLOCK);
	while (write(client, block, sizeof(block)) > 0)
		;
	close(client);
	open_door(&t.ready);
	wait_at(&t.go);
	return 0;
}

static int leaves(void *arg)
{
	(void)arg;
	return unshare(CLONE_NEWNET) ? errno : 0;
}

static bool gone(void *arg)
{
	(void)arg;
	return in_container(0, leaves, NULL) == 0 && sockstat(" orphan ") == 0;
}

static void dying(void)
{
	int tw = sockstat(" tw "), orphans;
	char limit[32];
	long long died;
	pid_t pid;

	/* One network namespace at a time, so that the end of one can be seen from here. */
	snprintf(limit, sizeof(limit), "%s", read_file("/proc/sys/user/max_net_namespaces"));
	write_file("/proc/sys/user/max_net_namespaces", "1");
	pid = start(CLONE_NEWNET, inside, NULL);
	wait_at(&t.ready);
	orphans = sockstat(" orphan ");
	check(sockstat(" tw ") == tw, "outside there is no more TIME_WAIT than before");
	check(binds(PORT) == 0, "and the port is free");
	check(orphans == 1, "the sender's unsent data lingers: %d orphan", orphans);
	check(in_container(0, leaves, NULL) == ENOSPC, "as long as it lives, the container counts");
	open_door(&t.go);
	ended(pid);
	died = now();
	check(wait_for(20, gone, NULL), "when it is dead, namespace and sockets go");
	measured("1 TIME_WAIT and %d lingering socket gone %lld ms after the last task's end", orphans,
		 (now() - died) / 1000000);
	write_file("/proc/sys/user/max_net_namespaces", "%s", limit);
}

/* Files below /proc/sys/net that hold one number, with that number. */
static void list(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	struct stat st;
	char path[256], *end;

	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name) >= (int)sizeof(path) ||
		    lstat(path, &st))
			continue;
		if (S_ISDIR(st.st_mode)) {
			list(path);
		} else if (t.count < MAX_SYSCTLS && (st.st_mode & 0200) && (st.st_mode & 0400)) {
			char *text = read_file("%s", path);
			long value = strtol(text, &end, 10);

			if (end == text || strcmp(end, "\n"))
				continue;
			strcpy(t.path[t.count], path);
			t.value[t.count++] = value;
		}
	}
	if (d)
		closedir(d);
}

static int write_all(void *arg)
{
	(void)arg;
	for (int i = 0; i < t.count; i++) {
		static const long other[] = { 1, -1, 2, 1000 };

		for (size_t j = 0; j < ARRAY_SIZE(other) && !t.writable[i]; j++)
			t.writable[i] = !write_file(t.path[i], "%ld", t.value[i] + other[j]);
	}
	return 0;
}

static void sysctls(void)
{
	int own = 0, changed = 0;

	t.writable = common(MAX_SYSCTLS * sizeof(int));
	t.value = common(MAX_SYSCTLS * sizeof(long));
	t.path = common(MAX_SYSCTLS * sizeof(*t.path));
	list("/proc/sys/net");
	in_container(CLONE_NEWNET, write_all, NULL);
	for (int i = 0; i < t.count; i++) {
		own += t.writable[i];
		if (t.writable[i] && atol(read_file("%s", t.path[i])) != t.value[i]) {
			if (++changed <= 5)
				dprintf(1, "    %s changed outside\n", t.path[i]);
			write_file(t.path[i], "%ld", t.value[i]);
		}
	}
	check(own > 100 && own < t.count,
	      "%d of %d numbers below /proc/sys/net can be set inside, the others not", own, t.count);
	check(changed == 0, "none that is set inside changes outside: %d", changed);
	measured("%d of %d network sysctls per namespace, %d changed outside", own, t.count, changed);
}

int main(int argc, char **argv)
{
	experiment(argc, argv,
		   "network: what stays of a container's sockets when it dies, and whose are the sysctls?",
		   "a connection in TIME_WAIT and one with unsent data, then the last task ends; each sysctl set inside",
		   "nothing stays, ports outside were never taken, no sysctl set inside changes outside");
	make_door(&t.ready);
	make_door(&t.go);
	loopback_up();
	dying();
	sysctls();
	return answer("nothing stays, and at once: TIME_WAIT belongs to the namespace; sysctls that are not per namespace cannot be set inside");
}
