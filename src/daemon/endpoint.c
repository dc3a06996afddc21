/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading socket addresses and connecting to them; see endpoint.h. */
#include "daemon/endpoint.h"

#include "base/bytes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

static bool parse_port(const char *text, in_port_t *ret_port)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);
    if (!bs_ascii_is_digit(text[0]) || *end != '\0' || port < 1 || port > 65535)
        return false;
    *ret_port = htons((in_port_t)port);
    return true;
}

static bool parse_inet(const char *text, struct bs_endpoint *endpoint)
{
    struct sockaddr_in *address = (struct sockaddr_in *)&endpoint->address;
    char host[64];
    const char *colon = strrchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof host)
        return false;
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    address->sin_family = AF_INET;
    endpoint->length = sizeof *address;
    const char *ip = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    return inet_pton(AF_INET, ip, &address->sin_addr) == 1 && parse_port(colon + 1, &address->sin_port);
}

static bool parse_inet6(const char *text, struct bs_endpoint *endpoint)
{
    struct sockaddr_in6 *address = (struct sockaddr_in6 *)&endpoint->address;
    char host[64];
    const char *end = strchr(text, ']');
    if (text[0] != '[' || !end || end[1] != ':' || (size_t)(end - text) >= sizeof host)
        return false;
    snprintf(host, sizeof host, "%.*s", (int)(end - text - 1), text + 1);
    address->sin6_family = AF_INET6;
    endpoint->length = sizeof *address;
    return inet_pton(AF_INET6, host, &address->sin6_addr) == 1 && parse_port(end + 2, &address->sin6_port);
}

static bool parse_unix(const char *text, struct bs_endpoint *endpoint)
{
    struct sockaddr_un *address = (struct sockaddr_un *)&endpoint->address;
    if (text[0] != '/' || strlen(text) >= sizeof address->sun_path)
        return false;
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, text, strlen(text) + 1);
    endpoint->length = sizeof *address;
    return true;
}

bool bs_endpoint_parse(const char *text, struct bs_endpoint *ret_endpoint, struct bs_error *ret_error)
{
    static const struct {
        const char *prefix;
        bool (*parse)(const char *rest, struct bs_endpoint *endpoint);
    } kinds[] = {{"inet:", parse_inet}, {"inet6:", parse_inet6}, {"unix:", parse_unix}};
    memset(ret_endpoint, 0, sizeof *ret_endpoint);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = strlen(kinds[i].prefix);
        if (strncmp(text, kinds[i].prefix, length) == 0 && kinds[i].parse(text + length, ret_endpoint))
            return true;
    }
    return bs_error_set(ret_error, "\"%s\" is no socket address; write inet:ADDRESS:PORT, inet6:[ADDRESS]:PORT or unix:/PATH",
                        text);
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
