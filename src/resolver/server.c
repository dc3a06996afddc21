/* SPDX-License-Identifier: BSD-2-Clause */
/* The address of a name server; see server.h. */
#include "resolver/server.h"

#include <stdio.h>

/* Divides ADDRESS:PORT and [ADDRESS]:PORT; the port is empty where there is none. */
static bool divide(struct bs_bytes text, struct bs_bytes *ret_address, struct bs_bytes *ret_port)
{
    size_t colon = bs_bytes_find(text, ':');
    if (text.len > 0 && text.ptr[0] == '[') {
        size_t end = bs_bytes_find(text, ']');
        if (end == text.len)
            return false;
        *ret_address = bs_bytes(text.ptr + 1, end - 1);
        struct bs_bytes rest = bs_bytes_skip(text, end + 1);
        *ret_port = bs_bytes_skip(rest, rest.len > 0);
        return rest.len == 0 || (rest.ptr[0] == ':' && rest.len > 1);
    }
    bool has_port = colon < text.len && bs_bytes_find_last(text, ':') == colon;
    *ret_address = has_port ? bs_bytes_first(text, colon) : text;
    *ret_port = bs_bytes_skip(text, has_port ? colon + 1 : text.len);
    return !has_port || ret_port->len > 0;
}

static bool read_port(struct bs_bytes text, unsigned *ret_port)
{
    *ret_port = text.len == 0 ? BS_SERVER_PORT : 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!bs_ascii_is_digit(text.ptr[i]) || text.len > 5)
            return false;
        *ret_port = *ret_port * 10 + (unsigned)(text.ptr[i] - '0');
    }
    return *ret_port > 0 && *ret_port <= UINT16_MAX;
}

bool bs_server_parse(const char *text, char ret_text[BS_SERVER_TEXT], struct bs_error *ret_error)
{
    char address[BS_NETWORK_TEXT];
    struct bs_bytes host, port_text;
    struct bs_ip ip;
    unsigned port;
    if (!divide(bs_bytes_from_cstr(text), &host, &port_text) || !bs_ip_parse(host, &ip) || !read_port(port_text, &port))
        return bs_error_set(ret_error, "\"%.100s\" is no name server; write 192.0.2.1, 192.0.2.1:53, 2001:db8::1 or "
                                       "[2001:db8::1]:53", text);
    bs_ip_format(&ip, address);
    snprintf(ret_text, BS_SERVER_TEXT, "%s@%u", address, port);
    return true;
}
