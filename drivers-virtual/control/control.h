/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CONTROL_H
#define CONTROL_H

/*
 * Open the named guest's socket.  When all options are known, and before the process is confined.
 * NULL: the guest has no name, and so no socket.
 */
#ifdef CONFIG_UML_MCONSOLE
void mconsole_open(const char *path);
#else
static inline void mconsole_open(const char *path) { }
#endif

#endif
