/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sockets that MTAs connect to: bound as the configuration says, or handed over by systemd (sd_listen_fds(3))
 * under the names "milter" and "socketmap", which then take the place of the configured ones of that kind.
 */
#ifndef BS_DAEMON_LISTENERS_H
#define BS_DAEMON_LISTENERS_H

#include "config/config.h"

enum { BS_LISTENERS_MAX = 2 * BS_CONFIG_LISTENERS_MAX, BS_LISTENER_NAME_MAX = 128 };

enum bs_protocol { BS_PROTOCOL_MILTER, BS_PROTOCOL_SOCKETMAP };

struct bs_listener {
    int fd; /* owned, non-blocking */
    enum bs_protocol protocol;
    char name[BS_LISTENER_NAME_MAX]; /* as configured, or "systemd:N" */
};

struct bs_listeners {
    struct bs_listener items[BS_LISTENERS_MAX];
    size_t count;
};

const char *bs_protocol_name(enum bs_protocol protocol);

/*
 * Opens what the configuration wants. Sockets of `current` (NULL: none) that it wants too, or that systemd handed
 * over, are taken along, not bound anew. On false nothing new is open and `current` is as it was. On true the
 * caller ends with bs_listeners_drop(current, ret_listeners).
 */
bool bs_listeners_open(const struct bs_config *config, const struct bs_listeners *current,
                       struct bs_listeners *ret_listeners, struct bs_error *ret_error);

/* In a process that serves `kept`: closes those of `old` that it does not hold. Their files stay. */
void bs_listeners_close_others(const struct bs_listeners *old, const struct bs_listeners *kept);

/* Closes those of `old` that `kept` (NULL: none) does not hold, and removes the files of unix sockets. */
void bs_listeners_drop(struct bs_listeners *old, const struct bs_listeners *kept);

#endif
