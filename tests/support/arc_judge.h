/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Judges the ARC chain of a message in memory, with a table of key records, beside its DKIM signatures as the
 * daemon does: the body goes by once. For unit tests and fuzz targets.
 */
#ifndef BS_TESTS_ARC_JUDGE_H
#define BS_TESTS_ARC_JUDGE_H

#include "auth/arc.h"
#include "auth/dkim_sign.h"
#include "dkim_judge.h"

struct arc_judged {
    struct bs_arena arena;
    struct bs_header header;
    struct bs_dkim_message dkim;
    struct bs_arc_chain chain;
    struct bs_answers known;
    struct bs_questions prefetched, missing;
    struct bs_arc_result result;
    size_t place; /* of the hash that a seal needs */
    enum bs_step step;
    size_t rounds;
};

static inline void arc_run(struct arc_judged *judged, int64_t now, const struct dkim_zone *zone)
{
    struct bs_arc_facts facts = {&judged->chain, now, true};
    do {
        judged->step = bs_arc_check(&facts, &judged->known, &judged->arena, &judged->result, &judged->missing);
        for (size_t i = 0; judged->step == BS_ASK && i < judged->missing.count; i++)
            dkim_answer(&judged->known, &judged->missing.items[i], zone);
        judged->rounds++;
    } while (judged->step == BS_ASK && judged->rounds < 8);
}

/* Feeds the message in pieces of so many bytes, and judges it until there are no more questions. */
static inline void arc_judge(struct arc_judged *judged, struct bs_bytes text, size_t piece, int64_t now,
                             const struct dkim_zone *zone)
{
    memset(judged, 0, sizeof *judged);
    bs_arena_init(&judged->arena, 32 << 20);
    bs_header_init(&judged->header, &judged->arena);
    bs_answers_init(&judged->known, &judged->arena);
    while (text.len > 0 && !judged->header.ended)
        text = bs_bytes_skip(text, bs_header_push(&judged->header, bs_bytes_first(text, piece)));
    bs_header_finish(&judged->header);
    if (!bs_dkim_begin(&judged->dkim, &judged->header, false, &judged->arena) ||
        !bs_arc_begin(&judged->chain, &judged->header, &judged->dkim.body, false, &judged->arena))
        abort();
    judged->place = bs_dkim_sign_body(&judged->dkim.body);
    struct bs_arc_facts facts = {&judged->chain, now, false};
    bs_arc_ask(&facts, &judged->known, &judged->prefetched);
    for (; text.len > 0; text = bs_bytes_skip(text, piece < text.len ? piece : text.len))
        bs_dkim_body(&judged->dkim, bs_bytes_first(text, piece));
    bs_dkim_end(&judged->dkim);
    arc_run(judged, now, zone);
}

static inline void arc_judged_free(struct arc_judged *judged)
{
    bs_dkim_free(&judged->dkim);
    bs_arena_reset(&judged->arena);
}

#endif
