/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOLO_BUILD_H
#define SOLO_BUILD_H

#include "archive.h"

/*
 * An image with what the folder or archive at @path holds; of the cache, or made anew and
 * put there.  @kernel as in guest.h; @dry: where it would be.
 */
char *build_image(const char *path, enum archive_kind kind, const char *kernel,
		  bool dry);

#endif
