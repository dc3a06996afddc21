/* SPDX-License-Identifier: BSD-2-Clause */
/* The DNS tree walks of DMARC (RFC 9989 section 4.10) that one message took: of its author's domains and of what passed. */
#ifndef BS_CLI_TREE_WALKS_H
#define BS_CLI_TREE_WALKS_H

#include "engine/authentication.h"

enum { BS_TREE_WALKS_MAX = BS_DOMAIN_NAMES_MAX + 1 + BS_DKIM_SIGNATURES_READ_MAX };

struct bs_tree_walk {
    struct bs_bytes start;
    struct bs_dmarc_step steps[BS_DMARC_WALK_MAX];
    size_t count; /* of steps; at least 1 */
};

struct bs_tree_walks {
    struct bs_tree_walk *items;
    size_t count;
};

/* In the arena. False past its limit. */
bool bs_tree_walks_trace(const struct bs_authentication *authentication, const struct bs_answers *known,
                         struct bs_arena *arena, struct bs_tree_walks *ret_walks);

#endif
