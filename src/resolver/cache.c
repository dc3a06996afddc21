/* SPDX-License-Identifier: BSD-2-Clause */
/* A set-associative table of answers; see cache.h. */
#include "resolver/cache.h"

#include <stdlib.h>

enum { WAYS = 8, TYPICAL_SIZE = 256 };

/* An answer in one piece of memory: this, its records, their data, the name. */
struct entry {
    size_t size;
    int64_t until;
    uint64_t used; /* the tick of the last use */
    enum bs_dns_type type;
    struct bs_bytes name;
    struct bs_dns_answer answer;
    struct bs_dns_record records[];
};

struct bs_cache {
    size_t set_count; /* a power of two */
    size_t hand;      /* the next set to be emptied when there are too many bytes */
    size_t bytes, bytes_max;
    uint64_t tick;
    struct entry *sets[][WAYS];
};

struct bs_cache *bs_cache_new(size_t bytes_max)
{
    size_t set_count = 1;
    while (set_count * 2 * WAYS * (TYPICAL_SIZE + sizeof(struct entry *)) <= bytes_max)
        set_count *= 2;
    struct bs_cache *cache = calloc(1, sizeof *cache + set_count * sizeof *cache->sets);
    if (!cache)
        return NULL;
    cache->set_count = set_count;
    cache->bytes_max = bytes_max;
    cache->bytes = sizeof *cache + set_count * sizeof *cache->sets;
    return cache;
}

static void drop(struct bs_cache *cache, struct entry **slot)
{
    if (!*slot)
        return;
    cache->bytes -= (*slot)->size;
    free(*slot);
    *slot = NULL;
}

static void empty_set(struct bs_cache *cache, size_t set)
{
    for (size_t i = 0; i < WAYS; i++)
        drop(cache, &cache->sets[set][i]);
}

void bs_cache_free(struct bs_cache *cache)
{
    if (!cache)
        return;
    for (size_t set = 0; set < cache->set_count; set++)
        empty_set(cache, set);
    free(cache);
}

/* FNV-1a over the folded name and the type. */
static struct entry **set_of(struct bs_cache *cache, struct bs_bytes name, enum bs_dns_type type)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)bs_ascii_lower(name.ptr[i])) * 16777619u;
    hash = (hash ^ (uint32_t)type) * 16777619u;
    return cache->sets[(hash ^ hash >> 16) & (cache->set_count - 1)];
}

/* Where the question's entry is; NULL where it is not. */
static struct entry **slot_of(struct entry **set, struct bs_bytes name, enum bs_dns_type type)
{
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i] && set[i]->type == type && bs_bytes_equal_nocase(set[i]->name, name))
            return &set[i];
    }
    return NULL;
}

/* Whether it still holds. What seems to hold for longer than anything is kept was put before the clock was set back. */
static bool holds(const struct entry *entry, int64_t now)
{
    return now < entry->until && entry->until - now <= BS_CACHE_SECONDS_MAX;
}

const struct bs_dns_answer *bs_cache_find(struct bs_cache *cache, struct bs_bytes name, enum bs_dns_type type, int64_t now)
{
    struct entry **slot = slot_of(set_of(cache, name, type), name, type);
    if (!slot)
        return NULL;
    if (!holds(*slot, now)) {
        drop(cache, slot);
        return NULL;
    }
    (*slot)->used = ++cache->tick;
    return &(*slot)->answer;
}

static size_t size_of(struct bs_bytes name, const struct bs_dns_answer *answer)
{
    size_t size = sizeof(struct entry) + name.len + answer->count * sizeof *answer->records;
    for (size_t i = 0; i < answer->count; i++)
        size += answer->records[i].data.len;
    return size;
}

static struct bs_bytes move_in(char **io_room, struct bs_bytes bytes)
{
    char *room = *io_room;
    if (bytes.len > 0)
        memcpy(room, bytes.ptr, bytes.len);
    *io_room += bytes.len;
    return bs_bytes(room, bytes.len);
}

static struct entry *new_entry(size_t size, struct bs_bytes name, enum bs_dns_type type,
                               const struct bs_dns_answer *answer)
{
    struct entry *entry = malloc(size);
    if (!entry)
        return NULL;
    char *room = (char *)&entry->records[answer->count];
    *entry = (struct entry){.size = size, .type = type, .answer = *answer};
    entry->answer.records = entry->records;
    for (size_t i = 0; i < answer->count; i++) {
        entry->records[i].preference = answer->records[i].preference;
        entry->records[i].data = move_in(&room, answer->records[i].data);
    }
    entry->name = move_in(&room, name);
    return entry;
}

/* The slot for a new entry: that of an old answer to the same question, a free one, or the one used longest ago. */
static struct entry **slot_for(struct entry **set, struct bs_bytes name, enum bs_dns_type type)
{
    struct entry **slot = slot_of(set, name, type);
    for (size_t i = 0; !slot && i < WAYS; i++)
        slot = set[i] ? NULL : &set[i];
    if (slot)
        return slot;
    slot = &set[0];
    for (size_t i = 1; i < WAYS; i++)
        slot = set[i]->used < (*slot)->used ? &set[i] : slot;
    return slot;
}

void bs_cache_put(struct bs_cache *cache, struct bs_bytes name, enum bs_dns_type type,
                  const struct bs_dns_answer *answer, int64_t now, uint32_t ttl)
{
    size_t size = size_of(name, answer);
    if (bs_dns_failed(answer) || ttl == 0 || size > BS_CACHE_ANSWER_MAX)
        return;
    for (size_t i = 0; i < cache->set_count && cache->bytes + size > cache->bytes_max; i++)
        empty_set(cache, cache->hand++ & (cache->set_count - 1));
    if (cache->bytes + size > cache->bytes_max)
        return;
    struct entry *entry = new_entry(size, name, type, answer);
    if (!entry)
        return;
    struct entry **slot = slot_for(set_of(cache, name, type), name, type);
    drop(cache, slot);
    entry->until = now + (ttl < BS_CACHE_SECONDS_MAX ? ttl : BS_CACHE_SECONDS_MAX);
    entry->used = ++cache->tick;
    cache->bytes += size;
    *slot = entry;
}
