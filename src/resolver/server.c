/* SPDX-License-Identifier: BSD-2-Clause */
/* The address of a name server; see server.h. */
#include "resolver/server.h"

#include <stdio.h>

bool bs_server_parse(const char *text, char ret_text[BS_SERVER_TEXT], struct bs_error *ret_error)
{
    char address[BS_NETWORK_TEXT];
    struct bs_ip ip;
    uint16_t port = BS_SERVER_PORT;
    if (!bs_ip_port_parse(bs_bytes_from_cstr(text), &ip, &port))
        return bs_error_set(ret_error, "\"%.100s\" is no name server; write 192.0.2.1, 192.0.2.1:53, 2001:db8::1 or "
                                       "[2001:db8::1]:53", text);
    bs_ip_format(&ip, address);
    snprintf(ret_text, BS_SERVER_TEXT, "%s@%u", address, port);
    return true;
}
