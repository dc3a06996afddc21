/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See reading.h. The order: the header's signs, a report of standard form, and where there is none, wording; then, of
 * what is a bounce, the recipients that no standard field named, the message that it returns, and each recipient's
 * reason.
 */
#include "bounce/reading.h"

#include "bounce/delivery_status.h"
#include "bounce/diagnosis.h"
#include "bounce/header_signs.h"
#include "bounce/home_made.h"
#include "bounce/kind_choice.h"
#include "bounce/recipient_words.h"
#include "bounce/repeated_recipients.h"
#include "bounce/returned.h"
#include "bounce/standard_report.h"
#include "bounce/text_address.h"

enum {
    STATUS_IN_TEXT_MAX = 4096, /* bytes of a text that are read as fields of a status */
    EXPLAINED_MAX = 32,        /* recipients of a notice that such fields are looked through for */
};

/* What the steps of a reading share. */
struct work {
    const struct bs_parts *parts;
    struct bs_rules_scan *scan;
    struct bs_arena *arena;
    struct bs_reading *reading;
    struct bs_header_signs signs;
    struct bs_wording *wording; /* NULL until it was looked at */
};

static bool is_dsn(enum bs_kind kind)
{
    return kind == BS_KIND_DSN_FAILED || kind == BS_KIND_DSN_DELAYED || kind == BS_KIND_DSN_SUCCESS;
}

/* Whether a part that is not of the returned message is a program or an archive by its name. */
static bool has_bait(const struct bs_parts *parts)
{
    static const struct bs_bytes ends[] = {{".zip", 4}, {".exe", 4}, {".scr", 4}, {".pif", 4}, {".com", 4}, {".bat", 4},
                                           {".cmd", 4}, {".cpl", 4}, {".vbs", 4}, {".js", 3},  {".rar", 4}, {".hta", 4}};
    for (size_t i = 1; i < parts->count; i++) {
        const struct bs_part *part = &parts->items[i];
        for (size_t j = 0; part->media == BS_MEDIA_OTHER && !part->returned && j < sizeof ends / sizeof ends[0]; j++) {
            if (part->name.len > ends[j].len &&
                bs_bytes_equal_nocase(bs_bytes_skip(part->name, part->name.len - ends[j].len), ends[j]))
                return true;
        }
    }
    return false;
}

static bool look_at_notice(struct work *work)
{
    if (work->wording)
        return true;
    work->wording = bs_arena_take(work->arena, sizeof *work->wording);
    if (!work->wording)
        return false;
    bs_notice_read(work->parts, work->scan, work->reading->kind == BS_KIND_NONE, &work->wording->notice);
    work->wording->returns = work->reading->returned.header != NULL;
    work->wording->baits = !work->wording->returns && has_bait(work->parts);
    return true;
}

static bool choose_kind(struct work *work)
{
    if (!look_at_notice(work) ||
        !bs_wording_read_header(&work->parts->header, &work->signs, work->scan, work->arena, work->wording))
        return false;
    work->reading->kind = bs_kind_choose(&work->signs, work->wording, &work->reading->sign);
    return true;
}

/* The returned header that stands in a text at `begin`. In a text that was cut there may have been one, or more of
 * it. `seen`: the first that is seen in it without wording. */
static bool take_returned(struct work *work, struct bs_bytes text, size_t begin, const struct bs_returned_place *seen,
                          bool verbatim, bool cut)
{
    struct bs_returned *returned = &work->reading->returned;
    bool open = true;
    if (begin < text.len && !bs_returned_in_text(text, begin, seen, verbatim, work->arena, returned, &open))
        return false;
    if (cut && (open || !returned->header) && !work->reading->limit)
        work->reading->limit = "BS_PARTS_TEXT_MAX";
    return true;
}

/* Of a report of standard form, whose texts no rule has to look at: where a header is seen in one, or behind the
 * status whose part nothing ends. */
static bool find_returned_beside_report(struct work *work)
{
    for (size_t i = 0; i < work->parts->count && !work->reading->returned.header; i++) {
        struct bs_part *part = &work->parts->items[i];
        bool text = part->media == BS_MEDIA_TEXT || part->media == BS_MEDIA_DELIVERY_STATUS;
        if (part->returned || !(text || part->media == BS_MEDIA_HTML))
            continue;
        struct bs_returned_place place = bs_returned_find(bs_part_text(part));
        if (!take_returned(work, part->text, place.begin, &place, text, part->cut))
            return false;
    }
    return true;
}

/* Whether a header is only what the notice tells of a message, before it names the first recipient. */
static bool goes_on(const struct bs_notice *notice)
{
    return notice->role_count > 0 && notice->roles[0].end > notice->header;
}

/* The returned header in the notice's text: where wording says so, or where one is seen. */
static bool find_returned(struct work *work)
{
    struct bs_returned *returned = &work->reading->returned;
    if (returned->header)
        return true;
    if (!work->wording && work->reading->recipient_count > 0)
        return find_returned_beside_report(work);
    if (!look_at_notice(work))
        return false;
    struct bs_notice *notice = &work->wording->notice;
    struct bs_returned_place place = {.begin = notice->header, .end = notice->header_end};
    if (notice->returned < notice->text.len &&
        !take_returned(work, notice->text, notice->returned, &place, notice->verbatim, notice->cut))
        return false;
    if (returned->header)
        return true;
    if (notice->header < notice->own && !goes_on(notice))
        notice->own = notice->header;
    return take_returned(work, notice->text, notice->header, &place, notice->verbatim, notice->cut);
}

static bool has_address(const struct bs_reported_recipient *recipient)
{
    return bs_bytes_find(recipient->address, '@') < recipient->address.len;
}

/* Where fields of a delivery status begin in a text, as some programs write them without any MIME; its end where there
 * are none. */
static size_t find_status_in_text(struct bs_bytes text)
{
    static const struct bs_bytes names[] = {{"\nFinal-Recipient:", 17}, {"\nOriginal-Recipient:", 20}};
    if (bs_bytes_find_text(text, BS_LITERAL("-Recipient:")) == text.len) /* as it is most times */
        return text.len;
    for (size_t i = 0; i < 2; i++) {
        size_t at = bs_bytes_find_text(text, names[i]);
        if (at < text.len)
            return at + 1;
    }
    return text.len;
}

/* In the notice, or in another text beside it. */
static bool read_status_in_text(struct work *work, struct bs_reading *reading)
{
    const struct bs_parts *parts = work->parts;
    bool found = false;
    for (size_t i = 0, looked_at = 0; i < parts->count && looked_at < BS_NOTICE_TEXTS_MAX && !found; i++) {
        struct bs_bytes text = parts->items[i].text;
        if (parts->items[i].returned || parts->items[i].media != BS_MEDIA_TEXT)
            continue;
        looked_at++;
        size_t begin = find_status_in_text(text);
        struct bs_bytes fields = bs_bytes_first(bs_bytes_skip(text, begin), STATUS_IN_TEXT_MAX);
        if (fields.len > 0 && !bs_delivery_status_read(fields, work->arena, reading, &found))
            return false;
    }
    return true;
}

/* What the fields of a status say of a recipient is more exact than the words around an address. */
static void take_status(const struct bs_reading *told, struct bs_reported_recipient *recipient)
{
    for (size_t i = 0; i < told->recipient_count; i++) {
        const struct bs_reported_recipient *one = &told->recipients[i];
        if (!bs_bytes_equal_nocase(one->address, recipient->address) || one->status.len == 0)
            continue;
        recipient->status = one->status;
        recipient->reply_code = one->reply_code;
        recipient->comment = one->comment;
        if (one->diagnostic.len > 0 || one->comment.len > 0 || !bs_text_status_is_vague(one->status))
            recipient->diagnostic = one->diagnostic;
        return;
    }
}

/* Recipients that the notice names, while a text has the fields of a status, too. */
static bool explain_by_status(struct work *work)
{
    struct bs_reading *reading = work->reading, *told = bs_arena_take(work->arena, sizeof *told);
    if (!told)
        return false;
    *told = (struct bs_reading){.kind = BS_KIND_NONE};
    if (!read_status_in_text(work, told))
        return false;
    for (size_t i = 0; told->recipient_count > 0 && i < reading->recipient_count && i < EXPLAINED_MAX; i++)
        take_status(told, &reading->recipients[i]);
    return true;
}

/* A report that another MTA sent on in an attachment, under its own name: the report within is the one to read, and
 * what that returns is the message. */
static bool read_report_within(struct work *work)
{
    const struct bs_parts *parts = work->parts;
    for (size_t i = 0; i < parts->count; i++) {
        bool found;
        if (parts->items[i].media != BS_MEDIA_DELIVERY_STATUS || !parts->items[i].returned)
            continue;
        if (!bs_delivery_status_read(parts->items[i].text, work->arena, work->reading, &found))
            return false;
        for (size_t j = i + 1; found && j < parts->count; j++) {
            if (parts->items[j].header && parts->items[j].header->count > 1) {
                work->reading->returned =
                    (struct bs_returned){.header = parts->items[j].header, .exact = true, .attached = true};
                break;
            }
        }
        return true;
    }
    return true;
}

/* The one address of To of what is returned: whom the notice is about if it names nobody. */
static bool read_returned_to(struct work *work)
{
    const struct bs_header *header = work->reading->returned.header;
    const struct bs_header_field *to = header ? bs_header_find(header, "To") : NULL;
    struct bs_bytes address, second;
    if (!to)
        return true;
    struct bs_bytes rest = to->body;
    if (!bs_text_address_next(&rest, &address))
        return true;
    while (bs_text_address_next(&rest, &second)) {
        if (!bs_bytes_equal_nocase(address, second))
            return true;
    }
    struct bs_reported_recipient *recipient = bs_reading_add_recipient(work->reading, work->arena);
    if (!recipient)
        return work->reading->limit != NULL;
    recipient->address = address;
    recipient->kind = work->reading->kind;
    struct bs_notice *notice = &work->wording->notice;
    recipient->diagnostic = bs_bytes_trim(
        bs_bytes_first(notice->text, notice->own < BS_DIAGNOSTIC_MAX ? notice->own : BS_DIAGNOSTIC_MAX));
    recipient->reply_code = bs_text_reply_code(recipient->diagnostic);
    recipient->status = bs_text_status(recipient->diagnostic);
    return true;
}

/* Recipients in the order of how far each source can be trusted; the first that has any is the answer. */
static bool read_recipients(struct work *work)
{
    struct bs_reading *reading = work->reading;
    if (!look_at_notice(work))
        return false;
    if (work->wording->notice.role_count == 0 && !work->signs.failed_recipients && !read_report_within(work))
        return false;
    if (reading->recipient_count > 0)
        return true;
    if (!bs_home_made_read(work->parts, &work->signs, &work->wording->notice, reading->kind, work->arena, reading))
        return false;
    if (reading->recipient_count > 0)
        return explain_by_status(work);
    if (!read_status_in_text(work, reading))
        return false;
    return reading->recipient_count > 0 || read_returned_to(work);
}

/* A status whose recipient is no address, such as a local name or nothing: the text or the returned message may have
 * it. */
static bool complete_recipient(struct work *work)
{
    struct bs_reading *reading = work->reading;
    if (reading->recipient_count != 1 || has_address(&reading->recipients[0]))
        return true;
    struct bs_reported_recipient told = reading->recipients[0];
    reading->recipient_count = 0;
    if (!find_returned(work) || !read_recipients(work))
        return false;
    if (reading->recipient_count == 1 && has_address(&reading->recipients[0]))
        told.address = reading->recipients[0].address;
    reading->recipient_count = 1;
    reading->recipients[0] = told;
    return true;
}

/* Where a report of standard form is vague, the text may say more: Exim, Courier and OpenSMTPD report x.0.0. */
static bool explain(struct work *work)
{
    const struct bs_reported_recipient *first = &work->reading->recipients[0];
    if (first->diagnostic.len > 0 && !bs_text_status_is_vague(first->status))
        return true;
    return look_at_notice(work) && bs_notice_explain(&work->wording->notice, work->arena, work->reading);
}

/* X.1.X of RFC 3463. */
static bool is_about_address(struct bs_bytes status)
{
    return status.len > 3 && memcmp(status.ptr + 1, ".1.", 3) == 0;
}

/* Whether a host that said `user unknown` had taken the recipient and refused only at the end of the message, without
 * a status of its own for addresses (RFC 3463 section 3.2): a mailbox that is there and filters. Postfix's words and
 * Sendmail's transcript tell. */
static bool was_filtered(const struct work *work, const struct bs_reported_recipient *recipient)
{
    static const struct bs_bytes marks[] = {{"in reply to end of DATA", 23}, {"\n>>> DATA", 9}};
    if (recipient->failure != BS_FAILURE_USER_UNKNOWN || work->reading->recipient_count > 1 ||
        is_about_address(recipient->status) || is_about_address(bs_text_status(recipient->diagnostic)) ||
        !bs_bytes_contains_nocase(recipient->diagnostic, BS_LITERAL("unknown")))
        return false;
    for (size_t i = 0; i < work->parts->count; i++) {
        struct bs_bytes text = work->parts->items[i].text;
        if (work->parts->items[i].media != BS_MEDIA_TEXT || work->parts->items[i].returned || text.len == 0)
            continue;
        for (size_t j = 0; j < sizeof marks / sizeof marks[0]; j++) {
            if (bs_bytes_find_text(text, marks[j]) < text.len)
                return true;
        }
        break;
    }
    return false;
}

/* The reason by all that is said of a recipient. False without memory. */
static bool find_reason(struct work *work, struct bs_reported_recipient *recipient)
{
    struct bs_bytes text = recipient->diagnostic;
    if (recipient->comment.len > 0) {
        const char *both =
            bs_arena_printf(work->arena, "%.*s %.*s", BS_BYTES_ARG(recipient->comment), BS_BYTES_ARG(text));
        if (!both)
            return false;
        text = bs_bytes_from_cstr(both);
    }
    recipient->failure = bs_diagnose(work->scan, recipient->status, recipient->reply_code, text);
    if (was_filtered(work, recipient))
        recipient->failure = BS_FAILURE_FILTERED;
    return true;
}

/* What the notice says where nothing is said of a recipient itself; of several it counts if it is all that is said. */
static bool diagnose_by_notice(struct work *work)
{
    struct bs_reading *reading = work->reading;
    const struct bs_reported_recipient *first = NULL;
    for (size_t i = 0; i < reading->recipient_count; i++) {
        if (reading->recipients[i].failure != BS_FAILURE_UNKNOWN)
            return true;
        if (!first && reading->recipients[i].kind != BS_KIND_DSN_SUCCESS)
            first = &reading->recipients[i];
    }
    if (!first)
        return true;
    if (!look_at_notice(work))
        return false;
    struct bs_notice *notice = &work->wording->notice;
    enum bs_failure failure = bs_diagnose(work->scan, first->status, first->reply_code,
                                          bs_bytes_first(notice->text, notice->own));
    for (size_t i = 0; i < reading->recipient_count; i++) {
        if (reading->recipients[i].kind != BS_KIND_DSN_SUCCESS)
            reading->recipients[i].failure = failure;
    }
    return true;
}

static bool diagnose(struct work *work)
{
    for (size_t i = 0; i < work->reading->recipient_count; i++) {
        struct bs_reported_recipient *recipient = &work->reading->recipients[i];
        if (recipient->kind != BS_KIND_DSN_SUCCESS && !find_reason(work, recipient))
            return false;
    }
    return diagnose_by_notice(work);
}

static bool read_dsn(struct work *work)
{
    bool standard = work->reading->recipient_count > 0;
    if (!bs_reading_unite_recipients(work->reading, work->arena) || !find_returned(work))
        return false;
    if (!(standard ? complete_recipient(work) && explain(work) : read_recipients(work)))
        return false;
    return (standard || bs_reading_unite_recipients(work->reading, work->arena)) && diagnose(work);
}

/* Whether nobody but a mail system can have sent it: a postmaster is a person now and then. */
static bool is_of_system(const struct bs_header_signs *signs)
{
    bool mailer = bs_bytes_starts_nocase(signs->from_address, BS_LITERAL("mailer-daemon"));
    return signs->signs & BS_SIGN_NULL_PATH ? (signs->signs & BS_SIGN_DAEMON_FROM) != 0
                                            : mailer && !(signs->signs & BS_SIGN_OTHER_PATH);
}

/* A mail system's notice in words that no rule knows, which names one other address and tells that it is dead. */
static bool read_dead_address(struct work *work)
{
    struct bs_reading *reading = work->reading;
    const unsigned doubts = BS_SIGN_ANSWERS | BS_SIGN_RE | BS_SIGN_LIST | BS_SIGN_BULK | BS_SIGN_PERSON |
                            BS_SIGN_FORWARDS | BS_SIGN_AUTO_REPLIED;
    const struct bs_reading before = *reading;
    if (!is_of_system(&work->signs) || work->signs.signs & doubts || work->wording->baits ||
        (strcmp(before.sign, "null-sender") != 0 && strcmp(before.sign, "daemon-sender") != 0))
        return true;
    reading->kind = BS_KIND_DSN_FAILED;
    reading->sign = "dead-address";
    if (!read_dsn(work))
        return false;
    if (reading->recipient_count != 1 || !bs_failure_is_hard(reading->recipients[0].failure))
        *reading = before;
    return true;
}

static void read_references(struct work *work)
{
    static const char *const names[] = {"In-Reply-To", "References"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct bs_header_field *field = bs_header_find(&work->parts->header, names[i]);
        if (field)
            bs_reading_add_references(work->reading, field->body);
    }
}

/* What a message is, and what is said in it. False without memory. */
static bool read_message(struct work *work)
{
    struct bs_reading *reading = work->reading;
    bs_header_signs_read(&work->parts->header, &work->signs);
    bs_returned_in_parts(work->parts, &reading->returned);
    if (!bs_standard_report_read(work->parts, &work->signs, work->arena, reading))
        return false;
    if (reading->kind == BS_KIND_NONE && !choose_kind(work))
        return false;
    if (reading->kind == BS_KIND_NONE || reading->kind == BS_KIND_LIST) {
        reading->returned = (struct bs_returned){0};
        return true;
    }
    read_references(work);
    if (is_dsn(reading->kind))
        return read_dsn(work);
    return find_returned(work) && (reading->kind != BS_KIND_OTHER || read_dead_address(work));
}

bool bs_reading_make(const struct bs_parts *parts, struct bs_rules_scan *scan, struct bs_arena *arena,
                     struct bs_reading *ret_reading)
{
    struct work work = {.parts = parts, .scan = scan, .arena = arena, .reading = ret_reading};
    bool failed = parts->failed;
    *ret_reading = (struct bs_reading){.limit = parts->limit};
    return read_message(&work) && parts->failed == failed; /* texts are made when they are asked for */
}

bool bs_reading_is_worthwhile(const struct bs_header *header, bool null_sender)
{
    struct bs_header_signs signs;
    if (null_sender)
        return true;
    bs_header_signs_read(header, &signs);
    return (signs.signs & BS_SIGNS_AUTOMATIC) != 0;
}
