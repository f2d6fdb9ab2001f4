// SPDX-License-Identifier: GPL-2.0
/*
 * vec<n>:transport=<transport>,<option>=<value>,... at boot and by hot-plug.
 *
 * Everything is opened here, while the command line is parsed: a name that is
 * wrong ends the process before anything else happens, and later nothing can be
 * opened.
 */
#define pr_fmt(fmt) "vec: " fmt

#include <linux/ctype.h>
#include <linux/etherdevice.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/list.h>
#include <linux/memblock.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/boot.h>
#include <asm/end.h>
#include <asm/hotplug.h>
#include "vec.h"

#define VEC_UNITS	64
#define MAX_DEPTH	256

static LIST_HEAD(devices);	/* at boot; then hot-plug's, which does one thing at a time */

UM_TABLE(transports, struct vec_transport);

static const char *const keys[VEC_KEYS] = {
	[VEC_SRC]	= "src",
	[VEC_DST]	= "dst",
	[VEC_IFNAME]	= "ifname",
	[VEC_FD]	= "fd",
	[VEC_VNET]	= "vnet",
	[VEC_DEPTH]	= "depth",
	[VEC_MTU]	= "mtu",
	[VEC_MAC]	= "mac",
	[VEC_GRO]	= "gro",
	[VEC_ONE]	= "vec",
	[VEC_HEADROOM]	= "headroom",
};

static const struct vec_transport *find_transport(const char *name)
{
	const struct vec_transport *t;

	for_each_in_table(transports, t)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

/* In a message: which transports there are. */
static void name_transports(struct seq_buf *why)
{
	const struct vec_transport *t;
	const char *comma = "";

	for_each_in_table(transports, t) {
		seq_buf_printf(why, "%s%s", comma, t->name);
		comma = ", ";
	}
}

static int set_number(const char *value, unsigned int least, unsigned int most, unsigned int *to,
		      struct seq_buf *why)
{
	unsigned int n;

	if (kstrtouint(value, 10, &n) || n < least || n > most) {
		seq_buf_printf(why, "%s is no number from %u to %u", value, least, most);
		return -EINVAL;
	}
	*to = n;
	return 0;
}

static int set_key(struct vec_options *o, enum vec_key key, const char *value, struct seq_buf *why)
{
	unsigned int n = 0;
	int err = 0;

	switch (key) {
	case VEC_SRC:
		o->src = value;
		break;
	case VEC_DST:
		o->dst = value;
		break;
	case VEC_IFNAME:
		o->ifname = value;
		break;
	case VEC_FD:
		err = set_number(value, 0, INT_MAX, &n, why);
		o->fd = n;
		break;
	case VEC_VNET:
		err = set_number(value, 0, 1, &n, why);
		o->vnet = n;
		break;
	case VEC_DEPTH:
		return set_number(value, 1, MAX_DEPTH, &o->depth, why);
	case VEC_MTU:
		return set_number(value, ETH_MIN_MTU, VEC_MAX_MTU, &o->mtu, why);
	case VEC_HEADROOM:
		return set_number(value, 0, 256, &o->headroom, why);
	case VEC_GRO:
		err = set_number(value, 0, 1, &n, why);
		o->gro = n;
		break;
	case VEC_ONE:
		err = set_number(value, 0, 1, &n, why);
		o->one = !n;
		break;
	case VEC_MAC:
		if (!mac_pton(value, o->mac) || !is_valid_ether_addr(o->mac)) {
			seq_buf_printf(why, "mac=%s is no address of one device, such as 52:54:00:12:34:56",
				       value);
			return -EINVAL;
		}
		o->has_mac = true;
		break;
	default:
		break;
	}
	return err;
}

/* Fill in @vec from what follows "vec<n>:". */
static int parse(struct vec *vec, char *text, struct seq_buf *why)
{
	struct vec_options *o = &vec->o;
	const struct vec_transport *t = NULL;
	unsigned int said = 0;
	char *word;
	int key, err;

	*o = (struct vec_options){ .fd = -1, .depth = 64, .mtu = ETH_DATA_LEN, .gro = true };
	while ((word = strsep(&text, ","))) {
		char *value = strchr(word, '=');

		if (!value || !value[1]) {
			seq_buf_printf(why, "%s is no OPTION=VALUE", *word ? word : "nothing");
			return -EINVAL;
		}
		*value++ = 0;
		if (!strcmp(word, "transport")) {
			t = find_transport(value);
			if (!t) {
				seq_buf_printf(why, "there is no transport=%s; there are ", value);
				name_transports(why);
				return -EINVAL;
			}
			continue;
		}
		key = match_string(keys, VEC_KEYS, word);
		if (key < 0) {
			seq_buf_printf(why, "%s= is not known", word);
			return -EINVAL;
		}
		err = set_key(o, key, value, why);
		if (err)
			return err;
		said |= BIT(key);
	}
	if (!t) {
		seq_buf_puts(why, "say which transport, with transport= and one of ");
		name_transports(why);
		return -EINVAL;
	}
	said &= BIT(VEC_DEPTH) - 1;
	if (said & ~t->takes) {
		seq_buf_printf(why, "%s= is not for transport=%s: write transport=%s,%s",
			       keys[__ffs(said & ~t->takes)], t->name, t->name, t->usage);
		return -EINVAL;
	}
	vec->link = (struct vec_link){ .transport = t, .fd = -1, .listener = -1, .control = -1 };
	return 0;
}

static void vec_close(struct vec *vec)
{
	struct vec_link *link = &vec->link;

	if (link->transport && link->transport->close)
		link->transport->close(link);
	if (link->fd >= 0) {
		host_tty_release(link->fd);	/* what host_private() has changed */
		host_close(link->fd);
	}
	if (link->listener >= 0)
		host_close(link->listener);
	if (link->control >= 0)
		host_close(link->control);
}

static struct vec *find_unit(unsigned int unit)
{
	struct vec *vec;

	list_for_each_entry(vec, &devices, list)
		if (vec->unit == unit)
			return vec;
	return NULL;
}

/* @arg: "<n>:transport=...".  Opens what it names; @vec is zeroed memory. */
static int set_up(struct vec *vec, const char *arg, struct seq_buf *why)
{
	char *text = vec->parsed;
	int err;

	if (strscpy(vec->text, arg) < 0) {
		seq_buf_printf(why, "this is too long: %d letters are the most", VEC_TEXT - 1);
		return -E2BIG;
	}
	strscpy(vec->parsed, vec->text);
	if (!isdigit(*text))
		goto syntax;
	vec->unit = simple_strtoul(text, &text, 10);
	if (*text++ != ':' || vec->unit >= VEC_UNITS)
		goto syntax;
	if (find_unit(vec->unit)) {
		seq_buf_printf(why, "this device is there already");
		return -EEXIST;
	}
	err = parse(vec, text, why);
	if (err)
		return err;
	err = vec->link.transport->open(&vec->link, &vec->o, why);
	if (!err && vec->o.mtu > vec->link.max_mtu) {
		seq_buf_printf(why, "mtu=%u is too much here: at most %u", vec->o.mtu,
			       vec->link.max_mtu);
		err = -EINVAL;
	}
	if (err)
		vec_close(vec);
	return err;

syntax:
	seq_buf_printf(why, "write vec<n>:transport=<transport>,<option>=<value>..., <n> from 0 to %d",
		       VEC_UNITS - 1);
	return -EINVAL;
}

static int __init vec_option(char *arg)
{
	static char buf[256] __initdata;
	struct seq_buf why;
	struct vec *vec;

	/* Aligned at both ends, so that memblock sees one piece where it has little room for many. */
	vec = memblock_alloc(ALIGN(sizeof(*vec), SMP_CACHE_BYTES), SMP_CACHE_BYTES);
	if (!vec)
		panic("vec: no memory for vec%s\n", arg);
	vec->boot = true;
	seq_buf_init(&why, buf, sizeof(buf));
	if (!set_up(vec, arg, &why))
		list_add_tail(&vec->list, &devices);
	else if (boot_info->reboots)
		/* It was removed, and now it cannot be had any more: the guest goes on without. */
		pr_warn("vec%s: %s (it was removed before the restart)\n", arg, seq_buf_str(&why));
	else
		um_die("vec%s: %s", arg, seq_buf_str(&why));
	return 1;
}
__setup("vec", vec_option);

/* What upstream once had; in silence the guest would have no network. */
static int __init eth_option(char *arg)
{
	if (!isdigit(*arg))
		return 0;
	um_die("eth%s: the devices are called vec: write for example vec0:transport=tap,ifname=tap0, or vec0:transport=daemon,dst=SOCKET",
	       arg);
}
__setup("eth", eth_option);

static int vec_config(char *arg, struct seq_buf *why)
{
	struct vec *vec = kzalloc(sizeof(*vec), GFP_KERNEL);
	int err;

	if (!vec)
		return -ENOMEM;
	err = set_up(vec, arg, why);
	if (err)
		goto free;
	err = vec_add(vec);
	if (err) {
		seq_buf_printf(why, "the kernel has no room for the device: %pe", ERR_PTR(err));
		goto close;
	}
	list_add_tail(&vec->list, &devices);
	return 0;

close:
	vec_close(vec);
free:
	kfree(vec);
	return err;
}

static struct vec *named(const char *unit, struct seq_buf *why)
{
	struct vec *vec = NULL;
	unsigned int n;

	if (!kstrtouint(unit, 10, &n))
		vec = find_unit(n);
	if (!vec)
		seq_buf_printf(why, "there is no device vec%s", unit);
	return vec;
}

static int vec_unplug(const char *unit, struct seq_buf *why)
{
	struct vec *vec = named(unit, why);

	if (!vec)
		return -ENODEV;
	list_del(&vec->list);
	vec_remove(vec);
	vec_close(vec);
	if (!vec->boot)
		kfree(vec);
	return 0;
}

static int vec_get(const char *unit, struct seq_buf *answer)
{
	struct vec *vec = named(unit, answer);

	if (!vec)
		return -ENODEV;
	seq_buf_puts(answer, strchr(vec->text, ':') + 1);
	return 0;
}

static struct um_device_kind kind = {
	.name	= "vec",
	.config	= vec_config,
	.remove	= vec_unplug,
	.get	= vec_get,
};

static int __init vec_init(void)
{
	struct vec *vec, *next;
	int err;

	list_for_each_entry_safe(vec, next, &devices, list) {
		err = vec_add(vec);
		if (!err)
			continue;
		pr_err("no vec%u: %pe\n", vec->unit, ERR_PTR(err));
		list_del(&vec->list);
	}
	um_device_kind_register(&kind);
	return 0;
}
device_initcall(vec_init);
