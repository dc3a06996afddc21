/* SPDX-License-Identifier: BSD-2-Clause */
/* Socket addresses in the configuration; see socket.h. */
#include "config/socket.h"

#include "base/network.h"

/* Takes the prefix off the text where it begins with it. */
static bool take_prefix(struct bs_bytes *text, struct bs_bytes prefix)
{
    if (!bs_bytes_equal(bs_bytes_first(*text, prefix.len), prefix))
        return false;
    *text = bs_bytes_skip(*text, prefix.len);
    return true;
}

static bool read_port(struct bs_bytes text, uint16_t *ret_port, struct bs_error *ret_error)
{
    unsigned port = 0;
    for (size_t i = 0; i < text.len && port <= UINT16_MAX; i++) {
        if (!bs_ascii_is_digit(text.ptr[i]))
            return bs_error_set(ret_error, "has a port that is no number");
        port = port * 10 + (unsigned)(text.ptr[i] - '0');
    }
    if (port < 1 || port > UINT16_MAX)
        return bs_error_set(ret_error, "needs a port from 1 to 65535 at its end");
    *ret_port = (uint16_t)port;
    return true;
}

/* Copies a literal address of the family, checked, with a NUL behind it. */
static bool copy_host(struct bs_bytes host, uint8_t family, char ret_host[BS_CONFIG_SOCKET_HOST])
{
    struct bs_ip ip;
    bool has_colon = bs_bytes_find(host, ':') < host.len;
    if (!bs_ip_parse(host, &ip) || has_colon != (family == 6) || host.len >= BS_CONFIG_SOCKET_HOST)
        return false;
    memcpy(ret_host, host.ptr, host.len);
    ret_host[host.len] = '\0';
    return true;
}

static bool read_inet(struct bs_bytes text, struct bs_config_socket *ret_socket, struct bs_error *ret_error)
{
    size_t colon = bs_bytes_find_last(text, ':');
    struct bs_bytes host = bs_bytes_first(text, colon);
    ret_socket->kind = BS_CONFIG_SOCKET_INET;
    if (bs_bytes_equal(host, BS_LITERAL("localhost")))
        host = BS_LITERAL("127.0.0.1");
    if (!copy_host(host, 4, ret_socket->host))
        return bs_error_set(ret_error, "needs an IPv4 address or localhost before the port, as in "
                            "\"inet:127.0.0.1:8896\"");
    return read_port(bs_bytes_skip(text, colon < text.len ? colon + 1 : colon), &ret_socket->port, ret_error);
}

static bool read_inet6(struct bs_bytes text, struct bs_config_socket *ret_socket, struct bs_error *ret_error)
{
    size_t bracket = bs_bytes_find(text, ']');
    struct bs_bytes rest = bs_bytes_skip(text, bracket);
    ret_socket->kind = BS_CONFIG_SOCKET_INET6;
    if (!take_prefix(&text, BS_LITERAL("[")) || !copy_host(bs_bytes_first(text, bracket - 1), 6, ret_socket->host))
        return bs_error_set(ret_error, "needs an IPv6 address in brackets, as in \"inet6:[::1]:8896\"");
    if (!take_prefix(&rest, BS_LITERAL("]:")))
        return bs_error_set(ret_error, "needs a colon and a port behind the bracket, as in \"inet6:[::1]:8896\"");
    return read_port(rest, &ret_socket->port, ret_error);
}

static bool read_unix(struct bs_bytes path, struct bs_config_socket *ret_socket, struct bs_error *ret_error)
{
    ret_socket->kind = BS_CONFIG_SOCKET_UNIX;
    if (path.len == 0 || path.ptr[0] != '/')
        return bs_error_set(ret_error, "needs an absolute path, as in \"unix:/run/backstop/milter\"");
    if (path.len >= sizeof ret_socket->path)
        return bs_error_set(ret_error, "has a path of %zu bytes; the system takes at most %zu", path.len,
                            sizeof ret_socket->path - 1);
    if (bs_bytes_find(path, '\0') < path.len)
        return bs_error_set(ret_error, "has a null byte in its path");
    memcpy(ret_socket->path, path.ptr, path.len);
    return true;
}

bool bs_config_socket_parse(struct bs_bytes text, struct bs_config_socket *ret_socket, struct bs_error *ret_error)
{
    *ret_socket = (struct bs_config_socket){0};
    if (take_prefix(&text, BS_LITERAL("inet:")))
        return read_inet(text, ret_socket, ret_error);
    if (take_prefix(&text, BS_LITERAL("inet6:")))
        return read_inet6(text, ret_socket, ret_error);
    if (take_prefix(&text, BS_LITERAL("unix:")))
        return read_unix(text, ret_socket, ret_error);
    return bs_error_set(ret_error, "is no socket address: inet:HOST:PORT, inet6:[ADDRESS]:PORT or unix:/PATH");
}
