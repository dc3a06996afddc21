/* SPDX-License-Identifier: BSD-2-Clause */
/* Domains and networks out of Postfix's lists; see postfix_domains.h. */
#include "audit/postfix_domains.h"

static const char *const lists[] = {"mydestination", "virtual_mailbox_domains", "virtual_alias_domains",
                                    "relay_domains"};

enum { LISTS = sizeof lists / sizeof *lists };

/* TYPE:NAME or /FILE (postconf(5), mydestination). */
static bool is_table(struct bs_bytes item)
{
    return item.ptr[0] == '/' || bs_bytes_find(item, ':') < item.len;
}

static bool ends_with(struct bs_bytes name, struct bs_bytes end)
{
    return name.len >= end.len && bs_bytes_equal_nocase(bs_bytes_skip(name, name.len - end.len), end);
}

/* A name that mail from elsewhere could be for: no address literal, no bare host, nothing of localhost's. */
static bool is_domain(struct bs_bytes name)
{
    return bs_bytes_find(name, '.') < name.len && name.ptr[0] != '.' && name.ptr[0] != '[' && name.ptr[0] != '!' &&
           name.ptr[0] != '$' && !bs_bytes_starts_nocase(name, BS_LITERAL("localhost.")) &&
           !ends_with(name, BS_LITERAL(".localdomain"));
}

bool bs_postfix_domains_has(const struct bs_postfix_domains *domains, struct bs_bytes name)
{
    for (size_t i = 0; i < domains->count; i++) {
        if (bs_bytes_equal_nocase(domains->items[i].name, name))
            return true;
    }
    return false;
}

static void add_table(struct bs_bytes item, const char *parameter, struct bs_bytes our_map,
                      struct bs_postfix_domains *domains)
{
    struct bs_postfix_socketmap map;
    if (bs_postfix_socketmap_parse(item, &map) && bs_bytes_equal(map.name, our_map))
        return;
    if (domains->table_count == BS_POSTFIX_TABLES_MAX)
        domains->incomplete = true;
    else
        domains->tables[domains->table_count++] = (struct bs_postfix_table){item, parameter};
}

static void add_domain(struct bs_bytes item, const char *parameter, struct bs_postfix_domains *domains)
{
    if (!is_domain(item) || bs_postfix_domains_has(domains, item))
        return;
    if (domains->count == BS_POSTFIX_DOMAINS_MAX)
        domains->incomplete = true;
    else
        domains->items[domains->count++] = (struct bs_postfix_domain){item, parameter};
}

static size_t count_items(struct bs_bytes list)
{
    struct bs_bytes item;
    size_t count = 0;
    while (bs_postfix_list_next(&list, &item))
        count++;
    return count;
}

bool bs_postfix_domains(const struct bs_postfix *postfix, struct bs_bytes our_map, struct bs_arena *arena,
                        struct bs_postfix_domains *ret_domains)
{
    struct bs_bytes item;
    size_t room = 1;
    for (size_t i = 0; i < LISTS; i++)
        room += count_items(bs_postfix_value(postfix, lists[i]));
    if (room > BS_POSTFIX_DOMAINS_MAX)
        room = BS_POSTFIX_DOMAINS_MAX;
    *ret_domains = (struct bs_postfix_domains){.items = bs_arena_take(arena, room * sizeof *ret_domains->items)};
    if (!ret_domains->items)
        return false;
    for (size_t i = 0; i < LISTS; i++) {
        struct bs_bytes list = bs_postfix_value(postfix, lists[i]);
        while (bs_postfix_list_next(&list, &item)) {
            if (is_table(item))
                add_table(item, lists[i], our_map, ret_domains);
            else
                add_domain(item, lists[i], ret_domains);
        }
    }
    return true;
}

/* An item of mynetworks: ADDRESS or ADDRESS/BITS, an IPv6 address in brackets. */
static bool read_network(struct bs_bytes item, struct bs_network *ret_network)
{
    char text[BS_NETWORK_TEXT];
    size_t length = 0;
    for (size_t i = 0; i < item.len; i++) {
        if (item.ptr[i] == '[' || item.ptr[i] == ']')
            continue;
        if (length == sizeof text)
            return false;
        text[length++] = item.ptr[i];
    }
    if (!bs_network_parse(bs_bytes(text, length), ret_network))
        return false;
    *ret_network = bs_network_masked(*ret_network);
    return true;
}

static bool has_network(const struct bs_postfix_networks *networks, const struct bs_network *network)
{
    for (size_t i = 0; i < networks->count; i++) {
        const struct bs_network *other = &networks->items[i];
        if (other->family == network->family && other->bits == network->bits &&
            memcmp(other->address, network->address, sizeof network->address) == 0)
            return true;
    }
    return false;
}

static void add_network(struct bs_bytes item, struct bs_postfix_networks *networks)
{
    struct bs_network network;
    if (!read_network(item, &network)) {
        if (networks->other_count == BS_POSTFIX_TABLES_MAX)
            networks->incomplete = true;
        else
            networks->others[networks->other_count++] = item;
    } else if (!has_network(networks, &network)) {
        if (networks->count == BS_POSTFIX_NETWORKS_MAX)
            networks->incomplete = true;
        else
            networks->items[networks->count++] = network;
    }
}

bool bs_postfix_networks(const struct bs_postfix *postfix, struct bs_arena *arena,
                         struct bs_postfix_networks *ret_networks)
{
    struct bs_bytes list = bs_postfix_value(postfix, "mynetworks"), item;
    size_t room = count_items(list) + 1;
    if (room > BS_POSTFIX_NETWORKS_MAX)
        room = BS_POSTFIX_NETWORKS_MAX;
    *ret_networks = (struct bs_postfix_networks){.items = bs_arena_take(arena, room * sizeof *ret_networks->items)};
    if (!ret_networks->items)
        return false;
    while (bs_postfix_list_next(&list, &item))
        add_network(item, ret_networks);
    return true;
}

bool bs_networks_cover(const struct bs_network *networks, size_t count, const struct bs_network *network)
{
    struct bs_ip address = {.family = network->family};
    memcpy(address.address, network->address, sizeof address.address);
    for (size_t i = 0; i < count; i++) {
        if (networks[i].family == network->family && networks[i].bits <= network->bits &&
            bs_network_contains(&networks[i], &address))
            return true;
    }
    return false;
}
