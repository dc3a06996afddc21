/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading socket addresses and connecting to them; see endpoint.h. */
#include "daemon/endpoint.h"

#include "config/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

static void fill_inet(const struct bs_config_socket *parsed, struct bs_endpoint *endpoint)
{
    struct sockaddr_in *address = (struct sockaddr_in *)&endpoint->address;
    address->sin_family = AF_INET;
    address->sin_port = htons(parsed->port);
    inet_pton(AF_INET, parsed->host, &address->sin_addr);
    endpoint->length = sizeof *address;
}

static void fill_inet6(const struct bs_config_socket *parsed, struct bs_endpoint *endpoint)
{
    struct sockaddr_in6 *address = (struct sockaddr_in6 *)&endpoint->address;
    address->sin6_family = AF_INET6;
    address->sin6_port = htons(parsed->port);
    inet_pton(AF_INET6, parsed->host, &address->sin6_addr);
    endpoint->length = sizeof *address;
}

static void fill_unix(const struct bs_config_socket *parsed, struct bs_endpoint *endpoint)
{
    struct sockaddr_un *address = (struct sockaddr_un *)&endpoint->address;
    _Static_assert(sizeof parsed->path <= sizeof address->sun_path, "a path of the configuration fits");
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, parsed->path, strlen(parsed->path) + 1);
    endpoint->length = sizeof *address;
}

bool bs_endpoint_parse(const char *text, struct bs_endpoint *ret_endpoint, struct bs_error *ret_error)
{
    static void (*const fill[])(const struct bs_config_socket *parsed, struct bs_endpoint *endpoint) = {
        [BS_CONFIG_SOCKET_INET] = fill_inet,
        [BS_CONFIG_SOCKET_INET6] = fill_inet6,
        [BS_CONFIG_SOCKET_UNIX] = fill_unix,
    };
    struct bs_config_socket parsed;
    struct bs_error wrong;
    if (!bs_config_socket_parse(bs_bytes_from_cstr(text), &parsed, &wrong))
        return bs_error_set(ret_error, "\"%s\" %s", text, wrong.text);
    memset(ret_endpoint, 0, sizeof *ret_endpoint);
    fill[parsed.kind](&parsed, ret_endpoint);
    return true;
}

/* The limit of a write is that of connecting, too: socket(7), SO_SNDTIMEO. */
static bool set_limits(int fd, int timeout_ms)
{
    struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0;
}

int bs_endpoint_connect(const struct bs_endpoint *endpoint, int timeout_ms)
{
    int fd = socket(endpoint->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (set_limits(fd, timeout_ms) &&
        connect(fd, (const struct sockaddr *)&endpoint->address, endpoint->length) == 0)
        return fd;
    int error = errno == EINPROGRESS ? ETIMEDOUT : errno;
    close(fd);
    errno = error;
    return -1;
}
