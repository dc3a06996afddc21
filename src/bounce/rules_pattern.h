/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A rule's pattern, as backstop-rules(5) describes it, made into one for libhs over the bytes of folded texts
 * (rules_fold.h): no mode for UTF-8 is wanted, in which texts that are not well-formed would be undefined, and `k`
 * and `s` no literals. The texts are flat or, outside of diagnostics, collapsed (rules_flatten.h): a run of white space
 * is one byte, and patterns are made to fit.
 */
#ifndef BS_BOUNCE_RULES_PATTERN_H
#define BS_BOUNCE_RULES_PATTERN_H

#include "base/arena.h"

enum { BS_RULES_PATTERN_MAX = 1000 };

/* The pattern for libhs in the arena; NULL with what is wrong (a sentence without capital and full stop), or with
 * NULL where the arena is full. */
const char *bs_rules_pattern(struct bs_bytes pattern, bool flat, struct bs_arena *arena, const char **ret_wrong);

#endif
