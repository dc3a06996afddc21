/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The libhs database of the rules for one place. To make one from patterns takes seconds, so those of the library's
 * rules are made by the build (rules/compile) for any processor of its architecture, and only loaded here. Where they
 * cannot be loaded, because libhs is another version than at build time, they are made when the rules are.
 */
#ifndef BS_BOUNCE_RULES_DATABASE_H
#define BS_BOUNCE_RULES_DATABASE_H

#include "bounce/rules_file.h"

#include <hs.h>

/* A pattern and the rule that it is of. */
struct bs_rules_matcher {
    const struct bs_rule_entry *entry;
    const struct bs_rule_string *pattern;
};

/* The patterns of some rules for one place; libhs calls each by its number here. */
struct bs_rules_matchers {
    struct bs_rules_matcher *items;
    size_t count;
};

/* A database as the build made it. */
struct bs_rules_image {
    const char *begin, *end;
};
extern const struct bs_rules_image bs_rules_images[BS_PLACE_COUNT];

/* The patterns of the rules from `first` on, in their order. False without memory. */
bool bs_rules_matchers_list(const struct bs_rule_entry *first, enum bs_rule_place place, struct bs_arena *arena,
                            struct bs_rules_matchers *ret_matchers);

/* Makes a database of them; `platform` NULL is this processor. */
bool bs_rules_database_make(const struct bs_rules_matchers *matchers, enum bs_rule_place place,
                            const hs_platform_info_t *platform, hs_database_t **ret_database, struct bs_error *error);

#endif
