/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes between a socket and a session; see connection.h. */
#include "daemon/connection.h"

#include "daemon/campaigns.h"
#include "daemon/decision_log.h"
#include "daemon/log.h"
#include "engine/socketmap_session.h"
#include "resolver/fetch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FRAME_MARKS_MAX = 16 }; /* bytes that a frame may take beside those it counts */

struct bs_connection {
    struct bs_connections *all;
    struct bs_connection *next;
    struct bs_connection *previous;
    struct event readable;
    struct event *writable; /* only while the peer does not read */
    struct event *answered; /* the end of the patience with DNS; none before a reply had to wait */
    int64_t wait_began;     /* of the reply that waits, in milliseconds of the monotonic clock */
    int fd;
    enum bs_protocol protocol;
    const struct timeval *limit; /* of the wait for input that the event has now */
    time_t frame_began;      /* of the frame that is not whole, on the monotonic clock; 0: none */
    struct bs_strbuf input;  /* the beginning of a frame; no memory while there is none */
    struct bs_strbuf output; /* what the peer did not take; no memory while there is none */
    struct bs_milter_session *milter;
};

static time_t monotonic_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec + 1;
}

static int64_t monotonic_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Who is at the other end, for a log line: ret_name has room for a BS_LISTENER_NAME_MAX. */
static void name_peer(int fd, char *ret_name)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    char ip[INET6_ADDRSTRLEN] = "";
    const struct sockaddr_in *inet = (const struct sockaddr_in *)&address;
    const struct sockaddr_in6 *inet6 = (const struct sockaddr_in6 *)&address;
    getpeername(fd, (struct sockaddr *)&address, &length);
    if (address.ss_family == AF_INET) {
        inet_ntop(AF_INET, &inet->sin_addr, ip, sizeof ip);
        snprintf(ret_name, BS_LISTENER_NAME_MAX, "%s:%u", ip, ntohs(inet->sin_port));
    } else if (address.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &inet6->sin6_addr, ip, sizeof ip);
        snprintf(ret_name, BS_LISTENER_NAME_MAX, "[%s]:%u", ip, ntohs(inet6->sin6_port));
    } else {
        snprintf(ret_name, BS_LISTENER_NAME_MAX, "a unix socket");
    }
}

static void close_connection(struct bs_connection *connection)
{
    struct bs_connections *all = connection->all;
    *(connection->previous ? &connection->previous->next : &all->first) = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    event_del(&connection->readable);
    if (connection->writable)
        event_free(connection->writable);
    if (connection->answered)
        event_free(connection->answered);
    if (connection->milter)
        bs_milter_session_close(connection->milter);
    free(connection->milter);
    bs_strbuf_free(&connection->input);
    bs_strbuf_free(&connection->output);
    close(connection->fd);
    free(connection);
    all->count--;
    all->on_closed(all->filter);
}

/* Ends a connection that the peer did not end, and says why. */
static void give_up(struct bs_connection *connection, const char *why)
{
    char peer[BS_LISTENER_NAME_MAX];
    name_peer(connection->fd, peer);
    bs_log(BS_CONFIG_LEVEL_WARNING, "%s session with %s ended: %s", bs_protocol_name(connection->protocol), peer, why);
    close_connection(connection);
}

static bool has_message(const struct bs_connection *connection)
{
    return connection->input.len > 0 || connection->output.len > 0 ||
           (connection->milter && connection->milter->session.message);
}

static bool must_end(const struct bs_connection *connection)
{
    bool drains = connection->all->draining && connection->protocol == BS_PROTOCOL_SOCKETMAP;
    return (connection->all->stopping || drains) && !has_message(connection);
}

/* How long to wait for input. A limit that stands starts anew by itself with every input. */
static bool set_limit(struct bs_connection *connection, const struct timeval *limit)
{
    if (connection->limit == limit)
        return true;
    connection->limit = limit;
    return event_add(&connection->readable, limit) == 0;
}

/* Waits for the rest of a frame, or for the next one. */
static void wait_for_input(struct bs_connection *connection)
{
    bool partial = connection->input.len > 0;
    if (!partial)
        connection->frame_began = 0;
    else if (connection->frame_began == 0)
        connection->frame_began = monotonic_seconds();
    set_limit(connection, partial ? connection->all->frame_timeout : connection->all->session_timeout);
}

static void on_writable(evutil_socket_t fd, short what, void *context);

/* Keeps what the peer did not take and reads no more from it until it has. */
static bool keep_output(struct bs_connection *connection, struct bs_bytes rest)
{
    struct bs_connections *all = connection->all;
    bs_strbuf_append(&connection->output, rest);
    if (connection->output.failed)
        return false;
    if (!connection->writable)
        connection->writable = event_new(all->base, connection->fd, EV_WRITE | EV_PERSIST, on_writable, connection);
    event_del(&connection->readable);
    connection->limit = NULL;
    return connection->writable && event_add(connection->writable, all->write_timeout) == 0;
}

/* Writes as much as the peer takes; false when it is gone. */
static bool write_some(int fd, struct bs_bytes *io_bytes)
{
    while (io_bytes->len > 0) {
        ssize_t count = send(fd, io_bytes->ptr, io_bytes->len, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        *io_bytes = bs_bytes_skip(*io_bytes, (size_t)count);
    }
    return true;
}

static bool feed_session(struct bs_connection *connection, struct bs_bytes *io_input, struct bs_error *ret_error)
{
    struct bs_connections *all = connection->all;
    if (connection->protocol == BS_PROTOCOL_MILTER)
        return bs_milter_session_feed(connection->milter, io_input, time(NULL), &all->out, ret_error);
    return bs_socketmap_session_feed(all->settings, io_input, &all->out, ret_error);
}

/* Sends what the session said; false when the connection was closed. */
static bool send_replies(struct bs_connection *connection)
{
    struct bs_connections *all = connection->all;
    struct bs_bytes rest = bs_strbuf_bytes(&all->out);
    bool behind = connection->output.len > 0; /* what was said before has not left yet */
    bool sent = (behind || write_some(connection->fd, &rest)) && (rest.len == 0 || keep_output(connection, rest));
    bs_strbuf_consume(&all->out, all->out.len);
    if (!sent)
        close_connection(connection);
    return sent;
}

/* Keeps what remains of the input: the beginning of a frame. A frame that came whole starts the clock anew. */
static bool keep_input(struct bs_connection *connection, size_t consumed, struct bs_bytes rest)
{
    if (consumed > 0)
        connection->frame_began = 0;
    if (connection->input.len > 0)
        bs_strbuf_consume(&connection->input, consumed);
    else if (rest.len > 0)
        bs_strbuf_append(&connection->input, rest);
    if (rest.len == 0)
        bs_strbuf_free(&connection->input);
    return !connection->input.failed;
}

/* Feeds what was read, behind what was kept. False when the connection was closed. */
static bool take_input(struct bs_connection *connection, struct bs_bytes read)
{
    bool waits = connection->milter && connection->milter->waiting;
    struct bs_error error = {"no memory for a frame"};
    if (connection->input.len > 0) {
        bs_strbuf_append(&connection->input, read);
        read = bs_strbuf_bytes(&connection->input);
    }
    struct bs_bytes rest = read;
    if (!connection->input.failed && feed_session(connection, &rest, &error) &&
        keep_input(connection, read.len - rest.len, rest))
        return send_replies(connection);
    bs_strbuf_free(&connection->all->out);
    give_up(connection, waits ? "the MTA does not wait for a reply" : error.text);
    return false;
}

static bool frame_took_too_long(const struct bs_connection *connection)
{
    return connection->frame_began != 0 && connection->input.len > 0 &&
           monotonic_seconds() - connection->frame_began > connection->all->config->frame_timeout;
}

static void on_patience_over(evutil_socket_t fd, short what, void *context);

/* Starts the clock that ends the wait, with what the message has left of its time. */
static bool limit_wait(struct bs_connection *connection)
{
    struct bs_connections *all = connection->all;
    int64_t left = all->config->authentication_timeout * 1000 - connection->milter->session.waited;
    if (!connection->answered)
        connection->answered = evtimer_new(all->base, on_patience_over, connection);
    if (!connection->answered)
        return false;
    if (event_pending(connection->answered, EV_TIMEOUT, NULL))
        return true;
    left = left > 0 ? left : 0;
    const struct timeval limit = {.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000};
    connection->wait_began = monotonic_milliseconds();
    return event_add(connection->answered, &limit) == 0;
}

/* The reply is there. */
static void end_wait(struct bs_connection *connection)
{
    struct bs_session *session = &connection->milter->session;
    if (!connection->answered || !event_pending(connection->answered, EV_TIMEOUT, NULL))
        return;
    event_del(connection->answered);
    if (session->message)
        session->waited += monotonic_milliseconds() - connection->wait_began;
}

/* The reply waits for answers. Input that comes meanwhile is kept; the peer need not send any. */
static void wait_for_answers(struct bs_connection *connection)
{
    connection->frame_began = 0;
    if (!limit_wait(connection)) {
        give_up(connection, "no memory to wait for answers of DNS");
        return;
    }
    if (connection->output.len > 0)
        return;
    event_del(&connection->readable);
    connection->limit = NULL;
    event_add(&connection->readable, NULL);
}

static void after_input(struct bs_connection *connection)
{
    if (connection->milter && connection->milter->waiting)
        wait_for_answers(connection);
    else if (connection->milter && connection->milter->finished)
        close_connection(connection);
    else if (must_end(connection))
        close_connection(connection);
    else if (frame_took_too_long(connection))
        give_up(connection, "a frame was not whole within frame-timeout");
    else if (connection->output.len == 0)
        wait_for_input(connection);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct bs_connection *connection = context;
    struct bs_connections *all = connection->all;
    if (what & EV_TIMEOUT) {
        give_up(connection, connection->frame_began ? "a frame was not whole within frame-timeout"
                                                    : "nothing came within session-timeout");
        return;
    }
    ssize_t count = recv(fd, all->buffer, sizeof all->buffer, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0)
        close_connection(connection);
    else if (take_input(connection, bs_bytes(all->buffer, (size_t)count)))
        after_input(connection);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct bs_connection *connection = context;
    struct bs_bytes rest = bs_strbuf_bytes(&connection->output);
    if (what & EV_TIMEOUT) {
        give_up(connection, "the peer did not read within write-timeout");
        return;
    }
    if (!write_some(fd, &rest)) {
        close_connection(connection);
        return;
    }
    bs_strbuf_consume(&connection->output, connection->output.len - rest.len);
    if (rest.len > 0)
        return;
    bs_strbuf_free(&connection->output);
    event_free(connection->writable);
    connection->writable = NULL;
    connection->frame_began = 0;
    after_input(connection);
}

/* --- DNS ---------------------------------------------------------------------------------------------------- */

/* Goes on with a session whose answers are there, or will not come in time. */
static void go_on(struct bs_connection *connection, bool in_time)
{
    struct bs_connections *all = connection->all;
    struct bs_error error;
    bool good = bs_milter_session_resume(connection->milter, in_time, &all->out, &error);
    if (!connection->milter->waiting)
        end_wait(connection);
    if (!good) {
        bs_strbuf_free(&all->out);
        give_up(connection, error.text);
    } else if (take_input(connection, bs_bytes("", 0))) {
        after_input(connection);
    }
}

static void on_answers(void *context)
{
    go_on(context, true);
}

static void on_patience_over(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    bs_log(BS_CONFIG_LEVEL_WARNING, "DNS did not answer all questions about a message within authentication-timeout; it "
                                    "is judged without them");
    go_on(context, false);
}

static void *begin_inquiry(void *context, struct bs_answers *answers)
{
    struct bs_connection *connection = context;
    struct bs_connections *all = connection->all;
    return bs_fetch_new(all->resolver, answers, (unsigned)all->config->max_questions, on_answers, connection);
}

static bool ask(void *inquiry, const struct bs_questions *questions)
{
    return bs_fetch_add(inquiry, questions);
}

static void end_inquiry(void *inquiry)
{
    bs_fetch_free(inquiry);
}

static const struct bs_asker network = {begin_inquiry, ask, end_inquiry};

/* --- Opening and closing ------------------------------------------------------------------------------------ */

static struct bs_connection *new_connection(struct bs_connections *all, enum bs_protocol protocol)
{
    struct bs_connection *connection = calloc(1, sizeof *connection);
    if (!connection || protocol != BS_PROTOCOL_MILTER)
        return connection;
    connection->milter = malloc(sizeof *connection->milter);
    if (connection->milter) {
        const struct bs_session_host host = {
            .report = bs_decision_log,
            .asker = all->resolver ? &network : NULL,
            .context = connection,
            .keys = all->keys,
            .scan = all->scan,
            .sent = all->sent,
            .memory = &all->memory,
            .watch = &bs_shared_campaigns_watch,
            .campaigns = all->campaigns,
        };
        bs_milter_session_init(connection->milter, all->settings, &host);
        return connection;
    }
    free(connection);
    return NULL;
}

bool bs_connection_open(struct bs_connections *all, int fd, enum bs_protocol protocol)
{
    int on = 1;
    struct bs_connection *connection = new_connection(all, protocol);
    if (!connection) {
        close(fd);
        return false;
    }
    connection->all = all;
    connection->fd = fd;
    connection->protocol = protocol;
    size_t frame = protocol == BS_PROTOCOL_MILTER ? all->settings->max_frame : BS_SOCKETMAP_REQUEST_MAX;
    bs_strbuf_init(&connection->input, frame + FRAME_MARKS_MAX + BS_READ_SIZE);
    bs_strbuf_init(&connection->output, BS_MILTER_OUTPUT_MAX);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->next = all->first;
    if (all->first)
        all->first->previous = connection;
    all->first = connection;
    all->count++;
    event_assign(&connection->readable, all->base, fd, EV_READ | EV_PERSIST, on_readable, connection);
    if (set_limit(connection, all->session_timeout))
        return true;
    close_connection(connection);
    return false;
}

void bs_connections_close_idle(struct bs_connections *all)
{
    for (struct bs_connection *connection = all->first, *next; connection; connection = next) {
        next = connection->next;
        if (must_end(connection))
            close_connection(connection);
    }
}

void bs_connections_close_all(struct bs_connections *all)
{
    while (all->first)
        close_connection(all->first);
}
