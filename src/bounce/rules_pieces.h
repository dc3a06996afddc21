/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which pieces of text a pattern cannot match without: one of some strings stands in every match. A
 * text that has none of them need not be tried. White space of any kind is a blank in a piece.
 */
#ifndef BS_BOUNCE_RULES_PIECES_H
#define BS_BOUNCE_RULES_PIECES_H

#include "bounce/rules_pattern.h"

enum {
    BS_RULES_PIECES = 400, /* strings of a set, at most */
    BS_RULES_KEY = 3,      /* bytes of a piece by which it is found */
    BS_RULES_STRETCH = 6,  /* bytes of a piece by which it is guessed how rare it is */
    BS_RULES_PIECE = 32,   /* bytes of a piece, at most */
};

/* How often runs of bytes were seen in the samples of rules, by a hash of them. */
struct bs_rules_counts {
    uint32_t of_keys[1 << 16];      /* runs of BS_RULES_KEY bytes */
    uint32_t of_stretches[1 << 18]; /* of BS_RULES_STRETCH bytes */
};
void bs_rules_counts_add(struct bs_rules_counts *counts, struct bs_bytes text);

/* One of them is in every match. */
struct bs_rules_pieces {
    struct bs_rules_piece {
        char bytes[BS_RULES_PIECE];
        size_t length;
        size_t key;                         /* where the three bytes begin that are rare */
        const struct bs_rules_class *class; /* of the tree, that takes the first byte */
    } items[BS_RULES_PIECES];
    size_t count;
};

/* The hash of a key; the first byte is the lowest, and what is above the BS_RULES_KEY bytes does
 * not count. */
static inline uint32_t bs_rules_key_hash(uint32_t bytes)
{
    return (bytes << 8) * UINT32_C(0x9e3779b1);
}

/* Finds the pieces that are rarest. False where there are none, or no room in the arena, which
 * nothing is left in. */
bool bs_rules_pieces_find(const struct bs_rules_node *tree, struct bs_rules_counts *counts,
                          struct bs_arena *arena, struct bs_rules_pieces *ret_pieces);

#endif
