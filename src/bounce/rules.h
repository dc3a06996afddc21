/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wording as data: the rules of rules/, which are in the library, and those of an administrator's
 * files. All patterns for a place are looked for at once (rules_search.h), so a text is looked at
 * once, however many rules there are. The format is described in backstop-rules(5).
 */
#ifndef BS_BOUNCE_RULES_H
#define BS_BOUNCE_RULES_H

#include "base/arena.h"
#include "base/error.h"

enum { BS_RULES_MAX = 5000, BS_RULES_HITS_MAX = 500, BS_RULES_SCAN_MAX = 64 * 1024 };

/* Where a rule looks. */
enum bs_rule_place {
    BS_PLACE_SUBJECT, /* the field's text, decoded */
    BS_PLACE_FROM,
    BS_PLACE_FIELD, /* fields of a header as they stand, "Name: value" each on a line of its own:
                       one, some or all */
    BS_PLACE_TEXT,  /* the text that the message opens with */
    BS_PLACE_DIAGNOSTIC, /* an SMTP reply, or the text about one recipient */
    BS_PLACE_COUNT
};

struct bs_rule {
    const char *id;
    enum bs_rule_place place;
    int concludes; /* what it says, by `says`: an enum bs_kind of reading.h, an enum bs_failure, or
                      a role */
    enum bs_rule_says { BS_RULE_KIND, BS_RULE_FAILURE, BS_RULE_ROLE } says;
    unsigned weight; /* of a failure: where several rules match, the heaviest counts */
};

/* What a text is for the reader, beside kinds and failures. */
enum bs_rule_role {
    BS_ROLE_RECIPIENTS_BELOW, /* the lines that follow name the recipients */
    BS_ROLE_RECIPIENT_HERE,   /* an address of this line, behind the match, is a recipient */
    BS_ROLE_RECIPIENT_BEFORE, /* an address of this line, before the match's end, is a recipient */
    BS_ROLE_RETURNED_BELOW,   /* what follows is the returned message or its header */
    BS_ROLE_QUOTED_BELOW,     /* a person quotes or forwards from here on: no notice of its own */
    BS_ROLE_COUNT
};

struct bs_rule_hit {
    const struct bs_rule *rule;
    size_t end; /* offset of the first byte behind the match; where it begins is not known */
};

struct bs_rules; /* immutable once made; may be shared by threads and processes that were forked */
struct bs_rules_scan; /* the memory that one thread's scans need */

/* The rules of the library. NULL with the error without memory. */
struct bs_rules *bs_rules_new(struct bs_error *error);

/* The same with further files: `texts` are their contents, `names` what errors call them. */
struct bs_rules *bs_rules_new_with(const struct bs_bytes *texts, const char *const *names,
                                   size_t count, struct bs_error *error);
void bs_rules_free(struct bs_rules *rules);

/* NULL without memory. */
struct bs_rules_scan *bs_rules_scan_new(const struct bs_rules *rules);
void bs_rules_scan_free(struct bs_rules_scan *scan);

/* Looks at one text as UTF-8: the hits of rules for `place`, each rule once (its first match), in
 * the order of their ends (of a diagnostic, in what rules see of it: there they mean nothing but
 * this order). Only the first BS_RULES_SCAN_MAX bytes are looked at. Returns how many. Valid until
 * the next call. */
size_t bs_rules_look(struct bs_rules_scan *scan, enum bs_rule_place place, struct bs_bytes text,
                     const struct bs_rule_hit **ret_hits);

/* The same of rules for BS_PLACE_TEXT that say a role: others are not always wanted. */
size_t bs_rules_look_for_roles(struct bs_rules_scan *scan, struct bs_bytes text,
                               const struct bs_rule_hit **ret_hits);

/* The heaviest of the rules for BS_PLACE_DIAGNOSTIC that match and say a failure, of several the
 * first; NULL where none does. */
const struct bs_rule *bs_rules_look_for_failure(struct bs_rules_scan *scan, struct bs_bytes text);

#endif
