/* SPDX-License-Identifier: BSD-2-Clause */
/* The name servers of a zone; see zone_servers.h. */
#include "audit/zone_servers.h"

#include <stdlib.h>

/* A search: for what it looks, and whether an answer is still missing. */
struct search {
    const struct bs_answers *known;
    struct bs_arena *arena;
    struct bs_questions *missing;
    struct bs_zone_servers *servers;
    bool waiting;
    bool out_of_memory;
};

static const struct bs_dns_answer *ask(struct search *search, struct bs_bytes name, enum bs_dns_type type)
{
    const struct bs_dns_answer *answer = bs_ask_dns(search->known, search->missing, name, type);
    search->waiting = search->waiting || !answer;
    return answer;
}

static bool fail(struct search *search, const char *reason)
{
    search->servers->reason = reason;
    search->out_of_memory = !reason;
    return false;
}

static bool fail_dns(struct search *search, struct bs_bytes name, enum bs_dns_type type,
                     const struct bs_dns_answer *answer)
{
    return fail(search, bs_arena_printf(search->arena, "DNS failed for %s %.*s (%s)", bs_dns_type_name(type),
                                        BS_BYTES_ARG(name), bs_dns_status_name(answer->status)));
}

/* Follows the aliases of the name as far as they are known. */
static bool follow_aliases(struct search *search)
{
    struct bs_bytes *name = &search->servers->name;
    for (int aliases = 0; aliases <= BS_ZONE_ALIASES_MAX; aliases++) {
        const struct bs_dns_answer *answer = ask(search, *name, BS_DNS_CNAME);
        if (!answer)
            return false;
        if (bs_dns_failed(answer))
            return fail_dns(search, *name, BS_DNS_CNAME, answer);
        if (answer->status != BS_DNS_FOUND || answer->count == 0)
            return true;
        *name = answer->records[0].data;
    }
    return fail(search, "there are too many aliases, or they go round in a circle");
}

/* Whether the name has a dot, and so is no top-level domain, whose servers are not asked for our names. */
static bool has_parent(struct bs_bytes name)
{
    return bs_bytes_find(name, '.') < name.len;
}

/* The NS records of the closest name that has any. All names are asked for at once. */
static const struct bs_dns_answer *find_zone(struct search *search)
{
    const struct bs_dns_answer *found = NULL;
    bool certain = true; /* no closer name can have any */
    for (struct bs_bytes name = search->servers->name; has_parent(name) && !found;
         name = bs_bytes_skip(name, bs_bytes_find(name, '.') + 1)) {
        const struct bs_dns_answer *answer = ask(search, name, BS_DNS_NS);
        if (!answer) {
            certain = false;
        } else if (certain && bs_dns_failed(answer)) {
            fail_dns(search, name, BS_DNS_NS, answer);
            return NULL;
        } else if (answer->status == BS_DNS_FOUND && answer->count > 0) {
            search->servers->zone = name;
            found = answer;
        }
    }
    if (!found && !search->waiting)
        fail(search, "no name above it has name servers");
    return certain ? found : NULL;
}

static void take_addresses(struct search *search, struct bs_zone_server *server, enum bs_dns_type type)
{
    const struct bs_dns_answer *answer = ask(search, server->name, type);
    server->failed = server->failed || (answer && bs_dns_failed(answer));
    for (size_t i = 0; answer && i < answer->count && server->address_count < BS_ZONE_ADDRESSES_MAX; i++) {
        struct bs_ip address = bs_ip_from_bytes(answer->records[i].data);
        if (address.family != 0)
            server->addresses[server->address_count++] = address;
    }
}

static int compare_names(const void *left, const void *right)
{
    const struct bs_zone_server *a = left, *b = right;
    size_t shorter = a->name.len < b->name.len ? a->name.len : b->name.len;
    int order = shorter > 0 ? memcmp(a->name.ptr, b->name.ptr, shorter) : 0;
    return order != 0 ? order : (a->name.len > b->name.len) - (a->name.len < b->name.len);
}

static void take_servers(struct search *search, const struct bs_dns_answer *answer)
{
    struct bs_zone_servers *servers = search->servers;
    for (size_t i = 0; i < answer->count; i++) {
        if (servers->count == BS_ZONE_SERVERS_MAX) {
            servers->more++;
            continue;
        }
        struct bs_zone_server *server = &servers->items[servers->count++];
        *server = (struct bs_zone_server){.name = answer->records[i].data};
        take_addresses(search, server, BS_DNS_A);
        take_addresses(search, server, BS_DNS_AAAA);
    }
    qsort(servers->items, servers->count, sizeof *servers->items, compare_names);
}

enum bs_step bs_zone_servers_find(struct bs_bytes name, const struct bs_answers *known, struct bs_arena *arena,
                                  struct bs_zone_servers *ret_servers, struct bs_questions *io_missing)
{
    struct search search = {.known = known, .arena = arena, .missing = io_missing, .servers = ret_servers};
    *ret_servers = (struct bs_zone_servers){.name = name};
    if (follow_aliases(&search)) {
        const struct bs_dns_answer *answer = find_zone(&search);
        if (answer)
            take_servers(&search, answer);
    }
    if (search.out_of_memory)
        return BS_ERROR;
    return search.waiting ? BS_ASK : BS_DONE;
}
