/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes from an MTA: every event's fields are read, and a stream gives the same events however it is cut. Every
 * second message is decided at its RCPT, as a filter's final reply does.
 */
#include "fuzz.h"

#include "../tests/support/milter_log.h"

struct session {
    struct bs_milter_decoder decoder;
    unsigned recipients;
};

static void begin(void *state)
{
    struct session *session = state;
    bs_milter_decoder_init(&session->decoder, 1 << 16);
    session->recipients = 0;
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    (void)last;
    struct session *session = state;
    struct bs_bytes rest = input;
    struct bs_milter_event event;
    struct bs_error error;
    enum bs_milter_progress progress;
    while ((progress = bs_milter_decode(&session->decoder, &rest, &event, &error)) == BS_MILTER_EVENT) {
        log_event(log, &event);
        if (event.command == BS_MILTER_RCPT && ++session->recipients % 2 == 0)
            bs_milter_decoder_message_done(&session->decoder);
        if (event.command == BS_MILTER_MACRO && bs_milter_macro(event.macro.values, "{i}", &event.unknown))
            log_field(log, event.unknown);
    }
    if (progress == BS_MILTER_MORE && session->decoder.needed > rest.len)
        return input.len - rest.len;
    bs_strbuf_printf(log, "BAD %s\n", progress == BS_MILTER_BAD ? error.text : "more is wanted than is needed");
    return FEED_STOP;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct session session;
    static const struct feed feed = {begin, take, &session};
    return fuzz_every_way(&feed, data, size);
}
