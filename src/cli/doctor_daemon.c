/* SPDX-License-Identifier: BSD-2-Clause */
/* Connecting to the sockets of the configuration and trying what answers there; see doctor_checks.h. */
#include "cli/doctor_checks.h"

#include "cli/doctor_probe.h"
#include "daemon/endpoint.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_MS = 5000, TALK_SECONDS = 20, READ_SIZE = 8192, TEXT_MAX = 4096 };

/* A connection, and until when it may take. */
struct connection {
    int fd;
    time_t deadline; /* monotonic */
};

static time_t monotonic_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static bool fail_line(const char *what, int error, struct bs_error *ret_error)
{
    if (error == EAGAIN || error == EWOULDBLOCK)
        return bs_error_set(ret_error, "%s within %d s", what, ANSWER_MS / 1000);
    return bs_error_set(ret_error, "%s: %s", what, strerror(error));
}

static bool send_bytes(void *context, struct bs_bytes bytes, struct bs_error *ret_error)
{
    const struct connection *connection = context;
    while (bytes.len > 0) {
        ssize_t size = send(connection->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return fail_line("it does not read", errno, ret_error);
        bytes = bs_bytes_skip(bytes, (size_t)size);
    }
    return true;
}

static bool receive_bytes(void *context, struct bs_strbuf *buf, struct bs_error *ret_error)
{
    const struct connection *connection = context;
    char chunk[READ_SIZE];
    if (monotonic_seconds() > connection->deadline)
        return bs_error_set(ret_error, "it takes longer than %d s", TALK_SECONDS);
    ssize_t size;
    do
        size = recv(connection->fd, chunk, sizeof chunk, 0);
    while (size < 0 && errno == EINTR);
    if (size == 0)
        return bs_error_set(ret_error, "it closes the connection");
    if (size < 0)
        return fail_line("it does not answer", errno, ret_error);
    bs_strbuf_append(buf, bs_bytes(chunk, (size_t)size));
    return true;
}

/* Talks to one socket; an errno where it cannot be connected to. */
static int try_socket(struct bs_doctor *doctor, const char *socket,
                      void (*talk)(const struct bs_probe *probe, const struct bs_probe_line *line))
{
    struct bs_endpoint endpoint;
    struct bs_error error;
    if (!bs_endpoint_parse(socket, &endpoint, &error))
        return EINVAL;
    struct connection connection = {.fd = bs_endpoint_connect(&endpoint, ANSWER_MS),
                                    .deadline = monotonic_seconds() + TALK_SECONDS};
    if (connection.fd < 0)
        return errno;
    const struct bs_probe_line line = {send_bytes, receive_bytes, &connection};
    const struct bs_probe probe = {&doctor->config, &doctor->settings, doctor->now, socket, &doctor->findings};
    if (doctor->settings.gate)
        talk(&probe, &line);
    close(connection.fd);
    return 0;
}

static void report_closed(struct bs_doctor *doctor, const char *sockets, int error)
{
    bool hidden = error == EACCES || error == EPERM;
    if (hidden && geteuid() != 0) {
        bs_findings_add(&doctor->findings, BS_SEVERITY_UNKNOWN, "socket-hidden", "you may not connect to %s",
                        sockets);
        bs_findings_repair(&doctor->findings, "run backstop doctor as root");
        return;
    }
    bs_findings_add(&doctor->findings, BS_SEVERITY_SERIOUS, "daemon-down",
                    "backstopd does not listen on %s: %s; mail that is to pass it is deferred meanwhile",
                    sockets, strerror(error));
    bs_findings_repair(&doctor->findings,
                       "systemctl start backstop; where it does not stay up: journalctl -u backstop");
}

struct closed {
    struct bs_strbuf names;
    int error; /* of the last */
};

static void try_all(struct bs_doctor *doctor, const struct bs_config_list *sockets, struct closed *closed,
                    void (*talk)(const struct bs_probe *probe, const struct bs_probe_line *line))
{
    for (size_t i = 0; i < sockets->count; i++) {
        int error = try_socket(doctor, sockets->items[i], talk);
        if (error == 0)
            continue;
        closed->error = error;
        bs_strbuf_printf(&closed->names, "%s%s", closed->names.len > 0 ? " and " : "", sockets->items[i]);
    }
}

void bs_doctor_check_daemon(struct bs_doctor *doctor)
{
    struct closed closed = {0};
    bs_strbuf_init(&closed.names, TEXT_MAX);
    try_all(doctor, &doctor->config.milter, &closed, bs_probe_milter);
    try_all(doctor, &doctor->config.socketmap, &closed, bs_probe_socketmap);
    if (closed.names.len > 0)
        report_closed(doctor, bs_strbuf_cstr(&closed.names), closed.error);
    bs_strbuf_free(&closed.names);
}
