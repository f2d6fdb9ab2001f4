/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Archives and folders of the host that a root file system is made of.
 */
#ifndef SOLO_ARCHIVE_H
#define SOLO_ARCHIVE_H

#include "solo.h"

/* A part of a file: tar, perhaps compressed. */
struct part {
	int fd;
	off_t at, size;
	bool layer;		/* with whiteouts */
};

enum archive_kind { ARCHIVE_NONE, ARCHIVE_TAR, ARCHIVE_FOLDER };

/* What @path is: an image or the like, a tar archive, a folder. */
enum archive_kind archive_kind(const char *path);

/*
 * The parts of what is at @path, the lowest first: a tar archive is one, what docker save
 * and podman save make, and OCI's layouts, have their layers.  NULL: a plain folder.
 */
struct part *archive_parts(const char *path, unsigned int *nr);

/* Write the part to @to, not compressed any more; an exit status.  In a process of its own. */
int archive_send(const struct part *part, int to);

#endif
