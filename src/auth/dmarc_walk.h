/* SPDX-License-Identifier: BSD-2-Clause */
/* The DNS tree walk of DMARC (RFC 9989 section 4.10). Private to dmarc.c, which says what it is for. */
#ifndef BS_AUTH_DMARC_WALK_H
#define BS_AUTH_DMARC_WALK_H

#include "auth/dmarc.h"

struct bs_dmarc_found {
    struct bs_bytes name; /* a suffix of the start */
    struct bs_dmarc_record record;
};

struct bs_dmarc_walk {
    struct bs_bytes start;
    bool waiting; /* some answers are not known yet */
    bool failed;  /* DNS failed on the way: what lies above is not known */
    struct bs_dmarc_found found[BS_DMARC_WALK_MAX]; /* longest name first */
    size_t count;
};

/* Walks up from `start`; notes what is missing. False past the arena's limit. */
bool bs_dmarc_walk(struct bs_bytes start, const struct bs_answers *known, struct bs_arena *arena,
                   struct bs_dmarc_walk *ret_walk, struct bs_questions *ret_missing);

/* The Organizational Domain that a walk shows (section 4.10.2). */
struct bs_bytes bs_dmarc_organization(const struct bs_dmarc_walk *walk);

/* The record of exactly this name, or NULL. */
const struct bs_dmarc_record *bs_dmarc_record_of(const struct bs_dmarc_walk *walk, struct bs_bytes name);

#endif
