/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields of a message from outside that claim to be results of ours and must be removed (RFC 8601 section 5): whoever
 * reads Authentication-Results believes those that carry our authserv-id. Readers differ, so a field counts as ours
 * where any reader may take it so: whatever the case, folding and size, with comments, quotes or a version around the
 * id, a dot behind it, U-labels or A-labels, characters that are not seen, or broken. A domain below one of our ids is
 * not ours. ARC-Authentication-Results is never meant (RFC 8617), nor is any X- field.
 */
#ifndef BS_AUTH_RESULTS_OURS_H
#define BS_AUTH_RESULTS_OURS_H

#include "message/header.h"

enum {
    BS_AUTHSERV_IDS_MAX = 16,
    BS_AUTHSERV_WORDS_MAX = 256,    /* words with U-labels that are compared; a field with more is ours */
    BS_AUTHSERV_HIDDEN_MAX = 16,    /* lines within another field that are looked at; a field with more is ours */
    BS_AUTHSERV_HIDDEN_SIZE = 2048, /* bytes of such a line up to the end of its id; a longer one is ours */
};

/* Our authserv-ids; starts as all zero. */
struct bs_authserv_ids {
    struct bs_bytes items[BS_AUTHSERV_IDS_MAX]; /* in the form that DNS has, where they are domain names */
    size_t count;
    bool have_a_labels;
};

/* Adds an id, which is copied into the arena. False past BS_AUTHSERV_IDS_MAX or the arena's limit, and for none. */
bool bs_authserv_ids_add(struct bs_authserv_ids *ids, struct bs_bytes id, struct bs_arena *arena);

/* A field as milters name it: the index-th of its name, counted from 1 without regard to case. */
struct bs_field_place {
    const struct bs_header_field *field; /* borrowed from the header */
    unsigned index;
};

/* What to delete, in the order in which to do so: from the last to the first, so that no index changes on the way. */
struct bs_field_places {
    const struct bs_field_place *items;
    size_t count;
    bool incomplete; /* the header is, so that there may be more */
};

/* Whether the field must go; also a field of another name in which some reader sees such a field begin. */
bool bs_results_are_ours(const struct bs_header_field *field, const struct bs_authserv_ids *ids);

/* Finds all such fields; the list is in the arena. False where its limit was reached. */
bool bs_results_find_ours(const struct bs_header *header, const struct bs_authserv_ids *ids, struct bs_arena *arena,
                          struct bs_field_places *ret_places);

#endif
