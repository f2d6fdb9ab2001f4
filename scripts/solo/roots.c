// SPDX-License-Identifier: GPL-2.0
/*
 * What root file systems there are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "build.h"
#include "guest.h"
#include "roots.h"

char *find_image(const char *name)
{
	const char *const places[] = { "%s/%s.ext4", "%s/../share/uml-solo/%s.ext4" };
	unsigned int i;
	char *path;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		path = format(places[i], own_folder(), name);
		if (!access(path, F_OK))
			return path;
		free(path);
	}
	return NULL;
}

char *root_image(const char *root, const char *kernel, bool dry)
{
	bool named = !strcmp(root, "tiny") || !strcmp(root, "debian");
	enum archive_kind kind;
	char *path;

	if (named) {
		path = find_image(root);
		if (!path)
			die("--root %s: it is not built: run make %s, or name an image", root, root);
		return path;
	}
	if (access(root, F_OK))
		die("%s: %s: name an image, a folder or an archive, or tiny, debian or host", root,
		    strerror(errno));
	kind = archive_kind(root);
	if (kind != ARCHIVE_NONE)
		return build_image(root, kind, kernel, dry);
	return strdup(root);
}
