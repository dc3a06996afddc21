/* SPDX-License-Identifier: BSD-2-Clause */
/* One verdict out of those on each domain of a From field; see dmarc_authors.h. */
#include "auth/dmarc_authors.h"

/* How much a result weighs beside the others of one From: all have to pass for the whole to pass. */
static int weight(const struct bs_dmarc_verdict *verdict)
{
    static const int results[] = {
        [BS_DMARC_RESULT_PASS] = 0,      [BS_DMARC_RESULT_NONE] = 1, [BS_DMARC_RESULT_PERMERROR] = 2,
        [BS_DMARC_RESULT_TEMPERROR] = 3, [BS_DMARC_RESULT_FAIL] = 4,
    };
    return (int)verdict->disposition * 10 + results[verdict->result];
}

static void mark_ambiguous(struct bs_dmarc_verdict *verdict)
{
    if (verdict->result == BS_DMARC_RESULT_NONE)
        verdict->result = BS_DMARC_RESULT_PERMERROR;
    verdict->reason = "From can be read in more than one way";
}

enum bs_step bs_dmarc_check_authors(const struct bs_dmarc_authors *authors, const struct bs_dmarc_facts *facts,
                                    const struct bs_answers *known, struct bs_arena *arena,
                                    struct bs_dmarc_verdict *ret_verdict, struct bs_bytes *ret_author,
                                    struct bs_questions *ret_missing)
{
    struct bs_dmarc_facts one = authors->ambiguous ? (struct bs_dmarc_facts){0} : *facts;
    enum bs_step whole = BS_DONE;
    *ret_author = (struct bs_bytes){NULL, 0};
    *ret_verdict = (struct bs_dmarc_verdict){.result = BS_DMARC_RESULT_PERMERROR, .disposition = BS_DMARC_NONE,
                                             .reason = "From names no domain"};
    for (size_t i = 0; i < authors->count; i++) {
        struct bs_dmarc_verdict verdict;
        one.author = authors->domains[i];
        enum bs_step step = bs_dmarc_check(&one, known, arena, &verdict, ret_missing);
        if (step == BS_ERROR)
            return BS_ERROR;
        if (step == BS_ASK) {
            whole = BS_ASK;
            continue;
        }
        if (authors->ambiguous)
            mark_ambiguous(&verdict);
        if (ret_author->len == 0 || weight(&verdict) > weight(ret_verdict)) {
            *ret_verdict = verdict;
            *ret_author = one.author;
        }
    }
    return whole;
}
