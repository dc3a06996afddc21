/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of HTML; see html_text.h. */
#include "message/html_text.h"

#include "base/stride.h"

enum {
    REFERENCE_MAX = 12, /* bytes of a character reference, from its & to its ; */
};

struct reader {
    struct bs_strbuf *out;
    struct bs_bytes rest;
    bool blank; /* white space since the last character */
    bool line;  /* a line ends since then */
    bool verbatim; /* within <pre> */
    bool quotes_broken; /* a quote was never closed: those that follow are not looked at */
    bool full;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static bool is_letter(char c)
{
    char low = bs_ascii_lower(c);
    return low >= 'a' && low <= 'z';
}

/* The words of a text that fit, without the blank behind the last. */
static struct bs_bytes words_that_fit(struct bs_bytes text, size_t room)
{
    if (text.len <= room)
        return text;
    while (room > 0 && text.ptr[room] != ' ')
        room--;
    return bs_bytes_first(text, room);
}

/* Appends words with a blank between each two. */
static void put(struct reader *reader, struct bs_bytes text)
{
    struct bs_strbuf *out = reader->out;
    size_t between = out->len > 0 && (reader->line || reader->blank) ? 1 : 0, room = out->limit - out->len;
    struct bs_bytes fit = words_that_fit(text, room > between ? room - between : 0);
    reader->full = fit.len < text.len;
    if (fit.len == 0)
        return;
    if (between)
        bs_strbuf_append_char(out, reader->line ? '\n' : ' ');
    reader->line = reader->blank = false;
    bs_strbuf_append(out, fit);
}

/* The length of a tag's name at the front, or of as much of it as matters. */
static size_t name_length(struct bs_bytes text)
{
    if (text.len >= BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(text.ptr), low = here | ('a' ^ 'A');
        return bs_stride_first_not(bs_stride_between(low, 'a', 'z') | bs_stride_between(here, '0', '9'));
    }
    size_t i = 0;
    while (i < text.len && (is_letter(text.ptr[i]) || bs_ascii_is_digit(text.ptr[i])))
        i++;
    return i;
}

/* A name as one number, whatever its case, its first letter lowest; 0 for one that is longer than any of those that
 * matter. */
static uint64_t name_key(struct bs_bytes name)
{
    uint64_t key = 0;
    for (size_t i = name.len <= sizeof key ? name.len : 0; i > 0; i--)
        key = key << 8 | (unsigned char)(name.ptr[i - 1] | ('a' ^ 'A'));
    return key;
}

#define KEY2(a, b) ((uint64_t)(b) << 8 | (a))
#define KEY3(a, b, c) (KEY2(b, c) << 8 | (a))
#define KEY4(a, b, c, d) (KEY3(b, c, d) << 8 | (a))
#define KEY5(a, b, c, d, e) (KEY4(b, c, d, e) << 8 | (a))
#define KEY6(a, b, c, d, e, f) (KEY5(b, c, d, e, f) << 8 | (a))
#define KEY7(a, b, c, d, e, f, g) (KEY6(b, c, d, e, f, g) << 8 | (a))
#define KEY8(a, b, c, d, e, f, g, h) (KEY7(b, c, d, e, f, g, h) << 8 | (a))

enum tag { OTHER_TAG, BLOCK, CELL, VERBATIM, UNSEEN };

/* A place for each of the names below: the number was tried until no two had the same. */
#define PLACE(key) ((key) * 0x8736a4cc49a2ba1u >> 57)
#define ROW(key, tag) [PLACE(key)] = {key, tag}

static const struct {
    uint64_t key;
    enum tag tag;
} tags[128] = {
    ROW((uint64_t)'p', BLOCK), ROW(KEY2('b', 'r'), BLOCK), ROW(KEY3('d', 'i', 'v'), BLOCK),
    ROW(KEY2('t', 'r'), BLOCK), ROW(KEY2('l', 'i'), BLOCK), ROW(KEY2('u', 'l'), BLOCK), ROW(KEY2('o', 'l'), BLOCK),
    ROW(KEY2('d', 'l'), BLOCK), ROW(KEY2('d', 't'), BLOCK), ROW(KEY2('d', 'd'), BLOCK),
    ROW(KEY5('t', 'a', 'b', 'l', 'e'), BLOCK), ROW(KEY2('h', 'r'), BLOCK), ROW(KEY2('h', '1'), BLOCK),
    ROW(KEY2('h', '2'), BLOCK), ROW(KEY2('h', '3'), BLOCK), ROW(KEY2('h', '4'), BLOCK), ROW(KEY2('h', '5'), BLOCK),
    ROW(KEY2('h', '6'), BLOCK), ROW(KEY4('b', 'o', 'd', 'y'), BLOCK), ROW(KEY4('h', 't', 'm', 'l'), BLOCK),
    ROW(KEY4('h', 'e', 'a', 'd'), BLOCK), ROW(KEY6('c', 'e', 'n', 't', 'e', 'r'), BLOCK),
    ROW(KEY7('a', 'd', 'd', 'r', 'e', 's', 's'), BLOCK), ROW(KEY7('a', 'r', 't', 'i', 'c', 'l', 'e'), BLOCK),
    ROW(KEY7('s', 'e', 'c', 't', 'i', 'o', 'n'), BLOCK), ROW(KEY6('h', 'e', 'a', 'd', 'e', 'r'), BLOCK),
    ROW(KEY6('f', 'o', 'o', 't', 'e', 'r'), BLOCK), ROW(KEY4('f', 'o', 'r', 'm'), BLOCK),
    ROW(KEY5('t', 'b', 'o', 'd', 'y'), BLOCK), ROW(KEY5('t', 'h', 'e', 'a', 'd'), BLOCK),
    ROW(KEY6('o', 'p', 't', 'i', 'o', 'n'), BLOCK), ROW(KEY4('m', 'a', 'i', 'n'), BLOCK),
    ROW(KEY3('n', 'a', 'v'), BLOCK), ROW(KEY5('a', 's', 'i', 'd', 'e'), BLOCK),
    ROW(KEY6('f', 'i', 'g', 'u', 'r', 'e'), BLOCK), ROW(KEY7('c', 'a', 'p', 't', 'i', 'o', 'n'), BLOCK),
    ROW(KEY8('f', 'i', 'e', 'l', 'd', 's', 'e', 't'), BLOCK), ROW(KEY2('t', 'd'), CELL), ROW(KEY2('t', 'h'), CELL),
    ROW(KEY3('p', 'r', 'e'), VERBATIM), ROW(KEY5('t', 'i', 't', 'l', 'e'), UNSEEN),
    ROW(KEY5('s', 't', 'y', 'l', 'e'), UNSEEN), ROW(KEY6('s', 'c', 'r', 'i', 'p', 't'), UNSEEN),
    ROW(KEY8('t', 'e', 'm', 'p', 'l', 'a', 't', 'e'), UNSEEN),
};

static enum tag find_tag(struct bs_bytes name)
{
    uint64_t key = name_key(name);
    size_t place = PLACE(key);
    if (key != 0 && tags[place].key == key)
        return tags[place].tag;
    return bs_bytes_equal_nocase(name, BS_LITERAL("blockquote")) ? BLOCK : OTHER_TAG;
}

/* Skips to the end tag of `name`, or to the end. */
static void skip_element(struct reader *reader, struct bs_bytes name)
{
    for (;;) {
        struct bs_bytes *rest = &reader->rest;
        *rest = bs_bytes_skip(*rest, bs_bytes_find(*rest, '<'));
        if (rest->len < name.len + 2)
            break;
        if (rest->ptr[1] == '/' && bs_bytes_starts_nocase(bs_bytes_skip(*rest, 2), name))
            return;
        *rest = bs_bytes_skip(*rest, 1);
    }
    reader->rest = bs_bytes_skip(reader->rest, reader->rest.len);
}

static void skip_comment(struct reader *reader)
{
    size_t end = bs_bytes_find_text(reader->rest, BS_LITERAL("-->"));
    reader->rest = bs_bytes_skip(reader->rest, end < reader->rest.len ? end + 3 : end);
}

/* The place of the next > or quote behind a =, from `i` on; the length where there is none. */
static size_t find_in_tag(struct bs_bytes tag, size_t i)
{
    for (; i + BS_STRIDE <= tag.len; i += BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(tag.ptr + i), before = bs_stride_at(tag.ptr + i - 1);
        size_t found = bs_stride_first((here == '>') | (((here == '"') | (here == '\'')) & (before == '=')));
        if (found < BS_STRIDE)
            return i + found;
    }
    while (i < tag.len && tag.ptr[i] != '>' && ((tag.ptr[i] != '"' && tag.ptr[i] != '\'') || tag.ptr[i - 1] != '='))
        i++;
    return i;
}

/* The length of a tag up to its >, which may stand in the quotes of an attribute; all, where it has none. */
static size_t tag_length(struct bs_bytes tag)
{
    for (size_t i = find_in_tag(tag, 1); i < tag.len; i = find_in_tag(tag, i)) {
        if (tag.ptr[i] == '>')
            return i + 1;
        i += 1 + bs_bytes_find(bs_bytes_skip(tag, i + 1), tag.ptr[i]);
        if (i >= tag.len)
            break;
        i++;
    }
    return tag.len;
}

/* A quote that is never closed must not hide the rest: then this tag, and all behind it, end at their first >. */
static size_t tag_end(struct reader *reader, struct bs_bytes tag)
{
    size_t len = reader->quotes_broken ? tag.len : tag_length(tag);
    if (len < tag.len)
        return len;
    size_t first = bs_bytes_find(tag, '>');
    if (first == tag.len || first + 1 == tag.len)
        return len;
    reader->quotes_broken = true;
    return first + 1;
}

static void read_tag(struct reader *reader)
{
    struct bs_bytes rest = reader->rest;
    if (rest.len >= 4 && memcmp(rest.ptr, "<!--", 4) == 0) {
        skip_comment(reader);
        return;
    }
    size_t at = rest.len > 1 && rest.ptr[1] == '/' ? 2 : 1;
    bool known = rest.len > at && (is_letter(rest.ptr[at]) || rest.ptr[at] == '!' || rest.ptr[at] == '?');
    if (!known) { /* no tag */
        put(reader, bs_bytes_first(rest, 1));
        reader->rest = bs_bytes_skip(rest, 1);
        return;
    }
    struct bs_bytes name = bs_bytes_skip(rest, at);
    name = bs_bytes_first(name, name_length(name));
    reader->rest = bs_bytes_skip(rest, tag_end(reader, rest));
    enum tag tag = find_tag(name);
    reader->line = reader->line || tag == BLOCK || tag == VERBATIM || tag == UNSEEN;
    reader->blank = reader->blank || tag == CELL;
    reader->verbatim = tag == VERBATIM ? at == 1 : reader->verbatim;
    if (at == 1 && tag == UNSEEN)
        skip_element(reader, name);
}

static size_t encode(unsigned long code, char *ret_bytes)
{
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        code = 0xfffd;
    if (code < 0x80) {
        ret_bytes[0] = (char)code;
        return 1;
    }
    size_t more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    ret_bytes[0] = (char)(first[more] | code >> 6 * more);
    for (size_t i = 1; i <= more; i++)
        ret_bytes[i] = (char)(0x80 | (code >> 6 * (more - i) & 0x3f));
    return more + 1;
}

/* The code of a reference without its & and ;, or 0. */
static unsigned long read_number(struct bs_bytes name)
{
    bool hex = name.len > 1 && bs_ascii_lower(name.ptr[1]) == 'x';
    unsigned long code = 0;
    size_t i = hex ? 2 : 1;
    for (; i < name.len; i++) {
        char low = bs_ascii_lower(name.ptr[i]);
        int digit = bs_ascii_is_digit(low) ? low - '0' : hex && low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
        if (digit < 0)
            return 0;
        code = code > 0x10ffff ? code : code * (hex ? 16 : 10) + (unsigned)digit;
    }
    return i > (hex ? 2 : 1) ? code : 0;
}

static const struct {
    struct bs_bytes name;
    unsigned code;
} references[] = {
    {{"lt", 2}, '<'}, {{"gt", 2}, '>'}, {{"amp", 3}, '&'}, {{"quot", 4}, '"'}, {{"apos", 4}, '\''},
    {{"nbsp", 4}, ' '}, {{"copy", 4}, 0xa9}, {{"reg", 3}, 0xae}, {{"laquo", 5}, 0xab}, {{"raquo", 5}, 0xbb},
    {{"middot", 6}, 0xb7}, {{"iexcl", 5}, 0xa1}, {{"iquest", 6}, 0xbf}, {{"agrave", 6}, 0xe0}, {{"aacute", 6}, 0xe1},
    {{"acirc", 5}, 0xe2}, {{"atilde", 6}, 0xe3}, {{"auml", 4}, 0xe4}, {{"aring", 5}, 0xe5}, {{"aelig", 5}, 0xe6},
    {{"ccedil", 6}, 0xe7}, {{"egrave", 6}, 0xe8}, {{"eacute", 6}, 0xe9}, {{"ecirc", 5}, 0xea}, {{"euml", 4}, 0xeb},
    {{"igrave", 6}, 0xec}, {{"iacute", 6}, 0xed}, {{"icirc", 5}, 0xee}, {{"iuml", 4}, 0xef}, {{"ntilde", 6}, 0xf1},
    {{"ograve", 6}, 0xf2}, {{"oacute", 6}, 0xf3}, {{"ocirc", 5}, 0xf4}, {{"otilde", 6}, 0xf5}, {{"ouml", 4}, 0xf6},
    {{"oslash", 6}, 0xf8}, {{"ugrave", 6}, 0xf9}, {{"uacute", 6}, 0xfa}, {{"ucirc", 5}, 0xfb}, {{"uuml", 4}, 0xfc},
    {{"szlig", 5}, 0xdf}, {{"Agrave", 6}, 0xc0}, {{"Aacute", 6}, 0xc1}, {{"Acirc", 5}, 0xc2}, {{"Atilde", 6}, 0xc3},
    {{"Auml", 4}, 0xc4}, {{"Aring", 5}, 0xc5}, {{"AElig", 5}, 0xc6}, {{"Ccedil", 6}, 0xc7}, {{"Egrave", 6}, 0xc8},
    {{"Eacute", 6}, 0xc9}, {{"Ecirc", 5}, 0xca}, {{"Ntilde", 6}, 0xd1}, {{"Oacute", 6}, 0xd3}, {{"Ocirc", 5}, 0xd4},
    {{"Otilde", 6}, 0xd5}, {{"Ouml", 4}, 0xd6}, {{"Oslash", 6}, 0xd8}, {{"Uacute", 6}, 0xda}, {{"Uuml", 4}, 0xdc},
    {{"hellip", 6}, 0x2026}, {{"ndash", 5}, 0x2013}, {{"mdash", 5}, 0x2014}, {{"lsquo", 5}, 0x2018},
    {{"rsquo", 5}, 0x2019}, {{"ldquo", 5}, 0x201c}, {{"rdquo", 5}, 0x201d}, {{"bull", 4}, 0x2022},
    {{"euro", 4}, 0x20ac}, {{"trade", 5}, 0x2122}, {{"deg", 3}, 0xb0}, {{"sect", 4}, 0xa7}, {{"shy", 3}, 0xad},
};

static unsigned long find_reference(struct bs_bytes name)
{
    if (name.len > 1 && name.ptr[0] == '#')
        return read_number(name);
    for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
        if (bs_bytes_equal(name, references[i].name))
            return references[i].code;
    }
    return 0;
}

static void read_reference(struct reader *reader)
{
    struct bs_bytes shown = bs_bytes_first(reader->rest, REFERENCE_MAX);
    size_t end = bs_bytes_find(shown, ';');
    unsigned long code = end < shown.len ? find_reference(bs_bytes(shown.ptr + 1, end - 1)) : 0;
    char bytes[4] = "&";
    size_t len = code == 0 ? 1 : encode(code, bytes);
    if (code == ' ' || code == 0xa0 || code == '\t' || code == '\n' || code == '\r')
        reader->blank = true;
    else
        put(reader, bs_bytes(bytes, len));
    reader->rest = bs_bytes_skip(reader->rest, code == 0 ? 1 : end + 1);
}

static size_t blanks_length(struct bs_bytes text)
{
    size_t i = 0;
    for (; i + BS_STRIDE <= text.len; i += BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(text.ptr + i);
        size_t end = bs_stride_first(
            ~((here == ' ') | (here == '\n') | (here == '\t') | (here == '\r') | (here == '\f')));
        if (end < BS_STRIDE)
            return i + end;
    }
    while (i < text.len && is_blank(text.ptr[i]))
        i++;
    return i;
}

static void read_blanks(struct reader *reader)
{
    size_t len = reader->rest.len > 1 && is_blank(reader->rest.ptr[1]) ? blanks_length(reader->rest) : 1;
    if (reader->verbatim && bs_bytes_find(bs_bytes_first(reader->rest, len), '\n') < len)
        reader->line = true;
    reader->blank = true;
    reader->rest = bs_bytes_skip(reader->rest, len);
}

/* White space, other controls, and what begins a tag or a reference. */
#define IS_SPECIAL(c) ((((c) <= ' ') & ((c) >= 0)) | ((c) == '<') | ((c) == '&'))

/* The length of the words at the front that have a blank between each two, or of a part of them. The text begins with
 * a word. */
static size_t words_length(struct bs_bytes text)
{
    size_t i = 1;
    for (; i + BS_STRIDE < text.len; i += BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(text.ptr + i), next = bs_stride_at(text.ptr + i + 1);
        size_t end = bs_stride_first(IS_SPECIAL(here) & ((here != ' ') | IS_SPECIAL(next)));
        if (end < BS_STRIDE)
            return i + end;
    }
    while (i < text.len && !IS_SPECIAL((signed char)text.ptr[i]))
        i++;
    return i;
}

static void read_text(struct reader *reader)
{
    size_t len = words_length(reader->rest);
    put(reader, bs_bytes_first(reader->rest, len));
    reader->rest = bs_bytes_skip(reader->rest, len);
}

bool bs_html_text_append(struct bs_strbuf *out, struct bs_bytes html)
{
    struct reader reader = {.out = out, .rest = html};
    bs_strbuf_reserve(out, html.len + 1); /* no tag or reference is shorter than what it becomes */
    while (reader.rest.len > 0 && !reader.full) {
        char c = reader.rest.ptr[0];
        if (c == '<')
            read_tag(&reader);
        else if (c == '&')
            read_reference(&reader);
        else if (is_blank(c))
            read_blanks(&reader);
        else
            read_text(&reader);
    }
    if (out->len > 0 && out->len < out->limit && !reader.full)
        bs_strbuf_append_char(out, '\n');
    return !reader.full && !out->failed;
}
