/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a fuzz target is: a file fuzz_NAME.c that includes this and defines LLVMFuzzerTestOneInput, a line in
 * fuzz/meson.build, and a few small files in fuzz/corpus/NAME. It may keep no state from one input to the next.
 */
#ifndef BS_FUZZ_H
#define BS_FUZZ_H

#include "../tests/support/feed.h"

#include <stdio.h>

/* Called by libFuzzer or by replay.c for each input; returns 0. A finding is a crash. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Feeds the input in every way of feed.h; it is a finding if the results differ. */
static inline int fuzz_every_way(const struct feed *feed, const uint8_t *data, size_t size)
{
    struct bs_strbuf log, other;
    const char *way = feed_every_way(feed, bs_bytes(data, size), &log, &other);
    if (way) {
        fprintf(stderr, "whole:\n%s\n%s:\n%s\n", bs_strbuf_cstr(&log), way, bs_strbuf_cstr(&other));
        abort();
    }
    bs_strbuf_free(&log);
    return 0;
}

#endif
