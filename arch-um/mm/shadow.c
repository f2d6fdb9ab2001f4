// SPDX-License-Identifier: GPL-2.0
/*
 * The shadow's leaves: see shadow.h.
 *
 * They are allocated where no memory can be waited for, and without one a page
 * cannot be mapped.  So a few are set aside: enough for what one trap needs
 * (hostmap.c), since all others can be had by dropping what is mapped.
 */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/boot.h>
#include "shadow.h"

/* The most that is tried at last is one page, and a note is in two leaves mostly. */
#define RESERVE 32

/*
 * A leaf stands for a page table of the host's, 4 KiB that mem= does not count.  A
 * program can touch one page in each 2 MiB of all that it can have, so there is a
 * bound: 16 MiB, and a five-hundredth of the guest's memory.
 */
#define MOST_LEAVES	(4096 + boot_info->size / PMD_SIZE)

static struct rb_root tree = RB_ROOT;
static struct kmem_cache *leaf_cache;
static struct leaf *last;			/* found by the last search; may be NULL */

static unsigned int nr_leaves;

static struct leaf *reserve[RESERVE];
static unsigned int nr_reserve;

static void free_leaf(struct leaf *leaf)
{
	if (nr_reserve < RESERVE)
		reserve[nr_reserve++] = leaf;
	else
		kmem_cache_free(leaf_cache, leaf);
}

static struct leaf *alloc_leaf(void)
{
	struct leaf *leaf = kmem_cache_alloc(leaf_cache, GFP_NOWAIT | __GFP_NOWARN);

	if (!leaf && nr_reserve)
		leaf = reserve[--nr_reserve];
	return leaf;
}

struct leaf *shadow_find(unsigned long addr)
{
	unsigned long base = addr & PMD_MASK;
	struct rb_node *n = tree.rb_node;

	if (last && last->base == base)
		return last;
	while (n) {
		struct leaf *leaf = rb_entry(n, struct leaf, node);

		if (base == leaf->base)
			return last = leaf;
		n = base < leaf->base ? n->rb_left : n->rb_right;
	}
	return NULL;
}

struct leaf *shadow_make(unsigned long addr)
{
	unsigned long base = addr & PMD_MASK;
	struct rb_node **link = &tree.rb_node, *parent = NULL;
	struct leaf *leaf = shadow_find(addr);

	if (leaf)
		return leaf;
	if (nr_leaves >= MOST_LEAVES)
		return NULL;
	leaf = alloc_leaf();
	if (!leaf)
		return NULL;
	leaf->base = base;
	leaf->nr = 0;
	bitmap_zero(leaf->mapped, LEAF_PAGES);
	memset(leaf->entry, 0, sizeof(leaf->entry));
	while (*link) {
		parent = *link;
		link = base < rb_entry(parent, struct leaf, node)->base ? &parent->rb_left :
									  &parent->rb_right;
	}
	rb_link_node(&leaf->node, parent, link);
	rb_insert_color(&leaf->node, &tree);
	nr_leaves++;
	return last = leaf;
}

struct leaf *shadow_first(unsigned long addr)
{
	unsigned long base = addr & PMD_MASK;
	struct rb_node *n = tree.rb_node;
	struct leaf *best = NULL;

	while (n) {
		struct leaf *leaf = rb_entry(n, struct leaf, node);

		if (leaf->base >= base) {
			best = leaf;
			n = n->rb_left;
		} else {
			n = n->rb_right;
		}
	}
	return best;
}

struct leaf *shadow_next(struct leaf *leaf)
{
	return rb_entry_safe(rb_next(&leaf->node), struct leaf, node);
}

/* Programs that end leave their addresses for good: the next ones have others. */
void shadow_sweep(void)
{
	struct leaf *leaf, *next;

	for (leaf = shadow_first(0); leaf; leaf = next) {
		next = shadow_next(leaf);
		if (leaf->nr)
			continue;
		rb_erase(&leaf->node, &tree);
		nr_leaves--;
		if (last == leaf)
			last = NULL;
		free_leaf(leaf);
	}
}

unsigned int shadow_leaves(void)
{
	return nr_leaves;
}

unsigned long shadow_runs(void)
{
	unsigned long runs = 0, next = 0;
	u32 entry = 0;
	struct leaf *leaf;

	for (leaf = shadow_first(0); leaf; leaf = shadow_next(leaf)) {
		unsigned int i;

		for_each_set_bit(i, leaf->mapped, LEAF_PAGES) {
			unsigned long addr = leaf->base + i * PAGE_SIZE;

			runs += addr != next || leaf->entry[i] != entry;
			next = addr + PAGE_SIZE;
			entry = leaf->entry[i] + ENTRY_NEXT;
		}
	}
	return runs;
}

void shadow_clear(void)
{
	struct leaf *leaf, *next;

	rbtree_postorder_for_each_entry_safe(leaf, next, &tree, node)
		free_leaf(leaf);
	tree = RB_ROOT;
	nr_leaves = 0;
	last = NULL;
}

static int __init shadow_init(void)
{
	leaf_cache = kmem_cache_create("hostmap_leaf", sizeof(struct leaf), 0, SLAB_PANIC, NULL);
	while (nr_reserve < RESERVE)
		reserve[nr_reserve++] = kmem_cache_alloc(leaf_cache, GFP_KERNEL | __GFP_NOFAIL);
	return 0;
}
early_initcall(shadow_init);	/* before the first usermode helper */
