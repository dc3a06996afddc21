/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of HTML; see html_text.h. */
#include "message/html_text.h"

#include <stdint.h>

enum {
    TAG_NAME_MAX = 16,
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

/* Appends a run of text in which nothing is white space. */
static void put(struct reader *reader, struct bs_bytes text)
{
    struct bs_strbuf *out = reader->out;
    size_t between = out->len > 0 && (reader->line || reader->blank) ? 1 : 0;
    if (text.len + between > out->limit - out->len) {
        reader->full = true;
        return;
    }
    if (between)
        bs_strbuf_append_char(out, reader->line ? '\n' : ' ');
    reader->line = reader->blank = false;
    bs_strbuf_append(out, text);
}

/* A name as one number, whatever its case; 0 for one that is longer than any of those that matter. */
static uint64_t name_key(struct bs_bytes name)
{
    uint64_t key = 0;
    for (size_t i = 0; i < name.len && name.len <= sizeof key; i++)
        key = key << 8 | (unsigned char)bs_ascii_lower(name.ptr[i]);
    return key;
}

#define KEY2(a, b) ((uint64_t)(a) << 8 | (b))
#define KEY3(a, b, c) (KEY2(a, b) << 8 | (c))
#define KEY4(a, b, c, d) (KEY3(a, b, c) << 8 | (d))
#define KEY5(a, b, c, d, e) (KEY4(a, b, c, d) << 8 | (e))
#define KEY6(a, b, c, d, e, f) (KEY5(a, b, c, d, e) << 8 | (f))
#define KEY7(a, b, c, d, e, f, g) (KEY6(a, b, c, d, e, f) << 8 | (g))
#define KEY8(a, b, c, d, e, f, g, h) (KEY7(a, b, c, d, e, f, g) << 8 | (h))

enum tag { OTHER_TAG, BLOCK, CELL, VERBATIM, UNSEEN };

static enum tag find_tag(struct bs_bytes name)
{
    switch (name_key(name)) {
    case 'p': case KEY2('b', 'r'): case KEY3('d', 'i', 'v'): case KEY2('t', 'r'): case KEY2('l', 'i'):
    case KEY2('u', 'l'): case KEY2('o', 'l'): case KEY2('d', 'l'): case KEY2('d', 't'): case KEY2('d', 'd'):
    case KEY5('t', 'a', 'b', 'l', 'e'): case KEY2('h', 'r'): case KEY2('h', '1'): case KEY2('h', '2'):
    case KEY2('h', '3'): case KEY2('h', '4'): case KEY2('h', '5'): case KEY2('h', '6'): case KEY4('b', 'o', 'd', 'y'):
    case KEY4('h', 't', 'm', 'l'): case KEY4('h', 'e', 'a', 'd'): case KEY6('c', 'e', 'n', 't', 'e', 'r'):
    case KEY7('a', 'd', 'd', 'r', 'e', 's', 's'): case KEY7('a', 'r', 't', 'i', 'c', 'l', 'e'):
    case KEY7('s', 'e', 'c', 't', 'i', 'o', 'n'): case KEY6('h', 'e', 'a', 'd', 'e', 'r'):
    case KEY6('f', 'o', 'o', 't', 'e', 'r'): case KEY4('f', 'o', 'r', 'm'): case KEY5('t', 'b', 'o', 'd', 'y'):
    case KEY5('t', 'h', 'e', 'a', 'd'): case KEY6('o', 'p', 't', 'i', 'o', 'n'): case KEY4('m', 'a', 'i', 'n'):
    case KEY3('n', 'a', 'v'): case KEY5('a', 's', 'i', 'd', 'e'): case KEY6('f', 'i', 'g', 'u', 'r', 'e'):
    case KEY7('c', 'a', 'p', 't', 'i', 'o', 'n'): case KEY8('f', 'i', 'e', 'l', 'd', 's', 'e', 't'):
        return BLOCK;
    case KEY2('t', 'd'): case KEY2('t', 'h'):
        return CELL;
    case KEY3('p', 'r', 'e'):
        return VERBATIM;
    case KEY5('t', 'i', 't', 'l', 'e'): case KEY5('s', 't', 'y', 'l', 'e'): case KEY6('s', 'c', 'r', 'i', 'p', 't'):
    case KEY8('t', 'e', 'm', 'p', 'l', 'a', 't', 'e'):
        return UNSEEN;
    default:
        return bs_bytes_equal_nocase(name, BS_LITERAL("blockquote")) ? BLOCK : OTHER_TAG;
    }
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
    const char *end = memmem(reader->rest.ptr, reader->rest.len, "-->", 3);
    size_t len = end ? (size_t)(end - reader->rest.ptr) + 3 : reader->rest.len;
    reader->rest = bs_bytes_skip(reader->rest, len);
}

/* The length of a tag up to its >, which may stand in the quotes of an attribute; all, where it has none. */
static size_t tag_length(struct bs_bytes tag)
{
    char quote = '\0';
    for (size_t i = 1; i < tag.len; i++) {
        char c = tag.ptr[i];
        if (quote != '\0')
            quote = c == quote ? '\0' : quote;
        else if (c == '>')
            return i + 1;
        else if ((c == '"' || c == '\'') && tag.ptr[i - 1] == '=')
            quote = c;
    }
    return tag.len;
}

/* A quote that is never closed must not hide the rest: then this tag, and all behind it, end at their first >. */
static size_t tag_end(struct reader *reader, struct bs_bytes tag)
{
    size_t first = bs_bytes_find(tag, '>');
    size_t len = reader->quotes_broken ? tag.len : tag_length(tag);
    if (len < tag.len || first == tag.len || first + 1 == tag.len)
        return len;
    reader->quotes_broken = true;
    return first + 1;
}

static void read_tag(struct reader *reader)
{
    struct bs_bytes rest = reader->rest;
    if (bs_bytes_starts_nocase(rest, BS_LITERAL("<!--"))) {
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
    size_t len = at;
    while (len < rest.len && len < at + TAG_NAME_MAX && (is_letter(rest.ptr[len]) || bs_ascii_is_digit(rest.ptr[len])))
        len++;
    struct bs_bytes name = bs_bytes(rest.ptr + at, len - at);
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
    const char *name;
    unsigned code;
} references[] = {
    {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", ' '}, {"copy", 0xa9},
    {"reg", 0xae}, {"laquo", 0xab}, {"raquo", 0xbb}, {"middot", 0xb7}, {"iexcl", 0xa1}, {"iquest", 0xbf},
    {"agrave", 0xe0}, {"aacute", 0xe1}, {"acirc", 0xe2}, {"atilde", 0xe3}, {"auml", 0xe4}, {"aring", 0xe5},
    {"aelig", 0xe6}, {"ccedil", 0xe7}, {"egrave", 0xe8}, {"eacute", 0xe9}, {"ecirc", 0xea}, {"euml", 0xeb},
    {"igrave", 0xec}, {"iacute", 0xed}, {"icirc", 0xee}, {"iuml", 0xef}, {"ntilde", 0xf1}, {"ograve", 0xf2},
    {"oacute", 0xf3}, {"ocirc", 0xf4}, {"otilde", 0xf5}, {"ouml", 0xf6}, {"oslash", 0xf8}, {"ugrave", 0xf9},
    {"uacute", 0xfa}, {"ucirc", 0xfb}, {"uuml", 0xfc}, {"szlig", 0xdf}, {"Agrave", 0xc0}, {"Aacute", 0xc1},
    {"Acirc", 0xc2}, {"Atilde", 0xc3}, {"Auml", 0xc4}, {"Aring", 0xc5}, {"AElig", 0xc6}, {"Ccedil", 0xc7},
    {"Egrave", 0xc8}, {"Eacute", 0xc9}, {"Ecirc", 0xca}, {"Ntilde", 0xd1}, {"Oacute", 0xd3}, {"Ocirc", 0xd4},
    {"Otilde", 0xd5}, {"Ouml", 0xd6}, {"Oslash", 0xd8}, {"Uacute", 0xda}, {"Uuml", 0xdc}, {"hellip", 0x2026},
    {"ndash", 0x2013}, {"mdash", 0x2014}, {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"ldquo", 0x201c}, {"rdquo", 0x201d},
    {"bull", 0x2022}, {"euro", 0x20ac}, {"trade", 0x2122}, {"deg", 0xb0}, {"sect", 0xa7}, {"shy", 0xad},
};

static unsigned long find_reference(struct bs_bytes name)
{
    if (name.len > 1 && name.ptr[0] == '#')
        return read_number(name);
    for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
        if (bs_bytes_equal(name, bs_bytes_from_cstr(references[i].name)))
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

static void read_blanks(struct reader *reader)
{
    size_t i = 0;
    for (; i < reader->rest.len && is_blank(reader->rest.ptr[i]); i++) {
        if (reader->verbatim && reader->rest.ptr[i] == '\n')
            reader->line = true;
    }
    reader->blank = true;
    reader->rest = bs_bytes_skip(reader->rest, i);
}

static void read_text(struct reader *reader)
{
    static const bool ends[256] = {[' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true, ['\f'] = true, ['<'] = true,
                                   ['&'] = true};
    size_t i = 0;
    while (i < reader->rest.len && !ends[(unsigned char)reader->rest.ptr[i]])
        i++;
    put(reader, bs_bytes_first(reader->rest, i));
    reader->rest = bs_bytes_skip(reader->rest, i);
}

bool bs_html_text_append(struct bs_strbuf *out, struct bs_bytes html)
{
    struct reader reader = {.out = out, .rest = html};
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
