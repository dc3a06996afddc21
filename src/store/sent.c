/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registry in shared memory; see sent.h. A name is one word, 48 bits of fingerprint and 16 of the day, so that it
 * is read and replaced in one step. Sets have eight words, a cache line: a name is looked for in one place only.
 */
#include "store/sent.h"

#include "base/siphash.h"
#include "base/timestamp.h"

#include <stdatomic.h>

enum {
    SET_WORDS = 8,
    DAY_BITS = 16,
    DAY_MAX = (1 << DAY_BITS) - 1,
    TRIES = 16, /* of a put whose word others take at the same time */
};

struct set {
    _Atomic uint64_t words[SET_WORDS]; /* 0: free */
};

struct bs_sent_memory {
    uint64_t place_key[2];
    uint64_t fingerprint_key[2];
    uint64_t set_count;
    _Atomic int64_t since;
    char filler[16];
    struct set sets[];
};

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "processes share the words, which no lock may be needed for");
_Static_assert(sizeof(struct bs_sent_memory) == 64 && sizeof(struct set) == 64, "a set is a cache line");

static size_t sets_for(size_t names)
{
    return (names + SET_WORDS - 1) / SET_WORDS;
}

size_t bs_sent_memory_size(size_t names)
{
    if (names < BS_SENT_NAMES_MIN || names > BS_SENT_NAMES_MAX)
        return 0;
    return sizeof(struct bs_sent_memory) + sets_for(names) * sizeof(struct set);
}

struct bs_sent_memory *bs_sent_memory_begin(void *memory, size_t names, const unsigned char secret[BS_SENT_KEY_SIZE],
                                            int64_t now)
{
    struct bs_sent_memory *sent = memory;
    memcpy(sent->place_key, secret, BS_SENT_KEY_SIZE);
    for (size_t i = 0; i < 2; i++)
        sent->fingerprint_key[i] = ~sent->place_key[i];
    sent->set_count = sets_for(names);
    atomic_init(&sent->since, now);
    return sent;
}

static size_t place_of(const struct bs_sent_memory *memory, struct bs_bytes name)
{
    uint64_t hash = bs_siphash(memory->place_key, name);
    return (size_t)(((hash >> 32) * memory->set_count) >> 32);
}

/* The name's fingerprint where it stands in a word; never 0. */
static uint64_t fingerprint_of(const struct bs_sent_memory *memory, struct bs_bytes name)
{
    uint64_t hash = bs_siphash(memory->fingerprint_key, name) >> DAY_BITS;
    return (hash ? hash : 1) << DAY_BITS;
}

static uint64_t day_of(int64_t now)
{
    int64_t day = bs_timestamp_day(now);
    return day < 0 ? 0 : day > DAY_MAX ? DAY_MAX : (uint64_t)day;
}

static bool is_of(uint64_t word, uint64_t fingerprint)
{
    return word >> DAY_BITS == fingerprint >> DAY_BITS;
}

void bs_sent_memory_gap(struct bs_sent_memory *memory, int64_t now)
{
    int64_t since = atomic_load(&memory->since);
    while (since < now && !atomic_compare_exchange_weak(&memory->since, &since, now))
        ;
}

/* The word to put a name into: its own, or a free one, or the oldest. */
static _Atomic uint64_t *choose(struct set *set, uint64_t fingerprint, uint64_t *ret_found)
{
    _Atomic uint64_t *chosen = NULL;
    for (size_t i = 0; i < SET_WORDS; i++) {
        uint64_t word = atomic_load(&set->words[i]);
        if (!chosen || is_of(word, fingerprint) || (word & DAY_MAX) < (*ret_found & DAY_MAX)) {
            chosen = &set->words[i];
            *ret_found = word;
        }
        if (word == 0 || is_of(word, fingerprint))
            break; /* words are filled in their order and never freed: behind a free one are only free ones */
    }
    return chosen;
}

void bs_sent_memory_put(struct bs_sent_memory *memory, struct bs_bytes name, int64_t now)
{
    uint64_t fingerprint = fingerprint_of(memory, name), day = day_of(now), found = 0;
    struct set *set = &memory->sets[place_of(memory, name)];
    for (int i = 0; i < TRIES; i++) {
        _Atomic uint64_t *chosen = choose(set, fingerprint, &found);
        bool own = is_of(found, fingerprint);
        if (own && (found & DAY_MAX) >= day)
            return;
        if (found != 0 && !own) /* before it is forgotten, so that nobody misses it and is not told */
            bs_sent_memory_gap(memory, (int64_t)((found & DAY_MAX) + 1) * BS_SECONDS_PER_DAY);
        if (atomic_compare_exchange_strong(chosen, &found, fingerprint | day))
            return;
    }
    bs_sent_memory_gap(memory, now);
}

struct bs_sent_answer bs_sent_memory_get(const struct bs_sent_memory *memory, struct bs_bytes name)
{
    uint64_t fingerprint = fingerprint_of(memory, name);
    const struct set *set = &memory->sets[place_of(memory, name)];
    for (size_t i = 0; i < SET_WORDS; i++) {
        uint64_t word = atomic_load(&set->words[i]);
        if (word != 0 && is_of(word, fingerprint))
            return (struct bs_sent_answer){.status = BS_SENT_KNOWN, .at = (int64_t)(word & DAY_MAX) * BS_SECONDS_PER_DAY};
    }
    return (struct bs_sent_answer){.status = BS_SENT_UNKNOWN, .since = atomic_load(&memory->since)};
}
