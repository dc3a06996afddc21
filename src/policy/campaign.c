/* SPDX-License-Identifier: BSD-2-Clause */
/* Counting and learning; see campaign.h. */
#include "policy/campaign.h"

#include "base/siphash.h"

#include <stdio.h>

enum { FORGOTTEN_WINDOWS = 100 * BS_CAMPAIGN_LEARNING }; /* without a message, after which nothing is left of an average */

static uint64_t fingerprint(const struct bs_campaigns *campaigns, struct bs_bytes name)
{
    struct bs_siphash hash;
    bs_siphash_init(&hash, campaigns->key);
    for (size_t i = 0; i < name.len; i++) {
        char low = bs_ascii_lower(name.ptr[i]);
        bs_siphash_push(&hash, bs_bytes(&low, 1));
    }
    return bs_siphash_done(&hash) | 1; /* 0 is for free entries */
}

/* The first of the entries that the name may lie in. */
static size_t first_place(uint64_t print)
{
    return (size_t)(print >> 32) % (BS_CAMPAIGN_ENTRIES_MAX / BS_CAMPAIGN_PLACES) * BS_CAMPAIGN_PLACES;
}

static const struct bs_campaign_entry *find(const struct bs_campaigns *campaigns, uint64_t print)
{
    const struct bs_campaign_entry *entries = &campaigns->entries[first_place(print)];
    for (size_t i = 0; i < BS_CAMPAIGN_PLACES; i++) {
        if (entries[i].fingerprint == print)
            return &entries[i];
    }
    return NULL;
}

/* Whether `a` gives way rather than `b`: a free one, then without a campaign, then what was quiet for longer. */
static bool gives_way(const struct bs_campaign_entry *a, const struct bs_campaign_entry *b)
{
    if ((a->fingerprint == 0) != (b->fingerprint == 0))
        return a->fingerprint == 0;
    if ((a->until == 0) != (b->until == 0))
        return a->until == 0;
    return a->window < b->window;
}

static void keep_name(struct bs_campaign_entry *entry, struct bs_bytes name)
{
    size_t length = name.len < BS_CAMPAIGN_NAME_MAX ? name.len : BS_CAMPAIGN_NAME_MAX;
    for (size_t i = 0; i < length; i++)
        entry->name[i] = bs_ascii_lower(name.ptr[i]);
}

static struct bs_campaign_entry *find_or_add(struct bs_campaigns *campaigns, struct bs_bytes name, int64_t window)
{
    uint64_t print = fingerprint(campaigns, name);
    struct bs_campaign_entry *entries = &campaigns->entries[first_place(print)], *weakest = entries;
    for (size_t i = 0; i < BS_CAMPAIGN_PLACES; i++) {
        if (entries[i].fingerprint == print)
            return &entries[i];
        if (gives_way(&entries[i], weakest))
            weakest = &entries[i];
    }
    *weakest = (struct bs_campaign_entry){.fingerprint = print, .window = window};
    keep_name(weakest, name);
    return weakest;
}

/* Takes a window's count into what is usual. */
static void learn(struct bs_campaign_entry *entry, uint32_t count)
{
    int64_t part = entry->until != 0 ? BS_CAMPAIGN_LEARNING_UNDER_ATTACK : BS_CAMPAIGN_LEARNING;
    entry->usual += ((int64_t)count * BS_CAMPAIGN_UNIT - entry->usual) / part;
}

/* Goes on to another window, over all that had nothing in between. A clock that goes back begins a new one. */
static void turn_to(struct bs_campaign_entry *entry, int64_t window)
{
    int64_t quiet = window - entry->window - 1;
    if (window == entry->window)
        return;
    learn(entry, entry->count);
    if (quiet > FORGOTTEN_WINDOWS)
        entry->usual = 0;
    for (; quiet > 0 && entry->usual > 0; quiet--) {
        int64_t before = entry->usual;
        learn(entry, 0);
        if (entry->usual == before)
            entry->usual = 0;
    }
    entry->window = window;
    entry->count = 0;
}

static bool is_unusual(const struct bs_campaign_entry *entry, const struct bs_campaign_settings *settings)
{
    return entry->count > settings->threshold &&
           (int64_t)entry->count * BS_CAMPAIGN_UNIT > entry->usual * BS_CAMPAIGN_FACTOR;
}

bool bs_campaign_count(struct bs_campaigns *campaigns, const struct bs_campaign_settings *settings, struct bs_bytes name,
                       int64_t now)
{
    int64_t window = now / BS_CAMPAIGN_WINDOW;
    if (settings->threshold == 0)
        return false;
    struct bs_campaign_entry *entry = find_or_add(campaigns, name, window);
    turn_to(entry, window);
    if (entry->count < UINT32_MAX)
        entry->count++;
    if (!is_unusual(entry, settings))
        return false;
    bool begins = entry->until <= now;
    entry->until = now + settings->duration;
    return begins;
}

bool bs_campaign_holds(const struct bs_campaigns *campaigns, struct bs_bytes name, int64_t now)
{
    const struct bs_campaign_entry *entry = find(campaigns, fingerprint(campaigns, name));
    return entry && entry->until > now;
}

bool bs_campaign_next_ended(struct bs_campaigns *campaigns, int64_t now, char *ret_name)
{
    for (size_t i = 0; i < BS_CAMPAIGN_ENTRIES_MAX; i++) {
        struct bs_campaign_entry *entry = &campaigns->entries[i];
        if (entry->until == 0 || entry->until > now)
            continue;
        entry->until = 0;
        snprintf(ret_name, BS_CAMPAIGN_NAME_MAX + 1, "%s", entry->name);
        return true;
    }
    return false;
}

unsigned bs_campaigns_held(const struct bs_campaigns *campaigns, int64_t now)
{
    unsigned count = 0;
    for (size_t i = 0; i < BS_CAMPAIGN_ENTRIES_MAX; i++)
        count += campaigns->entries[i].until > now;
    return count;
}
