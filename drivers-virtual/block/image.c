// SPDX-License-Identifier: GPL-2.0
/*
 * Which kind of image a file is.
 */
#include <linux/err.h>
#include "image.h"

struct ubd_image *ubd_image_open(const struct ubd_option *asked)
{
	struct ubd_option o = *asked;
	struct ubd_image *image;
	struct ubd_file f;
	int err;

	if (o.flags & UBD_DISPOSABLE)
		o.flags |= UBD_READ_ONLY;
	if (o.backing) {
		image = ubd_cow_open(&o, NULL);
	} else {
		err = ubd_file_open(&f, &o, o.path, o.flags, false);
		if (err)
			return ERR_PTR(err);
		if (!(o.flags & UBD_RAW) && ubd_is_cow(&f))
			image = ubd_cow_open(&o, &f);
		else
			image = ubd_raw_image(&f, o.flags);
	}
	if (o.flags & UBD_DISPOSABLE && !IS_ERR(image))
		image = ubd_disposable(asked, image);
	return image;
}
