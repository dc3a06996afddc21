/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Judges cases by the thousand, for the tests that compare our judgements with those of others: a command a line on
 * standard input, an answer a line on standard output. Words are set apart by tabs.
 *
 *     zone   RECORDS                            what DNS answers from here on, as --dns has it; \x1e ends each line
 *     spf    IP HELO LOCAL DOMAIN               RESULT REASON EXPLANATION
 *     dkim   NOW PIECE HEX                      CODE REASON for each signature of the message, fed in pieces
 *     dmarc  NAME…                              a verdict for each author, SPF and DKIM domain among the names, see
 *                                               judge_all_dmarc
 *
 * It trusts its input: whatever it cannot read ends it.
 */
#include "ask/canned.h"
#include "auth/dkim.h"
#include "auth/dmarc.h"
#include "auth/spf.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    WORDS_MAX = 24,
    ROUNDS_MAX = 64,
    ZONE_MEMORY_MAX = 64 << 20,
    RUN_MEMORY_MAX = 64 << 20,
};

struct world {
    struct bs_arena zone_memory;
    struct bs_arena answer_memory;
    struct bs_arena run;
    struct bs_canned zone;
    struct bs_answers known;
};

static void fail(const char *what)
{
    fprintf(stderr, "judge: %s\n", what);
    exit(2);
}

/* --- DNS ------------------------------------------------------------------------------------------------------ */

static void load_zone(struct world *world, char *text)
{
    struct bs_error error;
    for (char *end = text; (end = strchr(end, '\x1e')); end++)
        *end = '\n';
    bs_arena_reset(&world->zone_memory);
    bs_arena_reset(&world->answer_memory);
    bs_answers_init(&world->known, &world->answer_memory);
    if (!bs_canned_parse(bs_bytes_from_cstr(text), "zone", &world->zone_memory, &world->zone, &error))
        fail(error.text);
    puts("ok");
}

static void answer_all(struct world *world, const struct bs_questions *missing)
{
    for (size_t i = 0; i < missing->count; i++) {
        const struct bs_question *question = &missing->items[i];
        struct bs_dns_answer answer = bs_canned_answer(&world->zone, question->name, question->type);
        if (!bs_answers_add(&world->known, question->name, question->type, &answer))
            fail("too many answers");
    }
}

/* Whether the judgement is to be run again. */
static bool ask_again(struct world *world, enum bs_step step, const struct bs_questions *missing, size_t *io_rounds)
{
    if (step == BS_ERROR || (step == BS_ASK && (missing->count == 0 || ++*io_rounds > ROUNDS_MAX)))
        fail("a judgement came to no end");
    if (step == BS_ASK)
        answer_all(world, missing);
    return step == BS_ASK;
}

/* --- SPF ------------------------------------------------------------------------------------------------------ */

static void judge_spf(struct world *world, char *const words[WORDS_MAX])
{
    struct bs_spf_result result;
    struct bs_questions missing;
    struct bs_spf_facts facts = {
        .helo = bs_bytes_from_cstr(words[2]),
        .local = bs_bytes_from_cstr(words[3]),
        .domain = bs_bytes_from_cstr(words[4]),
        .want_explanation = true,
    };
    size_t rounds = 0;
    enum bs_step step;
    if (!words[4] || !bs_ip_parse(bs_bytes_from_cstr(words[1]), &facts.ip))
        fail("spf: IP HELO LOCAL DOMAIN");
    do {
        bs_arena_reset(&world->run);
        step = bs_spf_check(&facts, &world->known, &world->run, &result, &missing);
    } while (ask_again(world, step, &missing, &rounds));
    struct bs_bytes explanation = result.explanation;
    printf("%s\t%.*s %s\t%.*s\n", bs_spf_status_name(result.status), BS_BYTES_ARG(result.mechanism),
           result.problem ? result.problem : "", BS_BYTES_ARG(explanation));
}

/* --- DKIM ----------------------------------------------------------------------------------------------------- */

static size_t decode_hex(char *text)
{
    size_t length = strlen(text) / 2;
    for (size_t i = 0; i < length; i++) {
        char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};
        text[i] = (char)strtoul(pair, NULL, 16);
    }
    return length;
}

static void print_dkim(const struct bs_dkim_results *results)
{
    for (size_t i = 0; i < results->count; i++)
        printf("%s%s\t%s", i > 0 ? "\t" : "", bs_dkim_code_name(results->items[i].code), results->items[i].reason);
    putchar('\n');
}

static void judge_dkim(struct world *world, char *const words[WORDS_MAX])
{
    struct bs_header header;
    struct bs_dkim_message message;
    struct bs_dkim_results results;
    struct bs_questions missing;
    size_t rounds = 0;
    if (!words[3])
        fail("dkim: NOW PIECE HEX");
    size_t piece = strtoul(words[2], NULL, 10);
    struct bs_bytes text = bs_bytes(words[3], decode_hex(words[3]));
    bs_arena_reset(&world->run);
    bs_header_init(&header, &world->run);
    while (text.len > 0 && !header.ended)
        text = bs_bytes_skip(text, bs_header_push(&header, bs_bytes_first(text, piece)));
    bs_header_finish(&header);
    if (!bs_dkim_begin(&message, &header, false, &world->run))
        fail("dkim: no memory");
    for (; text.len > 0; text = bs_bytes_skip(text, piece < text.len ? piece : text.len))
        bs_dkim_body(&message, bs_bytes_first(text, piece));
    bs_dkim_end(&message);
    struct bs_dkim_facts facts = {&message, strtoll(words[1], NULL, 10), false};
    while (ask_again(world, bs_dkim_check(&facts, &world->known, &world->run, &results, &missing), &missing, &rounds))
        ;
    print_dkim(&results);
    bs_dkim_free(&message);
}

/* --- DMARC ---------------------------------------------------------------------------------------------------- */

static int place_of(struct bs_bytes name, char *const *names, int count)
{
    for (int i = 0; i < count; i++) {
        if (bs_bytes_equal_nocase(name, bs_bytes_from_cstr(names[i])))
            return i;
    }
    return -1;
}

static struct bs_dmarc_verdict judge_dmarc(struct world *world, const struct bs_dmarc_facts *facts)
{
    struct bs_dmarc_verdict verdict;
    enum bs_step step;
    size_t rounds = 0;
    do {
        struct bs_questions missing = {.count = 0};
        bs_arena_reset(&world->run);
        step = bs_dmarc_check(facts, &world->known, &world->run, &verdict, &missing);
        if (!ask_again(world, step, &missing, &rounds))
            return verdict;
    } while (true);
}

/*
 * Every author among the names; for each no SPF domain and every one among the names, and the same of DKIM, all of them
 * having passed. A verdict is result, disposition, the places of policy domain and organization among the names (-1:
 * none of them), and whether SPF and DKIM are aligned, with commas between.
 */
static void judge_all_dmarc(struct world *world, char *const *names)
{
    int count = 0;
    while (names[count])
        count++;
    for (int author = 0; author < count; author++) {
        for (int pair = 0; pair < (count + 1) * (count + 1); pair++) {
            int spf = pair / (count + 1), dkim = pair % (count + 1);
            struct bs_dmarc_identifier signer = {bs_bytes_from_cstr(dkim ? names[dkim - 1] : ""), BS_DMARC_PASSED};
            struct bs_dmarc_facts facts = {
                .author = bs_bytes_from_cstr(names[author]),
                .spf = {bs_bytes_from_cstr(spf ? names[spf - 1] : ""), BS_DMARC_PASSED},
                .dkim = &signer,
                .dkim_count = dkim > 0,
            };
            struct bs_dmarc_verdict verdict = judge_dmarc(world, &facts);
            printf("%s,%s,%d,%d,%d,%d ", bs_dmarc_result_name(verdict.result),
                   bs_dmarc_policy_name(verdict.disposition), place_of(verdict.policy_domain, names, count),
                   place_of(verdict.organization, names, count), verdict.spf_aligned, verdict.dkim_aligned);
        }
    }
    putchar('\n');
}

/* --- Commands ------------------------------------------------------------------------------------------------- */

static void obey(struct world *world, char *line)
{
    char *words[WORDS_MAX] = {line};
    for (size_t i = 1; i < WORDS_MAX - 1 && (line = strchr(line, '\t')); i++) {
        *line++ = '\0';
        words[i] = line;
    }
    if (strcmp(words[0], "zone") == 0 && words[1])
        load_zone(world, words[1]);
    else if (strcmp(words[0], "spf") == 0)
        judge_spf(world, words);
    else if (strcmp(words[0], "dkim") == 0)
        judge_dkim(world, words);
    else if (strcmp(words[0], "dmarc") == 0)
        judge_all_dmarc(world, words + 1);
    else
        fail("no such command");
}

int main(void)
{
    struct world world = {.known = {.arena = NULL}};
    char *line = NULL;
    size_t capacity = 0;
    bs_arena_init(&world.zone_memory, ZONE_MEMORY_MAX);
    bs_arena_init(&world.answer_memory, ZONE_MEMORY_MAX);
    bs_arena_init(&world.run, RUN_MEMORY_MAX);
    for (ssize_t length; (length = getline(&line, &capacity, stdin)) > 0; fflush(stdout)) {
        line[line[length - 1] == '\n' ? length - 1 : length] = '\0';
        obey(&world, line);
    }
    free(line);
    bs_arena_reset(&world.run);
    bs_arena_reset(&world.answer_memory);
    bs_arena_reset(&world.zone_memory);
    return 0;
}
