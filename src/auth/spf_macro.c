/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and expanding macros; see spf_macro.h. */
#include "auth/spf_macro.h"

#include "auth/spf.h"

#include <inttypes.h>
#include <stdio.h>

enum { PARTS_MAX = 1 << 16 }; /* more right-hand parts than any value has */

static const char delimiters[] = ".-+,/_=";

/* A piece of a text: literal bytes, or a macro. */
struct piece {
    struct bs_bytes literal; /* ptr is NULL for a macro with a letter */
    char letter;             /* in lower case */
    bool url;                /* the letter was in upper case: escape as in URLs */
    bool reverse;
    bool transformed; /* reverse, parts or delimiters were given */
    unsigned parts;   /* right-hand parts to keep; 0: all */
    struct bs_bytes delimiters;
};

struct output {
    char *text;
    size_t length;
    size_t capacity;
};

static bool is_letter(char c)
{
    char low = bs_ascii_lower(c);
    return low >= 'a' && low <= 'z';
}

static bool is_literal(char c, enum bs_spf_text kind)
{
    return (c > 0x20 && c < 0x7f && c != '%') || (c == ' ' && kind == BS_SPF_TEXT_EXPLANATION);
}

bool bs_spf_is_ascii(struct bs_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    }
    return true;
}

/* Whether `c` is one of the characters of `set`. */
static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* Reads `letter transformers *delimiter`, what stands between the braces. */
static bool read_braces(struct bs_bytes inside, enum bs_spf_text kind, struct piece *ret_piece)
{
    if (inside.len == 0)
        return false;
    ret_piece->letter = bs_ascii_lower(inside.ptr[0]);
    ret_piece->url = inside.ptr[0] != ret_piece->letter;
    if (!is_one_of(ret_piece->letter, kind == BS_SPF_TEXT_DOMAIN ? "slodiphv" : "slodiphvcrt"))
        return false;
    inside = bs_bytes_skip(inside, 1);
    bool counted = inside.len > 0 && bs_ascii_is_digit(inside.ptr[0]);
    while (inside.len > 0 && bs_ascii_is_digit(inside.ptr[0])) {
        ret_piece->parts = ret_piece->parts * 10 + (unsigned)(inside.ptr[0] - '0');
        ret_piece->parts = ret_piece->parts < PARTS_MAX ? ret_piece->parts : PARTS_MAX;
        inside = bs_bytes_skip(inside, 1);
    }
    if (counted && ret_piece->parts == 0)
        return false;
    if (inside.len > 0 && bs_ascii_lower(inside.ptr[0]) == 'r') {
        ret_piece->reverse = true;
        inside = bs_bytes_skip(inside, 1);
    }
    for (size_t i = 0; i < inside.len; i++) {
        if (!is_one_of(inside.ptr[i], delimiters))
            return false;
    }
    ret_piece->delimiters = inside.len > 0 ? inside : BS_LITERAL(".");
    ret_piece->transformed = counted || ret_piece->reverse || inside.len > 0;
    return true;
}

/* Takes what begins with a percent sign. */
static bool take_macro(struct bs_bytes *io_text, enum bs_spf_text kind, struct piece *ret_piece)
{
    char sign = io_text->len > 1 ? io_text->ptr[1] : '\0';
    size_t length = 2;
    if (sign == '{') {
        size_t close = bs_bytes_find(*io_text, '}');
        if (close == io_text->len || !read_braces(bs_bytes(io_text->ptr + 2, close - 2), kind, ret_piece))
            return false;
        length = close + 1;
    } else if (sign == '%') {
        ret_piece->literal = BS_LITERAL("%");
    } else if (sign == '_') {
        ret_piece->literal = BS_LITERAL(" ");
    } else if (sign == '-') {
        ret_piece->literal = BS_LITERAL("%20");
    } else {
        return false;
    }
    *io_text = bs_bytes_skip(*io_text, length);
    return true;
}

/* Takes a piece off the front of a text that is not empty; false where it is malformed. */
static bool take_piece(struct bs_bytes *io_text, enum bs_spf_text kind, struct piece *ret_piece)
{
    *ret_piece = (struct piece){0};
    if (io_text->ptr[0] == '%')
        return take_macro(io_text, kind, ret_piece);
    size_t length = 0;
    while (length < io_text->len && is_literal(io_text->ptr[length], kind))
        length++;
    ret_piece->literal = bs_bytes_first(*io_text, length);
    *io_text = bs_bytes_skip(*io_text, length);
    return length > 0;
}

bool bs_spf_macro_check(struct bs_bytes text, enum bs_spf_text kind, struct bs_bytes *ret_wrong)
{
    while (text.len > 0) {
        struct piece piece;
        if (!take_piece(&text, kind, &piece)) {
            if (ret_wrong)
                *ret_wrong = text;
            return false;
        }
    }
    return true;
}

/* A label of letters, digits and dashes, no dash at its ends, not all digits (section 7.1). */
static bool is_top_label(struct bs_bytes label)
{
    bool has_other = false;
    if (label.len == 0 || label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++) {
        char c = label.ptr[i];
        if (!bs_ascii_is_digit(c) && !is_letter(c) && c != '-')
            return false;
        has_other = has_other || !bs_ascii_is_digit(c);
    }
    return has_other;
}

bool bs_spf_domain_spec_check(struct bs_bytes text)
{
    struct bs_bytes end = {NULL, 0}; /* the literal that the text ends in */
    if (text.len == 0)
        return false;
    while (text.len > 0) {
        struct piece piece;
        bool literal = text.ptr[0] != '%';
        if (!take_piece(&text, BS_SPF_TEXT_DOMAIN, &piece))
            return false;
        end = literal ? piece.literal : (struct bs_bytes){NULL, 0};
    }
    if (!end.ptr)
        return true;
    if (end.ptr[end.len - 1] == '.')
        end.len--;
    size_t dot = bs_bytes_find_last(end, '.');
    return dot < end.len && is_top_label(bs_bytes_skip(end, dot + 1));
}

bool bs_spf_macro_uses(struct bs_bytes text, const char *letters)
{
    while (bs_bytes_find(text, '%') < text.len) {
        struct piece piece;
        if (!take_piece(&text, BS_SPF_TEXT_EXPLANATION, &piece))
            return false;
        if (is_one_of(piece.letter, letters))
            return true;
    }
    return false;
}

static bool put(struct output *out, struct bs_bytes bytes)
{
    if (bytes.len > out->capacity - out->length)
        return false;
    if (bytes.len > 0)
        memcpy(out->text + out->length, bytes.ptr, bytes.len);
    out->length += bytes.len;
    return true;
}

/* With everything escaped that is not unreserved in URLs (RFC 3986 section 2.3). */
static bool put_url(struct output *out, struct bs_bytes bytes)
{
    bool fits = true;
    for (size_t i = 0; fits && i < bytes.len; i++) {
        char c = bytes.ptr[i], escaped[4];
        bool plain = is_letter(c) || bs_ascii_is_digit(c) || is_one_of(c, "-._~");
        snprintf(escaped, sizeof escaped, "%%%02X", (unsigned char)c);
        fits = put(out, plain ? bs_bytes(&c, 1) : bs_bytes(escaped, 3));
    }
    return fits;
}

static bool is_delimiter(const struct piece *piece, char c)
{
    return bs_bytes_find(piece->delimiters, c) < piece->delimiters.len;
}

static bool put_value(struct output *out, const struct piece *piece, struct bs_bytes value)
{
    return piece->url ? put_url(out, value) : put(out, value);
}

/* The end of the part that begins at `at`. */
static size_t part_end(const struct piece *piece, struct bs_bytes value, size_t at)
{
    while (at < value.len && !is_delimiter(piece, value.ptr[at]))
        at++;
    return at;
}

/* The parts from `first` on, joined by dots. */
static bool put_parts(struct output *out, const struct piece *piece, struct bs_bytes value, size_t first)
{
    for (size_t at = first;; at++) {
        size_t end = part_end(piece, value, at);
        if (!put_value(out, piece, bs_bytes(value.ptr + at, end - at)))
            return false;
        if (end == value.len)
            return true;
        if (!put(out, BS_LITERAL(".")))
            return false;
        at = end;
    }
}

/* The parts of `value` from the last to the first, joined by dots. */
static bool put_reversed(struct output *out, const struct piece *piece, struct bs_bytes value)
{
    for (size_t end = value.len;;) {
        size_t begin = end;
        while (begin > 0 && !is_delimiter(piece, value.ptr[begin - 1]))
            begin--;
        if (!put_value(out, piece, bs_bytes(value.ptr + begin, end - begin)))
            return false;
        if (begin == 0)
            return true;
        if (!put(out, BS_LITERAL(".")))
            return false;
        end = begin - 1;
    }
}

/* Splits, reverses, keeps the right-hand parts, joins with dots (section 7.3). The right-hand parts of the reversed
 * value are the left-hand ones of the value itself. */
static bool put_transformed(struct output *out, const struct piece *piece, struct bs_bytes value)
{
    size_t parts = 1;
    for (size_t i = 0; i < value.len; i++)
        parts += is_delimiter(piece, value.ptr[i]);
    size_t kept = piece->parts > 0 && piece->parts < parts ? piece->parts : parts;
    size_t at = 0;
    if (piece->reverse) {
        for (size_t i = 0; i < kept; i++)
            at = part_end(piece, value, at) + 1;
        return put_reversed(out, piece, bs_bytes_first(value, at - 1));
    }
    for (size_t i = kept; i < parts; i++)
        at = part_end(piece, value, at) + 1;
    return put_parts(out, piece, value, at);
}

/* %{i}: dotted decimal, or the 32 nibbles with dots between. In upper case, as the suite of RFC 7208 has them. */
static struct bs_bytes dotted_ip(const struct bs_ip *ip, char scratch[BS_NETWORK_TEXT])
{
    static const char digits[] = "0123456789ABCDEF";
    if (ip->family == 4) {
        bs_ip_format(ip, scratch);
        return bs_bytes_from_cstr(scratch);
    }
    for (size_t i = 0; i < 16; i++) {
        scratch[4 * i] = digits[ip->address[i] >> 4];
        scratch[4 * i + 1] = '.';
        scratch[4 * i + 2] = digits[ip->address[i] & 15];
        scratch[4 * i + 3] = '.';
    }
    return bs_bytes(scratch, 63);
}

/* The value of every letter but s, before it is transformed. */
static struct bs_bytes value_of(char letter, const struct bs_spf_values *values, char scratch[BS_NETWORK_TEXT])
{
    switch (letter) {
    case 'l':
        return values->local;
    case 'o':
        return values->sender_domain;
    case 'd':
        return values->domain;
    case 'h':
        return values->helo;
    case 'r':
        return values->receiver;
    case 'p':
        return values->name;
    case 'i':
        return dotted_ip(values->ip, scratch);
    case 'v':
        return values->ip->family == 4 ? BS_LITERAL("in-addr") : BS_LITERAL("ip6");
    case 'c':
        bs_ip_format(values->ip, scratch);
        break;
    case 't':
        snprintf(scratch, BS_NETWORK_TEXT, "%" PRId64, values->now);
        break;
    }
    return bs_bytes_from_cstr(scratch);
}

/* %{s}: local-part@domain; BS_SPF_SENDER_MAX bytes and the sign at most. */
static struct bs_bytes sender_of(const struct bs_spf_values *values, char scratch[BS_SPF_SENDER_MAX + 1])
{
    struct output out = {scratch, 0, BS_SPF_SENDER_MAX + 1};
    bool fits = put(&out, values->local) && put(&out, BS_LITERAL("@")) && put(&out, values->sender_domain);
    return bs_bytes(scratch, fits ? out.length : 0);
}

static bool put_macro(struct output *out, const struct piece *piece, const struct bs_spf_values *values)
{
    char scratch[BS_SPF_SENDER_MAX + 1];
    _Static_assert(sizeof scratch >= BS_NETWORK_TEXT, "scratch holds an address");
    struct bs_bytes value =
        piece->letter == 's' ? sender_of(values, scratch) : value_of(piece->letter, values, scratch);
    if (value.len == 0)
        return true;
    return piece->transformed ? put_transformed(out, piece, value) : put_value(out, piece, value);
}

bool bs_spf_macro_expand(struct bs_bytes text, const struct bs_spf_values *values, char *ret_text, size_t capacity,
                         size_t *ret_length)
{
    struct output out = {ret_text, 0, capacity};
    bool fits = true;
    while (fits && text.len > 0) {
        struct piece piece;
        if (!take_piece(&text, BS_SPF_TEXT_EXPLANATION, &piece))
            return false;
        fits = piece.literal.ptr ? put(&out, piece.literal) : put_macro(&out, &piece, values);
    }
    *ret_length = out.length;
    return fits;
}
