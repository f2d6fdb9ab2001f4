/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the virtual drivers (drivers-virtual/) offer to the port and to each other.
 */
#ifndef __ASM_UM_DRIVERS_H
#define __ASM_UM_DRIVERS_H

#include <linux/compiler.h>
#include <linux/types.h>

/* From setup_arch() on: a panic shows the kernel's log even if there is no console yet. */
void um_console_early(void);

/* The host's terminal has changed its size.  Any context. */
void um_winch(void);

/* This process was stopped and goes on.  Any context. */
void um_continued(void);

/* Before the guest waits in the host: write out what consoles have put off. */
#ifdef CONFIG_UML_LINES
void um_console_flush(void);
#else
static inline void um_console_flush(void) { }
#endif

/*
 * Make the named guest's folder ours, or end the process: it is another guest's.
 * Once all options are known, before anything is shown or opened there.
 */
void um_umid_claim(void);

/* That folder and the one it lies in; false for a guest without a name. */
bool um_umid_folder(const char **path, const char **parent);

/* What hotplug= names: folders with \0 behind each and one more at the end, or NULL. */
const char *um_hotplug_folders(void);
bool um_hotplug_connects(void);		/* it says connect */

/* The folders of hostfs=, for host_confine() */
struct host_confinement;

#ifdef CONFIG_UML_HOSTFS
void um_hostfs_shared(struct host_confinement *to);
#else
static inline void um_hostfs_shared(struct host_confinement *to) { }
#endif

/*
 * mconsole's stop: no user code runs while um_is_stopped().  A task on its way to user
 * mode waits in um_stop_wait().
 */
#ifdef CONFIG_UML_MCONSOLE
extern bool um_stopped;
void um_stop_wait(void);

static inline bool um_is_stopped(void)
{
	return READ_ONCE(um_stopped);
}
#else
static inline bool um_is_stopped(void)
{
	return false;
}

static inline void um_stop_wait(void) { }
#endif

/*
 * The path of the file @name in that folder, with which it will be removed; NULL for
 * a guest without a name.
 */
const char *um_umid_file(const char *name);

#endif
