/* SPDX-License-Identifier: BSD-2-Clause */
/* Judges the DKIM signatures of a message in memory, with a table of key records. For unit tests and fuzz targets. */
#ifndef BS_TESTS_DKIM_JUDGE_H
#define BS_TESTS_DKIM_JUDGE_H

#include "auth/dkim.h"

#include <stdlib.h>

enum { DKIM_ZONE_TEXTS = 6 };

/* What DNS answers for a name: a status, and its records. A table ends with a name that is NULL. */
struct dkim_zone {
    const char *name;
    enum bs_dns_status status;
    const char *texts[DKIM_ZONE_TEXTS];
};

struct dkim_judged {
    struct bs_arena arena;
    struct bs_header header;
    struct bs_dkim_message message;
    struct bs_answers known;
    struct bs_questions missing;
    struct bs_dkim_results results;
    enum bs_step step;
    size_t rounds;
};

static inline void dkim_answer(struct bs_answers *known, const struct bs_question *question,
                               const struct dkim_zone *zone)
{
    struct bs_dns_record records[DKIM_ZONE_TEXTS] = {{0}};
    struct bs_dns_answer answer = {.status = BS_DNS_NXDOMAIN, .records = records};
    while (zone->name && !bs_bytes_equal_nocase(question->name, bs_bytes_from_cstr(zone->name)))
        zone++;
    if (zone->name)
        answer.status = zone->status;
    for (size_t i = 0; zone->name && i < DKIM_ZONE_TEXTS && zone->texts[i]; i++)
        records[answer.count++].data = bs_bytes_from_cstr(zone->texts[i]);
    if (!bs_answers_add(known, question->name, question->type, &answer))
        abort();
}

/* Feeds the message in pieces of so many bytes, and judges it until there are no more questions. */
static inline void dkim_judge(struct dkim_judged *judged, struct bs_bytes text, size_t piece, bool allow_legacy,
                              int64_t now, const struct dkim_zone *zone)
{
    memset(judged, 0, sizeof *judged);
    bs_arena_init(&judged->arena, 32 << 20);
    bs_header_init(&judged->header, &judged->arena);
    bs_answers_init(&judged->known, &judged->arena);
    while (text.len > 0 && !judged->header.ended)
        text = bs_bytes_skip(text, bs_header_push(&judged->header, bs_bytes_first(text, piece)));
    bs_header_finish(&judged->header);
    if (!bs_dkim_begin(&judged->message, &judged->header, allow_legacy, &judged->arena))
        abort();
    for (; text.len > 0; text = bs_bytes_skip(text, piece < text.len ? piece : text.len))
        bs_dkim_body(&judged->message, bs_bytes_first(text, piece));
    bs_dkim_end(&judged->message);
    struct bs_dkim_facts facts = {&judged->message, now, true};
    do {
        judged->step = bs_dkim_check(&facts, &judged->known, &judged->arena, &judged->results, &judged->missing);
        for (size_t i = 0; judged->step == BS_ASK && i < judged->missing.count; i++)
            dkim_answer(&judged->known, &judged->missing.items[i], zone);
        judged->rounds++;
    } while (judged->step == BS_ASK && judged->rounds < 8);
}

static inline void dkim_judged_free(struct dkim_judged *judged)
{
    bs_dkim_free(&judged->message);
    bs_arena_reset(&judged->arena);
}

#endif
