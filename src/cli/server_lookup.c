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
    const struct bs_server_lookup *lookup;
    struct bs_resolver *resolver;
    struct bs_fetch *fetch;
    size_t begun, next; /* the questions of this round, and the first of the next */
};

struct session {
    struct event_base *base;
    struct errand errands[BS_SERVER_LOOKUP_MAX];
    size_t count;
    size_t waiting; /* servers with questions outstanding */
};

/* Whether the server has answered none of the questions of the round. */
static bool is_silent(const struct errand *errand)
{
    struct bs_questions ignored = {.count = 0};
    for (size_t i = errand->begun; i < errand->next; i++) {
        const struct bs_question *question = &errand->lookup->questions[i];
        const struct bs_dns_answer *answer =
            bs_ask_dns(errand->lookup->answers, &ignored, question->name, question->type);
        if (answer && answer->status != BS_DNS_TIMEOUT)
            return false;
    }
    return errand->next > errand->begun;
}

/* Asks round after round, until one has to be waited for. False where there is none. */
static bool ask(struct errand *errand)
{
    const struct bs_server_lookup *lookup = errand->lookup;
    while (errand->next < lookup->question_count && !is_silent(errand)) {
        struct bs_questions round = {.count = 0};
        errand->begun = errand->next;
        while (errand->next < lookup->question_count && round.count < BS_SERVER_LOOKUP_ROUND)
            round.items[round.count++] = lookup->questions[errand->next++];
        if (bs_fetch_add(errand->fetch, &round))
            return true;
    }
    return false;
}

static void on_settled(void *context)
{
    struct errand *errand = context;
    if (!ask(errand) && --errand->session->waiting == 0)
        event_base_loopbreak(errand->session->base);
}

static bool begin(struct errand *errand, struct bs_error *ret_error)
{
    const struct bs_server_lookup *lookup = errand->lookup;
    const char *server = lookup->server;
    const struct bs_resolver_settings settings = {
        .servers = &server,
        .server_count = 1,
        .timeout = BS_SERVER_LOOKUP_MILLISECONDS,
        .outstanding_max = BS_SERVER_LOOKUP_ROUND * BS_RESOLVER_DOMAIN_SHARE,
        .cache_size = CACHE_SIZE,
    };
    errand->resolver = bs_resolver_new(errand->session->base, &settings, ret_error);
    if (!errand->resolver)
        return false;
    errand->fetch = bs_fetch_new(errand->resolver, lookup->answers, (unsigned)lookup->question_count, on_settled,
                                 errand);
    return errand->fetch || bs_error_set(ret_error, "no memory for questions");
}

static bool run(struct session *session, const struct bs_server_lookup *lookups, size_t count,
                struct bs_error *ret_error)
{
    static const struct timeval limit = {.tv_sec = BS_SERVER_LOOKUP_SECONDS};
    for (size_t i = 0; i < count; i++) {
        struct errand *errand = &session->errands[session->count++];
        *errand = (struct errand){.session = session, .lookup = &lookups[i]};
        if (!begin(errand, ret_error))
            return false;
        session->waiting += ask(errand);
    }
    if (session->waiting > 0 && event_base_loopexit(session->base, &limit) == 0)
        event_base_dispatch(session->base);
    for (size_t i = 0; i < session->count; i++) {
        if (bs_fetch_failed(session->errands[i].fetch))
            return bs_error_set(ret_error, "the answers of name servers take too much memory");
    }
    return true;
}

bool bs_server_lookup_all(const struct bs_server_lookup *lookups, size_t count, struct bs_error *ret_error)
{
    struct session session = {.count = 0};
    if (count > BS_SERVER_LOOKUP_MAX)
        return bs_error_set(ret_error, "more than %d name servers", BS_SERVER_LOOKUP_MAX);
    session.base = event_base_new();
    if (!session.base)
        return bs_error_set(ret_error, "no event loop");
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
