/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes from a filter, as the MTA's side reads them: every answer's fields, the same however the stream is cut. */
#include "fuzz.h"

#include "../tests/support/milter_log.h"

static void begin(void *state)
{
    (void)state;
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    (void)state;
    (void)last;
    struct bs_bytes rest = input;
    struct bs_milter_answer answer;
    struct bs_error error;
    enum bs_milter_progress progress;
    while ((progress = bs_milter_peer_decode(&rest, 1 << 16, &answer, &error)) == BS_MILTER_EVENT)
        log_answer(log, &answer);
    if (progress == BS_MILTER_MORE)
        return input.len - rest.len;
    bs_strbuf_printf(log, "BAD %s\n", error.text);
    return FEED_STOP;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct feed feed = {begin, take, NULL};
    return fuzz_every_way(&feed, data, size);
}
