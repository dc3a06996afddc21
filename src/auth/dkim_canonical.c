/* SPDX-License-Identifier: BSD-2-Clause */
/* Canonical header fields; see dkim_canonical.h. */
#include "auth/dkim_canonical.h"

void bs_dkim_sink_init(struct bs_dkim_sink *sink, struct bs_digest *digest)
{
    sink->digest = digest;
    sink->held = 0;
    sink->failed = false;
}

static void flush(struct bs_dkim_sink *sink)
{
    if (!sink->failed && !bs_digest_update(sink->digest, bs_bytes(sink->bytes, sink->held)))
        sink->failed = true;
    sink->held = 0;
}

void bs_dkim_sink_put(struct bs_dkim_sink *sink, struct bs_bytes bytes)
{
    while (bytes.len > 0) {
        if (sink->held == BS_DKIM_SINK_SIZE)
            flush(sink);
        struct bs_bytes part = bs_bytes_first(bytes, BS_DKIM_SINK_SIZE - sink->held);
        memcpy(sink->bytes + sink->held, part.ptr, part.len);
        sink->held += part.len;
        bytes = bs_bytes_skip(bytes, part.len);
    }
}

static void put_char(struct bs_dkim_sink *sink, char c)
{
    if (sink->held == BS_DKIM_SINK_SIZE)
        flush(sink);
    sink->bytes[sink->held++] = c;
}

bool bs_dkim_sink_sum(struct bs_dkim_sink *sink, unsigned char ret_sum[BS_DIGEST_MAX])
{
    flush(sink);
    return !sink->failed && bs_digest_sum(sink->digest, ret_sum);
}

static void put_lower(struct bs_dkim_sink *sink, struct bs_bytes name)
{
    for (size_t i = 0; i < name.len; i++)
        put_char(sink, bs_ascii_lower(name.ptr[i]));
}

/* Unfolds, and makes one blank of all white space between words. `words` says whether there was one before. */
static void put_words(struct bs_dkim_sink *sink, struct bs_bytes text, bool *io_words, bool *io_blank)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n') {
            i++;
        } else if (c == ' ' || c == '\t') {
            *io_blank = true;
        } else {
            if (*io_blank && *io_words)
                put_char(sink, ' ');
            put_char(sink, c);
            *io_blank = false;
            *io_words = true;
        }
    }
}

/* The field without what lies between `before` and `after`, both of which are parts of its body. */
static void put_parts(struct bs_dkim_sink *sink, const struct bs_header_field *field, struct bs_bytes before,
                      struct bs_bytes after, bool relaxed)
{
    bool words = false, blank = false;
    if (!relaxed) {
        size_t head = (size_t)(field->body.ptr - field->raw.ptr);
        bs_dkim_sink_put(sink, bs_bytes_first(field->raw, head));
        bs_dkim_sink_put(sink, before);
        bs_dkim_sink_put(sink, after);
        return;
    }
    put_lower(sink, field->name);
    put_char(sink, ':');
    put_words(sink, before, &words, &blank);
    put_words(sink, after, &words, &blank);
}

void bs_dkim_put_field(struct bs_dkim_sink *sink, const struct bs_header_field *field, bool relaxed)
{
    put_parts(sink, field, field->body, bs_bytes(NULL, 0), relaxed);
    bs_dkim_sink_put(sink, BS_LITERAL("\r\n"));
}

void bs_dkim_put_signature(struct bs_dkim_sink *sink, const struct bs_header_field *field, struct bs_bytes removed,
                           bool relaxed)
{
    size_t at = (size_t)(removed.ptr - field->body.ptr);
    put_parts(sink, field, bs_bytes_first(field->body, at), bs_bytes_skip(field->body, at + removed.len), relaxed);
}
