/* SPDX-License-Identifier: BSD-2-Clause */
/* The address of a name server as people write it: ADDRESS, ADDRESS:PORT, [ADDRESS]:PORT. */
#ifndef BS_RESOLVER_SERVER_H
#define BS_RESOLVER_SERVER_H

#include "base/error.h"
#include "base/network.h"

enum { BS_SERVER_PORT = 53, BS_SERVER_TEXT = BS_NETWORK_TEXT + 8 };

/* Reads it; an IPv6 address with a port has brackets. Writes ADDRESS@PORT, as libunbound has it. */
bool bs_server_parse(const char *text, char ret_text[BS_SERVER_TEXT], struct bs_error *ret_error);

#endif
