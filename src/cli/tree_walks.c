/* SPDX-License-Identifier: BSD-2-Clause */
/* Which walks a message took; see tree_walks.h. */
#include "cli/tree_walks.h"

#include "base/idn.h"

/* Adds the walk from this name, unless it is there or none of its answers is known. */
static void add(struct bs_tree_walks *walks, struct bs_bytes start, const struct bs_answers *known,
                struct bs_arena *arena)
{
    for (size_t i = 0; i < walks->count; i++) {
        if (bs_bytes_equal_nocase(walks->items[i].start, start))
            return;
    }
    struct bs_tree_walk *walk = &walks->items[walks->count];
    walk->start = start;
    walk->count = start.len > 0 ? bs_dmarc_trace(start, known, arena, walk->steps) : 0;
    walks->count += walk->count > 0;
}

bool bs_tree_walks_trace(const struct bs_authentication *authentication, const struct bs_answers *known,
                         struct bs_arena *arena, struct bs_tree_walks *ret_walks)
{
    const struct bs_domain_names *authors = &authentication->author.domains;
    const struct bs_dkim_results *dkim = &authentication->dkim;
    ret_walks->count = 0;
    ret_walks->items = bs_arena_take(arena, BS_TREE_WALKS_MAX * sizeof *ret_walks->items);
    if (!ret_walks->items)
        return false;
    for (size_t i = 0; i < authors->count; i++)
        add(ret_walks, authors->items[i], known, arena);
    if (authentication->spf.status == BS_SPF_PASS)
        add(ret_walks, authentication->spf.domain, known, arena);
    for (size_t i = 0; i < dkim->count; i++) {
        if (dkim->items[i].code == BS_DKIM_PASS)
            add(ret_walks, bs_idn_to_ascii(dkim->items[i].signature->domain, arena), known, arena);
    }
    return true;
}
