// SPDX-License-Identifier: GPL-2.0
/*
 * Archives of tar, docker save and podman save, and OCI's layouts (image-spec,
 * image-layout.md and manifest.md).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "archive.h"

#define BLOCK		512
#define MOST_OF_JSON	(8 << 20)
#define MOST_LAYERS	1000

static const struct packer {
	const char *magic;
	unsigned int len;
	const char *program;
} packers[] = {
	{ "\x1f\x8b", 2, "gzip" },
	{ "\x28\xb5\x2f\xfd", 4, "zstd" },
	{ "\xfd" "7zXZ", 5, "xz" },
	{ "BZh", 3, "bzip2" },
};

static const struct packer *packer_of(int fd, off_t at)
{
	char begin[8] = "";
	unsigned int i;

	if (pread(fd, begin, sizeof(begin), at) < 6)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(packers); i++)
		if (!memcmp(begin, packers[i].magic, packers[i].len))
			return &packers[i];
	return NULL;
}

static bool is_tar(int fd)
{
	char magic[5];

	return pread(fd, magic, sizeof(magic), 257) == sizeof(magic) && !memcmp(magic, "ustar", 5);
}

enum archive_kind archive_kind(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	enum archive_kind kind = ARCHIVE_NONE;

	if (fd < 0)
		return ARCHIVE_NONE;
	if (!fstat(fd, &st) && S_ISDIR(st.st_mode))
		kind = ARCHIVE_FOLDER;
	else if (S_ISREG(st.st_mode) && (is_tar(fd) || packer_of(fd, 0)))
		kind = ARCHIVE_TAR;
	close(fd);
	return kind;
}

/* --- Members of an archive, files of a folder -------------------------------------- */

struct source {
	int fd;			/* of a tar archive that is not compressed, or of a folder */
	bool folder;
};

static uint64_t octal(const char *text, unsigned int len)
{
	uint64_t n = 0;
	unsigned int i;

	if (text[0] & 0x80) {
		for (i = len - 8; i < len; i++)
			n = n << 8 | (unsigned char)text[i];
		return n;
	}
	for (i = 0; i < len && text[i] == ' '; i++)
		;
	for (; i < len && text[i] >= '0' && text[i] <= '7'; i++)
		n = n * 8 + text[i] - '0';
	return n;
}

/* Names of such archives are short: those that are not are not asked for. */
static bool find_member(const struct source *from, const char *name, struct part *part)
{
	char head[BLOCK], full[300];
	off_t at = 0, size;
	struct stat st;

	if (from->folder) {
		if (strstr(name, "..") || name[0] == '/')
			return false;
		part->fd = openat(from->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (part->fd < 0 || fstat(part->fd, &st) || !S_ISREG(st.st_mode))
			return false;
		part->at = 0;
		part->size = st.st_size;
		return true;
	}
	while (pread(from->fd, head, BLOCK, at) == BLOCK && head[0]) {
		size = octal(head + 124, 12);
		if (size < 0)
			return false;
		if (!memcmp(head + 257, "ustar", 6) && head[345])
			snprintf(full, sizeof(full), "%.155s/%.100s", head + 345, head);
		else
			snprintf(full, sizeof(full), "%.100s", head);
		if (!strcmp(full[0] == '.' && full[1] == '/' ? full + 2 : full, name) &&
		    (head[156] == '0' || !head[156])) {
			*part = (struct part){ .fd = from->fd, .at = at + BLOCK, .size = size };
			return true;
		}
		at += BLOCK + ((size + BLOCK - 1) & ~(off_t)(BLOCK - 1));
	}
	return false;
}

static char *read_member(const struct source *from, const char *name)
{
	struct part part;
	char *text;

	if (!find_member(from, name, &part) || part.size > MOST_OF_JSON)
		return NULL;
	text = must_alloc(NULL, part.size + 1);
	if (pread(part.fd, text, part.size, part.at) != part.size)
		die("the archive's %s cannot be read", name);
	text[part.size] = 0;
	return text;
}

/* --- JSON, as far as it is needed -------------------------------------------------- */

/* The string behind "@key": after *@at, which goes behind it; NULL: there is none before @end. */
static char *string_of(char **at, const char *end, const char *key)
{
	char *quoted = format("\"%s\"", key), *found = strstr(*at, quoted), *close;

	if (found && (!end || found < end)) {
		found += strlen(quoted);
		found += strspn(found, " \t\r\n:");
		close = *found == '"' ? strchr(found + 1, '"') : NULL;
		if (close) {
			*at = close + 1;
			found = strndup(found + 1, close - found - 1);
		} else {
			found = NULL;
		}
	} else {
		found = NULL;
	}
	free(quoted);
	return found;
}

/* Where the array behind "@key" begins, and its end. */
static char *array_of(char *text, const char *key, char **end)
{
	char *quoted = format("\"%s\"", key), *at = strstr(text, quoted);
	int depth = 0;
	bool string = false;

	free(quoted);
	at = at ? strchr(at, '[') : NULL;
	for (*end = at; *end && **end; ++*end) {
		if (**end == '"' && (*end)[-1] != '\\')
			string = !string;
		else if (!string && (**end == '[' || **end == '{'))
			depth++;
		else if (!string && (**end == ']' || **end == '}') && !--depth)
			return at;
	}
	return NULL;
}

/* --- Layers ----------------------------------------------------------------------- */

static void add_layer(const struct source *from, const char *name, struct part **parts,
		      unsigned int *nr)
{
	struct part part;

	if (!find_member(from, name, &part) || *nr == MOST_LAYERS)
		die("the archive has no layer %s: save it anew", name);
	part.layer = true;
	*parts = must_alloc(*parts, (*nr + 1) * sizeof(part));
	(*parts)[(*nr)++] = part;
}

/* "sha256:0123..." is a file. */
static char *blob_of(const char *digest)
{
	const char *colon = strchr(digest, ':');

	if (!colon || strchr(digest, '/'))
		die("the archive's digest %s makes no sense", digest);
	return format("blobs/%.*s/%s", (int)(colon - digest), digest, colon + 1);
}

/* manifest.json of docker save: "Layers": ["FILE", ...], of the first image. */
static bool docker_layers(const struct source *from, struct part **parts, unsigned int *nr)
{
	char *text = read_member(from, "manifest.json"), *at, *end, *close;

	at = text ? array_of(text, "Layers", &end) : NULL;
	if (!at)
		return false;
	while ((at = strchr(at, '"')) && at < end && (close = strchr(at + 1, '"'))) {
		*close = 0;
		add_layer(from, at + 1, parts, nr);
		at = close + 1;
	}
	return true;
}

/* index.json leads to a manifest, maybe by another index, and that to layers. */
static bool oci_layers(const struct source *from, struct part **parts, unsigned int *nr)
{
	char *text = read_member(from, "index.json"), *at, *end, *digest;
	unsigned int depth;

	for (depth = 0; text && depth < 4; depth++) {
		at = array_of(text, "layers", &end);
		if (at) {
			while ((digest = string_of(&at, end, "digest")))
				add_layer(from, blob_of(digest), parts, nr);
			return true;
		}
		at = array_of(text, "manifests", &end);
		digest = at ? string_of(&at, end, "digest") : NULL;
		if (!digest)
			return false;
		text = read_member(from, blob_of(digest));
	}
	return false;
}

/* --- Reading ---------------------------------------------------------------------- */

static int copy_part(const struct part *part, int to)
{
	off_t at = part->at, end = part->at + part->size;
	ssize_t n;

	while (at < end) {
		n = sendfile(to, part->fd, &at, end - at < 1 << 20 ? end - at : 1 << 20);
		if (n <= 0)
			return 1;
	}
	return 0;
}

int archive_send(const struct part *part, int to)
{
	const struct packer *packer = packer_of(part->fd, part->at);
	int fd[2], status;
	pid_t pid;

	if (!packer)
		return copy_part(part, to);
	if (pipe2(fd, O_CLOEXEC))
		return 1;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fd[0], 0);
		dup2(to, 1);
		execlp(packer->program, packer->program, "-dc", NULL);
		warn("the archive is compressed by %s, which is not there: install it", packer->program);
		_exit(1);
	}
	close(fd[0]);
	close(to);
	status = copy_part(part, fd[1]);
	close(fd[1]);
	return waitpid(pid, &fd[0], 0) != pid || fd[0] || status;
}

/* A compressed archive in an unnamed file, for it has to be looked for things in. */
static int decompress(int fd, const char *path)
{
	const char *folder = getenv("TMPDIR") ?: "/var/tmp";
	struct part part = { .fd = fd };
	struct stat st;
	int to = open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600), status;
	pid_t pid;

	if (to < 0)
		die("TMPDIR=%s: no file can be made there: %s", folder, strerror(errno));
	fstat(fd, &st);
	part.size = st.st_size;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(archive_send(&part, to));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		die("%s: it cannot be decompressed", path);
	return to;
}

struct part *archive_parts(const char *path, unsigned int *nr)
{
	struct source from = { .fd = open(path, O_RDONLY | O_CLOEXEC) };
	struct part *parts = NULL;
	struct stat st;

	*nr = 0;
	if (from.fd < 0 || fstat(from.fd, &st))
		die("%s: %s", path, strerror(errno));
	from.folder = S_ISDIR(st.st_mode);
	if (!from.folder && packer_of(from.fd, 0)) {
		from.fd = decompress(from.fd, path);
		fstat(from.fd, &st);
	}
	if (from.folder && faccessat(from.fd, "oci-layout", F_OK, 0)) {
		close(from.fd);
		return NULL;
	}
	if (!from.folder && !is_tar(from.fd))
		die("%s: neither an image nor a tar archive", path);
	if (docker_layers(&from, &parts, nr) || oci_layers(&from, &parts, nr))
		return parts;
	if (from.folder)
		die("%s: an OCI layout without an image", path);
	parts = must_alloc(NULL, sizeof(*parts));
	*parts = (struct part){ .fd = from.fd, .size = st.st_size };
	*nr = 1;
	return parts;
}
