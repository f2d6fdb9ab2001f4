// SPDX-License-Identifier: GPL-2.0
/*
 * Time: clock sources, the one-shot timer and short delays.
 *
 * Two clocks are there.  The host's monotonic clock costs a host call.  The
 * time stamp counter costs nothing and can be read by user code, in the vdso;
 * it is used where the host itself keeps time by it.  Its frequency comes from
 * the host's clock: the first measurement is taken between the first call of
 * sched_clock() and time_init(), so that boot does not wait for it, and serves
 * until a better one is there, a second later.
 */
#define pr_fmt(fmt) "time: " fmt

#include <linux/clockchips.h>
#include <linux/clocksource.h>
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/math64.h>
#include <linux/sched/clock.h>
#include <linux/time.h>
#include <linux/timekeeping.h>
#include <linux/timex.h>
#include <linux/workqueue.h>
#include <asm/cpufeature.h>
#include <asm/host.h>
#include <asm/irq.h>
#include <asm/tsc.h>

/* Time between the first two samples: a sample is off by 0.2 us at most. */
#define TSC_EARLY_NS		(2 * NSEC_PER_MSEC)
/* Two measurements agree if they differ by less than a 2000th. */
#define TSC_AGREE		2000

unsigned int tsc_khz;
EXPORT_SYMBOL(tsc_khz);

struct tsc_sample {
	u64 tsc, ns;
};

/* Both clocks at one moment: the pair of several that was taken fastest. */
static notrace struct tsc_sample tsc_take_sample(void)
{
	struct tsc_sample best = { 0 };
	u64 shortest = U64_MAX;
	int i;

	for (i = 0; i < 5; i++) {
		u64 before = rdtsc_ordered();
		u64 ns = host_monotonic_ns();
		u64 took = rdtsc_ordered() - before;

		if (took < shortest) {
			shortest = took;
			best = (struct tsc_sample) { .tsc = before + took / 2, .ns = ns };
		}
	}
	return best;
}

static unsigned int tsc_measure(struct tsc_sample from, struct tsc_sample to)
{
	return mul_u64_u64_div_u64(to.tsc - from.tsc, NSEC_PER_MSEC, to.ns - from.ns);
}

/*
 * The scheduler's clock: nanoseconds since its first call.  All deadlines
 * below are in it.
 */
struct tsc_scale {
	u64 tsc, ns;		/* ns is the clock's value at tsc */
	u32 mult, shift;
};

static struct tsc_sample origin;
static const struct tsc_scale *scale;	/* NULL: the host's clock */

static notrace u64 scale_tsc(const struct tsc_scale *s, u64 tsc)
{
	s64 delta = tsc - s->tsc;

	return s->ns + (delta > 0 ? mul_u64_u32_shr(delta, s->mult, s->shift) : 0);
}

notrace u64 sched_clock(void)
{
	/* A scale does not change once it is in use, so one load is enough. */
	const struct tsc_scale *s = READ_ONCE(scale);

	if (likely(s))
		return scale_tsc(s, rdtsc_ordered());
	if (unlikely(!origin.ns))
		origin = tsc_take_sample();
	return host_monotonic_ns() - origin.ns;
}

/* From now on use @khz; the clock goes on from where it is. */
static void sched_clock_rescale(struct tsc_scale *new, unsigned int khz)
{
	clocks_calc_mult_shift(&new->mult, &new->shift, khz, NSEC_PER_MSEC, 0);
	if (scale) {
		new->tsc = rdtsc_ordered();
		new->ns = scale_tsc(scale, new->tsc);
	} else {
		/* in this order: later values are never below earlier ones */
		new->ns = sched_clock();
		new->tsc = rdtsc_ordered();
	}
	smp_store_release(&scale, new);	/* complete before it is seen */
}

/* Clock sources */

static u64 read_host(struct clocksource *cs)
{
	return host_monotonic_ns();
}

static struct clocksource clocksource_host = {
	.name = "host",
	.rating = 200,
	.read = read_host,
	.mask = CLOCKSOURCE_MASK(64),
	.mult = 1 << 24,
	.shift = 24,
	.flags = CLOCK_SOURCE_IS_CONTINUOUS,
};

/* What timekeeping starts with, before time_init(); asked for twice. */
struct clocksource * __init clocksource_default_clock(void)
{
	if (!clocksource_host.max_cycles)
		__clocksource_register(&clocksource_host);
	return &clocksource_host;
}

static u64 read_tsc(struct clocksource *cs)
{
	return rdtsc_ordered();
}

static struct clocksource clocksource_tsc_early = {
	.name = "tsc-early",
	.rating = 299,
	.read = read_tsc,
	.mask = CLOCKSOURCE_MASK(64),
	.flags = CLOCK_SOURCE_IS_CONTINUOUS,
	.vdso_clock_mode = VDSO_CLOCKMODE_TSC,
};

static struct clocksource clocksource_tsc = {
	.name = "tsc",
	.rating = 300,
	.read = read_tsc,
	.mask = CLOCKSOURCE_MASK(64),
	.flags = CLOCK_SOURCE_IS_CONTINUOUS,
	.vdso_clock_mode = VDSO_CLOCKMODE_TSC,
};

static void tsc_refine(struct work_struct *work);
static DECLARE_DELAYED_WORK(tsc_work, tsc_refine);

/*
 * A second measurement, over the time since the first sample.  If the two do
 * not agree, something came between (the host slept, or its clock was set
 * straight): measure again, until one agrees with the one before.
 */
static void tsc_refine(struct work_struct *work)
{
	static struct tsc_scale refined;
	struct tsc_sample now = tsc_take_sample();
	unsigned int khz = tsc_measure(origin, now);
	bool agree = abs_diff(khz, tsc_khz) < tsc_khz / TSC_AGREE;

	tsc_khz = khz;
	if (!agree) {
		origin = now;
		schedule_delayed_work(&tsc_work, HZ);
		return;
	}
	pr_info("TSC refined to %u.%03u MHz\n", khz / 1000, khz % 1000);
	sched_clock_rescale(&refined, khz);
	clocksource_register_khz(&clocksource_tsc, khz);
	clocksource_unregister(&clocksource_tsc_early);
}

static int __init tsc_start_refining(void)
{
	if (scale)
		schedule_delayed_work(&tsc_work, HZ);
	return 0;
}
device_initcall(tsc_start_refining);

static void __init tsc_init(void)
{
	static struct tsc_scale early;
	struct tsc_sample now;

	sched_clock();		/* takes the first sample, if nobody asked before */
	do {
		now = tsc_take_sample();
	} while (now.ns - origin.ns < TSC_EARLY_NS);
	tsc_khz = tsc_measure(origin, now);

	if (!host_tsc_usable() || !boot_cpu_has(X86_FEATURE_NONSTOP_TSC)) {
		pr_info("the host's clock, for the TSC is not reliable here\n");
		return;
	}
	sched_clock_rescale(&early, tsc_khz);
	clocksource_register_khz(&clocksource_tsc_early, tsc_khz);
}

void read_persistent_clock64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(host_realtime_ns());
}

/*
 * The timer.  A host timer costs a host call to set, and most deadlines are
 * moved before they come.  So it is set only when the new deadline is before
 * the time that the host already has; a host signal that comes too early finds
 * that out and sets it to what is wanted by then.
 *
 * Times of sched_clock(), 0 for none.  Interrupts are off.
 */
static u64 timer_deadline;	/* what the kernel wants */
static u64 timer_armed;		/* when the host will signal */

static void timer_arm(u64 now)
{
	if (timer_armed && timer_armed <= timer_deadline)
		return;
	/* 0 would turn it off */
	host_timer_arm(timer_deadline > now ? timer_deadline - now : 1);
	timer_armed = timer_deadline;
}

static int timer_set_next_event(unsigned long delta, struct clock_event_device *dev)
{
	u64 now = sched_clock();

	timer_deadline = now + delta;
	timer_arm(now);
	return 0;
}

static int timer_stop(struct clock_event_device *dev)
{
	timer_deadline = 0;
	return 0;
}

static struct clock_event_device timer_device = {
	.name = "host-timer",
	.features = CLOCK_EVT_FEAT_ONESHOT,
	.rating = 300,
	.irq = TIMER_IRQ,
	.set_next_event = timer_set_next_event,
	.set_state_shutdown = timer_stop,
	.set_state_oneshot_stopped = timer_stop,
};

void um_timer_interrupt(void)
{
	u64 now = sched_clock();

	/*
	 * Whether the host's timer fired or something else brought us here is
	 * not known.  Taking a timer for fired that is not costs one host call;
	 * the contrary would lose the timer.
	 */
	timer_armed = 0;
	if (!timer_deadline)
		return;
	if (now < timer_deadline) {
		timer_arm(now);
		return;
	}
	timer_deadline = 0;
	timer_device.event_handler(&timer_device);
}

/* Delays */

void __ndelay(unsigned long ns)
{
	u64 end = sched_clock() + ns;

	while (sched_clock() < end)
		cpu_relax();
}
EXPORT_SYMBOL(__ndelay);

void __udelay(unsigned long us)
{
	__ndelay(us * NSEC_PER_USEC);
}
EXPORT_SYMBOL(__udelay);

/* @xloops: microseconds in units of 2^-32 seconds, see asm-generic/delay.h */
void __const_udelay(unsigned long xloops)
{
	__ndelay(mul_u64_u32_shr(xloops, NSEC_PER_SEC, 32));
}
EXPORT_SYMBOL(__const_udelay);

/* A loop is a cycle of the TSC. */
void __delay(unsigned long loops)
{
	__ndelay(mul_u64_u64_div_u64(loops, NSEC_PER_SEC / HZ, loops_per_jiffy));
}
EXPORT_SYMBOL(__delay);

/* The boot's way of asking for it: tsc_init() has measured already. */
void calibrate_delay(void)
{
}

void __init time_init(void)
{
	tsc_init();
	loops_per_jiffy = (unsigned long)tsc_khz * 1000 / HZ;
	boot_cpu_data.loops_per_jiffy = loops_per_jiffy;
	timer_device.cpumask = cpumask_of(0);
	clockevents_config_and_register(&timer_device, NSEC_PER_SEC, NSEC_PER_USEC,
					600 * NSEC_PER_SEC);
}
