// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of files that are mapped.  They are read from the host when they are touched, many
 * at once, and written by the guest's writeback, by msync() and when the file is closed.
 *
 * Each of these waits for the host, and so for its disk where it does not have the data.
 *
 * Whether the pages are still what the host has, size and time of the file say.  So when we
 * change these ourselves while there are pages, we ask the host before and behind.
 */
#include <linux/pagemap.h>
#include <linux/writeback.h>
#include "hostfs.h"

#define FOLIOS	64		/* of one call of the host */

/* Read the folio from @done on, which the host has not given yet, to its end or the file's. */
static int read_rest(struct inode *inode, struct folio *folio, size_t done)
{
	size_t len = folio_size(folio);
	ssize_t n = 1;

	while (n > 0 && done < len) {
		n = host_pread(hostfs_node(inode)->in, folio_address(folio) + done, len - done,
			       folio_pos(folio) + done);
		if (n > 0)
			done += n;
	}
	if (n >= 0)
		folio_zero_segment(folio, done, len);
	folio_end_read(folio, n >= 0);
	return min_t(ssize_t, n, 0);
}

static void read_folios(struct inode *inode, struct folio **folios, unsigned int nr)
{
	struct host_iovec iov[FOLIOS];
	unsigned int i;
	ssize_t n;

	for (i = 0; i < nr; i++)
		iov[i] = (struct host_iovec){ folio_address(folios[i]), folio_size(folios[i]) };
	n = host_preadv(hostfs_node(inode)->in, iov, nr, folio_pos(folios[0]));
	for (i = 0; i < nr; i++) {
		size_t got = clamp_t(ssize_t, n, 0, iov[i].len);

		n -= got;
		/* It ended early: at the end of the file, or at an error, which is told next time. */
		if (got < iov[i].len)
			read_rest(inode, folios[i], got);
		else
			folio_end_read(folios[i], true);
	}
}

/* What we have written before there were pages has made none of them old. */
static void first_pages(struct inode *inode)
{
	if (hostfs_node(inode)->own)
		hostfs_ask(inode, true);
}

static int read_folio(struct file *file, struct folio *folio)
{
	struct inode *inode = folio->mapping->host;

	first_pages(inode);
	return read_rest(inode, folio, 0);
}

/* What could not be read is asked for again by read_folio(). */
static void read_ahead(struct readahead_control *rac)
{
	struct folio *folios[FOLIOS], *folio;
	unsigned int nr = 0;

	first_pages(rac->mapping->host);
	while ((folio = readahead_folio(rac))) {
		folios[nr++] = folio;
		if (nr == FOLIOS) {
			read_folios(rac->mapping->host, folios, nr);
			nr = 0;
		}
	}
	if (nr)
		read_folios(rac->mapping->host, folios, nr);
}

static int write_folio(struct inode *inode, struct folio *folio)
{
	struct hostfs_node *node = hostfs_node(inode);
	loff_t pos = folio_pos(folio), size = i_size_read(inode);
	size_t len = pos < size ? min_t(loff_t, folio_size(folio), size - pos) : 0, done = 0;
	ssize_t n = 0;

	folio_start_writeback(folio);
	folio_unlock(folio);
	while (done < len) {
		n = host_pwrite(node->out, folio_address(folio) + done, len - done, pos + done);
		if (n <= 0)
			break;
		done += n;
	}
	if (done < len)
		mapping_set_error(inode->i_mapping, n < 0 ? n : -EIO);
	folio_end_writeback(folio);
	return 0;
}

static int write_pages(struct address_space *mapping, struct writeback_control *wbc)
{
	struct folio *folio = NULL;
	int err;

	hostfs_ask(mapping->host, false);
	while ((folio = writeback_iter(mapping, wbc, folio, &err)))
		err = write_folio(mapping->host, folio);
	hostfs_ask(mapping->host, true);
	return err;
}

const struct address_space_operations hostfs_pages_operations = {
	.read_folio	= read_folio,
	.readahead	= read_ahead,
	.writepages	= write_pages,
	.dirty_folio	= filemap_dirty_folio,
	.migrate_folio	= filemap_migrate_folio,
};
