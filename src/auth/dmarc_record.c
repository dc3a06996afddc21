/* SPDX-License-Identifier: BSD-2-Clause */
/* One tag after the other; see dmarc_record.h. */
#include "auth/dmarc_record.h"

static enum bs_dmarc_policy parse_policy(struct bs_bytes value)
{
    static const enum bs_dmarc_policy policies[] = {BS_DMARC_NONE, BS_DMARC_QUARANTINE, BS_DMARC_REJECT};
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        if (bs_bytes_equal_nocase(value, bs_bytes_from_cstr(bs_dmarc_policy_name(policies[i]))))
            return policies[i];
    }
    return BS_DMARC_INVALID;
}

static bool is_letter(struct bs_bytes value, char letter)
{
    return value.len == 1 && bs_ascii_lower(value.ptr[0]) == letter;
}

/* A scheme, a colon and something behind it (RFC 3986 section 3); a mailto: must hold an @. */
static bool is_uri(struct bs_bytes text)
{
    size_t colon = bs_bytes_find(text, ':');
    if (colon == 0 || colon + 1 >= text.len)
        return false;
    for (size_t i = 0; i < colon; i++) {
        char c = bs_ascii_lower(text.ptr[i]);
        bool letter = c >= 'a' && c <= 'z';
        if (!letter && (i == 0 || !(bs_ascii_is_digit(c) || c == '+' || c == '-' || c == '.')))
            return false;
    }
    struct bs_bytes rest = bs_bytes_skip(text, colon + 1);
    size_t at = bs_bytes_find(rest, '@');
    return !bs_bytes_equal_nocase(bs_bytes_first(text, colon), BS_LITERAL("mailto")) || (at > 0 && at + 1 < rest.len);
}

/* Takes the part before the next `separator` off the front, without the blanks around it. */
static struct bs_bytes take_part(struct bs_bytes *io_text, char separator)
{
    size_t end = bs_bytes_find(*io_text, separator);
    struct bs_bytes part = bs_bytes_trim(bs_bytes_first(*io_text, end));
    *io_text = bs_bytes_skip(*io_text, end < io_text->len ? end + 1 : end);
    return part;
}

static bool holds_uri(struct bs_bytes list)
{
    while (list.len > 0) {
        if (is_uri(take_part(&list, ',')))
            return true;
    }
    return false;
}

static void set_p(struct bs_dmarc_record *record, struct bs_bytes value)
{
    record->p = parse_policy(value);
}

static void set_sp(struct bs_dmarc_record *record, struct bs_bytes value)
{
    record->sp = parse_policy(value);
}

static void set_np(struct bs_dmarc_record *record, struct bs_bytes value)
{
    record->np = parse_policy(value);
}

static void set_aspf(struct bs_dmarc_record *record, struct bs_bytes value)
{
    record->strict_spf = is_letter(value, 's');
}

static void set_adkim(struct bs_dmarc_record *record, struct bs_bytes value)
{
    record->strict_dkim = is_letter(value, 's');
}

static void set_t(struct bs_dmarc_record *record, struct bs_bytes value)
{
    record->testing = is_letter(value, 'y');
}

static void set_psd(struct bs_dmarc_record *record, struct bs_bytes value)
{
    record->psd = is_letter(value, 'y')   ? BS_DMARC_PSD_YES
                  : is_letter(value, 'n') ? BS_DMARC_PSD_NO
                                          : BS_DMARC_PSD_UNKNOWN;
}

static void set_rua(struct bs_dmarc_record *record, struct bs_bytes value)
{
    record->rua = value;
    record->has_report_uri = holds_uri(value);
}

static void set_ruf(struct bs_dmarc_record *record, struct bs_bytes value)
{
    record->ruf = value;
}

static const struct {
    const char *name;
    void (*set)(struct bs_dmarc_record *record, struct bs_bytes value);
} tags[] = {
    {"p", set_p}, {"sp", set_sp},   {"np", set_np},   {"aspf", set_aspf}, {"adkim", set_adkim},
    {"t", set_t}, {"psd", set_psd}, {"rua", set_rua}, {"ruf", set_ruf},
};
enum { TAG_COUNT = sizeof tags / sizeof tags[0] };

/* Takes `name = value` apart; false where there is no =. */
static bool split_tag(struct bs_bytes tag, struct bs_bytes *ret_name, struct bs_bytes *ret_value)
{
    size_t equals = bs_bytes_find(tag, '=');
    if (equals == tag.len)
        return false;
    *ret_name = bs_bytes_trim(bs_bytes_first(tag, equals));
    *ret_value = bs_bytes_trim(bs_bytes_skip(tag, equals + 1));
    return true;
}

/* Of a tag that is there twice the first counts. */
static void read_tag(struct bs_dmarc_record *record, struct bs_bytes tag, bool seen[TAG_COUNT])
{
    struct bs_bytes name, value;
    if (!split_tag(tag, &name, &value))
        return;
    for (size_t i = 0; i < TAG_COUNT; i++) {
        if (seen[i] || !bs_bytes_equal_nocase(name, bs_bytes_from_cstr(tags[i].name)))
            continue;
        seen[i] = true;
        tags[i].set(record, value);
    }
}

bool bs_dmarc_record_parse(struct bs_bytes text, struct bs_dmarc_record *ret_record)
{
    struct bs_bytes name, value;
    bool seen[TAG_COUNT] = {false};
    if (!split_tag(take_part(&text, ';'), &name, &value) || !bs_bytes_equal_nocase(name, BS_LITERAL("v")) ||
        !bs_bytes_equal(value, BS_LITERAL("DMARC1")))
        return false;
    *ret_record = (struct bs_dmarc_record){0};
    for (int count = 0; text.len > 0 && count < BS_DMARC_TAGS_MAX; count++)
        read_tag(ret_record, take_part(&text, ';'), seen);
    return true;
}

const char *bs_dmarc_policy_name(enum bs_dmarc_policy policy)
{
    static const char *const names[] = {
        [BS_DMARC_UNSET] = "",
        [BS_DMARC_NONE] = "none",
        [BS_DMARC_QUARANTINE] = "quarantine",
        [BS_DMARC_REJECT] = "reject",
        [BS_DMARC_INVALID] = "",
    };
    return names[policy];
}
