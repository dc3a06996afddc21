/* SPDX-License-Identifier: BSD-2-Clause */
/* Socket addresses of the configuration (config/socket.h) as the system takes them, and connecting to them. */
#ifndef BS_DAEMON_ENDPOINT_H
#define BS_DAEMON_ENDPOINT_H

#include "base/error.h"

#include <sys/socket.h>

struct bs_endpoint {
    struct sockaddr_storage address;
    socklen_t length;
};

bool bs_endpoint_parse(const char *text, struct bs_endpoint *ret_endpoint, struct bs_error *ret_error);

/* A connection to the endpoint that was made within `timeout_ms`, blocking, with that as the limit of each read and write;
 * -1 with errno set. */
int bs_endpoint_connect(const struct bs_endpoint *endpoint, int timeout_ms);

#endif
