/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking name servers directly; see server_lookup.h. A resolver for each server, which forwards to that one alone. */
#include "cli/server_lookup.h"

#include "resolver/fetch.h"

#include <event2/event.h>
#include <signal.h>

enum { CACHE_SIZE = 256 * 1024 };

/* One server that is being asked. */
struct errand {
    struct session *session;
    struct bs_resolver *resolver;
    struct bs_fetch *fetch;
};

struct session {
    struct event_base *base;
    struct errand errands[BS_SERVER_LOOKUP_MAX];
    size_t count;
    size_t waiting; /* servers with questions outstanding */
};

static void on_settled(void *context)
{
    struct errand *errand = context;
    if (--errand->session->waiting == 0)
        event_base_loopbreak(errand->session->base);
}

static bool begin(struct errand *errand, const struct bs_server_lookup *lookup, struct bs_error *ret_error)
{
    const char *server = lookup->server;
    const struct bs_resolver_settings settings = {
        .servers = &server,
        .server_count = 1,
        .timeout = BS_SERVER_LOOKUP_MILLISECONDS,
        .outstanding_max = (unsigned)lookup->question_count + 1,
        .cache_size = CACHE_SIZE,
    };
    errand->resolver = bs_resolver_new(errand->session->base, &settings, ret_error);
    if (!errand->resolver)
        return false;
    errand->fetch = bs_fetch_new(errand->resolver, lookup->answers, (unsigned)lookup->question_count, on_settled,
                                 errand);
    return errand->fetch || bs_error_set(ret_error, "no memory for questions");
}

/* Asks the questions, as many at a time as a round can hold. */
static void ask(struct errand *errand, const struct bs_server_lookup *lookup)
{
    bool outstanding = false;
    for (size_t i = 0; i < lookup->question_count;) {
        struct bs_questions round = {.count = 0};
        while (i < lookup->question_count && round.count < BS_QUESTIONS_MAX)
            round.items[round.count++] = lookup->questions[i++];
        outstanding = bs_fetch_add(errand->fetch, &round);
    }
    errand->session->waiting += outstanding;
}

static bool run(struct session *session, const struct bs_server_lookup *lookups, size_t count,
                struct bs_error *ret_error)
{
    for (size_t i = 0; i < count; i++) {
        struct errand *errand = &session->errands[session->count++];
        *errand = (struct errand){.session = session};
        if (!begin(errand, &lookups[i], ret_error))
            return false;
        ask(errand, &lookups[i]);
    }
    if (session->waiting > 0)
        event_base_dispatch(session->base);
    for (size_t i = 0; i < session->count; i++) {
        if (bs_fetch_failed(session->errands[i].fetch))
            return bs_error_set(ret_error, "the answers of name servers take too much memory");
    }
    return true;
}

bool bs_server_lookup_all(const struct bs_server_lookup *lookups, size_t count, struct bs_error *ret_error)
{
    struct session session = {.base = event_base_new()};
    if (!session.base || count > BS_SERVER_LOOKUP_MAX)
        return bs_error_set(ret_error, session.base ? "too many name servers" : "no event loop");
    /* A server may close its connection while it is written to. */
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    bool asked = run(&session, lookups, count, ret_error);
    for (size_t i = 0; i < session.count; i++) {
        if (session.errands[i].fetch)
            bs_fetch_free(session.errands[i].fetch);
        if (session.errands[i].resolver)
            bs_resolver_free(session.errands[i].resolver);
    }
    event_base_free(session.base);
    signal(SIGPIPE, before);
    return asked;
}
