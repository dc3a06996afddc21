/* SPDX-License-Identifier: BSD-2-Clause */
/* A hash table of names with chains; see name_index.h. */
#include "ask/name_index.h"

enum { FIRST_SIZE = 16 };

/* FNV-1a over the folded name, then the kind. */
static uint32_t hash_of(struct bs_bytes name, uint32_t kind)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)bs_ascii_lower(name.ptr[i])) * 16777619u;
    return (hash ^ kind) * 16777619u;
}

static struct bs_name_node **bucket_of(const struct bs_name_index *index, uint32_t hash)
{
    return &index->buckets[(hash ^ hash >> 16) & (index->size - 1)];
}

struct bs_name_node *bs_name_index_find(const struct bs_name_index *index, struct bs_bytes name, uint32_t kind)
{
    if (index->size == 0)
        return NULL;
    uint32_t hash = hash_of(name, kind);
    struct bs_name_node *node = *bucket_of(index, hash);
    while (node && (node->hash != hash || node->kind != kind || !bs_bytes_equal_nocase(node->name, name)))
        node = node->next;
    return node;
}

static void push(struct bs_name_index *index, struct bs_name_node *node)
{
    struct bs_name_node **bucket = bucket_of(index, node->hash);
    node->next = *bucket;
    *bucket = node;
}

/* Twice the buckets; the old ones stay in the arena, which costs as much again at most. */
static bool grow(struct bs_name_index *index, struct bs_arena *arena)
{
    struct bs_name_index grown = {.size = index->size ? index->size * 2 : FIRST_SIZE, .count = index->count};
    grown.buckets = bs_arena_take(arena, grown.size * sizeof *grown.buckets);
    if (!grown.buckets)
        return false;
    for (size_t i = 0; i < index->size; i++) {
        for (struct bs_name_node *node = index->buckets[i], *next; node; node = next) {
            next = node->next;
            push(&grown, node);
        }
    }
    *index = grown;
    return true;
}

bool bs_name_index_add(struct bs_name_index *index, struct bs_arena *arena, struct bs_name_node *node)
{
    if (index->count == index->size && !grow(index, arena))
        return false;
    node->hash = hash_of(node->name, node->kind);
    push(index, node);
    index->count++;
    return true;
}

struct bs_bytes bs_name_fold(struct bs_bytes name, struct bs_arena *arena)
{
    struct bs_bytes copy = bs_arena_copy(arena, name);
    for (size_t i = 0; i < copy.len; i++)
        ((char *)copy.ptr)[i] = bs_ascii_lower(copy.ptr[i]);
    return copy;
}
