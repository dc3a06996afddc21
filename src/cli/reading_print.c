/* SPDX-License-Identifier: BSD-2-Clause */
/* What was read, as text and as an object; see reading_print.h. */
#include "cli/reading_print.h"

#include "base/json.h"

#include <inttypes.h>

bool bs_reading_concerns(const struct bs_reading *reading, const struct bs_reported_recipient *recipient)
{
    bool failure = reading->kind == BS_KIND_DSN_FAILED || reading->kind == BS_KIND_DSN_DELAYED;
    return failure && recipient->kind == reading->kind;
}

struct bs_reading_summary bs_reading_summarise(const struct bs_reading *reading)
{
    struct bs_reading_summary summary = {.hard = "null"};
    for (size_t i = 0; i < reading->recipient_count && !summary.recipient; i++) {
        if (bs_reading_concerns(reading, &reading->recipients[i]))
            summary.recipient = &reading->recipients[i];
    }
    if (!summary.recipient)
        return summary;
    summary.status = summary.recipient->status;
    summary.hard = bs_failure_is_hard(summary.recipient->failure) ? "true" : "false";
    if (summary.recipient->failure != BS_FAILURE_UNKNOWN)
        summary.reason = bs_failure_name(summary.recipient->failure);
    return summary;
}

/* --- An object ---------------------------------------------------------------------------------------------- */

static void append_name(struct bs_strbuf *out, const char *name)
{
    if (out->len > 0 && out->ptr[out->len - 1] != '{')
        bs_strbuf_append_cstr(out, ", ");
    bs_strbuf_printf(out, "\"%s\": ", name);
}

void bs_reading_append_text(struct bs_strbuf *out, const char *name, struct bs_bytes text)
{
    append_name(out, name);
    if (text.len > 0)
        bs_json_append_string(out, text);
    else
        bs_strbuf_append_cstr(out, "null");
}

static void append_cstr(struct bs_strbuf *out, const char *name, const char *text)
{
    bs_reading_append_text(out, name, bs_bytes_from_cstr(text));
}

static void append_word(struct bs_strbuf *out, const char *name, const char *word)
{
    append_name(out, name);
    bs_strbuf_append_cstr(out, word);
}

static void append_number(struct bs_strbuf *out, const char *name, unsigned number)
{
    append_name(out, name);
    if (number > 0)
        bs_strbuf_printf(out, "%u", number);
    else
        bs_strbuf_append_cstr(out, "null");
}

void bs_reading_append_place(const struct bs_mail *mail, struct bs_strbuf *out)
{
    append_cstr(out, "file", mail->path);
    if (mail->index > 0)
        bs_strbuf_printf(out, ", \"index\": %" PRIu64 ", \"offset\": %" PRIu64, mail->index, mail->begin);
}

static void append_recipients(const struct bs_reading *reading, struct bs_strbuf *out)
{
    append_name(out, "recipients");
    bs_strbuf_append_char(out, '[');
    bool first = true;
    for (size_t i = 0; i < reading->recipient_count; i++) {
        const struct bs_reported_recipient *recipient = &reading->recipients[i];
        if (!bs_reading_concerns(reading, recipient) || recipient->address.len == 0)
            continue;
        bs_strbuf_append_cstr(out, first ? "" : ", ");
        bs_json_append_string(out, recipient->address);
        first = false;
    }
    bs_strbuf_append_char(out, ']');
}

static void append_detail(const struct bs_reported_recipient *recipient, struct bs_strbuf *out)
{
    bool known = recipient->failure != BS_FAILURE_UNKNOWN;
    bs_strbuf_append_char(out, '{');
    bs_reading_append_text(out, "address", recipient->address);
    bs_reading_append_text(out, "original", recipient->original);
    append_cstr(out, "kind", bs_kind_name(recipient->kind));
    bs_reading_append_text(out, "status", recipient->status);
    append_number(out, "reply_code", recipient->reply_code);
    append_cstr(out, "reason", known ? bs_failure_name(recipient->failure) : NULL);
    if (recipient->kind == BS_KIND_DSN_SUCCESS)
        append_word(out, "hard", "null");
    else
        append_word(out, "hard", bs_failure_is_hard(recipient->failure) ? "true" : "false");
    bs_reading_append_text(out, "diagnostic", recipient->diagnostic);
    bs_strbuf_append_char(out, '}');
}

static void append_details(const struct bs_reading *reading, struct bs_strbuf *out)
{
    append_name(out, "details");
    bs_strbuf_append_char(out, '[');
    for (size_t i = 0; i < reading->recipient_count; i++) {
        bs_strbuf_append_cstr(out, i > 0 ? ", " : "");
        append_detail(&reading->recipients[i], out);
    }
    bs_strbuf_append_char(out, ']');
}

static void append_references(const struct bs_reading *reading, struct bs_strbuf *out)
{
    append_name(out, "references");
    bs_strbuf_append_char(out, '[');
    for (size_t i = 0; i < reading->reference_count; i++) {
        bs_strbuf_append_cstr(out, i > 0 ? ", " : "");
        bs_json_append_string(out, reading->references[i]);
    }
    bs_strbuf_append_char(out, ']');
}

static void append_header(const struct bs_header *header, struct bs_arena *arena, struct bs_strbuf *out)
{
    static const struct {
        const char *member, *field;
    } fields[] = {
        {"message_id", "Message-ID"}, {"from", "From"},       {"to", "To"},
        {"subject", "Subject"},       {"date", "Date"},       {"return_path", "Return-Path"},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        bs_reading_append_text(out, fields[i].member, bs_header_text(header, fields[i].field, arena));
}

static void append_returned(const struct bs_returned *returned, struct bs_arena *arena, struct bs_strbuf *out)
{
    append_name(out, "returned");
    if (!returned->header) {
        bs_strbuf_append_cstr(out, "null");
        return;
    }
    bs_strbuf_append_char(out, '{');
    append_header(returned->header, arena, out);
    append_word(out, "exact", returned->exact ? "true" : "false");
    append_word(out, "attached", returned->attached ? "true" : "false");
    bs_strbuf_append_char(out, '}');
}

void bs_reading_append(const struct bs_parts *parts, const struct bs_reading *reading, struct bs_arena *arena,
                       struct bs_strbuf *out)
{
    struct bs_reading_summary summary = bs_reading_summarise(reading);
    const struct bs_reported_recipient none = {.reply_code = 0};
    const struct bs_reported_recipient *first = summary.recipient ? summary.recipient : &none;
    append_cstr(out, "kind", bs_kind_name(reading->kind));
    append_recipients(reading, out);
    bs_reading_append_text(out, "status", summary.status);
    append_cstr(out, "reason", summary.reason);
    append_word(out, "hard", summary.hard);
    append_cstr(out, "sign", reading->sign);
    append_cstr(out, "limit", reading->limit);
    append_number(out, "reply_code", first->reply_code);
    bs_reading_append_text(out, "diagnostic", first->diagnostic);
    bs_reading_append_text(out, "reporting_mta", reading->reporting_mta);
    bs_reading_append_text(out, "envelope_id", reading->envelope_id);
    bs_reading_append_text(out, "feedback_type", reading->feedback_type);
    append_details(reading, out);
    append_references(reading, out);
    append_returned(&reading->returned, arena, out);
    append_name(out, "message");
    bs_strbuf_append_char(out, '{');
    append_header(&parts->header, arena, out);
    bs_strbuf_append_char(out, '}');
}

/* --- A line ------------------------------------------------------------------------------------------------- */

/* Control characters, of which UTF-8 has some past ASCII, become `?`. */
static void append_foreign(struct bs_strbuf *out, struct bs_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool second = i + 1 < text.len && c == 0xc2 && (unsigned char)text.ptr[i + 1] < 0xa0;
        i += second;
        bs_strbuf_append_char(out, c < 0x20 || c == 0x7f || second ? '?' : (char)c);
    }
}

void bs_reading_append_name(const struct bs_mail *mail, struct bs_strbuf *out)
{
    append_foreign(out, bs_bytes_from_cstr(mail->path));
    if (mail->index > 0)
        bs_strbuf_printf(out, ":%" PRIu64, mail->index);
}

static void append_or_dash(struct bs_strbuf *out, struct bs_bytes text)
{
    bs_strbuf_append_char(out, '\t');
    append_foreign(out, text.len > 0 ? text : BS_LITERAL("-"));
}

void bs_reading_append_line(const struct bs_reading *reading, struct bs_strbuf *out)
{
    struct bs_reading_summary summary = bs_reading_summarise(reading);
    size_t named = 0;
    append_or_dash(out, bs_bytes_from_cstr(bs_kind_name(reading->kind)));
    bs_strbuf_append_char(out, '\t');
    for (size_t i = 0; i < reading->recipient_count; i++) {
        const struct bs_reported_recipient *recipient = &reading->recipients[i];
        if (!bs_reading_concerns(reading, recipient) || recipient->address.len == 0)
            continue;
        bs_strbuf_append_cstr(out, named++ > 0 ? "," : "");
        append_foreign(out, recipient->address);
    }
    bs_strbuf_append_cstr(out, named == 0 ? "-" : "");
    append_or_dash(out, summary.status);
    append_or_dash(out, bs_bytes_from_cstr(summary.reason));
}
