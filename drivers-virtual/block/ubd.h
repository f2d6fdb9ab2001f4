/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The block device: options (option.c) make disks (disk.c), whose requests
 * (request.c) go to images (image.h).
 */
#ifndef UBD_H
#define UBD_H

#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/list.h>
#include <linux/workqueue.h>
#include "image.h"

struct ubd {
	unsigned int index;
	char name[DISK_NAME_LEN];	/* ubda */
	struct ubd_option option;
	struct ubd_image *image;
	struct gendisk *disk;
	bool lost;			/* a write has failed on the host, which was told */
	bool leaving;			/* under the disk's open_mutex */

	/* request.c's */
	struct blk_mq_tag_set tags;
	struct delayed_work save;
	struct work_struct discard;
	struct list_head discards;	/* ubd_io.link; under ubd_lock */
};

/* Requests (request.c) */

/* At initcall time, before there is a queue.  0, or -errno: the host has no AIO for us. */
int ubd_aio_start(void);
/* What a disk's queue needs, from its image. */
int ubd_queue_init(struct ubd *ubd);
void ubd_queue_free(struct ubd *ubd);

/* Disks (disk.c).  Process context; may sleep. */

/* Show the disk to the guest. */
int ubd_disk_add(struct ubd *ubd);
/* From now on nobody can open it; false: somebody has it open. */
bool ubd_disk_leave(struct ubd *ubd);
/* After ubd_disk_leave(): remove it, and close its image. */
void ubd_disk_remove(struct ubd *ubd);
/* Have on the host's disk what is still in memory only. */
void ubd_disk_flush(struct ubd *ubd);

#endif
