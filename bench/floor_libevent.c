/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A milter on libevent's buffers that does nothing: the floor of what a filter in an event loop costs.
 *
 *   bench-floor-libevent SOCKET             takes every step and says to go on, as libmilter does unless told otherwise
 *   bench-floor-libevent --minimal SOCKET   holds the same conversation as backstopd: asks for the same steps, and
 *                                           gives the load generator's messages the same answers, without judging
 *                                           anything. What backstopd costs beyond it is its judgement, its checks of
 *                                           the protocol, and its log.
 *   bench-floor-libevent --like OTHER SOCKET   asks the filter at the socket OTHER what it wants, once, at the start;
 *                                           wants the same, and says to go on at each step that this has an answer for
 *
 * In the second form it tells the kinds of messages apart by a few bytes that stand where the generator puts them.
 */
#include "daemon/endpoint.h"
#include "wire/milter_peer.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

enum {
    BACKLOG = 1024,
    FRAME_MAX = 4 * 1024 * 1024,
    LOOK = 256, /* bytes of a frame that are looked at */
    PATIENCE = 10000, /* ms that another filter has for its answer */
};

/* Answers of more than a byte, encoded once. */
struct filter {
    bool minimal;
    bool like; /* another filter */
    struct bs_milter_options agreed; /* where it is like another */
    struct bs_strbuf options;
    struct bs_strbuf refusal;
    struct bs_strbuf new_sender;
    struct bs_strbuf token; /* a field for mail of ours */
    struct bs_strbuf mark;  /* and for bounces */
};

struct session {
    const struct filter *filter;
    bool outgoing; /* the message under way is by somebody who logged in */
    bool bounce;
    bool tagged;   /* it goes to a tagged address */
};

static void say(struct evbuffer *out, enum bs_milter_reply reply)
{
    const char frame[] = {0, 0, 0, 1, (char)reply};
    evbuffer_add(out, frame, sizeof frame);
}

static void say_more(struct evbuffer *out, const struct bs_strbuf *frame)
{
    evbuffer_add(out, frame->ptr, frame->len);
}

static bool contains(struct bs_bytes bytes, const char *text)
{
    return memmem(bytes.ptr, bytes.len, text, strlen(text)) != NULL;
}

static void answer_recipient(struct session *session, struct bs_bytes frame, struct evbuffer *out)
{
    session->tagged = contains(frame, "prvs=");
    if (contains(frame, "ffffff="))
        say_more(out, &session->filter->refusal);
    else
        say(out, BS_MILTER_CONTINUE);
}

static void answer_end(const struct session *session, struct evbuffer *out)
{
    if (session->outgoing) {
        say_more(out, &session->filter->token);
        say_more(out, &session->filter->new_sender);
        say(out, BS_MILTER_ACCEPT);
    } else if (session->tagged) {
        say_more(out, &session->filter->mark);
        say(out, BS_MILTER_ACCEPT);
    } else {
        say_more(out, &session->filter->refusal);
    }
}

/* The answer that backstopd gives, or none. `frame` begins with the command. */
static void answer_minimal(struct session *session, struct bs_bytes frame, struct evbuffer *out)
{
    switch (frame.ptr[0]) {
    case BS_MILTER_MACRO:
        if (frame.len > 1 && frame.ptr[1] == BS_MILTER_MAIL)
            session->outgoing = frame.len > 2;
        break;
    case BS_MILTER_MAIL:
        session->bounce = contains(frame, "<>");
        break;
    case BS_MILTER_EOH:
        say(out, session->outgoing || session->bounce ? BS_MILTER_CONTINUE : BS_MILTER_ACCEPT);
        break;
    case BS_MILTER_RCPT:
        answer_recipient(session, frame, out);
        break;
    case BS_MILTER_BODY:
        say(out, session->outgoing ? BS_MILTER_SKIP : BS_MILTER_CONTINUE);
        break;
    case BS_MILTER_EOM:
        answer_end(session, out);
        break;
    default:
        break;
    }
}

/* False where the session is over. */
static bool answer(struct session *session, struct bs_bytes frame, struct evbuffer *out)
{
    char command = frame.ptr[0];
    if (command == BS_MILTER_QUIT)
        return false;
    if (command == BS_MILTER_OPTNEG)
        say_more(out, &session->filter->options);
    else if (session->filter->minimal)
        answer_minimal(session, frame, out);
    else if (session->filter->like) {
        if (bs_milter_expects_reply(&session->filter->agreed, (enum bs_milter_command)command))
            say(out, BS_MILTER_CONTINUE);
    } else if (command != BS_MILTER_MACRO && command != BS_MILTER_ABORT && command != BS_MILTER_QUIT_NC)
        say(out, BS_MILTER_CONTINUE);
    return true;
}

static void end_session(struct bufferevent *connection, struct session *session)
{
    bufferevent_free(connection);
    free(session);
}

static void on_read(struct bufferevent *connection, void *context)
{
    struct session *session = context;
    struct evbuffer *input = bufferevent_get_input(connection), *out = bufferevent_get_output(connection);
    char look[LOOK];
    uint32_t wire;
    while (evbuffer_copyout(input, &wire, sizeof wire) == sizeof wire) {
        size_t size = ntohl(wire);
        if (size == 0 || size > FRAME_MAX) {
            end_session(connection, session);
            return;
        }
        if (evbuffer_get_length(input) < sizeof wire + size)
            return;
        evbuffer_drain(input, sizeof wire);
        ev_ssize_t seen = evbuffer_copyout(input, look, size < LOOK ? size : LOOK);
        if (!answer(session, bs_bytes(look, (size_t)seen), out)) {
            end_session(connection, session);
            return;
        }
        evbuffer_drain(input, size);
    }
}

static void on_event(struct bufferevent *connection, short what, void *context)
{
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        end_session(connection, context);
}

static void on_connection(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int length,
                          void *context)
{
    int on = 1;
    struct session *session = calloc(1, sizeof *session);
    struct bufferevent *connection =
        bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
    (void)from;
    (void)length;
    if (!session || !connection)
        exit(EX_OSERR);
    session->filter = context;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bufferevent_setcb(connection, on_read, NULL, on_event, session);
    bufferevent_enable(connection, EV_READ | EV_WRITE);
}

/* What backstopd asks for: see src/engine/milter_session.c. */
static void encode_minimal_options(struct bs_strbuf *out)
{
    static const struct bs_milter_options options = {
        .version = BS_MILTER_VERSION_MAX,
        .actions = BS_MILTER_CAN_CHANGE_FROM | BS_MILTER_CAN_ADD_HEADERS | BS_MILTER_CAN_CHANGE_HEADERS |
                   BS_MILTER_CAN_QUARANTINE | BS_MILTER_CAN_SET_MACRO_LIST,
        .steps = BS_MILTER_NO_CONNECT_REPLY | BS_MILTER_NO_HELO | BS_MILTER_NO_UNKNOWN | BS_MILTER_NO_MAIL_REPLY |
                 BS_MILTER_NO_DATA_REPLY | BS_MILTER_NO_HEADER_REPLY | BS_MILTER_UNDERSTANDS_SKIP |
                 BS_MILTER_SEND_REJECTED_RCPT | BS_MILTER_HEADER_LEADING_SPACE,
    };
    static const struct bs_milter_macro_list lists[] = {
        {0, "j"}, {2, "i {auth_authen}"}, {3, "i {rcpt_mailer} {rcpt_addr}"}, {4, "i"}, {5, "i"}};
    bs_milter_encode_negotiation(out, &options, lists, sizeof lists / sizeof *lists);
}

/* What another filter asks for: its answer to an MTA that offers everything. */
static bool ask_other(struct filter *filter, const char *other, struct bs_error *ret_error)
{
    static const struct bs_milter_options everything = {BS_MILTER_VERSION_MAX, 0x1ff, 0x1fffff};
    struct bs_endpoint endpoint;
    struct bs_milter_answer answer;
    char chunk[4096];
    size_t length = 0;
    struct bs_strbuf offer;
    bs_strbuf_init(&offer, sizeof chunk);
    bs_milter_peer_offer(&offer, &everything);
    int fd = bs_endpoint_parse(other, &endpoint, ret_error) ? bs_endpoint_connect(&endpoint, PATIENCE) : -1;
    bool got = fd >= 0 && write(fd, offer.ptr, offer.len) == (ssize_t)offer.len;
    for (bool whole = false; got && !whole;) {
        ssize_t count = read(fd, chunk + length, sizeof chunk - length);
        length += count > 0 ? (size_t)count : 0;
        struct bs_bytes input = bs_bytes(chunk, length);
        enum bs_milter_progress progress = bs_milter_peer_decode(&input, sizeof chunk, &answer, ret_error);
        whole = progress == BS_MILTER_EVENT && answer.code == BS_MILTER_OPTNEG;
        got = whole || (progress == BS_MILTER_MORE && count > 0);
    }
    if (got) {
        filter->agreed = answer.negotiation.options;
        bs_strbuf_append(&filter->options, bs_bytes(chunk, length));
    }
    bs_strbuf_free(&offer);
    if (fd >= 0)
        close(fd);
    return got;
}

static void encode_answers(struct filter *filter)
{
    static const struct bs_milter_options all_steps = {.version = BS_MILTER_VERSION_MAX};
    bs_strbuf_init(&filter->refusal, FRAME_MAX);
    bs_strbuf_init(&filter->new_sender, FRAME_MAX);
    if (filter->minimal)
        encode_minimal_options(&filter->options);
    else if (!filter->like)
        bs_milter_encode_negotiation(&filter->options, &all_steps, NULL, 0);
    bs_milter_encode_replycode(&filter->refusal, 550, "5.7.1 This bounce is not of mail that was sent from here");
    bs_strbuf_init(&filter->token, FRAME_MAX);
    bs_strbuf_init(&filter->mark, FRAME_MAX);
    bs_milter_encode_insert_header(&filter->token, 0, BS_LITERAL("Backstop-Token"),
                                   BS_LITERAL(" 1-0-20000-fdm-0123456789abcdef01234567-0123456789abcdef01234567"));
    bs_milter_encode_insert_header(&filter->mark, 0, BS_LITERAL("Backstop-Result"),
                                   BS_LITERAL(" kind=dsn-failed; verdict=proven; proofs=tag;\n\taction=pass"));
    bs_milter_encode_change_from(&filter->new_sender, BS_LITERAL("<prvs=0693afc14e=user1@ours.example>"),
                                 bs_bytes(NULL, 0));
}

static void raise_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    struct filter filter = {.minimal = argc == 3 && strcmp(argv[1], "--minimal") == 0,
                            .like = argc == 4 && strcmp(argv[1], "--like") == 0};
    struct bs_endpoint endpoint;
    struct bs_error error;
    if (argc != (filter.minimal ? 3 : filter.like ? 4 : 2) || !bs_endpoint_parse(argv[argc - 1], &endpoint, &error)) {
        fprintf(stderr, "usage: bench-floor-libevent [--minimal|--like SOCKET] inet:HOST:PORT|unix:/PATH\n");
        return EX_USAGE;
    }
    raise_files();
    bs_strbuf_init(&filter.options, FRAME_MAX);
    if (filter.like && !ask_other(&filter, argv[2], &error)) {
        fprintf(stderr, "bench-floor-libevent: %s does not say what it wants\n", argv[2]);
        return EX_UNAVAILABLE;
    }
    encode_answers(&filter);
    struct event_base *base = event_base_new();
    struct evconnlistener *listener =
        base ? evconnlistener_new_bind(base, on_connection, &filter, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE,
                                       BACKLOG, (struct sockaddr *)&endpoint.address, (int)endpoint.length)
             : NULL;
    if (!listener) {
        fprintf(stderr, "bench-floor-libevent: cannot listen on %s\n", argv[argc - 1]);
        return EX_UNAVAILABLE;
    }
    return event_base_dispatch(base) == 0 ? EX_OK : EX_OSERR;
}
