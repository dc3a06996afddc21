/* SPDX-License-Identifier: BSD-2-Clause */
/* A lock around the table; see campaigns.h. */
#include "daemon/campaigns.h"

#include <errno.h>
#include <pthread.h>

struct bs_shared_campaigns {
    pthread_mutex_t lock;
    struct bs_campaigns table;
};

size_t bs_shared_campaigns_size(void)
{
    return sizeof(struct bs_shared_campaigns);
}

struct bs_shared_campaigns *bs_shared_campaigns_begin(void *memory, const uint64_t key[2])
{
    struct bs_shared_campaigns *campaigns = memory;
    pthread_mutexattr_t shared;
    if (pthread_mutexattr_init(&shared) != 0)
        return NULL;
    bool good = pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED) == 0 &&
                pthread_mutexattr_setrobust(&shared, PTHREAD_MUTEX_ROBUST) == 0 &&
                pthread_mutex_init(&campaigns->lock, &shared) == 0;
    pthread_mutexattr_destroy(&shared);
    campaigns->table.key[0] = key[0];
    campaigns->table.key[1] = key[1];
    return good ? campaigns : NULL;
}

static bool lock(struct bs_shared_campaigns *campaigns)
{
    int result = pthread_mutex_lock(&campaigns->lock);
    if (result == EOWNERDEAD)
        result = pthread_mutex_consistent(&campaigns->lock);
    return result == 0;
}

static bool count(void *context, const struct bs_campaign_settings *settings, struct bs_bytes name, int64_t now)
{
    struct bs_shared_campaigns *campaigns = context;
    if (!lock(campaigns))
        return false;
    bool begins = bs_campaign_count(&campaigns->table, settings, name, now);
    pthread_mutex_unlock(&campaigns->lock);
    return begins;
}

static bool hold(void *context, struct bs_bytes name, int64_t now)
{
    struct bs_shared_campaigns *campaigns = context;
    if (!lock(campaigns))
        return false;
    bool holds = bs_campaign_holds(&campaigns->table, name, now);
    pthread_mutex_unlock(&campaigns->lock);
    return holds;
}

const struct bs_campaign_watch bs_shared_campaigns_watch = {count, hold};

bool bs_shared_campaigns_next_ended(struct bs_shared_campaigns *campaigns, int64_t now, char *ret_name)
{
    if (!lock(campaigns))
        return false;
    bool found = bs_campaign_next_ended(&campaigns->table, now, ret_name);
    pthread_mutex_unlock(&campaigns->lock);
    return found;
}
