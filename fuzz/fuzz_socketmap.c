/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes from a map's client and from a map's server, the same however they are cut. */
#include "fuzz.h"

#include "wire/socketmap.h"

static void begin(void *state)
{
    (void)state;
}

/* What was taken of the input, or why no more is. */
static size_t end(enum bs_socketmap_progress progress, size_t taken, const struct bs_error *error,
                  struct bs_strbuf *log)
{
    if (progress == BS_SOCKETMAP_MORE)
        return taken;
    bs_strbuf_printf(log, "BAD %s\n", error->text);
    return FEED_STOP;
}

static size_t take_requests(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    (void)state;
    (void)last;
    struct bs_bytes rest = input;
    struct bs_socketmap_request request;
    struct bs_error error;
    enum bs_socketmap_progress progress;
    while ((progress = bs_socketmap_decode(&rest, &request, &error)) == BS_SOCKETMAP_REQUEST) {
        bs_strbuf_append(log, request.map);
        bs_strbuf_append(log, request.key);
    }
    return end(progress, input.len - rest.len, &error, log);
}

static size_t take_replies(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    (void)state;
    (void)last;
    struct bs_bytes rest = input;
    enum bs_socketmap_status status;
    struct bs_bytes text;
    struct bs_error error;
    enum bs_socketmap_progress progress;
    while ((progress = bs_socketmap_decode_reply(&rest, &status, &text, &error)) == BS_SOCKETMAP_REQUEST) {
        bs_strbuf_printf(log, "%d", (int)status);
        bs_strbuf_append(log, text);
    }
    return end(progress, input.len - rest.len, &error, log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct feed requests = {begin, take_requests, NULL};
    static const struct feed replies = {begin, take_replies, NULL};
    return fuzz_every_way(&requests, data, size) | fuzz_every_way(&replies, data, size);
}
