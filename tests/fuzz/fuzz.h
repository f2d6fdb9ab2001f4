/* SPDX-License-Identifier: GPL-2.0 */
/* What the fuzzers share: random numbers that a seed and a round repeat, and an end in time. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <time.h>

static uint64_t fuzz_state;

/* Each round begins with numbers of its own, whatever the rounds before have used. */
static void fuzz_seed(uint64_t seed, uint64_t round)
{
	fuzz_state = seed * 0x9e3779b97f4a7c15 + round;
}

/* splitmix64 */
static uint64_t rnd(void)
{
	uint64_t z = fuzz_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static inline uint64_t below(uint64_t n)
{
	return rnd() % n;
}

#define ONE_OF(array)	((array)[below(sizeof(array) / sizeof(*(array)))])

static inline double fuzz_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

#endif
