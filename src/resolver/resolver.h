/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The resolver: asks DNS through libunbound, on the caller's own event loop, with a cache and, where there is a trust
 * anchor, DNSSEC (RFC 4035). No thread, no process and, once it is made, no file. Questions are asked with
 * resolver/fetch.h. Whatever happens to the servers, every question has an answer within the settings' time-out.
 *
 * A question takes a socket while it is with a server, BS_RESOLVER_SOCKETS_MAX + BS_RESOLVER_TCP_MAX in all; where the
 * process may not open as many, questions past that fail. The resolver writes to TCP sockets, so the process should
 * ignore SIGPIPE. It does not outlive a fork: make it in the process that uses it.
 *
 * DNSSEC through forwarders works only with such as pass signatures on; through others every answer is BOGUS.
 */
#ifndef BS_RESOLVER_RESOLVER_H
#define BS_RESOLVER_RESOLVER_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum {
    BS_RESOLVER_ABANDONED_MAX = 4, /* times outstanding_max: questions that libunbound still tries after our time-out */
    BS_RESOLVER_DOMAIN_SHARE = 4,  /* one in so many of outstanding_max may wait for one domain, so that a dead one */
    BS_RESOLVER_DOMAIN_MIN = 16,   /* leaves room for others; but at least so many */
    BS_RESOLVER_SOCKETS_MAX = 4096, /* UDP sockets, one for each question to a server */
    BS_RESOLVER_TCP_MAX = 256,      /* TCP connections: more than a domain's share of 1,000 questions */
};

#define BS_RESOLVER_SYSTEM "system" /* a server: those of /etc/resolv.conf */

struct event_base;

struct bs_resolver_settings {
    /* Where to ask: "192.0.2.1", "192.0.2.1:5353", "[2001:db8::1]:53", "2001:db8::1" or BS_RESOLVER_SYSTEM; several are
     * all used. None: the servers of each domain, from the root on. */
    const char *const *servers;
    size_t server_count;
    const char *trust_anchor;   /* a file with the keys of the root zone; NULL: no DNSSEC */
    unsigned timeout;           /* milliseconds that a question may take, then its answer is TIMEOUT; at least 1 */
    unsigned outstanding_max;   /* questions that wait at once; further ones are answered TIMEOUT at once; at least 1. For
                                 * names with the same last two labels a share of that */
    unsigned rate_max;          /* questions in a second that no cache can answer; after so many only what was asked a short
                                 * while ago is answered until it is over, all else is TIMEOUT; 0: no limit */
    size_t cache_size;          /* bytes of all caches together */
};

/* What happened since the start. */
struct bs_resolver_counters {
    uint64_t asked;    /* questions, also those that a limit refused */
    uint64_t cached;   /* of them answered at once */
    uint64_t refused;  /* by a limit of the settings or for want of memory */
    uint64_t timeouts; /* our time-outs */
    uint64_t failures; /* SERVFAIL and BOGUS */
};

struct bs_resolver *bs_resolver_new(struct event_base *base, const struct bs_resolver_settings *settings,
                                    struct bs_error *ret_error);

/* Not from within a callback of the event loop that the resolver brought about; every fetch is freed before. */
void bs_resolver_free(struct bs_resolver *resolver);

struct bs_resolver_counters bs_resolver_counters(const struct bs_resolver *resolver);

/* Whether the text is a server as the settings want it; the error says what is wrong. */
bool bs_resolver_check_server(const char *text, struct bs_error *ret_error);

#endif
