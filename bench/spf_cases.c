/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of SPF cases, and the clock; see spf_cases.h. */
#include "spf_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

enum { BATCH = 200, SECONDS = 2, FILE_MAX = 1 << 20 };

void bench_spf_fail(const struct bench_spf_cases *cases, const char *what)
{
    fprintf(stderr, "%s: %s\n", cases->program, what);
    exit(EX_DATAERR);
}

static struct bs_bytes read_file(struct bench_spf_cases *cases, const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = bs_arena_take(&cases->arena, FILE_MAX);
    if (!file || !text)
        bench_spf_fail(cases, path);
    size_t length = fread(text, 1, FILE_MAX, file);
    fclose(file);
    return bs_bytes(text, length);
}

static struct bs_bytes take_until(struct bs_bytes *io_text, char end)
{
    struct bs_bytes part = bs_bytes_first(*io_text, bs_bytes_find(*io_text, end));
    *io_text = bs_bytes_skip(*io_text, part.len < io_text->len ? part.len + 1 : part.len);
    return part;
}

static void read_questions(struct bench_spf_cases *cases, struct bs_bytes text, const struct bs_canned *zone)
{
    while (text.len > 0) {
        struct bs_bytes line = take_until(&text, '\n');
        if (cases->count == BENCH_SPF_CASES_MAX)
            bench_spf_fail(cases, "too many questions");
        struct bench_spf_case *added = &cases->items[cases->count++];
        *added = (struct bench_spf_case){.zone = zone, .nanoseconds = 1e12};
        added->ip = take_until(&line, '\t');
        added->helo = take_until(&line, '\t');
        added->local = take_until(&line, '\t');
        added->domain = take_until(&line, '\t');
    }
}

void bench_spf_read(const char *program, int argc, char **argv, struct bench_spf_cases *ret_cases)
{
    struct bs_error error;
    *ret_cases = (struct bench_spf_cases){.program = program};
    bs_arena_init(&ret_cases->arena, (size_t)1 << 30);
    if (argc < 3 || argc % 2 == 0)
        bench_spf_fail(ret_cases, "usage: ZONE QUESTIONS [ZONE QUESTIONS]...");
    for (int i = 1; i < argc; i += 2) {
        struct bs_canned *zone = bs_arena_take(&ret_cases->arena, sizeof *zone);
        if (!zone)
            bench_spf_fail(ret_cases, "out of memory");
        if (!bs_canned_parse(read_file(ret_cases, argv[i]), argv[i], &ret_cases->arena, zone, &error))
            bench_spf_fail(ret_cases, error.text);
        read_questions(ret_cases, read_file(ret_cases, argv[i + 1]), zone);
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void run_batch(struct bench_spf_case *measured, size_t number, void (*check)(void *context, size_t number),
                      void *context)
{
    double begin = now();
    for (int i = 0; i < BATCH; i++)
        check(context, number);
    double each = (now() - begin) / BATCH;
    if (each < measured->nanoseconds)
        measured->nanoseconds = each;
}

static int slower_first(const void *a, const void *b)
{
    const struct bench_spf_case *left = a, *right = b;
    return (left->nanoseconds < right->nanoseconds) - (left->nanoseconds > right->nanoseconds);
}

static void report(struct bench_spf_cases *cases)
{
    double sum = 0;
    for (size_t i = 0; i < cases->count; i++)
        sum += cases->items[i].nanoseconds;
    printf("%zu checks, %.0f ns each on average; the slowest:\n", cases->count, sum / (double)cases->count);
    qsort(cases->items, cases->count, sizeof *cases->items, slower_first);
    for (size_t i = 0; i < cases->count && i < 3; i++)
        printf("  %.0f ns for %.*s\n", cases->items[i].nanoseconds, BS_BYTES_ARG(cases->items[i].domain));
}

void bench_spf_measure(struct bench_spf_cases *cases, void (*check)(void *context, size_t number), void *context)
{
    double end = now() + SECONDS * 1e9;
    do {
        for (size_t i = 0; i < cases->count; i++)
            run_batch(&cases->items[i], i, check, context);
    } while (now() < end);
    report(cases);
    bs_arena_reset(&cases->arena);
}
