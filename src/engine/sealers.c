/* SPDX-License-Identifier: BSD-2-Clause */
/* What trusted sealers say; see sealers.h. */
#include "engine/sealers.h"

#include "auth/results_read.h"

static bool says_pass(const struct bs_read_result *result, struct bs_bytes author)
{
    return bs_bytes_equal_nocase(result->method, BS_LITERAL("dmarc")) &&
           bs_bytes_equal_nocase(result->result, BS_LITERAL("pass")) &&
           bs_bytes_equal_nocase(bs_read_property_find(result, "header", "from"), author);
}

static bool saw_pass(const struct bs_arc_hop *hop, struct bs_bytes author, struct bs_arena *arena)
{
    struct bs_read_results results;
    struct bs_error error;
    if (!bs_results_read(hop->results, arena, &results, &error))
        return false;
    for (size_t i = 0; i < results.count; i++) {
        if (says_pass(&results.items[i], author))
            return true;
    }
    return false;
}

bool bs_sealers_vouch(const struct bs_name_set *trusted, const struct bs_arc_result *arc, struct bs_bytes author,
                      struct bs_arena *arena)
{
    if (arc->code != BS_ARC_PASS || author.len == 0)
        return false;
    for (size_t i = arc->count; i > 0 && bs_name_set_find(trusted, arc->hops[i - 1].domain, NULL); i--) {
        if (saw_pass(&arc->hops[i - 1], author, arena))
            return true;
    }
    return false;
}
