/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands of the milter protocol from the MTA, versions 2 to 6; see milter.h. Checks the form of each frame and
 * the order of the commands, as strictly as what Sendmail and Postfix really send allows:
 *  - MACRO, UNKNOWN, ABORT, QUIT, QUIT_NC, HELO and MAIL may come at any time after OPTNEG, and all but the first
 *    two end the message that is open, if any; CONNECT comes whenever none is;
 *  - within a message any step may be missing, but none goes back, except that RCPT and DATA may follow DATA: the
 *    SMTP client can go on with its envelope when DATA was refused.
 * Does not interpret addresses, parameters or values.
 */
#include "wire/milter_frame.h"

#include <inttypes.h>
#include <limits.h>

/* Where a session stands. */
enum stage {
    STAGE_START,    /* nothing came yet */
    STAGE_READY,    /* negotiated, no message open */
    STAGE_DECIDED,  /* as READY, but the envelope of the message that was decided may go on */
    STAGE_ENVELOPE, /* MAIL came, or more */
    STAGE_HEADER,   /* HEADER came */
    STAGE_BODY,     /* EOH or BODY came */
};

#define AT(stage)   (1u << (stage))
#define NO_MESSAGE  (AT(STAGE_READY) | AT(STAGE_DECIDED))
#define IN_MESSAGE  (AT(STAGE_ENVELOPE) | AT(STAGE_HEADER) | AT(STAGE_BODY))
#define NEGOTIATED  (NO_MESSAGE | IN_MESSAGE)
#define IN_ENVELOPE (AT(STAGE_DECIDED) | AT(STAGE_ENVELOPE))

/* For each command when it may come, and where the session stands after it; -1 leaves it where it was. */
struct rule {
    const char *name;
    unsigned char stages;
    signed char next;
};

static const struct rule rules[UCHAR_MAX + 1] = {
    [BS_MILTER_OPTNEG] = {"OPTNEG", AT(STAGE_START), STAGE_READY},
    [BS_MILTER_MACRO] = {"MACRO", NEGOTIATED, -1},
    [BS_MILTER_UNKNOWN] = {"UNKNOWN", NEGOTIATED, -1},
    [BS_MILTER_QUIT] = {"QUIT", NEGOTIATED, STAGE_READY},
    [BS_MILTER_QUIT_NC] = {"QUIT_NC", NEGOTIATED, STAGE_READY},
    [BS_MILTER_ABORT] = {"ABORT", NEGOTIATED, STAGE_READY},
    [BS_MILTER_CONNECT] = {"CONNECT", NO_MESSAGE, STAGE_READY},
    [BS_MILTER_HELO] = {"HELO", NEGOTIATED, STAGE_READY},
    [BS_MILTER_MAIL] = {"MAIL", NEGOTIATED, STAGE_ENVELOPE},
    [BS_MILTER_RCPT] = {"RCPT", IN_ENVELOPE, STAGE_ENVELOPE},
    [BS_MILTER_DATA] = {"DATA", IN_ENVELOPE, STAGE_ENVELOPE},
    [BS_MILTER_HEADER] = {"HEADER", AT(STAGE_ENVELOPE) | AT(STAGE_HEADER), STAGE_HEADER},
    [BS_MILTER_EOH] = {"EOH", AT(STAGE_ENVELOPE) | AT(STAGE_HEADER), STAGE_BODY},
    [BS_MILTER_BODY] = {"BODY", IN_MESSAGE, STAGE_BODY},
    [BS_MILTER_EOM] = {"EOM", IN_MESSAGE, STAGE_READY},
};

void bs_milter_decoder_init(struct bs_milter_decoder *decoder, size_t max_frame)
{
    *decoder = (struct bs_milter_decoder){
        .max_frame = max_frame, .needed = BS_MILTER_LENGTH_SIZE, .stage = STAGE_START};
}

void bs_milter_decoder_message_done(struct bs_milter_decoder *decoder)
{
    if (decoder->stage != STAGE_START) /* no reply can come before the negotiation */
        decoder->stage = STAGE_DECIDED;
}

/* The whole data is one text. */
static bool parse_text(struct bs_bytes data, struct bs_bytes *ret_text)
{
    return bs_milter_take_text(&data, ret_text) && data.len == 0;
}

static bool parse_offer(struct bs_bytes data, struct bs_milter_event *event)
{
    return bs_milter_take_options(&data, &event->offer);
}

static bool parse_connect(struct bs_bytes data, struct bs_milter_event *event)
{
    if (!bs_milter_take_text(&data, &event->connect.hostname) || data.len == 0)
        return false;
    unsigned char family = (unsigned char)data.ptr[0];
    data = bs_bytes_skip(data, 1);
    event->connect.family = (enum bs_milter_family)family;
    event->connect.port = 0;
    event->connect.address = bs_bytes(NULL, 0);
    if (family == BS_MILTER_FAMILY_UNKNOWN)
        return data.len == 0;
    if (family != BS_MILTER_FAMILY_UNIX && family != BS_MILTER_FAMILY_INET && family != BS_MILTER_FAMILY_INET6)
        return false;
    if (!bs_milter_take_u16(&data, &event->connect.port) || !parse_text(data, &event->connect.address))
        return false;
    if (family == BS_MILTER_FAMILY_UNIX)
        event->connect.port = 0;
    if (bs_bytes_starts_nocase(event->connect.address, BS_LITERAL("IPv6:")))
        event->connect.address = bs_bytes_skip(event->connect.address, strlen("IPv6:"));
    return true;
}

/* Pairs of texts, none left without its value. */
static bool is_pairs(struct bs_bytes data)
{
    struct bs_bytes text;
    while (data.len > 0) {
        if (!bs_milter_take_text(&data, &text) || !bs_milter_take_text(&data, &text))
            return false;
    }
    return true;
}

static bool parse_macro(struct bs_bytes data, struct bs_milter_event *event)
{
    if (data.len == 0)
        return false;
    unsigned char step = (unsigned char)data.ptr[0];
    event->macro.step = (enum bs_milter_command)step;
    event->macro.values = bs_bytes_skip(data, 1);
    return rules[step].name && is_pairs(event->macro.values);
}

static bool parse_envelope(struct bs_bytes data, struct bs_milter_event *event)
{
    if (!bs_milter_take_text(&data, &event->envelope.path))
        return false;
    event->envelope.parameters = data;
    return data.len == 0 || data.ptr[data.len - 1] == '\0';
}

static bool parse_header(struct bs_bytes data, struct bs_milter_event *event)
{
    return bs_milter_take_text(&data, &event->header.name) && parse_text(data, &event->header.value);
}

/* Reads the data of a known command; false where it is not of the command's form. */
static bool parse_data(struct bs_bytes data, struct bs_milter_event *event)
{
    switch (event->command) {
    case BS_MILTER_OPTNEG:
        return parse_offer(data, event);
    case BS_MILTER_CONNECT:
        return parse_connect(data, event);
    case BS_MILTER_MACRO:
        return parse_macro(data, event);
    case BS_MILTER_HELO:
        return parse_text(data, &event->helo);
    case BS_MILTER_UNKNOWN:
        return parse_text(data, &event->unknown);
    case BS_MILTER_MAIL:
    case BS_MILTER_RCPT:
        return parse_envelope(data, event);
    case BS_MILTER_HEADER:
        return parse_header(data, event);
    case BS_MILTER_BODY:
    case BS_MILTER_EOM:
        event->body = data;
        return true;
    case BS_MILTER_ABORT:
    case BS_MILTER_DATA:
    case BS_MILTER_EOH:
    case BS_MILTER_QUIT:
    case BS_MILTER_QUIT_NC:
        return data.len == 0;
    }
    return false;
}

/* What a stage is called in an error text. */
static const char *stage_name(int stage)
{
    switch (stage) {
    case STAGE_START:
        return "before the negotiation";
    case STAGE_ENVELOPE:
        return "within an envelope";
    case STAGE_HEADER:
        return "within the header";
    case STAGE_BODY:
        return "behind the header";
    default:
        return "outside a message";
    }
}

static enum bs_milter_progress bad_length(const struct bs_milter_decoder *decoder, uint32_t length,
                                          struct bs_error *ret_error)
{
    if (length == 0)
        bs_error_set(ret_error, "milter frame at byte %" PRIu64 " is empty: is the peer an MTA?", decoder->offset);
    else
        bs_error_set(ret_error,
                     "milter frame at byte %" PRIu64 " counts %" PRIu32 " bytes, the limit is %zu (max-frame)",
                     decoder->offset, length, decoder->max_frame);
    return BS_MILTER_BAD;
}

/* Checks and reads one frame; false with the reason. */
static bool read_frame(const struct bs_milter_decoder *decoder, const struct bs_milter_frame *frame,
                       struct bs_milter_event *ret_event, struct bs_error *ret_error)
{
    const struct rule *rule = &rules[frame->code];
    if (!rule->name)
        return bs_error_set(ret_error, "milter frame at byte %" PRIu64 ": unknown command 0x%02x", decoder->offset,
                            (unsigned)frame->code);
    if (!(rule->stages & AT(decoder->stage)))
        return bs_error_set(ret_error, "milter frame at byte %" PRIu64 ": %s came %s", decoder->offset, rule->name,
                            stage_name(decoder->stage));
    ret_event->command = (enum bs_milter_command)frame->code;
    if (!parse_data(frame->data, ret_event))
        return bs_error_set(ret_error, "milter frame at byte %" PRIu64 ": %s with malformed data of %zu bytes",
                            decoder->offset, rule->name, frame->data.len);
    return true;
}

enum bs_milter_progress bs_milter_decode(struct bs_milter_decoder *decoder, struct bs_bytes *io_input,
                                         struct bs_milter_event *ret_event, struct bs_error *ret_error)
{
    struct bs_milter_frame frame;
    size_t size;
    uint32_t length;
    switch (bs_milter_frame_peek(*io_input, decoder->max_frame, &frame, &size, &length)) {
    case BS_MILTER_BAD:
        return bad_length(decoder, length, ret_error);
    case BS_MILTER_MORE:
        decoder->needed = size;
        return BS_MILTER_MORE;
    case BS_MILTER_EVENT:
        break;
    }
    if (!read_frame(decoder, &frame, ret_event, ret_error))
        return BS_MILTER_BAD;
    if (rules[frame.code].next >= 0)
        decoder->stage = rules[frame.code].next;
    decoder->offset += size;
    *io_input = bs_bytes_skip(*io_input, size);
    return BS_MILTER_EVENT;
}

bool bs_milter_next_text(struct bs_bytes *io_texts, struct bs_bytes *ret_text)
{
    if (io_texts->len == 0)
        return false;
    if (!bs_milter_take_text(io_texts, ret_text)) {
        *ret_text = *io_texts;
        *io_texts = bs_bytes_skip(*io_texts, io_texts->len);
    }
    return true;
}

static struct bs_bytes without_braces(struct bs_bytes name)
{
    if (name.len >= 2 && name.ptr[0] == '{' && name.ptr[name.len - 1] == '}')
        return bs_bytes(name.ptr + 1, name.len - 2);
    return name;
}

bool bs_milter_macro(struct bs_bytes values, const char *name, struct bs_bytes *ret_value)
{
    struct bs_bytes wanted = without_braces(bs_bytes_from_cstr(name));
    struct bs_bytes found, value;
    while (bs_milter_take_text(&values, &found) && bs_milter_take_text(&values, &value)) {
        if (bs_bytes_equal(without_braces(found), wanted)) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}
