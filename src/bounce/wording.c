/* SPDX-License-Identifier: BSD-2-Clause */
/* See wording.h. */
#include "bounce/wording.h"

#include "bounce/notice_signs.h"

enum {
    FIELDS_TEXT_MAX = 8 * 1024,
    MARKS_MAX = 3, /* before a subject */
    MARK_MAX = 40, /* bytes of one */
};

static void take_kinds(const struct bs_rule_hit *hits, size_t count, const struct bs_rule *ret_kinds[BS_KIND_COUNT])
{
    for (size_t i = 0; i < count; i++) {
        const struct bs_rule *rule = hits[i].rule;
        if (rule->says != BS_RULE_KIND || (size_t)rule->concludes >= BS_KIND_COUNT)
            continue;
        const struct bs_rule **kind = &ret_kinds[rule->concludes];
        if (!*kind || (*kind)->weight < rule->weight)
            *kind = rule;
    }
}

/* Whether a filter calls the message spam by it, or one from outside. */
static bool is_mark(struct bs_bytes mark)
{
    return mark.len <= MARK_MAX && (bs_bytes_contains_nocase(mark, BS_LITERAL("spam")) ||
                                    bs_bytes_starts_nocase(mark, BS_LITERAL("ext")));
}

/* The subject behind what filters put before it, as in [SPAM] or ***SPAM***. */
static struct bs_bytes behind_marks(struct bs_bytes subject)
{
    static const char open[] = "[{*", close[] = "]}*";
    for (unsigned i = 0; i < MARKS_MAX; i++) {
        subject = bs_bytes_trim(subject);
        const char *kind = subject.len > 0 ? memchr(open, subject.ptr[0], sizeof open - 1) : NULL;
        size_t begin = 0;
        while (kind && begin < subject.len && subject.ptr[begin] == *kind)
            begin++;
        struct bs_bytes rest = bs_bytes_skip(subject, begin);
        size_t end = kind ? bs_bytes_find(rest, close[kind - open]) : rest.len;
        if (end == rest.len || !is_mark(bs_bytes_first(rest, end)))
            break;
        while (end < rest.len && rest.ptr[end] == close[kind - open])
            end++;
        subject = bs_bytes_skip(rest, end);
    }
    return subject;
}

static void look_at_field(const struct bs_header *header, const char *name, enum bs_rule_place place,
                          struct bs_rules_scan *scan, struct bs_arena *arena,
                          const struct bs_rule *ret_kinds[BS_KIND_COUNT])
{
    const struct bs_rule_hit *hits = NULL;
    struct bs_bytes text = bs_header_text(header, name, arena);
    if (place == BS_PLACE_SUBJECT)
        text = behind_marks(text);
    size_t count = text.len > 0 ? bs_rules_look(scan, place, text, &hits) : 0;
    take_kinds(hits, count, ret_kinds);
}

/* Long fields that no rule is about. */
static bool is_trace(const struct bs_header_field *field)
{
    static const struct bs_bytes beginnings[] = {
        {"Received", 8},  {"DKIM-", 5},       {"ARC-", 4},        {"Authentication-Results", 22},
        {"DomainKey", 9}, {"To", 2},          {"Subject", 7},     {"From", 4},
        {"Date", 4},      {"Message-ID", 10}, {"References", 10}, {"X-Google-", 9},
        {"X-Spam-", 7}};
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
        if (bs_bytes_starts_nocase(field->name, beginnings[i]))
            return true;
    }
    return false;
}

/* The fields that rules may be about, each on a line of its own. */
static bool look_at_fields(const struct bs_header *header, struct bs_rules_scan *scan, struct bs_arena *arena,
                           const struct bs_rule *ret_kinds[BS_KIND_COUNT])
{
    const struct bs_rule_hit *hits;
    char *text = bs_arena_take_unset(arena, FIELDS_TEXT_MAX);
    size_t len = 0;
    if (!text)
        return false;
    for (size_t i = 0; i < header->count; i++) {
        const struct bs_header_field *field = &header->fields[i];
        if (is_trace(field) || len + field->raw.len + 1 > FIELDS_TEXT_MAX)
            continue;
        memcpy(text + len, field->raw.ptr, field->raw.len);
        len += field->raw.len;
        text[len++] = '\n';
    }
    size_t count = bs_rules_look(scan, BS_PLACE_FIELD, bs_bytes(text, len), &hits);
    take_kinds(hits, count, ret_kinds);
    return true;
}

/* A notice of a mail system whose text words one kind of bounce and nothing else needs no other place. */
static bool is_plain_bounce(const struct bs_header_signs *signs, const struct bs_notice *notice)
{
    size_t kinds = 0;
    for (size_t i = 0; i < BS_KIND_COUNT; i++)
        kinds += notice->kinds[i] != NULL;
    unsigned doubts = BS_SIGN_PERSON | BS_SIGN_ANSWERS | BS_SIGN_FORWARDS | BS_SIGN_LIST;
    return kinds == 1 && bs_notice_opens_with_dsn(notice, BS_NOTICE_OPENING) && signs->signs & BS_SIGN_DAEMON_FROM &&
           !(signs->signs & doubts);
}

bool bs_wording_read_header(const struct bs_header *header, const struct bs_header_signs *signs,
                            struct bs_rules_scan *scan, struct bs_arena *arena, struct bs_wording *wording)
{
    if (is_plain_bounce(signs, &wording->notice))
        return true;
    look_at_field(header, "Subject", BS_PLACE_SUBJECT, scan, arena, wording->subject);
    look_at_field(header, "From", BS_PLACE_FROM, scan, arena, wording->from);
    return look_at_fields(header, scan, arena, wording->field);
}
