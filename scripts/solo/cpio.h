/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOLO_CPIO_H
#define SOLO_CPIO_H

/* A file without a name that holds the archive for initrd=: this program, as /init. */
int make_initrd(void);

#endif
