/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The known name that is nearest to a word nobody knows, for "did you mean". Distance is the number of single
 * letters to insert, drop, replace or swap with their neighbour; a name that needs too many is no suggestion.
 */
#ifndef BS_CONFIG_NEAREST_H
#define BS_CONFIG_NEAREST_H

#include "base/bytes.h"

enum { BS_NEAREST_WORD_MAX = 63 }; /* a longer word or name is near to nothing */

struct bs_nearest {
    struct bs_bytes word; /* borrowed from the caller, as is the name */
    const char *name;     /* the nearest so far; NULL: none is near enough */
    size_t distance;
};

struct bs_nearest bs_nearest_init(struct bs_bytes word);

/* Considers one known name; of two that are equally near the first offered stays. */
void bs_nearest_offer(struct bs_nearest *nearest, const char *name);

#endif
