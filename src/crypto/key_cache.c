/* SPDX-License-Identifier: BSD-2-Clause */
/* A table with one place for each hash; see key_cache.h. */
#include "crypto/key_cache.h"

#include <stdint.h>
#include <stdlib.h>

struct slot {
    enum bs_key_type type;
    struct bs_public_key *key; /* NULL: empty */
    char *bytes;               /* of which it was read */
    size_t length;
};

struct bs_key_cache {
    struct slot slots[BS_KEY_CACHE_SLOTS];
};

struct bs_key_cache *bs_key_cache_new(void)
{
    return calloc(1, sizeof(struct bs_key_cache));
}

static void empty(struct slot *slot)
{
    bs_public_key_free(slot->key);
    free(slot->bytes);
    *slot = (struct slot){.key = NULL};
}

void bs_key_cache_free(struct bs_key_cache *cache)
{
    for (size_t i = 0; cache && i < BS_KEY_CACHE_SLOTS; i++)
        empty(&cache->slots[i]);
    free(cache);
}

/* FNV-1a. Whoever makes keys that share a place makes his own mail slower, and no other's wrong. */
static size_t place_of(struct bs_bytes key)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ (unsigned char)key.ptr[i]) * 16777619U;
    return (hash ^ hash >> 16) % BS_KEY_CACHE_SLOTS;
}

static bool holds(const struct slot *slot, enum bs_key_type type, struct bs_bytes key)
{
    return slot->key && slot->type == type && bs_bytes_equal(bs_bytes(slot->bytes, slot->length), key);
}

const struct bs_public_key *bs_key_cache_read(struct bs_key_cache *cache, enum bs_key_type type, struct bs_bytes key,
                                              struct bs_error *ret_error)
{
    struct slot *slot = &cache->slots[place_of(key)];
    if (holds(slot, type, key))
        return slot->key;
    struct slot next = {type, bs_public_key_read(type, key, ret_error), malloc(key.len + 1), key.len};
    if (!next.key || !next.bytes) {
        if (next.key)
            bs_error_set(ret_error, "there is not enough memory");
        empty(&next);
        return NULL;
    }
    memcpy(next.bytes, key.ptr, key.len);
    empty(slot);
    *slot = next;
    return slot->key;
}
