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

/* Before the guest waits in the host: write out what consoles have put off. */
#ifdef CONFIG_UML_LINES
void um_console_flush(void);
#else
static inline void um_console_flush(void) { }
#endif

/*
 * Write out what consoles still hold, as long as somebody reads it.  At the end of
 * the machine, in any context; waits in the host.
 */
void um_console_drain(void);

/* Remove the named guest's folder.  At the end of the machine. */
void um_umid_cleanup(void);

/* That folder and the one it lies in; false for a guest without a name. */
bool um_umid_folder(const char **own, const char **parent);

/* What hotplug= names: folders with \0 behind each and one more at the end, or NULL. */
const char *um_hotplug_folders(void);
bool um_hotplug_connects(void);		/* it says connect */

/*
 * Answer whoever waits for an answer of mconsole.  At the end of the machine, also
 * before a restart; any context.
 */
#ifdef CONFIG_UML_MCONSOLE
void um_mconsole_end(const char *why);
#else
static inline void um_mconsole_end(const char *why) { }
#endif

/*
 * mconsole's stop: no user code runs while um_stopped.  A task on its way to user
 * mode waits in um_stop_wait() until um_go().
 */
extern bool um_stopped;
void um_stop_wait(void);
void um_go(void);

/*
 * The path of the file @name in that folder, with which it will be removed; NULL for
 * a guest without a name.
 */
const char *um_umid_file(const char *name);

/* What the guest wrote to /proc/exitcode. */
extern int uml_exitcode;

#endif
