/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks what its standard input says, a question a line, `NAME TYPE`, each with a fetch of its own as it comes, and prints
 * the answers as they come: `NAME TYPE STATUS secure|insecure`, the number of records, and the data of the first, an address
 * in hexadecimal, a text of more than 100 bytes by its length. Ends with standard input and the last answer, and then
 * prints the counters.
 *
 *   resolver-ask TIMEOUT OUTSTANDING RATE ANCHOR [SERVER]...       ANCHOR may be -
 */
#include "base/hex.h"
#include "resolver/fetch.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024, ARENA_MAX = 1 << 20, SHOWN_MAX = 100 };

struct asker {
    struct event_base *base;
    struct bs_resolver *resolver;
    struct event *input;
    unsigned outstanding;
    bool ended; /* standard input */
    char line[LINE_MAX_BYTES];
    size_t length;
};

struct request {
    struct asker *asker;
    struct bs_fetch *fetch;
    struct bs_arena arena;
    struct bs_answers answers;
    struct bs_questions questions;
    char text[LINE_MAX_BYTES];
};

static void fail(const char *what)
{
    fprintf(stderr, "resolver-ask: %s\n", what);
    exit(EXIT_FAILURE);
}

static void print_data(const struct bs_dns_answer *answer, enum bs_dns_type type)
{
    char hex[2 * 16 + 1];
    struct bs_bytes data = answer->records[0].data;
    if (type == BS_DNS_A || type == BS_DNS_AAAA) {
        bs_hex_encode(bs_bytes_first(data, 16), hex);
        printf(" %s", hex);
    } else if (data.len > SHOWN_MAX) {
        printf(" %zu bytes", data.len);
    } else {
        printf(" %.*s", BS_BYTES_ARG(data));
    }
}

static void print_answer(const struct request *request)
{
    struct bs_questions missing = {.count = 0};
    const struct bs_question *question = &request->questions.items[0];
    const struct bs_dns_answer *answer = bs_ask_dns(&request->answers, &missing, question->name, question->type);
    if (!answer)
        fail("a fetch was settled without an answer");
    printf("%.*s %s %s %s %zu", BS_BYTES_ARG(question->name), bs_dns_type_name(question->type),
           bs_dns_status_name(answer->status), answer->secure ? "secure" : "insecure", answer->count);
    if (answer->count > 0)
        print_data(answer, question->type);
    putchar('\n');
    fflush(stdout);
}

static void end_if_done(struct asker *asker)
{
    if (asker->ended && asker->outstanding == 0)
        event_base_loopbreak(asker->base);
}

static void on_settled(void *context)
{
    struct request *request = context;
    struct asker *asker = request->asker;
    print_answer(request);
    bs_fetch_free(request->fetch);
    bs_arena_reset(&request->arena);
    free(request);
    asker->outstanding--;
    end_if_done(asker);
}

static enum bs_dns_type find_type(const char *name)
{
    static const enum bs_dns_type types[] = {BS_DNS_A,  BS_DNS_NS,  BS_DNS_CNAME, BS_DNS_SOA, BS_DNS_PTR,
                                             BS_DNS_MX, BS_DNS_TXT, BS_DNS_AAAA,  BS_DNS_TLSA};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(name, bs_dns_type_name(types[i])) == 0)
            return types[i];
    }
    fail("no such type");
    return 0;
}

static void ask(struct asker *asker, struct bs_bytes line)
{
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        fail("no memory");
    memcpy(request->text, line.ptr, line.len);
    size_t blank = bs_bytes_find(line, ' ');
    bs_arena_init(&request->arena, ARENA_MAX);
    bs_answers_init(&request->answers, &request->arena);
    request->asker = asker;
    request->fetch = bs_fetch_new(asker->resolver, &request->answers, 1, on_settled, request);
    request->questions.items[0].type = find_type(blank < line.len ? request->text + blank + 1 : "");
    request->questions.items[0].name = bs_bytes(request->text, blank);
    request->questions.count = 1;
    asker->outstanding++;
    if (!bs_fetch_add(request->fetch, &request->questions))
        on_settled(request);
}

static void on_input(evutil_socket_t fd, short what, void *context)
{
    struct asker *asker = context;
    ssize_t count = read(fd, asker->line + asker->length, sizeof asker->line - asker->length);
    (void)what;
    if (count <= 0) {
        asker->ended = true;
        event_del(asker->input);
        end_if_done(asker);
        return;
    }
    asker->length += (size_t)count;
    for (size_t end; (end = bs_bytes_find(bs_bytes(asker->line, asker->length), '\n')) < asker->length;) {
        ask(asker, bs_bytes(asker->line, end));
        asker->length -= end + 1;
        memmove(asker->line, asker->line + end + 1, asker->length);
    }
}

int main(int argc, char **argv)
{
    struct asker asker = {.base = event_base_new()};
    struct bs_error error;
    if (argc < 5)
        fail("usage: resolver-ask TIMEOUT OUTSTANDING RATE ANCHOR [SERVER]...");
    signal(SIGPIPE, SIG_IGN);
    struct bs_resolver_settings settings = {
        .servers = (const char *const *)argv + 5,
        .server_count = (size_t)argc - 5,
        .trust_anchor = strcmp(argv[4], "-") == 0 ? NULL : argv[4],
        .timeout = (unsigned)atoi(argv[1]),
        .outstanding_max = (unsigned)atoi(argv[2]),
        .rate_max = (unsigned)atoi(argv[3]),
        .cache_size = 4 << 20,
    };
    asker.resolver = bs_resolver_new(asker.base, &settings, &error);
    if (!asker.resolver)
        fail(error.text);
    asker.input = event_new(asker.base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, &asker);
    event_add(asker.input, NULL);
    event_base_dispatch(asker.base);
    struct bs_resolver_counters counters = bs_resolver_counters(asker.resolver);
    printf("asked=%ju cached=%ju refused=%ju timeouts=%ju failures=%ju\n", (uintmax_t)counters.asked,
           (uintmax_t)counters.cached, (uintmax_t)counters.refused, (uintmax_t)counters.timeouts,
           (uintmax_t)counters.failures);
    event_free(asker.input);
    bs_resolver_free(asker.resolver);
    event_base_free(asker.base);
    return EXIT_SUCCESS;
}
