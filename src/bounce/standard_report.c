/* SPDX-License-Identifier: BSD-2-Clause */
/* See standard_report.h. */
#include "bounce/standard_report.h"

#include "bounce/delivery_status.h"
#include "message/field_blocks.h"

enum { MESSAGE_ID_MAX = 998 };

enum bs_kind bs_kind_of_recipients(const struct bs_reading *reading)
{
    enum bs_kind kind = BS_KIND_NONE;
    for (size_t i = 0; i < reading->recipient_count; i++) {
        enum bs_kind one = reading->recipients[i].kind;
        if (one == BS_KIND_DSN_FAILED || kind == BS_KIND_NONE ||
            (one == BS_KIND_DSN_DELAYED && kind == BS_KIND_DSN_SUCCESS))
            kind = one;
        if (kind == BS_KIND_DSN_FAILED)
            break;
    }
    return kind;
}

void bs_reading_add_references(struct bs_reading *reading, struct bs_bytes text)
{
    while (reading->reference_count < BS_REFERENCES_MAX) {
        text = bs_bytes_skip(text, bs_bytes_find(text, '<'));
        size_t end = bs_bytes_find(text, '>');
        if (end == text.len)
            return;
        struct bs_bytes id = bs_bytes_first(text, end + 1);
        text = bs_bytes_skip(text, end + 1);
        bool known = id.len < 3 || id.len > MESSAGE_ID_MAX || bs_bytes_find(id, ' ') < id.len ||
                     bs_bytes_find(id, '\n') < id.len;
        for (size_t i = 0; i < reading->reference_count; i++)
            known |= bs_bytes_equal(reading->references[i], id);
        if (!known)
            reading->references[reading->reference_count++] = id;
    }
}

static const struct bs_part *own_part(const struct bs_parts *parts, enum bs_media media)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (parts->items[i].media == media && !parts->items[i].returned)
            return &parts->items[i];
    }
    return NULL;
}

/* A person's program may attach the parts of a report that it forwards: then the message is no report itself, and
 * nothing in its header says that a mail system made it. */
static bool is_sent_on(const struct bs_parts *parts, const struct bs_header_signs *signs)
{
    if (signs->signs & (BS_SIGN_NULL_PATH | BS_SIGN_DAEMON_FROM | BS_SIGN_DAEMON_PATH | BS_SIGN_FAILED_FIELD))
        return false;
    if (signs->signs & BS_SIGN_FORWARDS && signs->signs & (BS_SIGN_PERSON | BS_SIGN_OTHER_PATH | BS_SIGN_ANSWERS))
        return !bs_bytes_equal(parts->items[0].report, BS_LITERAL("feedback-report"));
    if (signs->signs & BS_SIGN_REPORT || parts->items[0].media != BS_MEDIA_MULTIPART)
        return false;
    return !(signs->signs & (BS_SIGN_AUTO_REPLIED | BS_SIGN_AUTO_GENERATED)) &&
           (signs->signs & (BS_SIGN_PERSON | BS_SIGN_ANSWERS | BS_SIGN_FORWARDS | BS_SIGN_LIST) ||
            (signs->signs & BS_SIGN_OTHER_PATH && !own_part(parts, BS_MEDIA_FEEDBACK)));
}

static bool read_status(const struct bs_part *part, struct bs_arena *arena, struct bs_reading *reading)
{
    bool found;
    if (!bs_delivery_status_read(part->text, arena, reading, &found))
        return false;
    if (part->cut && !reading->limit)
        reading->limit = "BS_PARTS_REPORT_MAX";
    reading->kind = bs_kind_of_recipients(reading);
    reading->sign = reading->kind != BS_KIND_NONE ? "delivery-status" : NULL;
    return true;
}

/* A report has one; gateways put several into one message. */
static bool read_statuses(const struct bs_parts *parts, struct bs_arena *arena, struct bs_reading *reading)
{
    for (size_t i = 0; i < parts->count; i++) {
        const struct bs_part *part = &parts->items[i];
        if (part->media == BS_MEDIA_DELIVERY_STATUS && !part->returned && !read_status(part, arena, reading))
            return false;
    }
    return true;
}

/* Whether the notification is how a Sieve script refuses mail (RFC 5429 section 2.1.2): it was deleted, and the
 * header calls it a refusal, as Dovecot's does. */
static bool is_refusal(const struct bs_parts *parts, struct bs_bytes disposition)
{
    const struct bs_header_field *field = bs_header_find(&parts->header, "Auto-Submitted");
    return field && bs_bytes_contains_nocase(disposition, BS_LITERAL("deleted")) &&
           bs_bytes_contains_nocase(field->body, BS_LITERAL("reject"));
}

static bool add_refused(const struct bs_field_block *block, struct bs_arena *arena, struct bs_reading *reading)
{
    struct bs_typed_value final = bs_typed_value_split(bs_field_block_value(block, "Final-Recipient"));
    struct bs_reported_recipient *recipient = bs_reading_add_recipient(reading, arena);
    if (!recipient)
        return false;
    recipient->kind = BS_KIND_DSN_FAILED;
    recipient->address = bs_typed_value_address(&final, arena);
    return recipient->address.ptr != NULL;
}

static bool read_disposition(const struct bs_parts *parts, const struct bs_part *part, struct bs_arena *arena,
                             struct bs_reading *reading)
{
    struct bs_field_blocks blocks;
    if (!bs_field_blocks_read(part->text, arena, &blocks))
        return false;
    for (size_t i = 0; i < blocks.count && reading->kind == BS_KIND_NONE; i++) {
        struct bs_bytes disposition = bs_field_block_value(&blocks.items[i], "Disposition");
        if (!disposition.ptr)
            continue;
        bool refusal = is_refusal(parts, disposition);
        reading->kind = refusal ? BS_KIND_DSN_FAILED : BS_KIND_MDN;
        reading->sign = refusal ? "sieve-reject" : "disposition";
        if (refusal && !add_refused(&blocks.items[i], arena, reading))
            return false;
    }
    for (size_t i = 0; i < blocks.count && reading->kind == BS_KIND_MDN; i++)
        bs_reading_add_references(reading, bs_field_block_value(&blocks.items[i], "Original-Message-ID"));
    return true;
}

static bool read_feedback(const struct bs_part *part, struct bs_arena *arena, struct bs_reading *reading)
{
    struct bs_field_blocks blocks;
    if (!bs_field_blocks_read(part->text, arena, &blocks))
        return false;
    for (size_t i = 0; i < blocks.count && reading->kind != BS_KIND_ARF; i++) {
        reading->feedback_type = bs_field_block_value(&blocks.items[i], "Feedback-Type");
        if (reading->feedback_type.len == 0)
            continue;
        reading->kind = BS_KIND_ARF;
        reading->sign = "feedback-report";
        struct bs_bytes id = bs_field_block_value(&blocks.items[i], "Original-Envelope-Id");
        if (id.len > 0)
            reading->envelope_id = bs_xtext_decode(id, arena);
    }
    return true;
}

bool bs_standard_report_read(const struct bs_parts *parts, const struct bs_header_signs *signs, struct bs_arena *arena,
                             struct bs_reading *reading)
{
    if (parts->count == 0 || is_sent_on(parts, signs))
        return true;
    const struct bs_part *part = own_part(parts, BS_MEDIA_FEEDBACK);
    if (part && !read_feedback(part, arena, reading))
        return false;
    if (reading->kind == BS_KIND_NONE && !read_statuses(parts, arena, reading))
        return false;
    part = own_part(parts, BS_MEDIA_DISPOSITION);
    return !part || reading->kind != BS_KIND_NONE || read_disposition(parts, part, arena, reading);
}
