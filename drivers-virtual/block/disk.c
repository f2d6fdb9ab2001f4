// SPDX-License-Identifier: GPL-2.0
/*
 * The block device as the guest sees it: /dev/ubda and so on.
 */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/major.h>
#include <linux/string.h>
#include "ubd.h"

#define UBD_MINORS	16		/* of a disk; later disks have dynamic ones */
#define UBD_MAX_SECTORS	4096

static int ubd_open(struct gendisk *disk, blk_mode_t mode)
{
	struct ubd *ubd = disk->private_data;

	return ubd->leaving ? -ENXIO : 0;
}

static void ubd_free_disk(struct gendisk *disk)
{
	ubd_free(disk->private_data);
}

static const struct block_device_operations ubd_fops = {
	.owner		= THIS_MODULE,
	.open		= ubd_open,
	.free_disk	= ubd_free_disk,
};

static ssize_t serial_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ubd *ubd = dev_to_disk(dev)->private_data;

	return sysfs_emit(buf, "%s", ubd->option.serial ?: "");
}
static DEVICE_ATTR_RO(serial);

static struct attribute *ubd_attrs[] = {
	&dev_attr_serial.attr,
	NULL
};
ATTRIBUTE_GROUPS(ubd);

static void queue_limits(const struct ubd_image *image, struct queue_limits *lim)
{
	*lim = (struct queue_limits){
		.logical_block_size	= SECTOR_SIZE,
		.physical_block_size	= image->block_size,
		.max_hw_sectors		= UBD_MAX_SECTORS,
		.max_segments		= UBD_SEGMENTS,
		.max_segment_size	= UINT_MAX,
	};
	if (image->cached)
		lim->features |= BLK_FEAT_WRITE_CACHE;
	if (image->fua)
		lim->features |= BLK_FEAT_FUA;
	if (image->trim) {
		lim->max_hw_discard_sectors = UINT_MAX >> SECTOR_SHIFT;
		lim->discard_granularity = image->block_size;
		lim->max_write_zeroes_sectors = UINT_MAX >> SECTOR_SHIFT;
	}
}

int ubd_disk_add(struct ubd *ubd)
{
	struct ubd_image *image = ubd->image;
	struct queue_limits lim;
	struct gendisk *disk;
	int err;

	err = ubd_queue_init(ubd);
	if (err)
		return err;
	queue_limits(image, &lim);
	disk = blk_mq_alloc_disk(&ubd->tags, &lim, ubd);
	if (IS_ERR(disk)) {
		ubd_queue_free(ubd);
		return PTR_ERR(disk);
	}
	ubd->disk = disk;
	if ((ubd->index + 1) * UBD_MINORS <= 256) {
		disk->major = UBD_MAJOR;
		disk->first_minor = ubd->index * UBD_MINORS;
		disk->minors = UBD_MINORS;
	}
	disk->fops = &ubd_fops;
	disk->private_data = ubd;
	strscpy(disk->disk_name, ubd->name);
	set_capacity(disk, DIV_ROUND_UP_ULL(image->size, SECTOR_SIZE));
	set_disk_ro(disk, image->flags & UBD_READ_ONLY);
	err = device_add_disk(NULL, disk, ubd_groups);
	if (err) {
		disk->private_data = NULL;	/* the caller frees it */
		put_disk(disk);
		ubd_queue_free(ubd);
	}
	return err;
}

void ubd_disk_remove(struct ubd *ubd)
{
	struct ubd_image *image = ubd->image;

	blkdev_issue_flush(ubd->disk->part0);
	del_gendisk(ubd->disk);
	ubd_queue_free(ubd);
	put_disk(ubd->disk);
	image->ops->close(image);
}

bool ubd_disk_leave(struct ubd *ubd)
{
	struct gendisk *disk = ubd->disk;

	mutex_lock(&disk->open_mutex);
	ubd->leaving = !disk_openers(disk);
	mutex_unlock(&disk->open_mutex);
	return ubd->leaving;
}

void ubd_disk_flush(struct ubd *ubd)
{
	if (ubd->image->unsaved)
		blkdev_issue_flush(ubd->disk->part0);
}
