/* SPDX-License-Identifier: GPL-2.0 */
/*
 * User memory for the host to read or write in the kernel's place.
 */
#ifndef __ASM_UM_USER_PIECES_H
#define __ASM_UM_USER_PIECES_H

#include <linux/types.h>

struct host_iovec;

/*
 * Where the bytes of current's [@user, @user + @len) lie for a call of the host: as many as
 * are there at once and fit into the *@nr pieces of @iov.  Returns their number, and in *@nr
 * that of the pieces; 0: the first page has to be faulted in.  They stay there while
 * preemption is off.  @user is checked by access_ok().
 */
size_t user_pieces(unsigned long user, size_t len, bool write, struct host_iovec *iov,
		   unsigned int *nr);

#endif
