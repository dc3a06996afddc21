/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection with an MTA: reads what comes, feeds the session, writes what the session says. An idle connection
 * holds no buffers. Limits: a frame must be whole within frame-timeout of its first byte, what is written must be
 * read within write-timeout, something must come within session-timeout, and a reply that waits for DNS is given after
 * authentication-timeout at the latest.
 */
#ifndef BS_DAEMON_CONNECTION_H
#define BS_DAEMON_CONNECTION_H

#include "crypto/key_cache.h"
#include "daemon/listeners.h"
#include "engine/milter_session.h"
#include "resolver/resolver.h"

#include <event2/event.h>
#include <event2/event_struct.h>

enum { BS_READ_SIZE = 128 * 1024 }; /* bytes read at once: a whole body chunk, and the frames before it */

/* What the connections of one filter share. */
struct bs_connections {
    struct event_base *base;
    const struct bs_config *config;
    const struct bs_settings *settings;
    const struct timeval *session_timeout; /* of event_base_init_common_timeout, as are those below */
    const struct timeval *frame_timeout;
    const struct timeval *write_timeout;
    struct bs_resolver *resolver; /* NULL where the settings ask nothing, as is the next */
    struct bs_key_cache *keys;    /* public keys of others */
    struct bs_rules_scan *scan;   /* NULL where no automatic mail is looked for */
    struct bs_sent_memory *sent;  /* NULL where there is none */
    struct bs_message_memory memory; /* what messages under way hold */
    struct bs_shared_campaigns *campaigns; /* see campaigns.h */
    struct bs_connection *first; /* all of them, doubly linked */
    size_t count;
    bool stopping;              /* connections end as soon as no message is under way */
    bool draining;              /* those for the socketmap do: the next lookup goes to the new configuration */
    void (*on_closed)(void *filter); /* after a connection is gone */
    void *filter;
    struct bs_strbuf out; /* replies on their way, empty between events */
    char buffer[BS_READ_SIZE];
};

/* Serves `fd`, which it then owns; false, with the fd closed, without memory. */
bool bs_connection_open(struct bs_connections *all, int fd, enum bs_protocol protocol);

/* Once stopping or draining is set: ends those connections that nothing keeps. */
void bs_connections_close_idle(struct bs_connections *all);

/* Ends all of them. */
void bs_connections_close_all(struct bs_connections *all);

#endif
