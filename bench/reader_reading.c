/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and classifying by src/bounce, on what src/message makes of a message: all that backstop does to know what it is. */
#include "reader.h"

#include "bounce/reading.h"

#include <stdio.h>
#include <stdlib.h>

enum { MEMORY = 8 << 20 };

struct state {
    struct bs_rules_scan *scan;
    struct bs_arena arena;
};

static void *begin(void)
{
    static struct state state;
    struct bs_error error;
    struct bs_rules *rules = bs_rules_new(&error);
    state.scan = rules ? bs_rules_scan_new(rules) : NULL;
    bs_arena_init(&state.arena, MEMORY);
    if (state.scan)
        return &state;
    fprintf(stderr, "bench-reader: %s\n", rules ? "no memory" : error.text);
    exit(70);
}

static void read_message(void *context, struct bs_bytes message)
{
    struct state *state = context;
    struct bs_parts parts;
    struct bs_reading reading;
    bs_parts_init(&parts, &state->arena);
    bs_parts_push(&parts, message);
    bs_parts_finish(&parts);
    bs_reading_make(&parts, state->scan, &state->arena, &reading);
    bs_arena_clear(&state->arena);
}

const struct bench_way bench_way_reading = {"reading", begin, read_message};
