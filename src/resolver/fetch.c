/* SPDX-License-Identifier: BSD-2-Clause */
/* The questions of one message; see fetch.h. */
#include "resolver/fetch.h"

#include "resolver/inquiry.h"

#include <event2/event.h>
#include <stdlib.h>

LIST_HEAD(sibling_list, bs_inquiry);

struct bs_fetch {
    struct bs_resolver *resolver;
    struct bs_answers *answers;
    struct sibling_list waiting;
    size_t outstanding; /* in that list */
    unsigned asked, questions_max;
    bool adding;
    bool failed;
    void (*settled)(void *context);
    void *context;
    struct event *settling; /* made active when the last answer is there */
};

static const struct bs_dns_answer timeout_answer = {.status = BS_DNS_TIMEOUT};
static const struct bs_dns_answer no_such_name = {.status = BS_DNS_NXDOMAIN};

static void on_settled(evutil_socket_t fd, short what, void *context)
{
    struct bs_fetch *fetch = context;
    (void)fd, (void)what;
    if (fetch->outstanding == 0)
        fetch->settled(fetch->context);
}

struct bs_fetch *bs_fetch_new(struct bs_resolver *resolver, struct bs_answers *answers, unsigned questions_max,
                              void (*settled)(void *context), void *context)
{
    struct bs_fetch *fetch = calloc(1, sizeof *fetch);
    if (!fetch)
        return NULL;
    *fetch = (struct bs_fetch){.resolver = resolver, .answers = answers, .questions_max = questions_max,
                               .settled = settled, .context = context};
    LIST_INIT(&fetch->waiting);
    fetch->settling = event_new(bs_resolver_base(resolver), -1, 0, on_settled, fetch);
    if (!fetch->settling) {
        free(fetch);
        return NULL;
    }
    return fetch;
}

void bs_fetch_free(struct bs_fetch *fetch)
{
    if (!fetch)
        return;
    for (struct bs_inquiry *inquiry; (inquiry = LIST_FIRST(&fetch->waiting)) != NULL;) {
        LIST_REMOVE(inquiry, siblings);
        bs_inquiry_abandon(inquiry);
    }
    event_free(fetch->settling);
    free(fetch);
}

size_t bs_fetch_outstanding(const struct bs_fetch *fetch)
{
    return fetch->outstanding;
}

bool bs_fetch_failed(const struct bs_fetch *fetch)
{
    return fetch->failed;
}

static void note_answer(struct bs_fetch *fetch, struct bs_bytes name, enum bs_dns_type type,
                        const struct bs_dns_answer *answer)
{
    if (!fetch->failed && !bs_answers_add(fetch->answers, name, type, answer))
        fetch->failed = true;
}

static void on_answer(struct bs_inquiry *inquiry, const struct bs_dns_answer *answer)
{
    struct bs_fetch *fetch = inquiry->context;
    LIST_REMOVE(inquiry, siblings);
    fetch->outstanding--;
    note_answer(fetch, inquiry->name, inquiry->type, answer);
    if (fetch->outstanding == 0 && !fetch->adding)
        event_active(fetch->settling, EV_TIMEOUT, 0);
}

static bool is_waiting(const struct bs_fetch *fetch, const struct bs_question *question)
{
    const struct bs_inquiry *inquiry;
    LIST_FOREACH(inquiry, &fetch->waiting, siblings) {
        if (inquiry->type == question->type && bs_bytes_equal_nocase(inquiry->name, question->name))
            return true;
    }
    return false;
}

static bool is_answered(const struct bs_fetch *fetch, const struct bs_question *question)
{
    struct bs_questions missing;
    missing.count = 0;
    missing.overflow = false;
    return bs_dns_name_is_valid(question->name) && bs_ask_dns(fetch->answers, &missing, question->name, question->type);
}

static void refuse(struct bs_fetch *fetch, const struct bs_question *question)
{
    bs_resolver_count_refused(fetch->resolver);
    note_answer(fetch, question->name, question->type, &timeout_answer);
}

static void inquire(struct bs_fetch *fetch, const struct bs_question *question)
{
    struct bs_inquiry *inquiry = bs_inquiry_new(fetch->resolver, question->name, question->type);
    if (!inquiry) {
        refuse(fetch, question);
        return;
    }
    fetch->outstanding++;
    LIST_INSERT_HEAD(&fetch->waiting, inquiry, siblings);
    inquiry->answered = on_answer;
    inquiry->context = fetch;
    bs_inquiry_begin(inquiry);
}

static void ask(struct bs_fetch *fetch, const struct bs_question *question)
{
    if (!bs_dns_name_is_valid(question->name)) {
        note_answer(fetch, question->name, question->type, &no_such_name);
        return;
    }
    if (fetch->asked == fetch->questions_max) {
        refuse(fetch, question);
        return;
    }
    fetch->asked++;
    const struct bs_dns_answer *answer = bs_resolver_recall(fetch->resolver, question->name, question->type);
    if (answer)
        note_answer(fetch, question->name, question->type, answer);
    else
        inquire(fetch, question);
}

bool bs_fetch_add(struct bs_fetch *fetch, const struct bs_questions *questions)
{
    fetch->adding = true;
    for (size_t i = 0; i < questions->count && !fetch->failed; i++) {
        if (!is_answered(fetch, &questions->items[i]) && !is_waiting(fetch, &questions->items[i]))
            ask(fetch, &questions->items[i]);
    }
    fetch->adding = false;
    return fetch->outstanding > 0;
}
