/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A diagnostic as rules see it: one line, in which the same words stand beside each other whoever
 * the recipient is and however the reply was cut into lines. White space is one blank; addresses
 * (of a word with an @ in it, what stands before a < remains), IP addresses, and the codes that the
 * lines of a reply begin with after the first (RFC 5321 section 4.2.1) are left out; typographical
 * apostrophes are '.
 */
#ifndef BS_BOUNCE_RULES_FLATTEN_H
#define BS_BOUNCE_RULES_FLATTEN_H

#include "base/bytes.h"

#include <stdint.h>

/* Writes at most as many bytes as the text has; returns how many. */
size_t bs_rules_flatten(struct bs_bytes text, char *ret_flat);

/* The length of a typographical apostrophe that the text begins with: U+2018, U+2019, or U+00B4; 0
 * without one. */
size_t bs_rules_apostrophe(struct bs_bytes text);

enum { BS_RULES_INDENT = '\v' };

/* Where a text got shorter: what stands at `from` or behind it was `shift` further on. */
struct bs_rules_shrink {
    uint32_t from, shift;
};

/* Any other text as rules see it: a run of white space is one byte, which is a line end where there
 * is one in the run, and BS_RULES_INDENT where blanks follow the last; else it is a blank.
 * Typographical apostrophes are '. As long as the text at most, and there are half as many shrinks.
 */
size_t bs_rules_collapse(struct bs_bytes text, char *ret_seen, struct bs_rules_shrink *ret_shrinks,
                         size_t *ret_shrink_count);

/* The offset in the text of what stands behind a byte of what was made of it; of white space, its
 * own. */
size_t bs_rules_end(size_t place, bool is_space, const struct bs_rules_shrink *shrinks,
                    size_t count);

#endif
