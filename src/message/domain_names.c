/* SPDX-License-Identifier: BSD-2-Clause */
/* Domain names that somebody may read in a text; see domain_names.h. */
#include "message/domain_names.h"

#include "base/idn.h"
#include "base/utf8.h"
#include "message/comment.h"

enum {
    LABEL_MAX = 63,
    U_NAME_MAX = 4 * BS_DOMAIN_NAME_MAX, /* bytes of a name with U-labels; none longer has a form for DNS */
    SCRATCH_MAX = 128 * 1024,            /* for the conversion of one such name */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool is_name_char(char c)
{
    char low = bs_ascii_lower(c);
    return (low >= 'a' && low <= 'z') || bs_ascii_is_digit(c) || c == '-' || c == '_';
}

/* Whether a name is labels of 1 to 63 letters, digits, hyphens and underscores, and fits. */
static bool is_normal(struct bs_bytes name)
{
    size_t label = 0;
    if (name.len == 0 || name.len > BS_DOMAIN_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        bool dot = name.ptr[i] == '.';
        if (dot ? label == 0 : !is_name_char(name.ptr[i]))
            return false;
        label = dot ? 0 : label + 1;
        if (label > LABEL_MAX)
            return false;
    }
    return label > 0;
}

static bool convert(struct bs_bytes name, char ret_name[BS_DOMAIN_NAME_MAX + 1], size_t *ret_length)
{
    struct bs_arena scratch;
    bs_arena_init(&scratch, SCRATCH_MAX);
    struct bs_bytes ascii = bs_idn_to_ascii(name, &scratch);
    bool good = ascii.ptr && is_normal(ascii);
    if (good)
        memcpy(ret_name, ascii.ptr, ascii.len);
    *ret_length = good ? ascii.len : 0;
    bs_arena_reset(&scratch);
    return good;
}

bool bs_domain_normal_form(struct bs_bytes name, char ret_name[BS_DOMAIN_NAME_MAX + 1], size_t *ret_length)
{
    *ret_length = 0;
    if (name.len > 1 && name.ptr[name.len - 1] == '.')
        name.len--;
    if (name.len > U_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.ptr[i] >= 0x80)
            return convert(name, ret_name, ret_length);
    }
    if (!is_normal(name))
        return false;
    for (size_t i = 0; i < name.len; i++)
        ret_name[i] = bs_ascii_lower(name.ptr[i]);
    *ret_length = name.len;
    return true;
}

bool bs_domain_names_have(const struct bs_domain_names *names, struct bs_bytes normal)
{
    for (size_t i = 0; i < names->count; i++) {
        if (bs_bytes_equal(names->items[i], normal))
            return true;
    }
    return false;
}

static void add_normal(struct bs_domain_names *names, struct bs_bytes normal, struct bs_arena *arena)
{
    if (bs_domain_names_have(names, normal))
        return;
    if (names->count == BS_DOMAIN_NAMES_MAX) {
        names->more = names->cut = true;
        return;
    }
    struct bs_bytes copy = bs_arena_copy(arena, normal);
    if (copy.ptr)
        names->items[names->count++] = copy;
    else
        names->failed = true;
}

bool bs_domain_names_add(struct bs_domain_names *names, struct bs_bytes name, struct bs_arena *arena)
{
    char normal[BS_DOMAIN_NAME_MAX + 1];
    size_t length;
    if (!bs_domain_normal_form(name, normal, &length))
        return false;
    add_normal(names, bs_bytes(normal, length), arena);
    return true;
}

static bool may_be_in_name(char c)
{
    return is_name_char(c) || c == '.' || (unsigned char)c >= 0x80;
}

/* Adds what is as good as a name: without dots at its ends. Nothing at all is no name, anything else is one. */
static void add_reading(struct bs_domain_names *names, struct bs_bytes name, struct bs_arena *arena)
{
    while (name.len > 0 && name.ptr[0] == '.')
        name = bs_bytes_skip(name, 1);
    while (name.len > 0 && name.ptr[name.len - 1] == '.')
        name.len--;
    if (name.len > 0 && !bs_domain_names_add(names, name, arena))
        names->more = true;
}

/* The offset behind the comment that begins at `at`; that of the end for one that is not closed. */
static size_t skip_comment(struct bs_bytes text, size_t at)
{
    size_t size = bs_comment_size(bs_bytes_skip(text, at));
    return size > 0 ? at + size : text.len;
}

static size_t skip_blanks(struct bs_bytes text, size_t at)
{
    while (at < text.len && is_blank(text.ptr[at]))
        at++;
    return at;
}

/* What a reader passes over within a name; behind an @ all pass over white space and comments. */
enum passed_over {
    BLANKS_AT_DOTS = 1 << 0,
    BLANKS = 1 << 1,
    COMMENTS = 1 << 2,
    INVISIBLE = 1 << 3, /* control characters, quotes, backslashes */
};

static bool is_invisible(char c)
{
    return c == '"' || c == '\\' || (is_control(c) && !is_blank(c));
}

/* The offset behind what the reader passes over at `at`, where `before` is the last character of the name so far; `at` where
 * the name ends there. */
static size_t pass_over(struct bs_bytes text, size_t at, char before, unsigned passed_over)
{
    size_t next = skip_blanks(text, at);
    if (next > at) {
        bool at_dot = before == '.' || (next < text.len && text.ptr[next] == '.');
        return passed_over & BLANKS || (passed_over & BLANKS_AT_DOTS && at_dot) ? next : at;
    }
    if (text.ptr[at] == '(' && passed_over & COMMENTS)
        return skip_comment(text, at);
    return is_invisible(text.ptr[at]) && passed_over & INVISIBLE ? at + 1 : at;
}

/* The offset behind what is no blank at `at` and is part of a name or passed over within it. */
static size_t step_over(struct bs_bytes text, size_t at, unsigned passed_over)
{
    return may_be_in_name(text.ptr[at]) ? at + 1 : pass_over(text, at, '.', passed_over);
}

/* Adds the name that begins the text, to a reader of this kind. Blanks may be many; one that goes on past the limit without
 * them is said to be there. */
static void add_as_read(struct bs_domain_names *names, struct bs_bytes text, unsigned passed_over,
                        struct bs_arena *arena)
{
    char name[BS_DOMAIN_SCAN_MAX];
    size_t length = 0, at = 0, room = BS_DOMAIN_SCAN_MAX;
    while (at < text.len && room > 0) {
        bool blank = is_blank(text.ptr[at]);
        size_t next = blank ? pass_over(text, at, length > 0 ? name[length - 1] : '.', passed_over)
                            : step_over(bs_bytes_first(text, at + room), at, passed_over);
        if (next == at)
            break;
        if (may_be_in_name(text.ptr[at]))
            name[length++] = text.ptr[at];
        room -= blank ? 0 : next - at;
        at = next;
    }
    if (room == 0 && at < text.len)
        names->more = names->cut = true;
    add_reading(names, bs_bytes(name, length), arena);
}

/* The offset behind blanks and comments; text.len, said to hide more, where the comments are longer than the limit. */
static size_t skip_cfws(struct bs_domain_names *names, struct bs_bytes text)
{
    size_t at = skip_blanks(text, 0), room = BS_DOMAIN_SCAN_MAX + 1;
    while (at < text.len && text.ptr[at] == '(') {
        size_t next = skip_comment(bs_bytes_first(text, at + room), at);
        room -= next - at;
        at = skip_blanks(text, next);
        if (room == 0 && at < text.len) {
            names->more = names->cut = true;
            return text.len;
        }
    }
    return at;
}

void bs_domain_names_scan_one(struct bs_domain_names *names, struct bs_bytes behind_at, struct bs_arena *arena)
{
    static const unsigned readers[] = {
        0, BLANKS_AT_DOTS, BLANKS_AT_DOTS | COMMENTS, BLANKS_AT_DOTS | COMMENTS | INVISIBLE, BLANKS,
        BLANKS | COMMENTS | INVISIBLE,
    };
    struct bs_bytes rest = bs_bytes_skip(behind_at, skip_cfws(names, behind_at));
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        if (!names->more || names->count < BS_DOMAIN_NAMES_MAX)
            add_as_read(names, rest, readers[i], arena);
    }
}

void bs_domain_names_scan_plain(struct bs_domain_names *names, struct bs_bytes text, struct bs_arena *arena)
{
    for (size_t at; (at = bs_bytes_find(text, '@')) < text.len;) {
        text = bs_bytes_skip(text, at + 1);
        add_as_read(names, text, 0, arena);
    }
}

void bs_domain_names_scan(struct bs_domain_names *names, struct bs_bytes text, struct bs_arena *arena)
{
    for (size_t at; (at = bs_bytes_find(text, '@')) < text.len;) {
        text = bs_bytes_skip(text, at + 1);
        bs_domain_names_scan_one(names, text, arena);
    }
}

/* The ASCII character that the character in UTF-8 stands for: 0 for none, -1 where it is not seen at all. */
static int ascii_of(struct bs_bytes text, size_t length)
{
    const unsigned char *byte = (const unsigned char *)text.ptr;
    if (length == 2)
        return byte[0] != 0xc2 ? 0 : byte[1] == 0xad ? -1 : byte[1] == 0xa0 ? ' ' : 0;
    if (length != 3)
        return 0;
    unsigned point = (byte[0] & 0x0fu) << 12 | (byte[1] & 0x3fu) << 6 | (byte[2] & 0x3fu);
    if (point >= 0xff01 && point <= 0xff5e)
        return (int)(point - 0xfee0);
    switch (point) {
    case 0x3002: /* ideographic full stop */
    case 0xff61: /* its half width form */
    case 0xfe52: /* small full stop */
    case 0x2024: /* one dot leader */
        return '.';
    case 0xfe6b: /* small commercial at */
        return '@';
    case 0x3000: /* ideographic space */
        return ' ';
    default:
        return (point >= 0x200b && point <= 0x200f) || (point >= 0x202a && point <= 0x202e) ||
                       (point >= 0x2060 && point <= 0x206f) || point == 0xfeff
                   ? -1
                   : 0;
    }
}

size_t bs_domain_fold_lookalikes(struct bs_bytes text, char *ret_text)
{
    size_t length = 0;
    while (text.len > 0) {
        size_t size = bs_utf8_sequence(text);
        int ascii = ascii_of(text, size);
        size = size > 0 ? size : 1;
        if (ascii == 0) {
            memcpy(ret_text + length, text.ptr, size);
            length += size;
        } else if (ascii > 0) {
            ret_text[length++] = (char)ascii;
        }
        text = bs_bytes_skip(text, size);
    }
    return length;
}
