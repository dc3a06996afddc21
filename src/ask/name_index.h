/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds by domain name, whatever its case (RFC 4343): a hash table in an arena whose nodes are part of what they
 * lead to. It only grows. Whoever chooses the names can make a lookup as slow as a walk through all of them, no
 * slower; so the number of names has a limit where it is filled.
 */
#ifndef BS_ASK_NAME_INDEX_H
#define BS_ASK_NAME_INDEX_H

#include "base/arena.h"

struct bs_name_node {
    struct bs_name_node *next; /* private */
    struct bs_bytes name;      /* in lower case; set by the caller */
    uint32_t kind;             /* a second part of the key, such as a record type; set by the caller */
    uint32_t hash;             /* private */
};

struct bs_name_index {
    struct bs_name_node **buckets; /* private */
    size_t size;                   /* of buckets: 0 or a power of two */
    size_t count;
};

/* The node, or NULL. */
struct bs_name_node *bs_name_index_find(const struct bs_name_index *index, struct bs_bytes name, uint32_t kind);

/* Adds a node whose key is not there yet. False past the arena's limit. */
bool bs_name_index_add(struct bs_name_index *index, struct bs_arena *arena, struct bs_name_node *node);

/* A copy in lower case (ASCII only); ptr is NULL past the arena's limit. */
struct bs_bytes bs_name_fold(struct bs_bytes name, struct bs_arena *arena);

#endif
