// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/hwrng: the host's random numbers, which also feed the guest's own.
 * (The first of them the guest has before it has drivers: kernel/setup.c.)
 */
#include <linux/hw_random.h>
#include <linux/init.h>
#include <asm/host.h>

/* This does not wait: the host has had its entropy since it booted. */
static int host_rng_read(struct hwrng *rng, void *buf, size_t max, bool wait)
{
	return host_getrandom(buf, max);
}

static struct hwrng host_rng = {
	.name	= "host",
	.read	= host_rng_read,
};

static int __init host_rng_init(void)
{
	return hwrng_register(&host_rng);
}
device_initcall(host_rng_init);
