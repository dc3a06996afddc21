/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A text as rules see it: in lower case (rules_fold.h), flat or with runs of white space collapsed
 * (rules_flatten.h), and beside it a view in which white space of any kind is a blank.
 */
#ifndef BS_BOUNCE_RULES_SEEN_H
#define BS_BOUNCE_RULES_SEEN_H

#include "bounce/rules.h"
#include "bounce/rules_flatten.h"

enum { BS_RULES_SLACK = 64 }; /* readable bytes on either side of text and view */

/* Memory for one text. */
struct bs_rules_seen {
    struct bs_rules_shrink shrinks[BS_RULES_SCAN_MAX / 2];
    size_t shrink_count;
    char folded[BS_RULES_SCAN_MAX];
    char text[BS_RULES_SLACK + BS_RULES_SCAN_MAX + BS_RULES_SLACK];
    char view[BS_RULES_SLACK + BS_RULES_SCAN_MAX + BS_RULES_SLACK];
};

/* NULL without memory. */
struct bs_rules_seen *bs_rules_seen_new(void);

/* The first BS_RULES_SCAN_MAX bytes of the text as rules for the place see it; `ret_view` is as
 * long. Both are valid until the next call. */
struct bs_bytes bs_rules_seen_make(struct bs_rules_seen *seen, enum bs_rule_place place,
                                   struct bs_bytes text, const char **ret_view);

/* The offset in the text itself of what stands behind the first `end` bytes, at least one, of what
 * rules saw of it. Of a diagnostic it is not known: `end` itself. */
size_t bs_rules_seen_end(const struct bs_rules_seen *seen, enum bs_rule_place place, size_t end);

#endif
