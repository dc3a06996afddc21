/* SPDX-License-Identifier: BSD-2-Clause */
/* Our items in Postfix's lists; see postfix_wiring.h. */
#include "audit/postfix_wiring.h"

enum { PATH_MEMORY = 16 * 1024, PROTOCOL = 6 };

const char *const bs_postfix_lists[BS_POSTFIX_LISTS] = {"smtpd_milters", "non_smtpd_milters", "virtual_alias_maps"};

static bool is_maps(struct bs_bytes list)
{
    return bs_bytes_equal(list, BS_LITERAL("virtual_alias_maps"));
}

static bool is_milters(struct bs_bytes list)
{
    return bs_bytes_equal(list, BS_LITERAL("smtpd_milters")) || bs_bytes_equal(list, BS_LITERAL("non_smtpd_milters"));
}

/* Whether a socket of main.cf leads to one of ours. */
static bool leads_to(const struct bs_postfix *postfix, const struct bs_mta_socket *socket,
                     const struct bs_mta_socket *ours, size_t count, bool chrooted)
{
    struct bs_arena arena;
    struct bs_mta_socket seen = *socket;
    bool found = false;
    bs_arena_init(&arena, PATH_MEMORY);
    if (socket->kind == BS_MTA_SOCKET_UNIX)
        seen.path = bs_bytes_from_cstr(bs_postfix_path(postfix, socket->path, chrooted, &arena));
    for (size_t i = 0; i < count && !found; i++)
        found = bs_mta_socket_equal(&seen, &ours[i]);
    bs_arena_reset(&arena);
    return found;
}

bool bs_postfix_item_is_ours(const struct bs_postfix_sockets *sockets, struct bs_bytes list, struct bs_bytes item,
                             bool chrooted)
{
    struct bs_postfix_milter milter;
    struct bs_postfix_socketmap map;
    if (is_milters(list))
        return bs_postfix_milter_parse(item, &milter) &&
               leads_to(sockets->postfix, &milter.socket, sockets->milters, sockets->milter_count, chrooted);
    return is_maps(list) && bs_postfix_socketmap_parse(item, &map) && bs_bytes_equal(map.name, sockets->map_name) &&
           leads_to(sockets->postfix, &map.socket, sockets->maps, sockets->map_count, chrooted);
}

bool bs_postfix_list_has_ours(const struct bs_postfix_sockets *sockets, const char *list, struct bs_bytes value,
                              bool chrooted, struct bs_bytes *ret_item)
{
    struct bs_bytes item;
    while (bs_postfix_list_next(&value, &item)) {
        if (!bs_postfix_item_is_ours(sockets, bs_bytes_from_cstr(list), item, chrooted))
            continue;
        if (ret_item)
            *ret_item = item;
        return true;
    }
    return false;
}

static bool is_ours_now(const struct bs_postfix_sockets *sockets, struct bs_bytes list, struct bs_bytes item)
{
    return bs_postfix_item_is_ours(sockets, list, item, false) || bs_postfix_item_is_ours(sockets, list, item, true);
}

bool bs_postfix_matches_stale(const void *context, struct bs_bytes list, struct bs_bytes item)
{
    const struct bs_postfix_sockets *sockets = context;
    struct bs_postfix_milter milter;
    struct bs_postfix_socketmap map;
    if (item.len == 0)
        return is_milters(list) || is_maps(list);
    if (is_ours_now(sockets, list, item))
        return false;
    if (is_maps(list))
        return bs_postfix_socketmap_parse(item, &map) && bs_bytes_equal(map.name, sockets->map_name);
    return is_milters(list) && bs_postfix_milter_parse(item, &milter) &&
           bs_mta_socket_equal(&milter.socket, &sockets->default_milter);
}

bool bs_postfix_matches_ours(const void *context, struct bs_bytes list, struct bs_bytes item)
{
    return bs_postfix_matches_stale(context, list, item) || is_ours_now(context, list, item);
}

/* The socket that Postfix is to use: an inet one if there is any, which no chroot and no permission keeps it from. */
static const struct bs_mta_socket *choose(const struct bs_mta_socket *sockets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sockets[i].kind == BS_MTA_SOCKET_INET)
            return &sockets[i];
    }
    return count > 0 ? &sockets[0] : NULL;
}

/* As main.cf has it: a path below the queue directory is relative to it, so that a chrooted service finds it, too. */
static const char *socket_text(const struct bs_postfix *postfix, const struct bs_mta_socket *socket,
                               struct bs_arena *arena)
{
    struct bs_bytes queue = bs_postfix_value(postfix, "queue_directory");
    struct bs_mta_socket shown = *socket;
    if (socket->kind == BS_MTA_SOCKET_UNIX && queue.len > 0 && socket->path.len > queue.len + 1 &&
        bs_bytes_equal(bs_bytes_first(socket->path, queue.len), queue) && socket->path.ptr[queue.len] == '/')
        shown.path = bs_bytes_skip(socket->path, queue.len + 1);
    return bs_mta_socket_text(&shown, arena);
}

static bool speaks_protocol(const struct bs_postfix *postfix)
{
    struct bs_bytes protocol = bs_postfix_value(postfix, "milter_protocol");
    return protocol.len == 0 || (protocol.len == 1 && protocol.ptr[0] >= '0' + PROTOCOL);
}

static const char *milter_item(const struct bs_postfix_sockets *sockets, struct bs_arena *arena)
{
    const struct bs_mta_socket *socket = choose(sockets->milters, sockets->milter_count);
    const char *text = socket ? socket_text(sockets->postfix, socket, arena) : NULL;
    if (!text || !bs_postfix_is_at_least(sockets->postfix, 3, 0))
        return text;
    return bs_arena_printf(arena, "{ %s, default_action=tempfail%s }", text,
                           speaks_protocol(sockets->postfix) ? "" : ", protocol=6");
}

static const char *map_item(const struct bs_postfix_sockets *sockets, struct bs_arena *arena)
{
    const struct bs_mta_socket *socket = choose(sockets->maps, sockets->map_count);
    const char *text = socket ? socket_text(sockets->postfix, socket, arena) : NULL;
    return text ? bs_arena_printf(arena, "socketmap:%s:%.*s", text, BS_BYTES_ARG(sockets->map_name)) : NULL;
}

/* What a list holds without a line in main.cf: nothing, or what its default expands to. */
static const char *rest_of(const struct bs_postfix *postfix, const char *list, struct bs_arena *arena)
{
    if (bs_postfix_value(postfix, list).len == 0)
        return "";
    return bs_arena_printf(arena, "%.*s", BS_BYTES_ARG(bs_postfix_written(postfix, list)));
}

static bool has_ours(const struct bs_postfix_sockets *sockets, const char *list, struct bs_bytes value)
{
    return bs_postfix_list_has_ours(sockets, list, value, false, NULL) ||
           bs_postfix_list_has_ours(sockets, list, value, true, NULL);
}

static bool is_name_character(char c)
{
    return bs_ascii_is_digit(c) || c == '_' || (bs_ascii_lower(c) >= 'a' && bs_ascii_lower(c) <= 'z');
}

/* Whether the value has $name, ${name} or $(name) in it. */
static bool refers_to(struct bs_bytes value, const char *name)
{
    struct bs_bytes wanted = bs_bytes_from_cstr(name);
    for (size_t dollar; (dollar = bs_bytes_find(value, '$')) < value.len;) {
        value = bs_bytes_skip(value, dollar + 1);
        if (value.len > 0 && (value.ptr[0] == '{' || value.ptr[0] == '('))
            value = bs_bytes_skip(value, 1);
        if (bs_bytes_equal(bs_bytes_first(value, wanted.len), wanted) &&
            (value.len == wanted.len || !is_name_character(value.ptr[wanted.len])))
            return true;
    }
    return false;
}

/* Whether the list takes what another one has, and so ours with it. */
static bool follows_another(const struct bs_postfix *postfix, const char *list)
{
    for (size_t i = 0; i < BS_POSTFIX_LISTS; i++) {
        if (refers_to(bs_postfix_written(postfix, list), bs_postfix_lists[i]))
            return true;
    }
    return false;
}

size_t bs_postfix_plan(const struct bs_postfix_sockets *sockets, struct bs_arena *arena,
                       struct bs_main_cf_item ret_items[BS_POSTFIX_LISTS])
{
    size_t count = 0;
    for (size_t i = 0; i < BS_POSTFIX_LISTS; i++) {
        const char *list = bs_postfix_lists[i];
        if (has_ours(sockets, list, bs_postfix_value(sockets->postfix, list)) ||
            follows_another(sockets->postfix, list))
            continue;
        struct bs_main_cf_item item = {
            .name = list,
            .item = is_maps(bs_bytes_from_cstr(list)) ? map_item(sockets, arena) : milter_item(sockets, arena),
            .rest = rest_of(sockets->postfix, list, arena),
        };
        if (!item.item || !item.rest)
            return BS_POSTFIX_LISTS + 1;
        ret_items[count++] = item;
    }
    return count;
}

bool bs_postfix_assume_plan(struct bs_postfix *postfix, const struct bs_main_cf_item *items, size_t count,
                            struct bs_arena *arena)
{
    for (size_t i = 0; i < BS_POSTFIX_LISTS; i++) {
        const char *list = bs_postfix_lists[i];
        for (size_t j = 0; j < count; j++) {
            struct bs_bytes now = bs_postfix_value(postfix, list);
            if (strcmp(items[j].name, list) != 0 && !refers_to(bs_postfix_written(postfix, list), items[j].name))
                continue;
            const char *then = bs_arena_printf(arena, "%s, %.*s", items[j].item, BS_BYTES_ARG(now));
            if (!then)
                return false;
            bs_postfix_assume(postfix, list, bs_bytes_from_cstr(then));
        }
    }
    return true;
}
