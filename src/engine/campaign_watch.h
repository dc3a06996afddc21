/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who counts for campaigns: the daemon in memory that all its filters share, behind a lock; a scenario in a table of its own.
 */
#ifndef BS_ENGINE_CAMPAIGN_WATCH_H
#define BS_ENGINE_CAMPAIGN_WATCH_H

#include "policy/campaign.h"

struct bs_campaign_watch {
    /* See bs_campaign_count and bs_campaign_holds. */
    bool (*count)(void *campaigns, const struct bs_campaign_settings *settings, struct bs_bytes name, int64_t now);
    bool (*hold)(void *campaigns, struct bs_bytes name, int64_t now);
};

#endif
