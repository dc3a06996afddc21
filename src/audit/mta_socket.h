/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Socket addresses as mail servers and backstop.conf write them: inet:HOST:PORT and unix:PATH, which Postfix also
 * calls local:PATH, and backstop's inet6:[ADDRESS]:PORT. Names are not looked up; localhost is any loopback address.
 */
#ifndef BS_AUDIT_MTA_SOCKET_H
#define BS_AUDIT_MTA_SOCKET_H

#include "base/arena.h"

#include <stdint.h>

enum bs_mta_socket_kind { BS_MTA_SOCKET_INET = 1, BS_MTA_SOCKET_UNIX };

struct bs_mta_socket {
    enum bs_mta_socket_kind kind;
    struct bs_bytes host; /* without brackets; borrowed from the text, as is the path */
    unsigned port;        /* 0: written as the name of a service */
    struct bs_bytes path;
};

/* False for anything else. */
bool bs_mta_socket_parse(struct bs_bytes text, struct bs_mta_socket *ret_socket);

/* Whether both are the same host and port, or the same path byte by byte. A listener on every address is the same
 * as any address of the machine itself. */
bool bs_mta_socket_equal(const struct bs_mta_socket *a, const struct bs_mta_socket *b);

bool bs_mta_host_is_loopback(struct bs_bytes host);

/* As Postfix has it in main.cf, with the loopback address for every address; NULL past the arena's limit. */
const char *bs_mta_socket_text(const struct bs_mta_socket *socket, struct bs_arena *arena);

#endif
