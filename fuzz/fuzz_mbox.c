/* SPDX-License-Identifier: BSD-2-Clause */
/* An mbox: the same messages whatever the pieces, one behind the other; and taking their quoting off makes nothing longer. */
#include "fuzz.h"

#include "message/mbox.h"

#include <inttypes.h>

struct reading {
    struct bs_mbox mbox;
    struct bs_mbox_unquote unquote;
    struct bs_strbuf plain;
    uint64_t given, last_end;
};

static void append(void *context, struct bs_bytes piece)
{
    bs_strbuf_append(context, piece);
}

static void begin(void *state)
{
    struct reading *reading = state;
    bs_strbuf_free(&reading->plain);
    *reading = (struct reading){.unquote = {.push = append, .context = &reading->plain}};
    bs_strbuf_init(&reading->plain, FEED_LOG_MAX);
    bs_mbox_init(&reading->mbox);
}

static void log_message(struct reading *reading, const struct bs_mbox_message *message, struct bs_strbuf *log)
{
    if (message->begin > message->end || message->begin < reading->last_end || message->end > reading->given)
        abort();
    reading->last_end = message->end;
    bs_strbuf_printf(log, "%" PRIu64 ": %" PRIu64 " to %" PRIu64 "\n", message->index, message->begin, message->end);
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    struct reading *reading = state;
    struct bs_bytes chunk = input;
    struct bs_mbox_message message;
    reading->given += input.len;
    bs_mbox_unquote(&reading->unquote, input);
    while (bs_mbox_next(&reading->mbox, &chunk, &message))
        log_message(reading, &message, log);
    if (!last)
        return input.len;
    bs_mbox_unquote_end(&reading->unquote);
    while (bs_mbox_end(&reading->mbox, &message))
        log_message(reading, &message, log);
    if (reading->plain.len > reading->given)
        abort();
    bs_strbuf_append(log, bs_strbuf_bytes(&reading->plain));
    return input.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading reading = {0};
    struct feed feed = {begin, take, &reading};
    int result = fuzz_every_way(&feed, data, size);
    bs_strbuf_free(&reading.plain);
    return result;
}
