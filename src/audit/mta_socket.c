/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and comparing socket addresses; see mta_socket.h. */
#include "audit/mta_socket.h"

#include "base/network.h"

static bool take_prefix(struct bs_bytes *io_text, struct bs_bytes prefix)
{
    if (!bs_bytes_starts_nocase(*io_text, prefix))
        return false;
    *io_text = bs_bytes_skip(*io_text, prefix.len);
    return true;
}

/* 0 for what is no number from 1 to 65535. */
static unsigned read_port(struct bs_bytes text)
{
    unsigned port = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!bs_ascii_is_digit(text.ptr[i]) || port > UINT16_MAX)
            return 0;
        port = port * 10 + (unsigned)(text.ptr[i] - '0');
    }
    return port <= UINT16_MAX ? port : 0;
}

static bool read_inet(struct bs_bytes text, struct bs_mta_socket *ret_socket)
{
    size_t colon = bs_bytes_find_last(text, ':');
    if (colon == text.len || colon + 1 == text.len)
        return false;
    struct bs_bytes host = bs_bytes_first(text, colon);
    if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = bs_bytes(host.ptr + 1, host.len - 2);
    *ret_socket = (struct bs_mta_socket){
        .kind = BS_MTA_SOCKET_INET, .host = host, .port = read_port(bs_bytes_skip(text, colon + 1))};
    return host.len > 0;
}

bool bs_mta_socket_parse(struct bs_bytes text, struct bs_mta_socket *ret_socket)
{
    if (take_prefix(&text, BS_LITERAL("inet:")) || take_prefix(&text, BS_LITERAL("inet6:")))
        return read_inet(text, ret_socket);
    if (!take_prefix(&text, BS_LITERAL("unix:")) && !take_prefix(&text, BS_LITERAL("local:")))
        return false;
    *ret_socket = (struct bs_mta_socket){.kind = BS_MTA_SOCKET_UNIX, .path = text};
    return text.len > 0;
}

bool bs_mta_host_is_loopback(struct bs_bytes host)
{
    static const struct bs_network loopback = {4, {127}, 8};
    static const struct bs_network loopback6 = {6, {[15] = 1}, 128};
    struct bs_ip ip;
    if (bs_bytes_equal_nocase(host, BS_LITERAL("localhost")))
        return true;
    return bs_ip_parse(host, &ip) && (bs_network_contains(&loopback, &ip) || bs_network_contains(&loopback6, &ip));
}

/* 0.0.0.0 and ::, on which a listener has every address. */
static bool is_every_address(struct bs_bytes host)
{
    static const uint8_t zero[16] = {0};
    struct bs_ip ip;
    return bs_ip_parse(host, &ip) && memcmp(ip.address, zero, sizeof zero) == 0;
}

static bool hosts_equal(struct bs_bytes a, struct bs_bytes b)
{
    struct bs_ip left, right;
    if (is_every_address(a) || is_every_address(b))
        return true;
    if (bs_bytes_equal_nocase(a, BS_LITERAL("localhost")) || bs_bytes_equal_nocase(b, BS_LITERAL("localhost")))
        return bs_mta_host_is_loopback(a) && bs_mta_host_is_loopback(b);
    if (bs_ip_parse(a, &left) && bs_ip_parse(b, &right))
        return left.family == right.family && memcmp(left.address, right.address, sizeof left.address) == 0;
    return bs_bytes_equal_nocase(a, b);
}

bool bs_mta_socket_equal(const struct bs_mta_socket *a, const struct bs_mta_socket *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == BS_MTA_SOCKET_UNIX)
        return bs_bytes_equal(a->path, b->path);
    return a->port != 0 && a->port == b->port && hosts_equal(a->host, b->host);
}

const char *bs_mta_socket_text(const struct bs_mta_socket *socket, struct bs_arena *arena)
{
    struct bs_bytes host = socket->host;
    bool has_colon = bs_bytes_find(host, ':') < host.len;
    if (socket->kind == BS_MTA_SOCKET_UNIX)
        return bs_arena_printf(arena, "unix:%.*s", BS_BYTES_ARG(socket->path));
    if (is_every_address(host))
        host = has_colon ? BS_LITERAL("::1") : BS_LITERAL("127.0.0.1");
    return bs_arena_printf(arena, has_colon ? "inet:[%.*s]:%u" : "inet:%.*s:%u", BS_BYTES_ARG(host), socket->port);
}
