/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOLO_CLIENT_H
#define SOLO_CLIENT_H

/* A shell in a guest that runs. */
int shell_in(const char *name);

#endif
