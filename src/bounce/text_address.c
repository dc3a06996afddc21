/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See text_address.h. An address is looked for around its @, to both sides over the bytes that addresses are made of
 * (RFC 5321 section 4.1.2); each @ is looked at once and its sides only BS_TEXT_ADDRESS_MAX bytes far, so that a text
 * of nothing but @ takes linear time.
 */
#include "bounce/text_address.h"

#include "base/stride.h"

/* What a byte may be part of. */
enum { ATOM = 1, DOMAIN = 2, WIDE = 4, LETTER_OR_DIGIT = 8 };

static bool is_any(char c, unsigned of)
{
    enum { LETTER = ATOM | DOMAIN | LETTER_OR_DIGIT };
    static const unsigned char classes[256] = {
        ['a' ... 'z'] = LETTER, ['A' ... 'Z'] = LETTER, ['0' ... '9'] = LETTER, [0x80 ... 0xff] = WIDE,
        ['-'] = ATOM | DOMAIN,  ['.'] = ATOM | DOMAIN,  ['_'] = ATOM | DOMAIN,  ['!'] = ATOM, ['#'] = ATOM, ['$'] = ATOM,
        ['%'] = ATOM, ['&'] = ATOM, ['*'] = ATOM, ['+'] = ATOM, ['/'] = ATOM, ['='] = ATOM, ['?'] = ATOM, ['^'] = ATOM,
        ['`'] = ATOM, ['{'] = ATOM, ['|'] = ATOM, ['}'] = ATOM, ['~'] = ATOM, ['\''] = ATOM,
    };
    return classes[(unsigned char)c] & of;
}

static bool is_letter_or_digit(char c)
{
    return is_any(c, LETTER_OR_DIGIT);
}

/* Where a quoted local part that ends before `at` begins; `at` where there is none. */
static size_t quoted_begin(struct bs_bytes text, size_t from, size_t at)
{
    if (at < from + 2 || text.ptr[at - 1] != '"')
        return at;
    for (size_t i = at - 1; i > from; i--) {
        char c = text.ptr[i - 1];
        if (c == '\n' || at - i > BS_TEXT_ADDRESS_MAX)
            break;
        if (c == '"' && (i < 2 || text.ptr[i - 2] != '\\'))
            return i - 1;
    }
    return at;
}

/* Within angle brackets an address may hold letters past ASCII (RFC 6531); there it ends at the brackets. */
static bool bracketed(struct bs_bytes text, size_t from, size_t at, size_t *ret_begin, size_t *ret_end)
{
    size_t begin = at, end = at + 1;
    while (begin > from && is_any(text.ptr[begin - 1], ATOM | WIDE) && at - begin < BS_TEXT_ADDRESS_MAX)
        begin--;
    while (end < text.len && is_any(text.ptr[end], DOMAIN | WIDE) && end - at < BS_TEXT_ADDRESS_MAX)
        end++;
    *ret_begin = begin;
    *ret_end = end;
    return begin < at && end > at + 1 && begin > from && text.ptr[begin - 1] == '<' && end < text.len &&
           text.ptr[end] == '>';
}

/* The end of a literal such as [192.0.2.1] or [IPv6:2001:db8::1] that begins at `begin`, or `begin`. */
static size_t literal_end(struct bs_bytes text, size_t begin)
{
    size_t end = begin + 1;
    while (end < text.len && (is_letter_or_digit(text.ptr[end]) || text.ptr[end] == '.' || text.ptr[end] == ':') &&
           end - begin < 60)
        end++;
    return end < text.len && text.ptr[end] == ']' ? end + 1 : begin;
}

static void plain(struct bs_bytes text, size_t from, size_t at, size_t *ret_begin, size_t *ret_end)
{
    size_t begin = quoted_begin(text, from, at), end = at + 1;
    if (begin == at) {
        while (begin > from && is_any(text.ptr[begin - 1], ATOM) && at - begin < BS_TEXT_ADDRESS_MAX)
            begin--;
        while (begin < at && (text.ptr[begin] == '\'' || text.ptr[begin] == '`' || text.ptr[begin] == '.' ||
                              text.ptr[begin] == '*' || text.ptr[begin] == '|'))
            begin++;
    }
    if (end < text.len && text.ptr[end] == '[') {
        end = literal_end(text, end);
    } else {
        while (end < text.len && is_any(text.ptr[end], DOMAIN) && end - at < BS_TEXT_ADDRESS_MAX)
            end++;
        while (end > at + 1 && !is_letter_or_digit(text.ptr[end - 1]))
            end--;
    }
    *ret_begin = begin;
    *ret_end = end;
}

bool bs_text_address_next(struct bs_bytes *rest, struct bs_bytes *ret_address)
{
    struct bs_bytes text = *rest;
    for (size_t from = 0, i = 0; i < text.len;) {
        size_t at = i + bs_bytes_find(bs_bytes_skip(text, i), '@'), begin, end;
        if (at == text.len)
            break;
        if (!bracketed(text, from, at, &begin, &end))
            plain(text, from, at, &begin, &end);
        if (begin < at && end > at + 1 && end - begin <= BS_TEXT_ADDRESS_MAX) {
            struct bs_bytes address = bs_bytes(text.ptr + begin, end - begin);
            *rest = bs_bytes_skip(text, end);
            if (bs_bytes_starts_nocase(address, BS_LITERAL("smtp=")))
                address = bs_bytes_skip(address, 5);
            *ret_address = address;
            return true;
        }
        from = i = at + 1;
    }
    *rest = bs_bytes_skip(text, text.len);
    return false;
}

/* The digits at the front of the bytes, at most three; 0 for none and for more. */
static size_t short_number(struct bs_bytes bytes)
{
    size_t count = 0;
    while (count < bytes.len && count < 4 && bs_ascii_is_digit(bytes.ptr[count]))
        count++;
    return count <= 3 ? count : 0;
}

/* The length of the status code that the bytes begin with, or 0. */
static size_t status_length(struct bs_bytes bytes)
{
    if (bytes.len < 5 || (bytes.ptr[0] != '2' && bytes.ptr[0] != '4' && bytes.ptr[0] != '5') || bytes.ptr[1] != '.')
        return 0;
    size_t subject = short_number(bs_bytes_skip(bytes, 2));
    if (subject == 0 || 2 + subject >= bytes.len || bytes.ptr[2 + subject] != '.')
        return 0;
    size_t detail = short_number(bs_bytes_skip(bytes, 3 + subject));
    size_t len = 3 + subject + detail;
    if (detail == 0 || (len + 1 < bytes.len && bytes.ptr[len] == '.' && bs_ascii_is_digit(bytes.ptr[len + 1])))
        return 0;
    return len < bytes.len && is_letter_or_digit(bytes.ptr[len]) ? 0 : len;
}

/* A comparison: bytes that are the class of a status. */
static inline BS_STRIDE_OF_BYTES classes_in(BS_STRIDE_OF_BYTES bytes)
{
    return (bytes == '2') | bs_stride_between(bytes, '4', '5');
}

size_t bs_text_find_class(struct bs_bytes text, size_t begin)
{
    size_t i = begin;
    for (; i + BS_STRIDE <= text.len; i += BS_STRIDE) {
        size_t found = bs_stride_first(classes_in(bs_stride_at(text.ptr + i)));
        if (found < BS_STRIDE)
            return i + found;
    }
    if (i < text.len && text.len >= BS_STRIDE) { /* the rest, with some that was looked at before it */
        size_t back = text.len - BS_STRIDE;
        return back + bs_stride_first_behind(classes_in(bs_stride_at(text.ptr + back)), i - back);
    }
    while (i < text.len && text.ptr[i] != '2' && text.ptr[i] != '4' && text.ptr[i] != '5')
        i++;
    return i;
}

/* The next place from `i` on where a status may begin: with its class and a dot. */
static size_t find_status(struct bs_bytes text, size_t i)
{
    for (; i + BS_STRIDE < text.len; i += BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(text.ptr + i), next = bs_stride_at(text.ptr + i + 1);
        size_t found = bs_stride_first(classes_in(here) & (next == '.'));
        if (found < BS_STRIDE)
            return i + found;
    }
    i = bs_text_find_class(text, i);
    while (i + 1 < text.len && text.ptr[i + 1] != '.')
        i = bs_text_find_class(text, i + 1);
    return i;
}

struct bs_bytes bs_text_status(struct bs_bytes text)
{
    for (size_t i = find_status(text, 0); i + 5 <= text.len; i = find_status(text, i + 1)) {
        if (i > 0 && (is_letter_or_digit(text.ptr[i - 1]) || text.ptr[i - 1] == '.'))
            continue;
        /* 550-5.7.1 is a reply that goes on; postfix-5.1.1 is a version. */
        if (i > 1 && text.ptr[i - 1] == '-' && !bs_ascii_is_digit(text.ptr[i - 2]))
            continue;
        size_t len = status_length(bs_bytes_skip(text, i));
        if (len > 0)
            return bs_bytes(text.ptr + i, len);
    }
    return bs_bytes(NULL, 0);
}

bool bs_text_status_is_vague(struct bs_bytes status)
{
    return status.len == 0 || (status.len == 5 && memcmp(status.ptr + 1, ".0.0", 4) == 0);
}

/* Whether three digits are a reply code of failure (RFC 5321 section 4.2.1). */
static bool is_failure_code(const char *digits)
{
    return (digits[0] == '4' || digits[0] == '5') && digits[1] >= '0' && digits[1] <= '5' && bs_ascii_is_digit(digits[2]);
}

/* The next place from `i` on where such digits stand. */
static size_t find_failure_code(struct bs_bytes text, size_t i)
{
    for (; i + BS_STRIDE + 2 <= text.len; i += BS_STRIDE) {
        BS_STRIDE_OF_BYTES first = bs_stride_at(text.ptr + i), second = bs_stride_at(text.ptr + i + 1),
                           third = bs_stride_at(text.ptr + i + 2);
        BS_STRIDE_OF_BYTES codes = bs_stride_between(first, '4', '5') & bs_stride_between(second, '0', '5') &
                                   bs_stride_between(third, '0', '9');
        size_t found = bs_stride_first(codes);
        if (found < BS_STRIDE)
            return i + found;
    }
    while (i + 3 <= text.len && !is_failure_code(text.ptr + i))
        i++;
    return i;
}

unsigned bs_text_reply_code(struct bs_bytes text)
{
    for (size_t i = find_failure_code(text, 0); i + 3 <= text.len; i = find_failure_code(text, i + 1)) {
        bool begins = i == 0 || strchr(" \t\n:;(<[\"'-=#", text.ptr[i - 1]);
        bool ends = i + 3 == text.len || strchr(" \t\n-:;)>]\"'", text.ptr[i + 3]);
        if (begins && ends && (i == 0 || text.ptr[i - 1] != '\0') && (i + 3 == text.len || text.ptr[i + 3] != '\0'))
            return (unsigned)((text.ptr[i] - '0') * 100 + (text.ptr[i + 1] - '0') * 10 + (text.ptr[i + 2] - '0'));
    }
    return 0;
}
