/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOLO_ROOTS_H
#define SOLO_ROOTS_H

#include <stdbool.h>

/*
 * The image that @root means: a name of one that is built here, a file, or one that is
 * made of a folder or an archive, by a guest of @kernel, or with @dry would be.  Or the end.
 */
char *root_image(const char *root, const char *kernel, bool dry);

#endif
