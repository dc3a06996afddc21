/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of a message: the same whatever the pieces, a tree, and text that is UTF-8 and within its limits. */
#include "fuzz.h"

#include "base/utf8.h"
#include "message/parts.h"

struct reading {
    struct bs_arena arena;
    struct bs_parts parts;
};

static void begin(void *state)
{
    struct reading *reading = state;
    bs_parts_finish(&reading->parts);
    bs_arena_reset(&reading->arena);
    bs_parts_init(&reading->parts, &reading->arena);
}

static void log_header(const struct bs_header *header, struct bs_strbuf *log)
{
    for (size_t i = 0; i < header->count; i++) {
        bs_strbuf_append(log, header->fields[i].raw);
        bs_strbuf_append_char(log, '\n');
    }
    bs_strbuf_printf(log, "%zu %x\n", header->count, header->flags);
}

static void log_part(const struct bs_parts *parts, size_t place, struct bs_strbuf *log)
{
    struct bs_part *part = &parts->items[place];
    bs_part_text(part);
    if (part->parent > place || part->depth > BS_PARTS_DEPTH_MAX || (part->depth == 0) != (place == 0))
        abort();
    if (place > 0 && part->depth != parts->items[part->parent].depth + 1)
        abort();
    if (part->text.len > BS_PARTS_REPORT_MAX || !bs_utf8_is_valid(part->text) || !bs_utf8_is_valid(part->name))
        abort();
    if ((part->media == BS_MEDIA_MESSAGE || part->media == BS_MEDIA_HEADERS) != (part->header != NULL))
        abort();
    bs_strbuf_printf(log, "%u %u %zu %d %d\n", (unsigned)part->media, part->depth, part->parent, part->returned, part->cut);
    const struct bs_bytes texts[] = {part->type, part->report, part->name, part->text};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bs_strbuf_append(log, texts[i]);
        bs_strbuf_append_char(log, '\n');
    }
    if (part->header)
        log_header(part->header, log);
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    struct reading *reading = state;
    struct bs_parts *parts = &reading->parts;
    bs_parts_push(parts, input);
    if (!last)
        return input.len;
    bs_parts_finish(parts);
    if (parts->failed || parts->count == 0)
        abort();
    log_header(&parts->header, log);
    for (size_t i = 0; i < parts->count; i++)
        log_part(parts, i, log);
    bs_strbuf_printf(log, "%zu %s\n", (size_t)parts->size, parts->limit ? parts->limit : "");
    struct bs_bytes subject = bs_header_text(&parts->header, "Subject", &reading->arena);
    if (!bs_utf8_is_valid(subject))
        abort();
    bs_strbuf_append(log, subject);
    return input.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading reading = {.parts = {.count = 0}};
    struct feed feed = {begin, take, &reading};
    bs_arena_init(&reading.arena, BS_PARTS_MEMORY);
    int result = fuzz_every_way(&feed, data, size);
    bs_parts_finish(&reading.parts);
    bs_arena_reset(&reading.arena);
    return result;
}
