// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel takes from the host architecture and a program cannot call: checksums, of each length and alignment,
 * and words that reach into a page that is not mapped. Loads if all is right.
 */
#include <linux/module.h>
#include <linux/vmalloc.h>
#include <net/checksum.h>
#include <asm/word-at-a-time.h>

static u16 sum(const u8 *from, unsigned int len)
{
	u32 sum = 0;
	unsigned int i;

	for (i = 0; i < len; i++)
		sum += from[i] << 8 * (i & 1);
	return ~csum_fold((__force __wsum)sum);
}

/* 65535 is 0. */
static bool same(u16 a, u16 b)
{
	return a % 0xffff == b % 0xffff;
}

static unsigned int check(const u8 *page)
{
	unsigned int at, len, wrong = 0;

	for (at = 0; at < 16; at++)
		for (len = 0; len < 2100; len++)
			wrong += !same(~csum_fold(csum_partial(page + at, len, 0)), sum(page + at, len));
	for (len = 1; len < sizeof(long); len++) {
		const u8 *end = page + PAGE_SIZE - len;
		unsigned long word = 0;

		memcpy(&word, end, len);
		wrong += load_unaligned_zeropad(end) != word;
		wrong += !same(~csum_fold(csum_partial(end, len, 0)), sum(end, len));
	}
	return wrong;
}

static int __init words_init(void)
{
	u8 *page = vmalloc(PAGE_SIZE);	/* with nothing mapped behind it */
	unsigned int i, wrong;

	if (!page)
		return -ENOMEM;
	for (i = 0; i < PAGE_SIZE; i++)
		page[i] = i * 7919 >> 3 ^ i;
	wrong = check(page);
	vfree(page);
	if (wrong)
		pr_err("words: %u are wrong\n", wrong);
	return wrong ? -EINVAL : 0;
}
module_init(words_init);

static void __exit words_exit(void)
{
}
module_exit(words_exit);

MODULE_DESCRIPTION("Checks checksums and loads of words");
MODULE_LICENSE("GPL");
