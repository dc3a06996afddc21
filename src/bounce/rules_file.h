/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of rules, read: see backstop-rules(5). What the patterns mean is for rules_pattern.h.
 */
#ifndef BS_BOUNCE_RULES_FILE_H
#define BS_BOUNCE_RULES_FILE_H

#include "bounce/rules.h"

enum {
    BS_RULES_FILE_MAX = 1024 * 1024, /* bytes of a file */
    BS_RULES_ID_MAX = 60,
    BS_RULES_SAMPLE_MAX = 2000,
    BS_RULES_STRINGS_MAX = 60000, /* patterns, samples and counter-samples of all rules */
    BS_RULES_WEIGHT_MAX = 100,
    BS_RULES_WEIGHT = 50,                    /* where none is given */
    BS_RULES_MEMORY_MAX = 128 * 1024 * 1024, /* all that the files may take */
};

/* A string of a rule: a pattern as it stands, or a sample with its escapes resolved. */
struct bs_rule_string {
    struct bs_bytes text;
    int line;
    struct bs_rule_string *next;
};

struct bs_rule_strings {
    struct bs_rule_string *first, *last;
};

struct bs_rule_entry {
    struct bs_rule rule; /* first, so that a rule leads to its entry */
    const char *file;
    int line;
    bool built_in;
    bool off;     /* says nothing, or has been replaced */
    size_t order; /* among all entries, from 0 */
    struct bs_rule_strings matches, samples, unlikes;
    struct bs_rule_entry *next;
};

/* All rules of all files, in their order; what was replaced or switched off is not among them. */
struct bs_rule_list {
    struct bs_arena *arena;
    struct bs_rule_entry *first, *last;
    size_t count;
    size_t strings; /* of all of them */
};

/* "text", "diagnostic" …; "recipients-below" … */
const char *bs_rule_place_name(enum bs_rule_place place);
const char *bs_rule_role_name(enum bs_rule_role role);

/* What the rule concludes, as its file writes it: "dsn-failed", "failure size". In `buffer` or
 * constant. */
const char *bs_rule_conclusion(const struct bs_rule *rule, char *buffer, size_t size);

/* Adds the rules of a file; `name` is kept, `text` borrowed. */
bool bs_rule_list_read(struct bs_rule_list *list, struct bs_bytes text, const char *name,
                       bool built_in, struct bs_error *ret_error);

/* After the last file: IDs are unique, files' rules take the place of built-in ones, what is off is
 * gone. */
bool bs_rule_list_settle(struct bs_rule_list *list, struct bs_error *ret_error);

#endif
