/* SPDX-License-Identifier: GPL-2.0 */
/* Software events only: the host's counters are not the guest's. */
#ifndef __ASM_UM_PERF_EVENT_H
#define __ASM_UM_PERF_EVENT_H

#endif
