/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The campaigns that all filters know of: the table of policy/campaign.h in memory that processes share, behind a lock. A
 * process that dies with the lock leaves a table that is still good: each entry is complete at any time, or wrong by
 * one message.
 */
#ifndef BS_ENGINE_CAMPAIGNS_H
#define BS_ENGINE_CAMPAIGNS_H

#include "policy/campaign.h"

struct bs_shared_campaigns;

size_t bs_shared_campaigns_size(void);

/* Begins a table in memory that is zeroed, aligned for any type, and so large. NULL where the system knows no such lock. */
struct bs_shared_campaigns *bs_shared_campaigns_begin(void *memory, const uint64_t key[2]);

/* See bs_campaign_count, bs_campaign_holds and bs_campaign_next_ended. */
bool bs_shared_campaigns_count(struct bs_shared_campaigns *campaigns, const struct bs_campaign_settings *settings,
                               struct bs_bytes name, int64_t now);
bool bs_shared_campaigns_hold(struct bs_shared_campaigns *campaigns, struct bs_bytes name, int64_t now);
bool bs_shared_campaigns_next_ended(struct bs_shared_campaigns *campaigns, int64_t now, char *ret_name);

#endif
