/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts of durations in nanoseconds, in buckets that are 3 % wide, so that percentiles take no memory. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum { BENCH_HISTOGRAM_BUCKETS = 1920 }; /* up to 2^64: 32 for each power of two from 2^5, and 32 below */

struct bench_histogram {
    uint64_t counts[BENCH_HISTOGRAM_BUCKETS];
    uint64_t total;
    uint64_t largest;
};

void bench_histogram_add(struct bench_histogram *histogram, uint64_t nanoseconds);

/* The duration that `share` (0 to 1) of all counted ones do not exceed, rounded up to its bucket's end; 0 where
 * nothing was counted. */
uint64_t bench_histogram_quantile(const struct bench_histogram *histogram, double share);

#endif
