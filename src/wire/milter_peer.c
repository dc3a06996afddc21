/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MTA's side of the milter protocol; see milter_peer.h. Reads answers as strictly as Postfix does, so that a
 * test which passes against it says something about real MTAs. Does not check that an answer fits its command.
 */
#include "wire/milter_peer.h"

#include "wire/milter_frame.h"

#include <inttypes.h>

void bs_milter_peer_offer(struct bs_strbuf *out, const struct bs_milter_options *offer)
{
    size_t start = bs_milter_frame_begin(out, BS_MILTER_OPTNEG);
    bs_milter_put_options(out, offer);
    bs_milter_frame_end(out, start);
}

void bs_milter_peer_command(struct bs_strbuf *out, enum bs_milter_command command)
{
    bs_milter_frame_empty(out, command);
}

void bs_milter_peer_connect(struct bs_strbuf *out, struct bs_bytes hostname, enum bs_milter_family family,
                            uint16_t port, struct bs_bytes address)
{
    size_t start = bs_milter_frame_begin(out, BS_MILTER_CONNECT);
    bs_milter_put_text(out, hostname);
    bs_strbuf_append_char(out, (char)family);
    if (family != BS_MILTER_FAMILY_UNKNOWN) {
        bs_milter_put_u16(out, port);
        bs_milter_put_text(out, address);
    }
    bs_milter_frame_end(out, start);
}

void bs_milter_peer_helo(struct bs_strbuf *out, struct bs_bytes name)
{
    size_t start = bs_milter_frame_begin(out, BS_MILTER_HELO);
    bs_milter_put_text(out, name);
    bs_milter_frame_end(out, start);
}

void bs_milter_peer_unknown(struct bs_strbuf *out, struct bs_bytes line)
{
    size_t start = bs_milter_frame_begin(out, BS_MILTER_UNKNOWN);
    bs_milter_put_text(out, line);
    bs_milter_frame_end(out, start);
}

void bs_milter_peer_macros(struct bs_strbuf *out, enum bs_milter_command step, const char *const *names_and_values,
                           size_t count)
{
    size_t start = bs_milter_frame_begin(out, BS_MILTER_MACRO);
    bs_strbuf_append_char(out, (char)step);
    for (size_t i = 0; i < 2 * count; i++)
        bs_milter_put_text(out, bs_bytes_from_cstr(names_and_values[i]));
    bs_milter_frame_end(out, start);
}

void bs_milter_peer_envelope(struct bs_strbuf *out, enum bs_milter_command command, struct bs_bytes path,
                             const char *const *parameters, size_t count)
{
    size_t start = bs_milter_frame_begin(out, command);
    bs_milter_put_text(out, path);
    for (size_t i = 0; i < count; i++)
        bs_milter_put_text(out, bs_bytes_from_cstr(parameters[i]));
    bs_milter_frame_end(out, start);
}

void bs_milter_peer_header(struct bs_strbuf *out, struct bs_bytes name, struct bs_bytes value)
{
    size_t start = bs_milter_frame_begin(out, BS_MILTER_HEADER);
    bs_milter_put_text(out, name);
    bs_strbuf_append(out, bs_bytes_first(value, bs_bytes_find(value, '\0')));
    bs_strbuf_append_char(out, '\0');
    bs_milter_frame_end(out, start);
}

void bs_milter_peer_body(struct bs_strbuf *out, struct bs_bytes body)
{
    while (body.len > 0 && !out->failed) {
        struct bs_bytes chunk = bs_bytes_first(body, BS_MILTER_CHUNK_MAX);
        size_t start = bs_milter_frame_begin(out, BS_MILTER_BODY);
        bs_strbuf_append(out, chunk);
        bs_milter_frame_end(out, start);
        body = bs_bytes_skip(body, chunk.len);
    }
}

/* The whole data is one text. */
static bool read_text(struct bs_bytes data, struct bs_bytes *ret_text)
{
    return bs_milter_take_text(&data, ret_text) && data.len == 0;
}

/* The negotiation; macro lists behind the options must be numbers with a text each. */
static bool read_negotiation(struct bs_bytes data, struct bs_milter_answer *answer)
{
    if (!bs_milter_take_options(&data, &answer->negotiation.options))
        return false;
    answer->negotiation.macro_lists = data;
    uint32_t step;
    struct bs_bytes names;
    while (data.len > 0) {
        if (!bs_milter_take_u32(&data, &step) || !bs_milter_take_text(&data, &names))
            return false;
    }
    return true;
}

/* A path, and the parameters behind it where there may be any. */
static bool read_path(struct bs_bytes data, bool may_have_parameters, struct bs_milter_answer *answer)
{
    answer->envelope.parameters = bs_bytes(NULL, 0);
    if (!bs_milter_take_text(&data, &answer->envelope.path))
        return false;
    if (may_have_parameters && data.len > 0)
        return read_text(data, &answer->envelope.parameters);
    return data.len == 0;
}

static bool read_header(struct bs_bytes data, bool has_index, struct bs_milter_answer *answer)
{
    answer->header.index = 0;
    if (has_index && !bs_milter_take_u32(&data, &answer->header.index))
        return false;
    return bs_milter_take_text(&data, &answer->header.name) && read_text(data, &answer->header.value);
}

/* Reads the data of an answer; false for an unknown one, or data that is not of its form. */
static bool read_answer(struct bs_bytes data, struct bs_milter_answer *answer)
{
    switch (answer->code) {
    case BS_MILTER_OPTNEG:
        return read_negotiation(data, answer);
    case BS_MILTER_ACCEPT:
    case BS_MILTER_CONTINUE:
    case BS_MILTER_DISCARD:
    case BS_MILTER_CONN_FAIL:
    case BS_MILTER_PROGRESS:
    case BS_MILTER_REJECT:
    case BS_MILTER_SKIP:
    case BS_MILTER_TEMPFAIL:
    case BS_MILTER_SHUTDOWN:
        return data.len == 0;
    case BS_MILTER_REPLYCODE:
    case BS_MILTER_QUARANTINE:
        return read_text(data, &answer->text);
    case BS_MILTER_CHANGE_FROM:
    case BS_MILTER_ADD_RCPT_PAR:
        return read_path(data, true, answer);
    case BS_MILTER_ADD_RCPT:
    case BS_MILTER_DEL_RCPT:
        return read_path(data, false, answer);
    case BS_MILTER_ADD_HEADER:
        return read_header(data, false, answer);
    case BS_MILTER_INSERT_HEADER:
    case BS_MILTER_CHANGE_HEADER:
        return read_header(data, true, answer);
    case BS_MILTER_REPLACE_BODY:
        answer->body = data;
        return true;
    default:
        return false;
    }
}

enum bs_milter_progress bs_milter_peer_decode(struct bs_bytes *io_input, size_t max_frame,
                                              struct bs_milter_answer *ret_answer, struct bs_error *ret_error)
{
    struct bs_milter_frame frame;
    size_t size;
    uint32_t length;
    enum bs_milter_progress progress = bs_milter_frame_peek(*io_input, max_frame, &frame, &size, &length);
    if (progress == BS_MILTER_BAD)
        bs_error_set(ret_error, "the filter's frame counts %" PRIu32 " bytes, 1 to %zu are allowed", length,
                     max_frame);
    if (progress != BS_MILTER_EVENT)
        return progress;
    ret_answer->code = frame.code;
    if (!read_answer(frame.data, ret_answer)) {
        bs_error_set(ret_error, "the filter's answer 0x%02x is unknown, or its %zu bytes of data are malformed",
                     (unsigned)frame.code, frame.data.len);
        return BS_MILTER_BAD;
    }
    *io_input = bs_bytes_skip(*io_input, size);
    return BS_MILTER_EVENT;
}
