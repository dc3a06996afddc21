/* SPDX-License-Identifier: BSD-2-Clause */
/* Canned answers for a session; see answers.h. */
#include "answers.h"

#include <stdlib.h>

enum { WAITING_MAX = 256 };

struct inquiry {
    struct answerer *answerer;
    struct bs_answers *answers;
    struct bs_question waiting[WAITING_MAX];
    char names[WAITING_MAX][BS_DNS_NAME_MAX + 1];
    size_t count;
};

static void answer(struct inquiry *inquiry, const struct bs_question *question)
{
    struct bs_dns_answer answer = bs_canned_answer(&inquiry->answerer->canned, question->name, question->type);
    bs_answers_add(inquiry->answers, question->name, question->type, &answer);
}

static bool waits_already(const struct inquiry *inquiry, const struct bs_question *question)
{
    for (size_t i = 0; i < inquiry->count; i++) {
        if (inquiry->waiting[i].type == question->type &&
            bs_bytes_equal_nocase(inquiry->waiting[i].name, question->name))
            return true;
    }
    return false;
}

static void keep(struct inquiry *inquiry, const struct bs_question *question)
{
    if (waits_already(inquiry, question) || inquiry->count == WAITING_MAX)
        return;
    memcpy(inquiry->names[inquiry->count], question->name.ptr, question->name.len);
    inquiry->waiting[inquiry->count] =
        (struct bs_question){question->type, bs_bytes(inquiry->names[inquiry->count], question->name.len)};
    inquiry->count++;
}

static void *begin(void *context, struct bs_answers *answers)
{
    struct inquiry *inquiry = calloc(1, sizeof *inquiry);
    inquiry->answerer = context;
    inquiry->answers = answers;
    inquiry->answerer->open = inquiry;
    return inquiry;
}

static bool ask(void *context, const struct bs_questions *questions)
{
    struct inquiry *inquiry = context;
    bool at_once = inquiry->answerer->when == ANSWERS_AT_ONCE;
    for (size_t i = 0; i < questions->count; i++)
        (at_once ? answer : keep)(inquiry, &questions->items[i]);
    return inquiry->count > 0;
}

static void end(void *context)
{
    struct inquiry *inquiry = context;
    inquiry->answerer->open = NULL;
    free(inquiry);
}

const struct bs_asker answers_asker = {begin, ask, end};

bool answers_read(struct answerer *answerer, struct bs_bytes zone, const char *file, struct bs_error *ret_error)
{
    bs_arena_init(&answerer->arena, BS_CANNED_MEMORY_MAX);
    return bs_canned_parse(zone, file, &answerer->arena, &answerer->canned, ret_error);
}

void answers_free(struct answerer *answerer)
{
    bs_arena_reset(&answerer->arena);
}

bool answers_deliver(struct answerer *answerer)
{
    struct inquiry *inquiry = answerer->open;
    if (!inquiry || inquiry->count == 0 || answerer->when == ANSWERS_NEVER)
        return false;
    for (size_t i = 0; i < inquiry->count; i++)
        answer(inquiry, &inquiry->waiting[i]);
    inquiry->count = 0;
    return true;
}
