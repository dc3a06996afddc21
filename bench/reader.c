/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it costs to read messages, in processor time, in one process and on one core:
 *
 *     bench-reader [--rounds N] [--made COUNT] [FOLDER…] [--way NAME]…
 *
 * The messages are those of the folders, or made up (see reader_mail.h), and lie in memory. The ways of reading take
 * turns, a pass over all messages each; the table has the median of the rounds, with the least and the greatest.
 */
#include "reader.h"
#include "reader_mail.h"

#include "message/charset.h"
#include "message/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS_MAX = 101, WAYS_MAX = 8 };

static void *begin_parts(void)
{
    static struct bs_arena arena;
    bs_arena_init(&arena, BS_PARTS_MEMORY);
    return &arena;
}

static void read_parts(void *state, struct bs_bytes message)
{
    struct bs_parts parts;
    bs_parts_init(&parts, state);
    bs_parts_push(&parts, message);
    bs_parts_finish(&parts);
    bs_arena_clear(state); /* as backstop classify does */
}

const struct bench_way bench_way_parts = {"parts", begin_parts, read_parts};

static const struct bench_way *const ways[] = {
    &bench_way_parts,
    &bench_way_reading,
#ifdef BENCH_GMIME
    &bench_way_gmime,
#endif
};

struct measured {
    const struct bench_way *way;
    void *state;
    double seconds[ROUNDS_MAX];
};

struct options {
    size_t rounds;
    struct measured ways[WAYS_MAX];
    size_t way_count;
    struct bench_mail mail;
};

static void give_up(const char *what, const char *name)
{
    fprintf(stderr, "bench-reader: %s %s\n", what, name);
    exit(64);
}

static double processor_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void add_way(struct options *options, const char *name)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (strcmp(ways[i]->name, name) == 0 && options->way_count < WAYS_MAX) {
            options->ways[options->way_count++].way = ways[i];
            return;
        }
    }
    give_up("there is no way of reading called", name);
}

static void read_options(struct options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--rounds") == 0 && more)
            options->rounds = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--way") == 0 && more)
            add_way(options, argv[++i]);
        else if (strcmp(argv[i], "--made") == 0 && more)
            bench_mail_make(&options->mail, strtoul(argv[++i], NULL, 10));
        else if (!bench_mail_read(&options->mail, argv[i]))
            give_up("no messages in", argv[i]);
    }
    for (size_t i = 0; options->way_count == 0 && i < sizeof ways / sizeof *ways; i++)
        options->ways[i].way = ways[i];
    options->way_count = options->way_count ? options->way_count : sizeof ways / sizeof *ways;
    if (options->mail.count == 0 || options->rounds == 0 || options->rounds > ROUNDS_MAX)
        give_up("usage:", "[--rounds N] [--made COUNT] [FOLDER...] [--way NAME]...");
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void print(const struct options *options, struct measured *measured)
{
    qsort(measured->seconds, options->rounds, sizeof *measured->seconds, compare);
    double median = measured->seconds[options->rounds / 2], size = (double)options->mail.size / 1e6;
    printf("%-12s %9.2f us/message  %9.1f MB/s  (%.1f to %.1f)\n", measured->way->name,
           median * 1e6 / (double)options->mail.count, size / median, size / measured->seconds[options->rounds - 1],
           size / measured->seconds[0]);
}

int main(int argc, char **argv)
{
    static struct options options = {.rounds = 11};
    read_options(&options, argc, argv);
    bs_charset_keep_new(); /* for as long as the program runs, as backstopd has it */
    for (size_t i = 0; i < options.way_count; i++)
        options.ways[i].state = options.ways[i].way->begin();
    for (size_t round = 0; round < options.rounds; round++) {
        for (size_t i = 0; i < options.way_count; i++) {
            double before = processor_time();
            for (size_t j = 0; j < options.mail.count; j++)
                options.ways[i].way->read(options.ways[i].state, options.mail.items[j]);
            options.ways[i].seconds[round] = processor_time() - before;
        }
    }
    printf("%zu messages, %.1f kB on average\n", options.mail.count,
           (double)options.mail.size / 1e3 / (double)options.mail.count);
    for (size_t i = 0; i < options.way_count; i++)
        print(&options, &options.ways[i]);
    return 0;
}
