/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers from the network; see lookup.h. */
#include "cli/lookup.h"

#include "resolver/fetch.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>

struct bs_lookup {
    struct event_base *base;
    struct bs_resolver *resolver;
    struct bs_fetch *fetch; /* NULL once the time is over */
    struct event *end;
    struct bs_answers *answers;
};

bool bs_lookup_add_server(struct bs_lookup_place *place, const char *text, struct bs_error *ret_error)
{
    if (place->server_count == BS_LOOKUP_SERVERS_MAX)
        return bs_error_set(ret_error, "more than %d name servers", BS_LOOKUP_SERVERS_MAX);
    if (!bs_resolver_check_server(text, ret_error))
        return false;
    place->servers[place->server_count++] = text;
    return true;
}

static void on_settled(void *context)
{
    struct bs_lookup *lookup = context;
    event_base_loopbreak(lookup->base);
}

static void on_end(evutil_socket_t fd, short what, void *context)
{
    struct bs_lookup *lookup = context;
    (void)fd, (void)what;
    bs_fetch_free(lookup->fetch);
    lookup->fetch = NULL;
    event_base_loopbreak(lookup->base);
}

static bool start(struct bs_lookup *lookup, const struct bs_lookup_place *place, struct bs_error *ret_error)
{
    static const char *const of_the_system[] = {BS_RESOLVER_SYSTEM};
    static const struct timeval limit = {.tv_sec = BS_LOOKUP_SECONDS};
    const struct bs_resolver_settings settings = {
        .servers = place->server_count > 0 ? place->servers : of_the_system,
        .server_count = place->server_count > 0 ? place->server_count : 1,
        .trust_anchor = place->trust_anchor,
        .timeout = BS_LOOKUP_MILLISECONDS,
        .outstanding_max = BS_QUESTIONS_MAX * BS_RESOLVER_DOMAIN_SHARE,
        .cache_size = BS_LOOKUP_CACHE,
    };
    lookup->base = event_base_new();
    lookup->end = lookup->base ? evtimer_new(lookup->base, on_end, lookup) : NULL;
    if (!lookup->end || evtimer_add(lookup->end, &limit) != 0)
        return bs_error_set(ret_error, "no event loop");
    lookup->resolver = bs_resolver_new(lookup->base, &settings, ret_error);
    if (!lookup->resolver)
        return false;
    lookup->fetch = bs_fetch_new(lookup->resolver, lookup->answers, BS_LOOKUP_QUESTIONS_MAX, on_settled, lookup);
    return lookup->fetch || bs_error_set(ret_error, "no memory for questions");
}

struct bs_lookup *bs_lookup_new(const struct bs_lookup_place *place, struct bs_answers *answers,
                                struct bs_error *ret_error)
{
    struct bs_lookup *lookup = calloc(1, sizeof *lookup);
    if (!lookup) {
        bs_error_set(ret_error, "no memory");
        return NULL;
    }
    lookup->answers = answers;
    if (!start(lookup, place, ret_error)) {
        bs_lookup_free(lookup);
        return NULL;
    }
    return lookup;
}

void bs_lookup_free(struct bs_lookup *lookup)
{
    if (!lookup)
        return;
    bs_fetch_free(lookup->fetch);
    bs_resolver_free(lookup->resolver);
    if (lookup->end)
        event_free(lookup->end);
    if (lookup->base)
        event_base_free(lookup->base);
    free(lookup);
}

/* The time is over: whatever has no answer gets TIMEOUT. */
static bool give_up(struct bs_lookup *lookup, const struct bs_questions *questions)
{
    static const struct bs_dns_answer timeout = {.status = BS_DNS_TIMEOUT};
    struct bs_questions missing = {.count = 0};
    for (size_t i = 0; i < questions->count; i++) {
        const struct bs_question *question = &questions->items[i];
        if (!bs_ask_dns(lookup->answers, &missing, question->name, question->type) &&
            !bs_answers_add(lookup->answers, question->name, question->type, &timeout))
            return false;
    }
    return true;
}

bool bs_lookup_round(struct bs_lookup *lookup, const struct bs_questions *questions)
{
    /* A server may close its connection while it is written to. */
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    if (lookup->fetch && bs_fetch_add(lookup->fetch, questions))
        event_base_dispatch(lookup->base);
    signal(SIGPIPE, before);
    return lookup->fetch ? !bs_fetch_failed(lookup->fetch) : give_up(lookup, questions);
}
