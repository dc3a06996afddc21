/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Campaigns: when a forger uses an address, bounces that nothing proves come to it, or to its whole domain, at many times
 * their usual rate. They are counted in windows of BS_CAMPAIGN_WINDOW seconds for each domain and each address. A
 * campaign begins when a window has more than the threshold, and more than BS_CAMPAIGN_FACTOR times the usual number; it
 * lasts until no window has had as many for the configured duration. What is usual is learned: a moving average, which
 * follows slowly, and during a campaign very slowly, so that a forger needs a day to teach a new normal.
 *
 * A table of fixed size, without pointers, so that it may lie in memory that processes share; whoever shares it locks it.
 * The names that were quiet for longest give way, those with a campaign last. Names are kept as fingerprints under a random
 * key, so that nobody can choose names that meet in one place.
 */
#ifndef BS_POLICY_CAMPAIGN_H
#define BS_POLICY_CAMPAIGN_H

#include "base/bytes.h"

#include <stdint.h>

enum {
    BS_CAMPAIGN_WINDOW = 300,     /* seconds */
    BS_CAMPAIGN_FACTOR = 4,
    BS_CAMPAIGN_LEARNING = 16,    /* one part in so many of a window goes into the average */
    BS_CAMPAIGN_LEARNING_UNDER_ATTACK = 1024,
    BS_CAMPAIGN_ENTRIES_MAX = 4096,
    BS_CAMPAIGN_PLACES = 8,       /* entries that a name may lie in */
    BS_CAMPAIGN_NAME_MAX = 120,   /* bytes of a name that are kept for the log */
};

struct bs_campaign_settings {
    uint32_t threshold; /* messages in a window; 0: there are no campaigns */
    int64_t duration;   /* seconds */
};

struct bs_campaign_entry {
    uint64_t fingerprint; /* 0: free */
    int64_t window;       /* which one is being counted */
    int64_t until;        /* of the campaign; 0: there is none */
    int64_t usual;        /* messages in a window, times BS_CAMPAIGN_UNIT */
    uint32_t count;       /* in the window */
    char name[BS_CAMPAIGN_NAME_MAX + 1];
};

enum { BS_CAMPAIGN_UNIT = 1 << 16 };

struct bs_campaigns {
    uint64_t key[2]; /* random; set by whoever makes the table */
    struct bs_campaign_entry entries[BS_CAMPAIGN_ENTRIES_MAX];
};

/* Counts one unproven message to the name, a domain or an address in any case. True when a campaign begins with it. */
bool bs_campaign_count(struct bs_campaigns *campaigns, const struct bs_campaign_settings *settings, struct bs_bytes name,
                       int64_t now);

/* Whether there is a campaign against the name. */
bool bs_campaign_holds(const struct bs_campaigns *campaigns, struct bs_bytes name, int64_t now);

/* Finds a campaign that is over and forgets it: false where there is none. The name has room for BS_CAMPAIGN_NAME_MAX + 1. */
bool bs_campaign_next_ended(struct bs_campaigns *campaigns, int64_t now, char *ret_name);

/* How many there are. */
unsigned bs_campaigns_held(const struct bs_campaigns *campaigns, int64_t now);

#endif
