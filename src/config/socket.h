/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Socket addresses as the configuration writes them: `inet:HOST:PORT` with an IPv4 address or localhost, which is
 * 127.0.0.1; `inet6:[ADDRESS]:PORT`; `unix:/PATH`. No name is resolved.
 */
#ifndef BS_CONFIG_SOCKET_H
#define BS_CONFIG_SOCKET_H

#include "base/bytes.h"
#include "base/error.h"

#include <stdint.h>

enum {
    BS_CONFIG_SOCKET_HOST = 46,  /* bytes that hold any address as text, with its NUL */
    BS_CONFIG_SOCKET_PATH = 108, /* bytes of sun_path in Linux's sockaddr_un, with the NUL */
};

enum bs_config_socket_kind { BS_CONFIG_SOCKET_INET, BS_CONFIG_SOCKET_INET6, BS_CONFIG_SOCKET_UNIX };

struct bs_config_socket {
    enum bs_config_socket_kind kind;
    char host[BS_CONFIG_SOCKET_HOST]; /* a literal address; empty for unix */
    uint16_t port;                    /* 1 to 65535; 0 for unix */
    char path[BS_CONFIG_SOCKET_PATH]; /* absolute; empty for inet and inet6 */
};

/* Reads one address. The error says what is wrong and is to be put behind the text. */
bool bs_config_socket_parse(struct bs_bytes text, struct bs_config_socket *ret_socket, struct bs_error *ret_error);

#endif
