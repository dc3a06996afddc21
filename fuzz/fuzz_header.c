/* SPDX-License-Identifier: BSD-2-Clause */
/* The header reader: the same fields whatever the pieces, and each field's name and body are parts of it. */
#include "fuzz.h"

#include "message/header.h"

struct reading {
    struct bs_arena arena;
    struct bs_header header;
};

static void begin(void *state)
{
    struct reading *reading = state;
    bs_header_finish(&reading->header);
    bs_arena_reset(&reading->arena);
    bs_header_init(&reading->header, &reading->arena);
}

static void log_header(const struct bs_header *header, size_t body, struct bs_strbuf *log)
{
    size_t size = 0;
    for (size_t i = 0; i < header->count; i++) {
        const struct bs_header_field *field = &header->fields[i];
        size += field->raw.len + 2;
        bs_strbuf_printf(log, "%zu %zu %zu %x %x\n", field->raw.len, field->name.len, field->body.len, field->flags,
                         field->name_hash);
        bs_strbuf_append(log, field->raw);
        if (!(field->flags & BS_FIELD_NO_COLON) &&
            (field->name.ptr != field->raw.ptr || field->body.ptr + field->body.len != field->raw.ptr + field->raw.len))
            abort();
    }
    if (size != header->size || header->failed)
        abort();
    bs_strbuf_printf(log, "%x, %zu bytes of body\n", header->flags, body);
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    struct reading *reading = state;
    size_t taken = bs_header_push(&reading->header, input);
    if (last) {
        bs_header_finish(&reading->header);
        log_header(&reading->header, input.len - taken, log);
    }
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading reading = {0};
    struct feed feed = {begin, take, &reading};
    bs_arena_init(&reading.arena, 8 << 20);
    int result = fuzz_every_way(&feed, data, size);
    bs_header_finish(&reading.header);
    bs_arena_reset(&reading.arena);
    return result;
}
