/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the filters share: the registry of what was sent, and the campaigns. The supervisor makes it before it forks; it
 * goes from one generation to the next, and is lost when the daemon ends.
 */
#ifndef BS_DAEMON_SHARED_MEMORY_H
#define BS_DAEMON_SHARED_MEMORY_H

#include "base/error.h"
#include "config/config.h"
#include "daemon/campaigns.h"
#include "store/sent.h"

struct bs_shared_memory {
    struct bs_sent_memory *sent; /* NULL: there is none, as the configuration wants it */
    size_t sent_size;            /* as configured */
    struct bs_shared_campaigns *campaigns;
};

/* Takes over what `current` (NULL at the start) has, and makes what is missing; a registry of another size begins empty. */
bool bs_shared_memory_make(const struct bs_config *config, const struct bs_shared_memory *current,
                           struct bs_shared_memory *ret_shared, struct bs_error *ret_error);

/* Gives back what `kept` (NULL: nobody) does not use. Filters that were forked keep what they have. */
void bs_shared_memory_drop(struct bs_shared_memory *shared, const struct bs_shared_memory *kept);

#endif
