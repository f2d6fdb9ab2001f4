/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the port calls of the virtual drivers (drivers-virtual/).
 */
#ifndef __ASM_UM_DRIVERS_H
#define __ASM_UM_DRIVERS_H

/* From setup_arch() on: a panic shows the kernel's log even if there is no console yet. */
void um_console_early(void);

/* The host's terminal has changed its size.  Any context. */
void um_winch(void);

/*
 * Write out what consoles still hold, as long as somebody reads it.  At the end of
 * the machine, in any context; waits in the host.
 */
void um_console_drain(void);

/* Remove the named guest's folder.  At the end of the machine. */
void um_umid_cleanup(void);

/* That folder and the one it lies in; false for a guest without a name. */
bool um_umid_folder(const char **own, const char **parent);

/*
 * The path of the file @name in that folder, with which it will be removed; NULL for
 * a guest without a name.
 */
const char *um_umid_file(const char *name);

/* What the guest wrote to /proc/exitcode. */
extern int uml_exitcode;

#endif
