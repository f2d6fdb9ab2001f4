// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/rtc0: the host's clock, in UTC.  The guest may set it, which the host does
 * not notice: it is an offset that lasts until the guest ends or reboots.
 */
#include <linux/err.h>
#include <linux/init.h>
#include <linux/math64.h>
#include <linux/platform_device.h>
#include <linux/rtc.h>
#include <asm/host.h>

static s64 offset;	/* seconds; under the RTC's lock */

static s64 host_seconds(void)
{
	return div_u64(host_realtime_ns(), NSEC_PER_SEC);
}

static int host_rtc_read(struct device *dev, struct rtc_time *tm)
{
	rtc_time64_to_tm(host_seconds() + offset, tm);
	return 0;
}

static int host_rtc_set(struct device *dev, struct rtc_time *tm)
{
	offset = rtc_tm_to_time64(tm) - host_seconds();
	return 0;
}

static const struct rtc_class_ops host_rtc_ops = {
	.read_time	= host_rtc_read,
	.set_time	= host_rtc_set,
};

static int __init host_rtc_init(void)
{
	struct platform_device *device = platform_device_register_simple("host-rtc", -1, NULL, 0);
	struct rtc_device *rtc;

	if (IS_ERR(device))
		return PTR_ERR(device);
	rtc = devm_rtc_allocate_device(&device->dev);
	if (IS_ERR(rtc))
		return PTR_ERR(rtc);
	rtc->ops = &host_rtc_ops;
	rtc->range_max = RTC_TIMESTAMP_END_9999;
	clear_bit(RTC_FEATURE_ALARM, rtc->features);
	clear_bit(RTC_FEATURE_UPDATE_INTERRUPT, rtc->features);
	return devm_rtc_register_device(rtc);
}
device_initcall(host_rtc_init);
