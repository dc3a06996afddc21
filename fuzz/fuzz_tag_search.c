/* SPDX-License-Identifier: BSD-2-Clause */
/* Tagged addresses in a text: the same candidates however it is cut. */
#include "fuzz.h"

#include "proof/tag_search.h"

static void begin(void *state)
{
    bs_tag_search_init(state);
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    struct bs_bytes rest = input, candidate;
    while (bs_tag_search_next(state, &rest, &candidate))
        bs_strbuf_printf(log, "%zu %.*s\n", candidate.len, BS_BYTES_ARG(candidate));
    if (last && bs_tag_search_end(state, &candidate))
        bs_strbuf_printf(log, "end %zu\n", candidate.len);
    return input.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bs_tag_search search;
    static const struct feed feed = {begin, take, &search};
    return fuzz_every_way(&feed, data, size);
}
