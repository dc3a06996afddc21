/* SPDX-License-Identifier: BSD-2-Clause */
/* Buckets of a power of two, cut into 32; see histogram.h. */
#include "histogram.h"

enum { CUT_BITS = 5, CUTS = 1 << CUT_BITS };

static unsigned bucket_of(uint64_t value)
{
    if (value < CUTS)
        return (unsigned)value;
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - CUT_BITS;
    return (shift + 1) * CUTS + (unsigned)((value >> shift) & (CUTS - 1));
}

static uint64_t end_of(unsigned bucket)
{
    if (bucket < CUTS)
        return bucket;
    unsigned shift = bucket / CUTS - 1;
    return ((uint64_t)(CUTS + bucket % CUTS + 1) << shift) - 1;
}

void bench_histogram_add(struct bench_histogram *histogram, uint64_t nanoseconds)
{
    histogram->counts[bucket_of(nanoseconds)]++;
    histogram->total++;
    if (nanoseconds > histogram->largest)
        histogram->largest = nanoseconds;
}

uint64_t bench_histogram_quantile(const struct bench_histogram *histogram, double share)
{
    uint64_t below = 0;
    for (unsigned i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++) {
        below += histogram->counts[i];
        if (below > 0 && (double)below >= share * (double)histogram->total)
            return end_of(i) < histogram->largest ? end_of(i) : histogram->largest;
    }
    return 0;
}
