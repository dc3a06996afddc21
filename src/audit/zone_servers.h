/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The name servers that answer for a name with authority: follows its aliases, looks for the closest name above that
 * has NS records (RFC 1035 section 3.3.11), and for the addresses of the servers that they name. Asking them is for
 * whoever has found them.
 */
#ifndef BS_AUDIT_ZONE_SERVERS_H
#define BS_AUDIT_ZONE_SERVERS_H

#include "ask/ask.h"
#include "base/network.h"

enum {
    BS_ZONE_ALIASES_MAX = 8,   /* CNAMEs that are followed */
    BS_ZONE_SERVERS_MAX = 16,  /* servers of a zone that are looked at; the others are counted */
    BS_ZONE_ADDRESSES_MAX = 4, /* addresses of a server */
};

struct bs_zone_server {
    struct bs_bytes name;
    struct bs_ip addresses[BS_ZONE_ADDRESSES_MAX];
    size_t address_count; /* 0: it has none, or they could not be found out */
    bool failed;          /* DNS failed for an address */
};

struct bs_zone_servers {
    const char *reason;   /* why the servers could not be found; NULL where they could */
    struct bs_bytes name; /* what the name is an alias of; itself where it is none */
    struct bs_bytes zone;
    struct bs_zone_server items[BS_ZONE_SERVERS_MAX]; /* in the order of their names */
    size_t count;
    size_t more;          /* servers beyond the limit */
};

/* Finds the servers. Views are of the answers, of the name or in the arena. `io_missing` keeps what is in it, so that
 * several can be found in one run; BS_ASK where something was added to it. */
enum bs_step bs_zone_servers_find(struct bs_bytes name, const struct bs_answers *known, struct bs_arena *arena,
                                  struct bs_zone_servers *ret_servers, struct bs_questions *io_missing);

#endif
