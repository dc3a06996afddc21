/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ARC sets of a header (RFC 8617 sections 4.1 and 4.2): found, put in order of their instances, and checked as
 * far as the header alone tells, which is steps 1 to 3 of section 5.2.
 */
#ifndef BS_AUTH_ARC_SET_H
#define BS_AUTH_ARC_SET_H

#include "auth/arc_limits.h"
#include "auth/dkim_canonical.h"
#include "auth/dkim_signature.h"

/* One set. A field that is missing is NULL in `field`. Views borrow from the header and the arena. */
struct bs_arc_set {
    const struct bs_header_field *results_field; /* ARC-Authentication-Results */
    struct bs_bytes results;                     /* what follows its `i=N;`, without white space at its ends */
    struct bs_dkim_signature message;            /* ARC-Message-Signature */
    struct bs_dkim_signature seal;               /* ARC-Seal */
};

struct bs_arc_sets {
    struct bs_arc_set *items; /* the set of i=1 first; none but those that there is room for */
    size_t count;             /* how many there are of the field that is there most often: sets, if none is broken */
    unsigned highest;         /* the highest instance that could be read; 0: none */
    bool ended;               /* its seal says cv=fail: nobody seals again */
    const char *reason;       /* why the chain fails; NULL where the header does not tell */
};

/* Reads them all. False where the arena's limit was reached. */
bool bs_arc_sets_read(const struct bs_header *header, struct bs_arena *arena, struct bs_arc_sets *ret_sets);

/* Puts in the fields of whole sets in the order in which seals cover them (section 5.1.1). */
void bs_arc_put_sets(struct bs_dkim_sink *sink, const struct bs_arc_set *sets, size_t count);

/* Reads the instance at the beginning of an ARC-Authentication-Results; 0 where there is none. */
unsigned bs_arc_results_read(struct bs_bytes body, struct bs_bytes *ret_results);

#endif
