/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks of fields: names and values lie in the text or are made of it; each value is decoded in every way. */
#include "fuzz.h"

#include "message/field_blocks.h"

static void begin(void *state)
{
    bs_arena_reset(state);
}

static void log_field(const struct bs_block_field *field, struct bs_arena *arena, struct bs_strbuf *log)
{
    struct bs_typed_value typed = bs_typed_value_split(field->value);
    const struct bs_bytes texts[] = {field->name, field->value, typed.type, bs_typed_value_address(&typed, arena),
                                     bs_xtext_decode(field->value, arena), bs_unitext_decode(field->value, arena)};
    if (field->name.len == 0 || typed.type.len + typed.value.len > field->value.len)
        abort();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bs_strbuf_append(log, texts[i]);
        bs_strbuf_append_char(log, '\n');
    }
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    struct bs_field_blocks blocks;
    if (!last)
        return 0;
    if (!bs_field_blocks_read(input, state, &blocks))
        abort();
    for (size_t i = 0; i < blocks.count; i++) {
        const struct bs_field_block *block = &blocks.items[i];
        if (block->count == 0 || bs_field_block_value(block, "x").ptr != bs_field_block_value(block, "X").ptr)
            abort();
        for (size_t j = 0; j < blocks.items[i].count; j++)
            log_field(&blocks.items[i].fields[j], state, log);
        bs_strbuf_append_cstr(log, "--\n");
    }
    bs_strbuf_append_cstr(log, blocks.limit ? blocks.limit : "");
    return input.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bs_arena arena;
    struct feed feed = {begin, take, &arena};
    bs_arena_init(&arena, 64 << 20);
    int result = fuzz_every_way(&feed, data, size);
    bs_arena_reset(&arena);
    return result;
}
