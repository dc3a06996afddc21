/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections, on libevent; see client.h. */
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
    ANSWER_MAX = 1024 * 1024, /* bytes of a frame from the filter */
    PIECES_MAX = 4,           /* byte strings that wait to be written */
    READ_SIZE = 64 * 1024,
    OPENING_MAX = 128,        /* connections that negotiate at the same time */
    BROKEN_MAX = 1000,        /* sessions after which a run is given up: the filter is gone */
    SOURCES = 100,            /* addresses 127.0.1.x that connections come from, lest ports run out */
};

#define NANOSECONDS UINT64_C(1000000000)

enum stage { NEGOTIATING, STARTING, IN_ENVELOPE, IN_LETTER, RESTING };

struct connection {
    struct driver *driver;
    struct connection *next_resting;
    struct event readable;
    struct event writable;
    int fd;
    enum stage stage;
    const struct bench_script *script; /* what is being sent */
    size_t step;                       /* the step of it whose answer is awaited */
    struct bs_bytes pieces[PIECES_MAX]; /* not yet written */
    size_t piece_count;
    struct bs_strbuf input; /* the beginning of an answer */
    uint64_t began;         /* the wait that is on */
    uint64_t waited;        /* by the message under way */
    size_t messages_left;
    enum bench_kind kind;
    unsigned user;
    const struct bench_script *envelope;
    const struct bench_script *letter;
    size_t number; /* of the letter in its set */
    bool fresh;     /* no message has begun on it */
    bool is_signed;
    bool changed; /* in another way */
};

/* One run. */
struct driver {
    struct bench_load *load;
    struct event_base *base;
    struct event *arrival;
    struct event *limit;
    struct connection *resting; /* between two messages, where a rate is given */
    size_t open;
    size_t fresh;    /* of these, those on which no message has begun */
    size_t settled;  /* in idle mode: sessions that are held */
    uint64_t issued; /* messages that began */
    uint64_t given;  /* of these, those of BENCH_GIVEN: they come in turn */
    uint64_t started;
    uint64_t next_arrival;
    unsigned weight_sum;
    uint64_t arrived; /* when what was read last had come */
    char buffer[READ_SIZE];
};

static uint64_t nanoseconds(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * NANOSECONDS + (uint64_t)time->tv_nsec;
}

/* By the clock that the kernel's stamps on what arrives are of. */
static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return nanoseconds(&time);
}

static bool open_connection(struct driver *driver);
static void next_message(struct connection *connection);
static void quit_resting(struct driver *driver);

/* Whether the run is over once the connections that are open have ended. */
static bool nothing_left(const struct driver *driver)
{
    return driver->load->idle == 0 && driver->issued >= driver->load->messages;
}

static void close_connection(struct connection *connection)
{
    struct driver *driver = connection->driver;
    driver->fresh -= connection->fresh;
    event_del(&connection->readable);
    event_del(&connection->writable);
    bs_strbuf_free(&connection->input);
    close(connection->fd);
    free(connection);
    driver->open--;
    if (driver->open == 0 && nothing_left(driver))
        event_base_loopexit(driver->base, NULL);
}

/* Keeps the closed loop closed: where no rate is given, another session begins when one is over. */
static void replace_connection(struct driver *driver)
{
    struct bench_load *load = driver->load;
    if (load->idle == 0 && load->rate <= 0 && driver->issued + driver->fresh < load->messages)
        open_connection(driver);
}

static void note_fault(struct bench_load *load, const char *text)
{
    if (load->first_fault[0] == '\0')
        snprintf(load->first_fault, sizeof load->first_fault, "%s", text);
}

static void forget_resting(struct connection *connection)
{
    struct connection **link = &connection->driver->resting;
    while (*link && *link != connection)
        link = &(*link)->next_resting;
    if (*link)
        *link = connection->next_resting;
}

/* The session ended in a way that it should not have. */
static void break_off(struct connection *connection, const char *why)
{
    struct driver *driver = connection->driver;
    driver->load->broken++;
    note_fault(driver->load, why);
    forget_resting(connection);
    if (driver->load->broken == BROKEN_MAX)
        event_base_loopbreak(driver->base);
    if (connection->fresh && driver->load->rate > 0)
        driver->issued++; /* the message that it was opened for is lost */
    close_connection(connection);
    replace_connection(driver);
}

/* Writes what waits; false when the filter is gone. */
static bool write_pieces(struct connection *connection)
{
    while (connection->piece_count > 0) {
        struct iovec vector[PIECES_MAX];
        for (size_t i = 0; i < connection->piece_count; i++)
            vector[i] = (struct iovec){(void *)connection->pieces[i].ptr, connection->pieces[i].len};
        struct msghdr message = {.msg_iov = vector, .msg_iovlen = connection->piece_count};
        ssize_t count = sendmsg(connection->fd, &message, MSG_NOSIGNAL);
        if (count < 0 && (errno == EAGAIN || errno == EINPROGRESS || errno == ENOTCONN))
            return event_add(&connection->writable, NULL) == 0;
        if (count < 0)
            return false;
        size_t left = (size_t)count, gone = 0;
        while (gone < connection->piece_count && left >= connection->pieces[gone].len)
            left -= connection->pieces[gone++].len;
        connection->piece_count -= gone;
        memmove(connection->pieces, connection->pieces + gone, connection->piece_count * sizeof *connection->pieces);
        if (connection->piece_count > 0)
            connection->pieces[0] = bs_bytes_skip(connection->pieces[0], left);
    }
    return true;
}

static void put_off(struct connection *connection, struct bs_bytes bytes)
{
    if (bytes.len > 0 && connection->piece_count < PIECES_MAX)
        connection->pieces[connection->piece_count++] = bytes;
}

/* Gives the kernel what waits and begins to wait for the answer; a failure shows when it is read. */
static void send_pieces(struct connection *connection)
{
    connection->began = now();
    if (!write_pieces(connection))
        event_active(&connection->readable, EV_READ, 0);
}

/* Sends the step that is due; false where the script has no further one. */
static bool send_step(struct connection *connection)
{
    if (connection->step >= connection->script->count) {
        put_off(connection, bench_script_rest(connection->script));
        return false;
    }
    put_off(connection, bench_script_step(connection->script, connection->step));
    send_pieces(connection);
    return true;
}

static bool begin_script(struct connection *connection, const struct bench_script *script, enum stage stage)
{
    connection->stage = stage;
    connection->script = script;
    connection->step = 0;
    return send_step(connection);
}

/* The envelope where it has a step that is answered, else the letter, which always has one: EOM. */
static void begin_envelope(struct connection *connection)
{
    if (!begin_script(connection, connection->envelope, IN_ENVELOPE))
        begin_script(connection, connection->letter, IN_LETTER);
}

/* Chooses what comes next in the order that the seed gives. */
static void choose_message(struct connection *connection)
{
    struct driver *driver = connection->driver;
    struct bench_load *load = driver->load;
    unsigned at = (unsigned)((bench_random(&load->random) >> 32) % driver->weight_sum), kind = 0;
    while (at >= load->weights[kind])
        at -= load->weights[kind++];
    connection->kind = (enum bench_kind)kind;
    connection->user = (unsigned)((bench_random(&load->random) >> 32) % BENCH_USERS);
    enum bench_set set = bench_set_of(connection->kind);
    size_t number = (size_t)((bench_random(&load->random) >> 32) % load->plan->letter_counts[set]);
    if (set == BENCH_SET_GIVEN)
        number = (size_t)(driver->given++ % load->plan->letter_counts[set]);
    connection->envelope = set == BENCH_SET_GIVEN ? &load->plan->given_envelopes[number]
                                                  : &load->plan->envelopes[kind][connection->user];
    connection->letter = &load->plan->letters[set][number];
    connection->number = number;
    connection->is_signed = connection->changed = false;
}

static void begin_message(struct connection *connection)
{
    struct driver *driver = connection->driver;
    if (driver->started == 0)
        driver->started = now();
    driver->issued++;
    driver->fresh -= connection->fresh;
    connection->fresh = false;
    choose_message(connection);
    begin_envelope(connection);
    if (nothing_left(driver))
        quit_resting(driver);
}

static void quit(struct connection *connection)
{
    struct driver *driver = connection->driver;
    connection->piece_count = 0;
    put_off(connection, bs_strbuf_bytes(&driver->load->plan->quit));
    write_pieces(connection);
    close_connection(connection);
    replace_connection(driver);
}

/* After the last message has begun, sessions that rest are of no more use. */
static void quit_resting(struct driver *driver)
{
    while (driver->resting) {
        struct connection *connection = driver->resting;
        driver->resting = connection->next_resting;
        quit(connection);
    }
}

/* A session is held that is through with its start. */
static void settle(struct connection *connection)
{
    struct driver *driver = connection->driver;
    struct bench_load *load = driver->load;
    connection->stage = RESTING;
    write_pieces(connection);
    if (++driver->settled == load->idle)
        load->on_all_idle();
    else if (driver->open < load->idle)
        open_connection(driver);
}

/* After the start of a session and after each message. */
static void next_message(struct connection *connection)
{
    struct driver *driver = connection->driver;
    if (connection->messages_left == 0 || nothing_left(driver)) {
        quit(connection);
    } else if (driver->load->rate > 0 && connection->stage == IN_LETTER) {
        connection->stage = RESTING;
        connection->next_resting = driver->resting;
        driver->resting = connection;
    } else {
        begin_message(connection);
    }
}

static void finish_message(struct connection *connection, enum bench_outcome outcome)
{
    struct driver *driver = connection->driver;
    struct bench_load *load = driver->load;
    char fault[128];
    load->outcomes[connection->kind][outcome]++;
    load->done++;
    bench_histogram_add(&load->added, connection->waited);
    connection->waited = 0;
    enum bench_outcome expected = bench_expected(load->expectation, connection->kind);
    if (outcome != expected) {
        load->wrong++;
        snprintf(fault, sizeof fault, "%s: %s, expected %s", bench_kind_name(connection->kind),
                 bench_outcome_name(outcome), bench_outcome_name(expected));
        note_fault(load, fault);
    }
    load->seconds = (double)(now() - driver->started) / (double)NANOSECONDS;
    connection->messages_left--;
    connection->stage = IN_LETTER;
    connection->piece_count = 0;
    put_off(connection, bs_strbuf_bytes(&load->plan->abort));
    next_message(connection);
}

/* On to the next step behind one that was answered. */
static void go_on(struct connection *connection)
{
    connection->step++;
    if (send_step(connection))
        return;
    if (connection->stage == STARTING && connection->driver->load->idle > 0)
        settle(connection);
    else if (connection->stage == STARTING)
        next_message(connection);
    else if (connection->stage == IN_ENVELOPE)
        begin_script(connection, connection->letter, IN_LETTER);
}

static enum bs_milter_command command_of(const struct connection *connection)
{
    return connection->stage == NEGOTIATING ? BS_MILTER_OPTNEG : connection->script->steps[connection->step].command;
}

/* SKIP: no further step of this kind. The last of them is taken for the one that was answered. */
static void skip(struct connection *connection)
{
    enum bs_milter_command command = command_of(connection);
    while (connection->step + 1 < connection->script->count &&
           connection->script->steps[connection->step + 1].command == command)
        connection->step++;
    go_on(connection);
}

static enum bench_outcome accepted(const struct connection *connection)
{
    if (connection->changed)
        return BENCH_OTHER;
    return connection->is_signed ? BENCH_SIGNED : BENCH_ACCEPTED;
}

static enum bench_outcome refused(const struct connection *connection, const struct bs_milter_answer *answer)
{
    enum bs_milter_command command = command_of(connection);
    if (answer->code == BS_MILTER_REPLYCODE && (answer->text.len < 3 || answer->text.ptr[0] != '5'))
        return BENCH_OTHER;
    return command == BS_MILTER_RCPT  ? BENCH_REFUSED_RECIPIENT
           : command == BS_MILTER_EOM ? BENCH_REFUSED_MESSAGE
                                      : BENCH_OTHER;
}

/* The filter agreed to something: it must be what it agreed to at first. Then the session starts. */
static void take_negotiation(struct connection *connection, const struct bs_milter_answer *answer)
{
    const struct bench_plan *plan = connection->driver->load->plan;
    const struct bs_milter_options *options = &answer->negotiation.options;
    if (options->version != plan->agreed.version || options->actions != plan->agreed.actions ||
        options->steps != plan->agreed.steps ||
        !bs_bytes_equal(answer->negotiation.macro_lists, bs_strbuf_bytes(&plan->lists))) {
        break_off(connection, "the filter negotiates another thing than at first");
        return;
    }
    connection->stage = STARTING;
    connection->script = &plan->prelude;
    connection->step = SIZE_MAX; /* go_on makes it 0 */
    go_on(connection);
}

/* A line: the message's number and kind, and the field unfolded, parted by tabs. */
static void note_field(FILE *out, const struct connection *connection, const struct bs_milter_answer *answer)
{
    struct bs_bytes value = answer->header.value;
    fprintf(out, "%zu\t%s\t%.*s\t", connection->number, bench_kind_name(connection->kind),
            BS_BYTES_ARG(answer->header.name));
    for (size_t i = 0; i < value.len; i++)
        putc(strchr("\r\n\t", value.ptr[i]) ? ' ' : value.ptr[i], out);
    putc('\n', out);
}

/* A change that the filter makes between EOM and its reply. */
static void take_change(struct connection *connection, const struct bs_milter_answer *answer)
{
    const struct bench_load *load = connection->driver->load;
    bool field = answer->code == BS_MILTER_ADD_HEADER || answer->code == BS_MILTER_INSERT_HEADER ||
                 answer->code == BS_MILTER_CHANGE_HEADER;
    if (field && load->changes)
        note_field(load->changes, connection, answer);
    if (field && load->expectation != BENCH_EXPECT_NOTHING)
        return;
    if (answer->code == BS_MILTER_CHANGE_FROM &&
        bench_is_signed(load->identity, answer->envelope.path, connection->user, load->expectation))
        connection->is_signed = true;
    else
        connection->changed = true;
}

/* The wait for an answer is over. */
static void end_wait(struct connection *connection)
{
    uint64_t arrived = connection->driver->arrived;
    uint64_t waited = arrived > connection->began ? arrived - connection->began : 0;
    bench_histogram_add(&connection->driver->load->steps[command_of(connection)], waited);
    connection->waited += waited;
}

/* A reply to a step of the session's start or of a message. It may end the connection. */
static void take_reply(struct connection *connection, const struct bs_milter_answer *answer)
{
    enum bs_milter_command command = command_of(connection);
    bool in_message = connection->stage == IN_ENVELOPE || connection->stage == IN_LETTER;
    end_wait(connection);
    if (answer->code == BS_MILTER_OPTNEG && command == BS_MILTER_OPTNEG)
        take_negotiation(connection, answer);
    else if (answer->code == BS_MILTER_SKIP && (command == BS_MILTER_HEADER || command == BS_MILTER_BODY))
        skip(connection);
    else if (answer->code == BS_MILTER_CONTINUE && command == BS_MILTER_EOM)
        finish_message(connection, accepted(connection));
    else if (answer->code == BS_MILTER_CONTINUE && command != BS_MILTER_OPTNEG)
        go_on(connection);
    else if (answer->code == BS_MILTER_ACCEPT && in_message)
        finish_message(connection, accepted(connection));
    else if ((answer->code == BS_MILTER_REJECT || answer->code == BS_MILTER_REPLYCODE) && in_message)
        finish_message(connection, refused(connection, answer));
    else if (in_message && (answer->code == BS_MILTER_TEMPFAIL || answer->code == BS_MILTER_DISCARD))
        finish_message(connection, BENCH_OTHER);
    else
        break_off(connection, "an answer that does not fit its step");
}

static bool is_change(int code)
{
    return code != 0 && strchr("+-2behimq", code) != NULL;
}

/* One answer at a time: a filter has no more to say before it is asked again, except changes and their reply. */
static void take_answers(struct connection *connection, struct bs_bytes input)
{
    struct bs_milter_answer answer;
    struct bs_error error;
    for (;;) {
        switch (bs_milter_peer_decode(&input, ANSWER_MAX, &answer, &error)) {
        case BS_MILTER_MORE:
            bs_strbuf_append(&connection->input, input);
            return;
        case BS_MILTER_BAD:
            break_off(connection, error.text);
            return;
        case BS_MILTER_EVENT:
            break;
        }
        if (connection->stage == RESTING) {
            break_off(connection, "an answer that nobody waits for");
            return;
        }
        if (answer.code == BS_MILTER_PROGRESS)
            continue;
        if (is_change(answer.code) && command_of(connection) == BS_MILTER_EOM) {
            take_change(connection, &answer);
            continue;
        }
        if (input.len > 0) {
            break_off(connection, "more than one answer to a step");
            return;
        }
        take_reply(connection, &answer);
        return;
    }
}

/* When the bytes that were read came to the socket, by the kernel's stamp, or now where there is none. */
static uint64_t arrival(const struct msghdr *message)
{
    const struct cmsghdr *control = CMSG_FIRSTHDR(message);
    struct timespec time;
    if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS)
        return now();
    memcpy(&time, CMSG_DATA(control), sizeof time);
    return nanoseconds(&time);
}

static ssize_t receive(struct driver *driver, int fd)
{
    union {
        struct cmsghdr first;
        char bytes[CMSG_SPACE(sizeof(struct timespec))];
    } control;
    struct iovec vector = {driver->buffer, sizeof driver->buffer};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t count = recvmsg(fd, &message, 0);
    if (count > 0)
        driver->arrived = arrival(&message);
    return count;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct connection *connection = context;
    struct driver *driver = connection->driver;
    (void)what;
    ssize_t count = receive(driver, fd);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0) {
        break_off(connection, count == 0 ? "the filter closed a session" : strerror(errno));
        return;
    }
    struct bs_bytes input = bs_bytes(driver->buffer, (size_t)count);
    if (connection->input.len > 0) {
        bs_strbuf_append(&connection->input, input);
        struct bs_strbuf whole = connection->input; /* taken out: an answer may end the connection */
        bs_strbuf_init(&connection->input, ANSWER_MAX);
        take_answers(connection, bs_strbuf_bytes(&whole));
        bs_strbuf_free(&whole);
        return;
    }
    take_answers(connection, input);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct connection *connection = context;
    (void)fd;
    (void)what;
    if (!write_pieces(connection))
        break_off(connection, strerror(errno));
}

/* Connections to loopback come from many addresses: one has no more than 28,000 ports, each barred for a while. */
static void choose_source(int fd, const struct bs_endpoint *filter, uint64_t number)
{
    const struct sockaddr_in *to = (const struct sockaddr_in *)&filter->address;
    struct sockaddr_in from = {.sin_family = AF_INET};
    int on = 1;
    if (filter->address.ss_family != AF_INET || ntohl(to->sin_addr.s_addr) >> 24 != 127)
        return;
    from.sin_addr.s_addr = htonl(0x7f000100u + (uint32_t)(number % SOURCES));
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)&from, sizeof from) != 0)
        return; /* then from the address that the kernel chooses */
}

/* A socket on its way to the filter; -1 with errno. */
static int connect_filter(const struct bench_load *load)
{
    int on = 1;
    int fd = socket(load->filter.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    choose_source(fd, &load->filter, load->sessions);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (connect(fd, (const struct sockaddr *)&load->filter.address, load->filter.length) == 0 || errno == EINPROGRESS)
        return fd;
    close(fd);
    return -1;
}

static void attach(struct driver *driver, struct connection *connection, int fd, uint64_t began)
{
    connection->driver = driver;
    connection->fd = fd;
    connection->messages_left = driver->load->per_connection;
    bs_strbuf_init(&connection->input, ANSWER_MAX);
    event_assign(&connection->readable, driver->base, fd, EV_READ | EV_PERSIST, on_readable, connection);
    event_assign(&connection->writable, driver->base, fd, EV_WRITE, on_writable, connection);
    event_add(&connection->readable, NULL);
    connection->fresh = true;
    driver->open++;
    driver->fresh++;
    driver->load->sessions++;
    put_off(connection, bs_strbuf_bytes(&driver->load->plan->offer));
    send_pieces(connection);
    connection->began = began;
}

static bool open_connection(struct driver *driver)
{
    uint64_t began = now();
    struct connection *connection = calloc(1, sizeof *connection);
    int fd = connection ? connect_filter(driver->load) : -1;
    if (fd >= 0) {
        attach(driver, connection, fd, began);
        return true;
    }
    free(connection);
    driver->load->broken++;
    note_fault(driver->load, strerror(errno));
    return false;
}

/* The time to the next message: exponential, as that between independent events is. */
static uint64_t gap(struct bench_load *load)
{
    double uniform = (double)((bench_random(&load->random) >> 11) + 1) / 9007199254740993.0;
    return (uint64_t)(-log(uniform) / load->rate * (double)NANOSECONDS);
}

/* Begins one message, on a session that rests or on a new one; false where all are busy. */
static bool begin_somewhere(struct driver *driver)
{
    struct connection *connection = driver->resting;
    if (connection) {
        driver->resting = connection->next_resting;
        begin_message(connection);
        return true;
    }
    return driver->open < driver->load->connections && open_connection(driver);
}

static void schedule(struct driver *driver, uint64_t at)
{
    uint64_t time = now(), wait = at > time ? at - time : 0;
    struct timeval timeout = {(time_t)(wait / NANOSECONDS), (suseconds_t)(wait % NANOSECONDS / 1000)};
    event_add(driver->arrival, &timeout);
}

/* Messages whose moment has come begin. One that finds all sessions busy is tried again after a millisecond. */
static void on_arrival(evutil_socket_t fd, short what, void *context)
{
    struct driver *driver = context;
    struct bench_load *load = driver->load;
    (void)fd;
    (void)what;
    while (load->late.total < load->messages && driver->next_arrival <= now()) {
        if (!begin_somewhere(driver)) {
            schedule(driver, now() + NANOSECONDS / 1000);
            return;
        }
        bench_histogram_add(&load->late, now() - driver->next_arrival);
        driver->next_arrival += gap(load);
    }
    if (load->late.total < load->messages)
        schedule(driver, driver->next_arrival);
}

static void on_limit(evutil_socket_t fd, short what, void *context)
{
    struct driver *driver = context;
    (void)fd;
    (void)what;
    driver->load->timed_out = driver->load->idle == 0;
    event_base_loopexit(driver->base, NULL);
}

/* High timer resolution: libevent's usual timers go by the millisecond. */
static bool set_up(struct driver *driver)
{
    struct event_config *config = event_config_new();
    if (config && event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER) == 0)
        driver->base = event_base_new_with_config(config);
    if (config)
        event_config_free(config);
    if (!driver->base)
        return false;
    driver->arrival = evtimer_new(driver->base, on_arrival, driver);
    driver->limit = evtimer_new(driver->base, on_limit, driver);
    return driver->arrival && driver->limit;
}

static void start(struct driver *driver)
{
    struct bench_load *load = driver->load;
    struct timeval limit = {.tv_sec = (time_t)load->time_limit};
    for (int kind = 0; kind < BENCH_KINDS; kind++)
        driver->weight_sum += load->weights[kind];
    event_add(driver->limit, &limit);
    if (load->rate > 0) {
        driver->next_arrival = now();
        schedule(driver, driver->next_arrival);
        return;
    }
    size_t count = load->idle > 0 ? load->idle : load->connections;
    size_t at_once = load->idle > 0 ? OPENING_MAX : count;
    if (load->idle == 0 && load->messages < count)
        at_once = (size_t)load->messages;
    for (size_t i = 0; i < at_once && i < count; i++)
        open_connection(driver);
}

bool bench_load_run(struct bench_load *load, struct bs_error *ret_error)
{
    struct driver *driver = calloc(1, sizeof *driver);
    if (!driver)
        return bs_error_set(ret_error, "no memory");
    driver->load = load;
    bool ready = set_up(driver);
    struct event *stop[2] = {NULL, NULL};
    if (ready) {
        stop[0] = evsignal_new(driver->base, SIGTERM, on_limit, driver);
        stop[1] = evsignal_new(driver->base, SIGINT, on_limit, driver);
        event_add(stop[0], NULL);
        event_add(stop[1], NULL);
        start(driver);
        if (driver->open > 0 || load->rate > 0)
            event_base_dispatch(driver->base);
    }
    free(driver); /* and with the process go its sockets */
    return ready || bs_error_set(ret_error, "libevent: no event loop");
}
