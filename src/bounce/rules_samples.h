/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The samples of rules are their tests: each sample is matched by its rule, each pattern by one of
 * its rule's samples, no counter-sample by its rule; and no rule for another kind matches a sample
 * of a rule for a kind, so that rules do not contradict one another.
 */
#ifndef BS_BOUNCE_RULES_SAMPLES_H
#define BS_BOUNCE_RULES_SAMPLES_H

#include "bounce/rules_file.h"

/* Who is told of a pattern that matches, in no certain order, once for each pattern. */
struct bs_rules_witness {
    void (*matched)(void *context, const struct bs_rule_entry *entry,
                    const struct bs_rule_string *pattern);
    void *context;
};

/* All rules in force. Valid as long as the rules. */
const struct bs_rule_list *bs_rules_list(const struct bs_rules *rules);

/* As bs_rules_look, and tells the witness. */
size_t bs_rules_look_closely(struct bs_rules_scan *scan, enum bs_rule_place place,
                             struct bs_bytes text, const struct bs_rules_witness *witness,
                             const struct bs_rule_hit **ret_hits);

/* Runs the samples of one rule; each failure is told as FILE:LINE: TEXT. Returns how many there
 * were. */
size_t bs_rules_try(struct bs_rules_scan *scan, const struct bs_rule_entry *entry,
                    void (*report)(void *context, const char *text), void *context);

#endif
