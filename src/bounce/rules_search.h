/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All patterns of one place, looked for at once. A text is first searched for pieces that the
 * patterns cannot match without (rules_pieces.h), a few operations for each byte however many
 * patterns there are; only those whose piece is there are tried, from it to either side
 * (rules_automaton.h). The time is bounded by the text's length times the patterns'.
 */
#ifndef BS_BOUNCE_RULES_SEARCH_H
#define BS_BOUNCE_RULES_SEARCH_H

#include "base/error.h"
#include "bounce/rules_automaton.h"
#include "bounce/rules_file.h"
#include "bounce/rules_pieces.h"

/* A pattern and the rule that it is of. */
struct bs_rules_matcher {
    const struct bs_rule_entry *entry;
    const struct bs_rule_string *pattern;
};

enum { BS_RULES_WINDOW = sizeof(uint64_t) }; /* bytes of pieces that are compared at once */

/* Some bytes around a key that pieces have. */
struct bs_rules_window {
    uint64_t bytes; /* the first byte lowest */
    uint32_t leads; /* where its leads begin; one more window says where the last one's end */
    uint8_t before; /* bytes before the key */
    uint8_t unused; /* bits above the last byte */
};

/* Windows whose keys have like hashes. */
struct bs_rules_bucket {
    uint32_t windows; /* where they begin; one more bucket says where the last one's end */
    uint16_t before,
        behind; /* what stands beside the key in any of them: bits of bs_rules_beside */
};

/* A bit for a byte; other bytes have the same. */
static inline unsigned bs_rules_beside(char byte)
{
    return 1U << ((unsigned char)byte & 15);
}

/* A piece of a pattern. */
struct bs_rules_lead {
    uint32_t matcher;
    uint32_t string; /* where the piece begins in the search's strings */
    uint32_t states; /* that take its first byte in a match: where they begin in the search's */
    uint16_t state_count;
    uint8_t length;
    uint8_t key; /* where the key begins in the piece */
};
_Static_assert((int)BS_RULES_PIECE <= UINT8_MAX, "the length of a piece");

/* Eight bytes, the first lowest. */
static inline uint64_t bs_rules_load(const char *from)
{
    uint64_t bytes;
    memcpy(&bytes, from, sizeof bytes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bytes = __builtin_bswap64(bytes);
#endif
    return bytes;
}

/* The patterns of some rules for one place. */
struct bs_rules_search {
    struct bs_rules_matcher *matchers;   /* those of rules that say a role come first, then the
                                          * others by their weight, heavy ones first */
    struct bs_rules_automaton *automata; /* of each matcher */
    uint32_t *rules;   /* of each matcher: the number of its rule in this search */
    uint32_t *lighter; /* of each matcher that says no role: the first of lighter rules */
    size_t count, role_count, rule_count;
    size_t first; /* the number of its first automaton among those of all searches that share
                   * memory; 0 unless whoever made it puts it there */
    uint32_t *everywhere; /* matchers without pieces, which are tried in every text */
    size_t everywhere_count;
    struct bs_rules_window *windows; /* by the hashes of their keys */
    struct bs_rules_bucket *buckets; /* by the upper bits of the hashes */
    unsigned bucket_shift;
    struct bs_rules_lead *leads; /* of each window */
    uint16_t *states;            /* of the automata, that the pieces begin with */
    char *strings;               /* the pieces themselves */
    uint64_t seen[1024];         /* a bit for the upper half of each hash that there is */
};

/* What one thread's searches need. */
struct bs_rules_search_memory;
struct bs_rules_search_memory *
bs_rules_search_memory_new(const struct bs_rules_search *const *searches, size_t count);
void bs_rules_search_memory_free(struct bs_rules_search_memory *memory);

/* Makes the search for the patterns of the rules that are built in, or of the others; what it
 * consists of is in the arena. */
bool bs_rules_search_make(const struct bs_rule_list *list, bool built_in, enum bs_rule_place place,
                          struct bs_rules_counts *counts, struct bs_arena *arena,
                          struct bs_rules_search *ret_search, struct bs_error *error);

enum { BS_RULES_SEARCH_SLACK = BS_RULES_PIECE };

enum bs_rules_wanted {
    BS_RULES_ROLES_ONLY = 1,   /* rules that say a role, and no others */
    BS_RULES_EACH_PATTERN = 2, /* not only the one of each rule whose match ends first */
    BS_RULES_HEAVIEST = 4,     /* what is lighter than a failure that matches may be left out */
};

/* Calls `found` once for each rule that matches, in no certain order, with the pattern and the end
 * of that match which ends first; stops when it returns false. `wanted` is of enum bs_rules_wanted,
 * 0 for all rules. `text` is as rules see it, BS_RULES_SCAN_MAX bytes at most, `view` the same with
 * blanks for white space of any kind (bs_rules_seen_make); both have BS_RULES_SEARCH_SLACK readable
 * bytes on either side. */
void bs_rules_search_run(const struct bs_rules_search *search, unsigned wanted,
                         struct bs_bytes text, const char *view,
                         struct bs_rules_search_memory *memory,
                         bool (*found)(void *context, const struct bs_rules_matcher *matcher,
                                       size_t end),
                         void *context);

#endif
