/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The resolver and its fetches against a name server in the same event loop, which does what the first label of a name
 * says: `ok` has an address, `drop` is never answered, and so on.
 */
#include "resolver/fetch.h"

#include "../../tests/support/dns_packet.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE = 30, SHORT = 100, AMPLE = 1000, LONG = 20000 }; /* seconds; milliseconds */

struct world {
    struct event_base *base;
    int socket;
    struct event *readable;
    char address[32];
    unsigned queries;
    unsigned char last[512]; /* name of the last query, as it was on the wire */
    struct bs_resolver *resolver;
    struct bs_arena arena;
    struct bs_answers answers;
};

/* Counts how often it was settled. */
struct waiter {
    struct world *world;
    struct bs_fetch *fetch;
    int settled;
};

static void reply(struct world *world, const unsigned char *query, size_t size, const struct sockaddr_in *to)
{
    static struct dns_packet packet;
    const char *label = (const char *)query + DNS_HEADER + 1;
    unsigned code = strncmp(label, "nx", 2) == 0 ? DNS_NXDOMAIN : strncmp(label, "fail", 4) == 0 ? DNS_SERVFAIL : 0;
    size_t question = strlen(label) + 2 + 4;
    if (size < DNS_HEADER + question || strncmp(label, "drop", 4) == 0)
        return;
    packet.len = 0;
    dns_put(&packet, query, 2);
    dns_put16(&packet, DNS_RESPONSE | code);
    dns_put(&packet, "\0\1\0\0\0\0\0\0", 8);
    dns_put(&packet, query + DNS_HEADER, question);
    if (strncmp(label, "ok", 2) == 0 || query[DNS_HEADER] == 1) { /* the owner is the question's name */
        packet.bytes[7] = 1;
        dns_put(&packet, "\300\14\0\1\0\1\0\0\1\54\0\4\300\0\2\1", 16);
    }
    sendto(world->socket, packet.bytes, packet.len, 0, (const struct sockaddr *)to, sizeof *to);
}

static void on_query(evutil_socket_t fd, short what, void *context)
{
    struct world *world = context;
    unsigned char query[2048] = {0};
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    ssize_t size = recvfrom(fd, query, sizeof query - 1, 0, (struct sockaddr *)&from, &length);
    (void)what;
    if (size < DNS_HEADER + 5)
        return;
    world->queries++;
    memcpy(world->last, query + DNS_HEADER, sizeof world->last);
    reply(world, query, (size_t)size, &from);
}

static void start_server(struct world *world)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    world->socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(world->socket, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(world->socket, (struct sockaddr *)&address, &length), 0);
    snprintf(world->address, sizeof world->address, "127.0.0.1:%u", ntohs(address.sin_port));
    world->readable = event_new(world->base, world->socket, EV_READ | EV_PERSIST, on_query, world);
    event_add(world->readable, NULL);
}

static void stop_server(struct world *world)
{
    if (world->readable)
        event_free(world->readable);
    world->readable = NULL;
    close(world->socket);
}

static void begin(struct world *world, unsigned timeout, unsigned outstanding_max, unsigned rate_max)
{
    struct bs_error error;
    *world = (struct world){.base = event_base_new()};
    start_server(world);
    const char *servers[] = {world->address};
    struct bs_resolver_settings settings = {servers, 1, NULL, timeout, outstanding_max, rate_max, 1 << 20};
    world->resolver = bs_resolver_new(world->base, &settings, &error);
    assert_non_null(world->resolver);
    bs_arena_init(&world->arena, 1 << 20);
    bs_answers_init(&world->answers, &world->arena);
}

static void end(struct world *world)
{
    bs_resolver_free(world->resolver);
    stop_server(world);
    event_base_free(world->base);
    bs_arena_reset(&world->arena);
}

static void on_settled(void *context)
{
    struct waiter *waiter = context;
    waiter->settled++;
    assert_int_equal(bs_fetch_outstanding(waiter->fetch), 0);
    event_base_loopbreak(waiter->world->base);
}

static struct waiter new_waiter(struct world *world)
{
    return (struct waiter){.world = world};
}

static void open_fetch(struct waiter *waiter, unsigned questions_max)
{
    waiter->fetch = bs_fetch_new(waiter->world->resolver, &waiter->world->answers, questions_max, on_settled, waiter);
    assert_non_null(waiter->fetch);
}

/* Adds questions for the addresses of the names; what bs_fetch_add says. */
static bool ask(struct waiter *waiter, const char *const *names, size_t count)
{
    struct bs_questions questions = {.count = 0};
    for (size_t i = 0; i < count; i++)
        questions.items[questions.count++] = (struct bs_question){BS_DNS_A, bs_bytes_from_cstr(names[i])};
    return bs_fetch_add(waiter->fetch, &questions);
}

static bool ask_one(struct waiter *waiter, const char *name)
{
    return ask(waiter, &name, 1);
}

/* Runs the event loop until a fetch was settled. */
static void run(struct waiter *waiter)
{
    struct timeval patience = {.tv_sec = PATIENCE};
    int before = waiter->settled;
    event_base_loopexit(waiter->world->base, &patience);
    event_base_dispatch(waiter->world->base);
    assert_int_equal(waiter->settled, before + 1);
}

/* Runs the event loop for so many milliseconds. */
static void run_for(struct world *world, unsigned milliseconds)
{
    struct timeval time = {milliseconds / 1000, milliseconds % 1000 * 1000};
    event_base_loopexit(world->base, &time);
    event_base_dispatch(world->base);
}

static const struct bs_dns_answer *known(struct world *world, const char *name)
{
    struct bs_questions missing = {.count = 0};
    return bs_ask_dns(&world->answers, &missing, bs_bytes_from_cstr(name), BS_DNS_A);
}

static void assert_status(struct world *world, const char *name, enum bs_dns_status status)
{
    const struct bs_dns_answer *answer = known(world, name);
    assert_non_null(answer);
    assert_string_equal(bs_dns_status_name(answer->status), bs_dns_status_name(status));
}

static void all_questions_are_answered_and_then_the_fetch_is_settled_once(void **state)
{
    static const char *const names[] = {"ok.example", "none.example", "nx.example", "fail.example"};
    struct world world;
    struct waiter waiter = new_waiter(&world);
    (void)state;
    begin(&world, LONG, 100, 0);
    open_fetch(&waiter, 100);
    assert_true(ask(&waiter, names, 4));
    assert_int_equal(bs_fetch_outstanding(waiter.fetch), 4);
    assert_int_equal(waiter.settled, 0);
    run(&waiter);
    assert_status(&world, "ok.example", BS_DNS_FOUND);
    assert_memory_equal(known(&world, "ok.example")->records[0].data.ptr, "\300\0\2\1", 4);
    assert_false(known(&world, "ok.example")->secure);
    assert_status(&world, "none.example", BS_DNS_NODATA);
    assert_status(&world, "nx.example", BS_DNS_NXDOMAIN);
    assert_status(&world, "fail.example", BS_DNS_SERVFAIL);
    run_for(&world, 50);
    assert_int_equal(waiter.settled, 1);
    assert_int_equal(bs_resolver_counters(world.resolver).failures, 1);
    bs_fetch_free(waiter.fetch);
    end(&world);
}

static void what_the_cache_has_is_there_on_return_and_settles_nothing(void **state)
{
    struct world world;
    struct waiter first = new_waiter(&world), second = new_waiter(&world);
    (void)state;
    begin(&world, LONG, 100, 0);
    open_fetch(&first, 100);
    ask_one(&first, "ok.example");
    run(&first);
    bs_answers_init(&world.answers, &world.arena);
    unsigned queries = world.queries;
    open_fetch(&second, 100);
    assert_false(ask_one(&second, "OK.example"));
    assert_status(&world, "ok.example", BS_DNS_FOUND);
    run_for(&world, 50);
    assert_int_equal(second.settled, 0);
    assert_int_equal(world.queries, queries);
    assert_int_equal(bs_resolver_counters(world.resolver).cached, 1);
    bs_fetch_free(first.fetch);
    bs_fetch_free(second.fetch);
    end(&world);
}

static void a_question_that_is_outstanding_or_answered_is_not_asked_again(void **state)
{
    static const char *const names[] = {"ok.example", "OK.example"};
    struct world world;
    struct waiter waiter = new_waiter(&world);
    (void)state;
    begin(&world, LONG, 100, 0);
    open_fetch(&waiter, 100);
    assert_true(ask(&waiter, names, 2));
    assert_true(ask(&waiter, names, 2));
    assert_int_equal(bs_fetch_outstanding(waiter.fetch), 1);
    run(&waiter);
    assert_false(ask(&waiter, names, 2));
    assert_int_equal(bs_resolver_counters(world.resolver).asked, 1);
    bs_fetch_free(waiter.fetch);
    end(&world);
}

static void names_reach_the_server_byte_for_byte(void **state)
{
    static const char name[] = "ok\\\"@ \t;\1\377$%()-_.exa\0mple";
    struct world world;
    struct waiter waiter = new_waiter(&world);
    struct bs_questions questions = {.count = 1, .items = {{BS_DNS_A, bs_bytes(name, sizeof name - 1)}}};
    (void)state;
    begin(&world, LONG, 100, 0);
    open_fetch(&waiter, 100);
    assert_true(bs_fetch_add(waiter.fetch, &questions));
    run(&waiter);
    assert_memory_equal(world.last, "\20ok\\\"@ \t;\1\377$%()-_\10exa\0mple\0", 27);
    assert_non_null(bs_ask_dns(&world.answers, &questions, bs_bytes(name, sizeof name - 1), BS_DNS_A));
    bs_fetch_free(waiter.fetch);
    end(&world);
}

static void names_that_dns_cannot_hold_do_not_exist_and_are_not_asked(void **state)
{
    static const char *const names[] = {"", ".", "a..example", "a.example.",
                                        "0123456789012345678901234567890123456789012345678901234567890123.example"};
    struct world world;
    struct waiter waiter = new_waiter(&world);
    (void)state;
    begin(&world, LONG, 100, 0);
    open_fetch(&waiter, 100);
    assert_false(ask(&waiter, names, 5));
    assert_int_equal(bs_resolver_counters(world.resolver).asked, 0);
    for (size_t i = 0; i < 5; i++)
        assert_status(&world, names[i], BS_DNS_NXDOMAIN);
    bs_fetch_free(waiter.fetch);
    end(&world);
}

static void questions_past_those_of_a_message_are_answered_timeout_at_once(void **state)
{
    static const char *const names[] = {"ok1.example", "ok2.example", "ok3.example"};
    struct world world;
    struct waiter waiter = new_waiter(&world);
    (void)state;
    begin(&world, LONG, 100, 0);
    open_fetch(&waiter, 2);
    assert_true(ask(&waiter, names, 3));
    assert_int_equal(bs_fetch_outstanding(waiter.fetch), 2);
    assert_status(&world, "ok3.example", BS_DNS_TIMEOUT);
    run(&waiter);
    assert_status(&world, "ok2.example", BS_DNS_FOUND);
    assert_false(ask_one(&waiter, "ok4.example"));
    assert_status(&world, "ok4.example", BS_DNS_TIMEOUT);
    assert_int_equal(bs_resolver_counters(world.resolver).refused, 2);
    bs_fetch_free(waiter.fetch);
    end(&world);
}

static void questions_past_those_that_may_wait_are_answered_timeout_at_once(void **state)
{
    static const char *const names[] = {"ok1.example", "ok2.example", "ok3.example"};
    struct world world;
    struct waiter waiter = new_waiter(&world);
    (void)state;
    begin(&world, LONG, 2, 0);
    open_fetch(&waiter, 100);
    assert_true(ask(&waiter, names, 3));
    assert_int_equal(bs_fetch_outstanding(waiter.fetch), 2);
    assert_status(&world, "ok3.example", BS_DNS_TIMEOUT);
    run(&waiter);
    assert_status(&world, "ok2.example", BS_DNS_FOUND);
    assert_true(ask_one(&waiter, "ok4.example"));
    run(&waiter);
    assert_status(&world, "ok4.example", BS_DNS_FOUND);
    bs_fetch_free(waiter.fetch);
    end(&world);
}

static void a_domain_may_have_a_share_of_those_that_wait(void **state)
{
    enum { SHARE = BS_RESOLVER_DOMAIN_MIN };
    static const char *const others[] = {"ok.another.example", "drop1.5.100.51.198.in-addr.arpa",
                                         "drop1.6.100.51.198.in-addr.arpa"};
    struct world world;
    struct waiter waiter = new_waiter(&world);
    (void)state;
    begin(&world, AMPLE, SHARE * BS_RESOLVER_DOMAIN_SHARE, 0);
    open_fetch(&waiter, 100);
    for (unsigned i = 0; i <= SHARE; i++) {
        char name[64];
        snprintf(name, sizeof name, "drop%u.%s", i, i % 2 ? "dead.example" : "x.Dead.Example");
        assert_true(ask_one(&waiter, name));
        assert_int_equal(known(&world, name) != NULL, i == SHARE);
    }
    assert_int_equal(bs_fetch_outstanding(waiter.fetch), SHARE);
    assert_true(ask(&waiter, others, 3));
    assert_int_equal(bs_fetch_outstanding(waiter.fetch), SHARE + 3);
    run(&waiter);
    assert_status(&world, "ok.another.example", BS_DNS_FOUND);
    assert_true(ask_one(&waiter, "drop.dead.example"));
    assert_null(known(&world, "drop.dead.example"));
    run(&waiter);
    bs_fetch_free(waiter.fetch);
    end(&world);
}

static void questions_past_those_of_a_second_are_answered_timeout_until_it_is_over(void **state)
{
    static const char *const names[] = {"ok1.example", "ok2.example", "ok3.example"};
    struct world world;
    struct waiter waiter = new_waiter(&world);
    (void)state;
    begin(&world, LONG, 100, 2);
    open_fetch(&waiter, 100);
    assert_true(ask(&waiter, names, 3));
    assert_status(&world, "ok3.example", BS_DNS_TIMEOUT);
    run(&waiter);
    assert_status(&world, "ok2.example", BS_DNS_FOUND);
    run_for(&world, 1100);
    assert_true(ask_one(&waiter, "ok4.example"));
    run(&waiter);
    assert_status(&world, "ok4.example", BS_DNS_FOUND);
    bs_fetch_free(waiter.fetch);
    end(&world);
}

static void a_server_that_is_silent_delays_no_other_fetch_and_is_answered_timeout(void **state)
{
    struct world world;
    struct waiter slow = new_waiter(&world), quick = new_waiter(&world);
    (void)state;
    begin(&world, AMPLE, 100, 0);
    open_fetch(&slow, 100);
    open_fetch(&quick, 100);
    assert_true(ask_one(&slow, "drop.example"));
    assert_true(ask_one(&quick, "ok.example"));
    run(&quick);
    assert_int_equal(slow.settled, 0);
    run(&slow);
    assert_status(&world, "drop.example", BS_DNS_TIMEOUT);
    assert_int_equal(bs_resolver_counters(world.resolver).timeouts, 1);
    bs_fetch_free(slow.fetch);
    bs_fetch_free(quick.fetch);
    end(&world);
}

static void a_server_that_is_gone_is_timeout_or_servfail_and_never_no_such_name(void **state)
{
    struct world world;
    struct waiter waiter = new_waiter(&world);
    (void)state;
    begin(&world, 500, 100, 0);
    close(world.socket);
    event_free(world.readable);
    world.readable = NULL;
    world.socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    open_fetch(&waiter, 100);
    for (int i = 0; i < 5; i++) {
        char name[32];
        snprintf(name, sizeof name, "ok%d.example", i);
        if (ask_one(&waiter, name))
            run(&waiter);
        assert_true(bs_dns_failed(known(&world, name)));
    }
    bs_fetch_free(waiter.fetch);
    end(&world);
}

static void questions_that_were_given_up_count_until_their_limit(void **state)
{
    struct world world;
    struct waiter waiter = new_waiter(&world);
    (void)state;
    begin(&world, SHORT, 1, 0);
    open_fetch(&waiter, 100);
    for (int i = 0; i < BS_RESOLVER_ABANDONED_MAX; i++) {
        char name[32];
        snprintf(name, sizeof name, "drop%d.example", i);
        assert_true(ask_one(&waiter, name));
        run(&waiter);
    }
    assert_false(ask_one(&waiter, "ok.example"));
    assert_status(&world, "ok.example", BS_DNS_TIMEOUT);
    assert_int_equal(bs_resolver_counters(world.resolver).refused, 1);
    bs_fetch_free(waiter.fetch);
    end(&world);
}

static void a_fetch_that_is_freed_is_never_settled(void **state)
{
    struct world world;
    struct waiter freed = new_waiter(&world), other = new_waiter(&world);
    (void)state;
    begin(&world, AMPLE, 100, 0);
    open_fetch(&freed, 100);
    open_fetch(&other, 100);
    ask_one(&freed, "ok1.example");
    ask_one(&freed, "drop.example");
    ask_one(&other, "ok1.example");
    bs_fetch_free(freed.fetch);
    run(&other);
    assert_status(&world, "ok1.example", BS_DNS_FOUND);
    run_for(&world, AMPLE + SHORT);
    assert_null(known(&world, "drop.example"));
    assert_int_equal(freed.settled, 0);
    bs_fetch_free(other.fetch);
    end(&world);
}

static void free_when_settled(void *context)
{
    struct waiter *waiter = context;
    waiter->settled++;
    bs_fetch_free(waiter->fetch);
    waiter->fetch = NULL;
    event_base_loopbreak(waiter->world->base);
}

static void a_fetch_may_be_freed_when_it_is_settled(void **state)
{
    struct world world;
    struct waiter waiter = new_waiter(&world);
    (void)state;
    begin(&world, LONG, 100, 0);
    waiter.fetch = bs_fetch_new(world.resolver, &world.answers, 100, free_when_settled, &waiter);
    ask_one(&waiter, "ok.example");
    run(&waiter);
    assert_null(waiter.fetch);
    end(&world);
}

static void ask_on_when_settled(void *context)
{
    struct waiter *waiter = context;
    char name[32];
    snprintf(name, sizeof name, "ok%d.example", waiter->settled++);
    if (waiter->settled == 5 || !ask_one(waiter, name))
        event_base_loopbreak(waiter->world->base);
}

static void more_questions_may_be_added_when_it_is_settled(void **state)
{
    struct world world;
    struct waiter waiter = new_waiter(&world);
    struct timeval patience = {.tv_sec = PATIENCE};
    (void)state;
    begin(&world, LONG, 100, 0);
    waiter.fetch = bs_fetch_new(world.resolver, &world.answers, 100, ask_on_when_settled, &waiter);
    ask_one(&waiter, "ok.example");
    event_base_loopexit(world.base, &patience);
    event_base_dispatch(world.base);
    assert_int_equal(waiter.settled, 5);
    assert_status(&world, "ok3.example", BS_DNS_FOUND);
    bs_fetch_free(waiter.fetch);
    end(&world);
}

static void answers_that_find_no_memory_make_the_fetch_fail(void **state)
{
    struct world world;
    struct waiter waiter = new_waiter(&world);
    (void)state;
    begin(&world, LONG, 100, 0);
    open_fetch(&waiter, 100);
    assert_true(ask_one(&waiter, "ok1.example"));
    run(&waiter);
    assert_false(bs_fetch_failed(waiter.fetch));
    world.arena.limit = world.arena.used;
    assert_true(ask_one(&waiter, "ok2.example"));
    run(&waiter);
    assert_true(bs_fetch_failed(waiter.fetch));
    assert_null(known(&world, "ok2.example"));
    assert_false(ask_one(&waiter, "ok3.example"));
    bs_fetch_free(waiter.fetch);
    end(&world);
}

static void a_resolver_ends_with_questions_under_way(void **state)
{
    struct world world;
    struct waiter waiter = new_waiter(&world);
    (void)state;
    begin(&world, SHORT, 100, 0);
    open_fetch(&waiter, 100);
    ask_one(&waiter, "drop1.example");
    run(&waiter);
    ask_one(&waiter, "drop2.example");
    bs_fetch_free(waiter.fetch);
    end(&world);
}

static void bad_settings_are_refused_with_what_is_wrong(void **state)
{
    static const char *const good = "192.0.2.1", *const bad = "192.0.2.1:x";
    static const struct {
        const char *const *server;
        const char *trust_anchor, *said;
    } cases[] = {
        {&bad, NULL, "192.0.2.1:x"},
        {&good, "/nowhere/root.key", "/nowhere/root.key"},
        {&good, "/dev/null", "/dev/null"},
    };
    struct event_base *base = event_base_new();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_error error = {""};
        struct bs_resolver_settings settings = {cases[i].server, 1, cases[i].trust_anchor, LONG, 10, 0, 1 << 20};
        assert_null(bs_resolver_new(base, &settings, &error));
        assert_non_null(strstr(error.text, cases[i].said));
    }
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_questions_are_answered_and_then_the_fetch_is_settled_once),
        cmocka_unit_test(what_the_cache_has_is_there_on_return_and_settles_nothing),
        cmocka_unit_test(a_question_that_is_outstanding_or_answered_is_not_asked_again),
        cmocka_unit_test(names_reach_the_server_byte_for_byte),
        cmocka_unit_test(names_that_dns_cannot_hold_do_not_exist_and_are_not_asked),
        cmocka_unit_test(questions_past_those_of_a_message_are_answered_timeout_at_once),
        cmocka_unit_test(questions_past_those_that_may_wait_are_answered_timeout_at_once),
        cmocka_unit_test(a_domain_may_have_a_share_of_those_that_wait),
        cmocka_unit_test(questions_past_those_of_a_second_are_answered_timeout_until_it_is_over),
        cmocka_unit_test(a_server_that_is_silent_delays_no_other_fetch_and_is_answered_timeout),
        cmocka_unit_test(a_server_that_is_gone_is_timeout_or_servfail_and_never_no_such_name),
        cmocka_unit_test(questions_that_were_given_up_count_until_their_limit),
        cmocka_unit_test(a_fetch_that_is_freed_is_never_settled),
        cmocka_unit_test(a_fetch_may_be_freed_when_it_is_settled),
        cmocka_unit_test(more_questions_may_be_added_when_it_is_settled),
        cmocka_unit_test(answers_that_find_no_memory_make_the_fetch_fail),
        cmocka_unit_test(a_resolver_ends_with_questions_under_way),
        cmocka_unit_test(bad_settings_are_refused_with_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
