/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guests that run, and how others of the user's solos speak to them: by an abstract unix
 * socket "solo/UID/NAME" of the solo that has the guest.  It leaves no file, and goes with
 * its process whatever ends that.
 */
#ifndef SOLO_CONTROL_H
#define SOLO_CONTROL_H

#include "link.h"

#define NAME_LONGEST	63

bool name_is_good(const char *name);
/* A socket that listens as @name; -1: it is taken. */
int control_listen(const char *name);
int control_accept(int listener);	/* -1: nobody, or nobody whom it concerns */
bool control_is_there(const char *name);
/* A link to the guest @name; the end if there is none. */
void control_connect(struct link *link, const char *name);

#endif
