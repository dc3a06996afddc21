/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor: starts the filters, starts one again that dies, and carries out signals. It serves no session.
 *
 *   SIGHUP            read the configuration and the keys again. If they are good, new filters take over and the
 *                     old ones finish their sessions; if not, the log says why and nothing changes.
 *   SIGTERM, SIGINT   stop: see filter.h.
 *
 * A filter that dies takes its own sessions with it and nothing else. One that dies soon after its start is
 * started again after a pause, which doubles up to BS_RESTART_PAUSE_MAX seconds.
 */
#ifndef BS_DAEMON_SUPERVISOR_H
#define BS_DAEMON_SUPERVISOR_H

#include "daemon/listeners.h"
#include "daemon/shared_memory.h"
#include "engine/settings.h"

enum {
    BS_FILTERS_MAX = 256,
    BS_RESTART_PAUSE_MAX = 30,  /* seconds */
    BS_SOON = 10,               /* seconds after its start in which a filter's death is taken for a fault */
    BS_READY_SECONDS = 10,      /* in which new filters must be ready */
    BS_DRAIN_BEGINS_SECONDS = 1, /* that are waited for an old filter to accept no more */
};

/* What is served now. */
struct bs_generation {
    struct bs_config config;
    struct bs_settings settings;
    struct bs_listeners listeners;
    struct bs_shared_memory shared;
};

/* Gives back what `kept` (NULL: nobody) does not use, but for the sockets. */
void bs_generation_free(struct bs_generation *generation, const struct bs_generation *kept);

/* Reads the configuration at `path` with its keys, opens the sockets and gives up the rights of root. Sockets of
 * `current` (NULL at the start) are kept where they are wanted. NULL, with the reason, where any of it fails. */
struct bs_generation *bs_generation_load(const char *path, struct bs_generation *current,
                                         struct bs_error *ret_error);

/* Runs until told to stop; returns the exit status. Takes `generation` over. */
int bs_supervisor_run(const char *path, struct bs_generation *generation);

#endif
