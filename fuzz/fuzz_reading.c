/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readings of automatic messages: the same whatever the pieces that a message comes in, a kind that has a sign, and views that lie in
 * memory that can be read. The rules are those of the library.
 */
#include "fuzz.h"

#include "bounce/reading.h"

struct reading {
    struct bs_rules *rules;
    struct bs_rules_scan *scan;
    struct bs_arena arena;
    struct bs_parts parts;
    bool begun;
};

static void begin(void *state)
{
    struct reading *reading = state;
    if (reading->begun)
        bs_parts_finish(&reading->parts);
    bs_arena_reset(&reading->arena);
    bs_parts_init(&reading->parts, &reading->arena);
    reading->begun = true;
}

static void log_text(struct bs_bytes text, struct bs_strbuf *log)
{
    bs_strbuf_append(log, text);
    bs_strbuf_append_char(log, '\n');
}

static void log_reading(const struct bs_reading *made, struct bs_strbuf *log)
{
    if ((made->kind == BS_KIND_NONE) != (made->sign == NULL) || made->recipient_count > BS_REPORTED_RECIPIENTS_MAX ||
        made->reference_count > BS_REFERENCES_MAX)
        abort();
    bs_strbuf_printf(log, "%s %s %s\n", bs_kind_name(made->kind), made->sign ? made->sign : "", made->limit ? made->limit : "");
    for (size_t i = 0; i < made->recipient_count; i++) {
        const struct bs_reported_recipient *one = &made->recipients[i];
        log_text(one->address, log);
        log_text(one->original, log);
        log_text(one->status, log);
        log_text(one->diagnostic, log);
        bs_strbuf_printf(log, "%s %u %s\n", bs_kind_name(one->kind), one->reply_code, bs_failure_name(one->failure));
    }
    for (size_t i = 0; i < made->reference_count; i++)
        log_text(made->references[i], log);
    for (size_t i = 0; made->returned.header && i < made->returned.header->count; i++)
        log_text(made->returned.header->fields[i].raw, log);
    log_text(made->reporting_mta, log);
    log_text(made->envelope_id, log);
    log_text(made->feedback_type, log);
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    struct reading *reading = state;
    struct bs_reading made;
    bs_parts_push(&reading->parts, input);
    if (!last)
        return input.len;
    bs_parts_finish(&reading->parts);
    reading->begun = false;
    if (bs_reading_make(&reading->parts, reading->scan, &reading->arena, &made))
        log_reading(&made, log);
    return input.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reading reading;
    static const struct feed feed = {begin, take, &reading};
    struct bs_error error;
    if (!reading.rules) {
        reading.rules = bs_rules_new(&error);
        reading.scan = reading.rules ? bs_rules_scan_new(reading.rules) : NULL;
        bs_arena_init(&reading.arena, BS_PARTS_MEMORY);
    }
    if (!reading.scan)
        abort();
    return fuzz_every_way(&feed, data, size);
}
