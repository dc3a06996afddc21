/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of bytes that patterns name. Texts are in lower case, so it does not matter whether capitals
 * are in them. */
#ifndef BS_BOUNCE_RULES_CLASS_H
#define BS_BOUNCE_RULES_CLASS_H

#include "bounce/rules_pattern.h"

extern const struct bs_rules_class bs_rules_class_word;  /* \w */
extern const struct bs_rules_class bs_rules_class_blank; /* the blank */
extern const struct bs_rules_class
    bs_rules_class_run; /* what a run of white space may be in a text */
extern const struct bs_rules_class bs_rules_class_any; /* all but the ends of lines */
extern const struct bs_rules_class
    bs_rules_class_flat_any; /* the same of a diagnostic, which has one kind */

void bs_rules_class_add(struct bs_rules_class *class, unsigned char byte);
void bs_rules_class_negate(struct bs_rules_class *class);
bool bs_rules_class_is_empty(const struct bs_rules_class *class);

/* Adds the bytes of \w, \W, \d, \D, \s or \S. False where the letter names no class. */
bool bs_rules_class_named(char letter, struct bs_rules_class *class);

/* Adds the bytes of [:name:], of ASCII. False where there is none of that name. */
bool bs_rules_class_posix(struct bs_bytes name, struct bs_rules_class *class);

#endif
