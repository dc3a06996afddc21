/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A rule's pattern, as backstop-rules(5) describes it, read into a tree over the bytes of texts as
 * rules see them (rules_seen.h): in lower case, and a run of white space is one byte.
 */
#ifndef BS_BOUNCE_RULES_PATTERN_H
#define BS_BOUNCE_RULES_PATTERN_H

#include "base/arena.h"

enum {
    BS_RULES_PATTERN_MAX = 1000,
    BS_RULES_NESTING_MAX = 30, /* groups within groups */
    BS_RULES_REPEAT_MAX = 500, /* of {m,n} */
    BS_RULES_UNBOUNDED = BS_RULES_REPEAT_MAX + 1,
    BS_RULES_SMALL = 4, /* bytes of a class that pieces may be made of; white space is one */
};

/* Some of the 256 bytes. */
struct bs_rules_class {
    uint64_t bits[4];
};

static inline bool bs_rules_class_has(const struct bs_rules_class *class, unsigned char byte)
{
    return class->bits[byte >> 6] >> (byte & 63) & 1;
}

/* What holds between two bytes; several may be asked for together. */
enum bs_rules_assertion {
    BS_RULES_LINE_BEGIN = 1,
    BS_RULES_LINE_END = 2,
    BS_RULES_WORD_EDGE = 4, /* a byte of \w on one side of it, and none on the other */
    BS_RULES_NO_WORD_EDGE = 8,
    BS_RULES_TEXT_BEGIN = 16,
    BS_RULES_ASSERTIONS = 32 /* how many combinations there are */
};

struct bs_rules_node {
    enum bs_rules_node_type {
        BS_NODE_CLASS,     /* one byte of `class` */
        BS_NODE_ASSERTION, /* nothing, where `assertion` holds */
        BS_NODE_SEQUENCE,  /* one child behind the other, which may be none */
        BS_NODE_CHOICE,    /* one of the children */
        BS_NODE_REPEAT,    /* the child, `least` to `most` times */
    } type;
    unsigned assertion;
    unsigned least, most; /* `most` may be BS_RULES_UNBOUNDED */
    struct bs_rules_class class;
    struct bs_rules_node *first, *last; /* children */
    struct bs_rules_node *next;         /* of the same parent */
};

/* The tree of a pattern, in the arena; `flat` for diagnostics. NULL with what is wrong (a sentence
 * without capital and full stop), or with NULL where the arena is full. */
const struct bs_rules_node *bs_rules_pattern(struct bs_bytes pattern, bool flat,
                                             struct bs_arena *arena, const char **ret_wrong);

#endif
