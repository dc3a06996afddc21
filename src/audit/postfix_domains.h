/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose mail a Postfix handles: the domains that it receives mail for, and the clients that it trusts. */
#ifndef BS_AUDIT_POSTFIX_DOMAINS_H
#define BS_AUDIT_POSTFIX_DOMAINS_H

#include "audit/postfix_settings.h"
#include "base/network.h"

enum {
    BS_POSTFIX_DOMAINS_MAX = 10000,
    BS_POSTFIX_NETWORKS_MAX = 1000,
    BS_POSTFIX_TABLES_MAX = 100,
};

struct bs_postfix_domain {
    struct bs_bytes name;
    const char *parameter; /* that names it, such as "mydestination" */
};

/* What a list refers to and postconf does not show: a table (mysql:/etc/…) or a file. */
struct bs_postfix_table {
    struct bs_bytes text;
    const char *parameter;
};

struct bs_postfix_domains {
    struct bs_postfix_domain *items; /* each once, in the order of Postfix's lists */
    size_t count;
    struct bs_postfix_table tables[BS_POSTFIX_TABLES_MAX];
    size_t table_count;
    bool incomplete; /* more than there is room for */
};

/*
 * The domains in mydestination, virtual_mailbox_domains, virtual_alias_domains and relay_domains that a sender's
 * address may have: names with a dot that are not localhost's. A socketmap called `our_map` is not told of. Memory
 * comes from the arena; false past its limit.
 */
bool bs_postfix_domains(const struct bs_postfix *postfix, struct bs_bytes our_map, struct bs_arena *arena,
                        struct bs_postfix_domains *ret_domains);

bool bs_postfix_domains_has(const struct bs_postfix_domains *domains, struct bs_bytes name);

struct bs_postfix_networks {
    struct bs_network *items; /* without host bits, each once */
    size_t count;
    struct bs_bytes others[BS_POSTFIX_TABLES_MAX]; /* tables, files, exceptions (!ADDRESS), names */
    size_t other_count;
    bool incomplete;
};

/* mynetworks. */
bool bs_postfix_networks(const struct bs_postfix *postfix, struct bs_arena *arena,
                         struct bs_postfix_networks *ret_networks);

/* Whether one of the networks holds all of `network`. */
bool bs_networks_cover(const struct bs_network *networks, size_t count, const struct bs_network *network);

#endif
