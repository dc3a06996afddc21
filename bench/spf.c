/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an SPF check costs when every answer is there already: `bench-spf ZONE QUESTIONS [ZONE QUESTIONS]...`, with files
 * as spf_cases.h has them. The explanation of a fail is wanted, too.
 */
#include "auth/spf.h"
#include "spf_cases.h"

#include <stdio.h>

struct question {
    struct bs_spf_facts facts;
    struct bs_answers known;
};

struct bench {
    struct bench_spf_cases cases;
    struct bs_arena run;
    struct question questions[BENCH_SPF_CASES_MAX];
};

static enum bs_step judge(struct bench *bench, size_t number, struct bs_questions *ret_missing)
{
    struct bs_spf_result result;
    bs_arena_reset(&bench->run);
    return bs_spf_check(&bench->questions[number].facts, &bench->questions[number].known, &bench->run, &result,
                        ret_missing);
}

static void read_facts(struct bench *bench, size_t number)
{
    const struct bench_spf_case *source = &bench->cases.items[number];
    struct bs_spf_facts *facts = &bench->questions[number].facts;
    if (!bs_ip_parse(source->ip, &facts->ip))
        bench_spf_fail(&bench->cases, "a line begins with no address");
    facts->helo = source->helo;
    facts->local = source->local;
    facts->domain = source->domain;
    facts->receiver = BS_LITERAL("mx.receiver.example");
    facts->want_explanation = true;
}

/* Fetches every answer that the check wants. */
static void warm(struct bench *bench, size_t number)
{
    struct bs_questions missing;
    struct bs_answers *known = &bench->questions[number].known;
    bs_answers_init(known, &bench->cases.arena);
    while (judge(bench, number, &missing) == BS_ASK) {
        for (size_t i = 0; i < missing.count; i++) {
            const struct bs_question *asked = &missing.items[i];
            struct bs_dns_answer answer = bs_canned_answer(bench->cases.items[number].zone, asked->name, asked->type);
            if (!bs_answers_add(known, asked->name, asked->type, &answer))
                bench_spf_fail(&bench->cases, "out of memory");
        }
    }
}

static void check(void *context, size_t number)
{
    struct bs_questions missing;
    judge(context, number, &missing);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    bench_spf_read("bench-spf", argc, argv, &bench.cases);
    bs_arena_init(&bench.run, BS_SPF_MEMORY_MAX);
    for (size_t i = 0; i < bench.cases.count; i++) {
        read_facts(&bench, i);
        warm(&bench, i);
    }
    bench_spf_measure(&bench.cases, check, &bench);
    bs_arena_reset(&bench.run);
    return 0;
}
