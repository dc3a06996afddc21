/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rules say of a message, place by place: of the text that it opens with, and of its header. */
#ifndef BS_BOUNCE_WORDING_H
#define BS_BOUNCE_WORDING_H

#include "bounce/header_signs.h"
#include "bounce/notice.h"

struct bs_wording {
    const struct bs_rule *subject[BS_KIND_COUNT]; /* the heaviest rule that says each kind, or NULL */
    const struct bs_rule *from[BS_KIND_COUNT];
    const struct bs_rule *field[BS_KIND_COUNT];
    struct bs_notice notice;
    bool returns; /* another message is returned in a part of its own */
    bool baits;   /* a program or an archive is attached, as worms and thieves do in the words of mail systems */
};

/* Looks at the places of the header; at some only where the notice, which was looked at before, leaves a doubt. False
 * without memory. */
bool bs_wording_read_header(const struct bs_header *header, const struct bs_header_signs *signs,
                            struct bs_rules_scan *scan, struct bs_arena *arena, struct bs_wording *wording);

#endif
