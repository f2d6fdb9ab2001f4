// SPDX-License-Identifier: GPL-2.0
/*
 * What ethtool tells of a device.
 */
#include <linux/ethtool.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "vec.h"

#define COUNT(name) { #name, offsetof(struct vec_counts, name) }

static const struct {
	char name[ETH_GSTRING_LEN];
	size_t offset;
} counts[] = {
	COUNT(rx_packets),
	COUNT(rx_bytes),
	COUNT(rx_calls),
	COUNT(rx_runt),
	COUNT(rx_oversized),
	COUNT(rx_bad_header),
	COUNT(rx_no_memory),
	COUNT(tx_packets),
	COUNT(tx_bytes),
	COUNT(tx_calls),
	COUNT(tx_waits),
	COUNT(tx_no_peer),
	COUNT(tx_slow_peer),
	COUNT(tx_refused),
	COUNT(peers_lost),
};

static struct vec *to_vec(struct net_device *dev)
{
	return *(struct vec **)netdev_priv(dev);
}

static void vec_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "vec");
	strscpy(info->bus_info, to_vec(dev)->link.transport->name);
}

static int vec_get_sset_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? ARRAY_SIZE(counts) : -EOPNOTSUPP;
}

static void vec_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	unsigned int i;

	if (set != ETH_SS_STATS)
		return;
	for (i = 0; i < ARRAY_SIZE(counts); i++)
		ethtool_puts(&data, counts[i].name);
}

static void vec_get_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	const void *from = &to_vec(dev)->counts;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++)
		data[i] = *(const u64 *)(from + counts[i].offset);
}

static void vec_get_ringparam(struct net_device *dev, struct ethtool_ringparam *ring,
			      struct kernel_ethtool_ringparam *kernel_ring,
			      struct netlink_ext_ack *extack)
{
	const struct vec *vec = to_vec(dev);

	ring->rx_max_pending = vec->o.depth;
	ring->tx_max_pending = vec->o.depth;
	ring->rx_pending = netif_running(dev) ? vec->rx.slots : vec->o.depth;
	ring->tx_pending = vec->o.depth;
}

/* There is no wire: a number to compare with. */
static int vec_get_link_ksettings(struct net_device *dev, struct ethtool_link_ksettings *settings)
{
	ethtool_link_ksettings_zero_link_mode(settings, supported);
	ethtool_link_ksettings_zero_link_mode(settings, advertising);
	settings->base.speed = SPEED_10000;
	settings->base.duplex = DUPLEX_FULL;
	settings->base.port = PORT_OTHER;
	settings->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

const struct ethtool_ops vec_ethtool_ops = {
	.get_drvinfo		= vec_get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_sset_count		= vec_get_sset_count,
	.get_strings		= vec_get_strings,
	.get_ethtool_stats	= vec_get_stats,
	.get_ringparam		= vec_get_ringparam,
	.get_link_ksettings	= vec_get_link_ksettings,
	.get_ts_info		= ethtool_op_get_ts_info,
};
