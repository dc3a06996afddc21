/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The campaigns that all filters know of: the table of policy/campaign.h in memory that processes share, behind a lock. A
 * process that dies with the lock leaves a table that is still good: each entry is complete at any time, or wrong by
 * one message.
 */
#ifndef BS_DAEMON_CAMPAIGNS_H
#define BS_DAEMON_CAMPAIGNS_H

#include "engine/campaign_watch.h"

struct bs_shared_campaigns;

size_t bs_shared_campaigns_size(void);

/* Begins a table in memory that is zeroed, aligned for any type, and so large. NULL where the system knows no such lock. */
struct bs_shared_campaigns *bs_shared_campaigns_begin(void *memory, const uint64_t key[2]);

/* What a session asks; its context is the table. */
extern const struct bs_campaign_watch bs_shared_campaigns_watch;

/* See bs_campaign_next_ended. */
bool bs_shared_campaigns_next_ended(struct bs_shared_campaigns *campaigns, int64_t now, char *ret_name);

#endif
