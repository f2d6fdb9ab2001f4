/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SOLO_GUEST_NET_H
#define SOLO_GUEST_NET_H

#include <stdbool.h>

/*
 * In the guest: bring @device up, with @what = "ADDRESS MASK GATEWAY NAMESERVER" of IPv4
 * unless that is NULL.
 */
bool guest_net_up(const char *device, const char *what);

#endif
