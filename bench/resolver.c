/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an answer out of the resolver's cache costs: `bench-resolver [KEYS SERVER NAME...]`. Without arguments it starts a
 * name server of its own on a free port, which has a text for every name, and asks for 1,000 names; with them it asks
 * that server for the texts of those names and verifies them with the keys in the file. All are asked once, then, when
 * the cache has them, again and again, each with a fetch of its own, for two seconds. Beside it the same questions put to
 * libunbound without anything of ours: what is left is ours.
 */
#include "resolver/fetch.h"

#include "../tests/support/dns_packet.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unbound-event.h>
#include <unbound.h>
#include <unistd.h>

enum { NAMES_MAX = 1000, NAME_TEXT = 64, AT_ONCE = BS_QUESTIONS_MAX, SECONDS = 2, ARENA_MAX = 16 << 20, CACHE = 64 << 20 };

static const char text[] = "v=spf1 ip4:192.0.2.0/24 include:_spf.mail.example -all";

struct bench {
    struct event_base *base;
    struct bs_resolver *resolver;
    struct ub_ctx *library;
    char names[NAMES_MAX][NAME_TEXT];
    size_t count;
    size_t answered;
};

static void fail(const char *what)
{
    fprintf(stderr, "bench-resolver: %s\n", what);
    exit(EXIT_FAILURE);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Answers every question with the text. */
static void serve(int server)
{
    static struct dns_packet packet;
    unsigned char query[512];
    struct sockaddr_in from;
    for (;;) {
        socklen_t length = sizeof from;
        ssize_t size = recvfrom(server, query, sizeof query - 1, 0, (struct sockaddr *)&from, &length);
        if (size < DNS_HEADER)
            continue;
        query[size] = 0;
        size_t question = strlen((const char *)query + DNS_HEADER) + 5;
        packet.len = 0;
        dns_put(&packet, query, 2);
        dns_put(&packet, "\x81\x80\0\1\0\1\0\0\0\0", 10);
        dns_put(&packet, query + DNS_HEADER, question);
        dns_put(&packet, "\300\14\0\20\0\1\0\0\16\20", 10);
        dns_put16(&packet, sizeof text);
        unsigned char string = sizeof text - 1;
        dns_put(&packet, &string, 1);
        dns_put(&packet, text, sizeof text - 1);
        sendto(server, packet.bytes, packet.len, 0, (const struct sockaddr *)&from, length);
    }
}

/* Starts the server in a process of its own, which ends with us; writes where it is. */
static void start_server(char ret_address[32])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (server < 0 || bind(server, (struct sockaddr *)&address, length) != 0 ||
        getsockname(server, (struct sockaddr *)&address, &length) != 0)
        fail("no socket");
    pid_t child = fork();
    if (child < 0)
        fail("no process");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(server);
    }
    close(server);
    snprintf(ret_address, 32, "127.0.0.1:%u", ntohs(address.sin_port));
}

static void on_settled(void *context)
{
    struct bench *bench = context;
    event_base_loopbreak(bench->base);
}

/* Asks for the names from `first` on with one fetch; how many have a text. */
static size_t ask(struct bench *bench, size_t first, size_t count)
{
    struct bs_arena arena;
    struct bs_answers answers;
    struct bs_questions questions, missing;
    size_t found = 0;
    questions.count = missing.count = 0;
    missing.overflow = false;
    bs_arena_init(&arena, ARENA_MAX);
    bs_answers_init(&answers, &arena);
    struct bs_fetch *fetch = bs_fetch_new(bench->resolver, &answers, AT_ONCE, on_settled, bench);
    if (!fetch)
        fail("no memory");
    for (size_t i = first; i < first + count; i++)
        questions.items[questions.count++] = (struct bs_question){BS_DNS_TXT, bs_bytes_from_cstr(bench->names[i])};
    if (bs_fetch_add(fetch, &questions))
        event_base_dispatch(bench->base);
    for (size_t i = first; i < first + count; i++) {
        const struct bs_dns_answer *answer =
            bs_ask_dns(&answers, &missing, bs_bytes_from_cstr(bench->names[i]), BS_DNS_TXT);
        found += answer && answer->status == BS_DNS_FOUND;
    }
    bs_fetch_free(fetch);
    bs_arena_reset(&arena);
    return found;
}

static size_t ask_all(struct bench *bench, size_t at_once)
{
    size_t found = 0;
    for (size_t i = 0; i < bench->count; i += at_once)
        found += ask(bench, i, bench->count - i < at_once ? bench->count - i : at_once);
    return found;
}

static void measure(struct bench *bench, size_t at_once)
{
    size_t asked = 0;
    double begin = now();
    do {
        if (ask_all(bench, at_once) != bench->count)
            fail("an answer is missing");
        asked += bench->count;
    } while (now() < begin + SECONDS * 1e9);
    printf("%zu names, fetches of %zu: %.0f ns for an answer out of the cache\n", bench->count, at_once,
           (now() - begin) / (double)asked);
}

static void on_library(void *context, int rcode, void *packet, int length, int security, char *why, int was_limited)
{
    struct bench *bench = context;
    (void)packet, (void)security, (void)why, (void)was_limited;
    bench->answered += rcode == 0 && length > 0;
    if (bench->answered == bench->count)
        event_base_loopbreak(bench->base);
}

static void ask_library(struct bench *bench)
{
    bench->answered = 0;
    for (size_t i = 0; i < bench->count; i++)
        ub_resolve_event(bench->library, bench->names[i], BS_DNS_TXT, 1, bench, on_library, NULL);
}

static void measure_library(struct bench *bench)
{
    size_t asked = 0;
    ask_library(bench);
    if (bench->answered < bench->count)
        event_base_dispatch(bench->base);
    double begin = now();
    do {
        ask_library(bench);
        if (bench->answered != bench->count)
            fail("an answer is missing in libunbound's cache");
        asked += bench->count;
    } while (now() < begin + SECONDS * 1e9);
    printf("%zu names, libunbound alone: %.0f ns\n", bench->count, (now() - begin) / (double)asked);
}

/* libunbound as resolver.c sets it up, so far as that matters for what the cache has. */
static void start_library(struct bench *bench, const char *server, const char *keys)
{
    char address[64];
    size_t colon = bs_bytes_find_last(bs_bytes_from_cstr(server), ':');
    snprintf(address, sizeof address, "%.*s@%s", (int)colon, server, server + colon + 1);
    bench->library = ub_ctx_create_event(bench->base);
    if (!bench->library || ub_ctx_set_fwd(bench->library, address) != 0 ||
        ub_ctx_set_option(bench->library, "outgoing-range:", "1000") != 0 ||
        ub_ctx_set_option(bench->library, "msg-cache-size:", "32m") != 0 ||
        ub_ctx_set_option(bench->library, "rrset-cache-size:", "32m") != 0)
        fail("no libunbound");
    int status = keys ? ub_ctx_add_ta_file(bench->library, keys)
                      : ub_ctx_set_option(bench->library, "module-config:", "iterator");
    if (status != 0)
        fail(ub_strerror(status));
}

static void name_it(struct bench *bench, size_t i, const char *name)
{
    if (name)
        snprintf(bench->names[i], NAME_TEXT, "%s", name);
    else
        snprintf(bench->names[i], NAME_TEXT, "host-%zu.mail.example", i);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    char address[32] = "";
    struct bs_error error;
    if (argc < 3)
        start_server(address);
    const char *server = argc < 3 ? address : argv[2], *keys = argc < 3 ? NULL : argv[1];
    bench.count = argc < 3 ? NAMES_MAX : (size_t)argc - 3;
    for (size_t i = 0; i < bench.count && i < NAMES_MAX; i++)
        name_it(&bench, i, argc < 3 ? NULL : argv[3 + i]);
    bench.base = event_base_new();
    struct bs_resolver_settings settings = {&server, 1, keys, 5000, 1000, 0, CACHE};
    bench.resolver = bs_resolver_new(bench.base, &settings, &error);
    if (!bench.resolver)
        fail(error.text);
    if (ask_all(&bench, AT_ONCE) != bench.count)
        fail("a name has no text");
    measure(&bench, 1);
    measure(&bench, 8);
    bs_resolver_free(bench.resolver);
    start_library(&bench, server, keys);
    measure_library(&bench);
    ub_ctx_delete(bench.library);
    event_base_free(bench.base);
    return EXIT_SUCCESS;
}
