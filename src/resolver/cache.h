/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers that were given not long ago, by name and type, for a short time at most: libunbound has a cache, too, but takes
 * microseconds to build the packet that it answers with. Memory and the time of a lookup are bounded whoever chooses
 * the names: a table of small sets, in each of which the new displaces the old. Time is the caller's, in seconds.
 */
#ifndef BS_RESOLVER_CACHE_H
#define BS_RESOLVER_CACHE_H

#include "ask/ask.h"

enum {
    BS_CACHE_SECONDS_MAX = 300,      /* that an answer is kept */
    BS_CACHE_ANSWER_MAX = 16 * 1024, /* bytes of an answer that is kept, with what the cache adds to it */
};

/* An empty cache that takes at most so many bytes; NULL without memory. */
struct bs_cache *bs_cache_new(size_t bytes_max);
void bs_cache_free(struct bs_cache *cache);

/* The answer, until the next bs_cache_put; NULL where there is none that still holds. */
const struct bs_dns_answer *bs_cache_find(struct bs_cache *cache, struct bs_bytes name, enum bs_dns_type type,
                                          int64_t now);

/* Keeps a copy of the answer for `ttl` seconds; failures, and what is too large, are not kept. */
void bs_cache_put(struct bs_cache *cache, struct bs_bytes name, enum bs_dns_type type,
                  const struct bs_dns_answer *answer, int64_t now, uint32_t ttl);

#endif
