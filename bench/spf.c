/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an SPF check costs when every answer is there already: `bench-spf ZONE QUESTIONS [ZONE QUESTIONS]...`. ZONE is
 * a file of canned answers; QUESTIONS has a check a line, `IP HELO LOCAL DOMAIN`, parted by tabs. Those of the RFC 7208
 * suite are written by `tests/conformance/spf.py --write FOLDER`, numbered, so that the shell puts them in order:
 * `bench-spf FOLDER/[0-9]*`. Prints the mean time of a check over all lines, and the slowest lines. Each line is run in
 * batches for two seconds in all; the fastest batch counts.
 */
#include "ask/canned.h"
#include "auth/spf.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { QUESTIONS_MAX = 1000, SLOWEST = 3, BATCH = 200, SECONDS = 2, FILE_MAX = 1 << 20 };

struct question {
    struct bs_spf_facts facts;
    struct bs_answers known;
    enum bs_spf_status status;
    double nanoseconds; /* of the fastest batch, for one check */
};

struct bench {
    struct bs_arena arena;
    struct bs_arena run;
    struct question questions[QUESTIONS_MAX];
    size_t count;
};

static void fail(const char *what)
{
    fprintf(stderr, "bench-spf: %s\n", what);
    exit(EXIT_FAILURE);
}

static struct bs_bytes read_file(const char *path, struct bs_arena *arena)
{
    FILE *file = fopen(path, "re");
    char *text = bs_arena_take(arena, FILE_MAX);
    if (!file || !text)
        fail(path);
    size_t length = fread(text, 1, FILE_MAX, file);
    fclose(file);
    return bs_bytes(text, length);
}

static struct bs_bytes take_field(struct bs_bytes *io_line)
{
    struct bs_bytes field = bs_bytes_first(*io_line, bs_bytes_find(*io_line, '\t'));
    *io_line = bs_bytes_skip(*io_line, field.len < io_line->len ? field.len + 1 : field.len);
    return field;
}

static void read_question(struct bench *bench, struct bs_bytes line)
{
    if (bench->count == QUESTIONS_MAX)
        fail("too many questions");
    struct bs_spf_facts *facts = &bench->questions[bench->count++].facts;
    if (!bs_ip_parse(take_field(&line), &facts->ip))
        fail("a line begins with no address");
    facts->helo = take_field(&line);
    facts->local = take_field(&line);
    facts->domain = take_field(&line);
    facts->receiver = BS_LITERAL("mx.receiver.example");
    facts->want_explanation = true;
}

static enum bs_step check(struct bench *bench, struct question *question, struct bs_questions *missing)
{
    struct bs_spf_result result;
    bs_arena_reset(&bench->run);
    enum bs_step step = bs_spf_check(&question->facts, &question->known, &bench->run, &result, missing);
    question->status = result.status;
    return step;
}

/* Fetches every answer that the check wants. */
static void warm(struct bench *bench, struct question *question, const struct bs_canned *canned)
{
    struct bs_questions missing;
    bs_answers_init(&question->known, &bench->arena);
    while (check(bench, question, &missing) == BS_ASK) {
        for (size_t i = 0; i < missing.count; i++) {
            struct bs_dns_answer answer = bs_canned_answer(canned, missing.items[i].name, missing.items[i].type);
            if (!bs_answers_add(&question->known, missing.items[i].name, missing.items[i].type, &answer))
                fail("out of memory");
        }
    }
    question->nanoseconds = 1e12;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void measure(struct bench *bench, struct question *question)
{
    struct bs_questions missing;
    double begin = now();
    for (int i = 0; i < BATCH; i++)
        check(bench, question, &missing);
    double each = (now() - begin) / BATCH;
    if (each < question->nanoseconds)
        question->nanoseconds = each;
}

static int slower_first(const void *a, const void *b)
{
    const struct question *left = a, *right = b;
    return (left->nanoseconds < right->nanoseconds) - (left->nanoseconds > right->nanoseconds);
}

static void report(struct bench *bench)
{
    double sum = 0;
    for (size_t i = 0; i < bench->count; i++)
        sum += bench->questions[i].nanoseconds;
    printf("%zu checks, %.0f ns each on average\n", bench->count, sum / (double)bench->count);
    qsort(bench->questions, bench->count, sizeof *bench->questions, slower_first);
    for (size_t i = 0; i < bench->count && i < SLOWEST; i++) {
        const struct question *question = &bench->questions[i];
        printf("  %.0f ns: %s for %.*s\n", question->nanoseconds, bs_spf_status_name(question->status),
               BS_BYTES_ARG(question->facts.domain));
    }
}

/* Reads a zone and its questions, and answers them. */
static void load(struct bench *bench, const char *zone, const char *questions)
{
    struct bs_canned canned;
    struct bs_error error;
    size_t first = bench->count;
    if (!bs_canned_parse(read_file(zone, &bench->arena), zone, &bench->arena, &canned, &error))
        fail(error.text);
    struct bs_bytes text = read_file(questions, &bench->arena);
    while (text.len > 0) {
        struct bs_bytes line = bs_bytes_first(text, bs_bytes_find(text, '\n'));
        read_question(bench, line);
        text = bs_bytes_skip(text, line.len < text.len ? line.len + 1 : line.len);
    }
    for (size_t i = first; i < bench->count; i++)
        warm(bench, &bench->questions[i], &canned);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    if (argc < 3 || argc % 2 == 0)
        fail("usage: bench-spf ZONE QUESTIONS [ZONE QUESTIONS]...");
    bs_arena_init(&bench.arena, (size_t)1 << 30);
    bs_arena_init(&bench.run, BS_SPF_MEMORY_MAX);
    for (int i = 1; i < argc; i += 2)
        load(&bench, argv[i], argv[i + 1]);
    double end = now() + SECONDS * 1e9;
    do {
        for (size_t i = 0; i < bench.count; i++)
            measure(&bench, &bench.questions[i]);
    } while (now() < end);
    report(&bench);
    bs_arena_reset(&bench.run);
    bs_arena_reset(&bench.arena);
    return EXIT_SUCCESS;
}
