/* SPDX-License-Identifier: BSD-2-Clause */
/* Charsets; see charset.h. */
#include "message/charset.h"

#include "base/stride.h"
#include "base/utf8.h"
#include "message/iso_2022_jp.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>

enum {
    PIECE = 256,     /* bytes of windows-1252 that are made UTF-8 at a time */
    LEAST_ROOM = 64, /* for what a converter writes at once */
};

#define REPLACEMENT BS_LITERAL("\xef\xbf\xbd")

size_t bs_ascii_run(struct bs_bytes text)
{
    size_t i = 0;
    for (; i + 2 * BS_STRIDE <= text.len; i += 2 * BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(text.ptr + i), next = bs_stride_at(text.ptr + i + BS_STRIDE);
        if (bs_stride_any((here | next) < 0))
            return i + bs_stride_first_of_two(here < 0, next < 0);
    }
    while (i < text.len && !((unsigned char)text.ptr[i] & 0x80))
        i++;
    return i;
}

/* Appends one character; false where it does not fit. */
static bool append_character(struct bs_strbuf *out, struct bs_bytes character)
{
    if (character.len > out->limit - out->len)
        return false;
    bs_strbuf_append(out, character);
    return !out->failed;
}

/* Appends ASCII, as much as fits. */
static bool append_ascii(struct bs_strbuf *out, struct bs_bytes text)
{
    size_t room = out->limit - out->len;
    bs_strbuf_append(out, bs_bytes_first(text, room));
    return text.len <= room;
}

/* Writes a character past ASCII; returns how many bytes it took. */
static size_t encode(unsigned code, char *ret_bytes)
{
    if (code < 0x800) {
        ret_bytes[0] = (char)(0xc0 | code >> 6);
        ret_bytes[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    ret_bytes[0] = (char)(0xe0 | code >> 12);
    ret_bytes[1] = (char)(0x80 | (code >> 6 & 0x3f));
    ret_bytes[2] = (char)(0x80 | (code & 0x3f));
    return 3;
}

/* 0x80 to 0x9f of windows-1252. */
static const uint16_t windows_1252[32] = {
    0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd,
    0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a,
    0x0153, 0xfffd, 0x017e, 0x0178,
};

/* As much of text in UTF-8 as fits, without a part of a character. */
static struct bs_bytes characters_that_fit(struct bs_bytes text, size_t room)
{
    if (text.len <= room)
        return text;
    while (room > 0 && ((unsigned char)text.ptr[room] & 0xc0) == 0x80)
        room--;
    return bs_bytes_first(text, room);
}

/* Appends text that is meant to be UTF-8, with what is none replaced. */
static bool append_utf8(struct bs_strbuf *out, struct bs_bytes text)
{
    while (text.len > 0) {
        size_t run = bs_utf8_run(text);
        struct bs_bytes fit = characters_that_fit(bs_bytes_first(text, run), out->limit - out->len);
        bs_strbuf_append(out, fit);
        if (fit.len < run || out->failed)
            return false;
        text = bs_bytes_skip(text, run);
        if (text.len == 0)
            break;
        if (!append_character(out, REPLACEMENT))
            return false;
        text = bs_bytes_skip(text, 1);
    }
    return true;
}

/* Copies ASCII at the front, with a stride behind it where there is text; returns how much that is. */
static inline size_t copy_ascii(struct bs_bytes text, char *to)
{
    size_t i = 0;
    for (; i + BS_STRIDE <= text.len; i += BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(text.ptr + i);
        size_t run = bs_stride_first(here < 0);
        memcpy(to + i, &here, sizeof here);
        if (run < BS_STRIDE)
            return i + run;
    }
    for (; i < text.len && (unsigned char)text.ptr[i] < 0x80; i++)
        to[i] = text.ptr[i];
    return i;
}

/* Writes text in windows-1252 as UTF-8; returns how many bytes it took, up to three for each. */
static size_t convert_windows_1252(struct bs_bytes text, char *ret_bytes)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len;) {
        size_t run = copy_ascii(bs_bytes_skip(text, i), ret_bytes + len);
        len += run;
        for (i += run; i < text.len && (unsigned char)text.ptr[i] >= 0x80; i++) {
            unsigned char c = (unsigned char)text.ptr[i];
            len += encode(c < 0xa0 ? windows_1252[c - 0x80] : c, ret_bytes + len);
        }
    }
    return len;
}

static bool append_windows_1252(struct bs_strbuf *out, struct bs_bytes text)
{
    bs_strbuf_reserve(out, text.len + LEAST_ROOM);
    while (text.len > 0) {
        char piece[3 * PIECE];
        struct bs_bytes part = bs_bytes_first(text, PIECE), made = bs_bytes(piece, convert_windows_1252(part, piece));
        struct bs_bytes fit = characters_that_fit(made, out->limit - out->len);
        bs_strbuf_append(out, fit);
        if (fit.len < made.len || out->failed)
            return false;
        text = bs_bytes_skip(text, part.len);
    }
    return true;
}

/* What `name` means: the name that iconv has for it, or one of those below; NULL for what nobody knows. */
static const char UTF8[] = "utf-8", WINDOWS_1252[] = "windows-1252", ASCII[] = "ascii",
                  ISO_2022_JP[] = "ISO-2022-JP-2";

#define NAME(text) sizeof(text) - 1, text

static const struct {
    size_t len;
    const char *name;
    const char *converter;
} charsets[] = {
    {NAME("utf-8"), UTF8}, {NAME("utf8"), UTF8}, {NAME("unicode-1-1-utf-8"), UTF8}, {NAME("us-ascii"), ASCII},
    {NAME("ascii"), ASCII}, {NAME("ansi_x3.4-1968"), ASCII}, {NAME("iso-8859-1"), WINDOWS_1252},
    {NAME("iso8859-1"), WINDOWS_1252}, {NAME("iso_8859-1"), WINDOWS_1252}, {NAME("latin1"), WINDOWS_1252},
    {NAME("windows-1252"), WINDOWS_1252}, {NAME("cp1252"), WINDOWS_1252}, {NAME("cp-1252"), WINDOWS_1252},
    {NAME("iso-8859-2"), "ISO-8859-2"}, {NAME("iso8859-2"), "ISO-8859-2"}, {NAME("latin2"), "ISO-8859-2"},
    {NAME("iso-8859-3"), "ISO-8859-3"}, {NAME("iso-8859-4"), "ISO-8859-4"}, {NAME("iso-8859-5"), "ISO-8859-5"},
    {NAME("iso-8859-6"), "ISO-8859-6"}, {NAME("iso-8859-6-i"), "ISO-8859-6"},
    {NAME("iso-8859-7"), "ISO-8859-7"}, {NAME("iso-8859-8"), "ISO-8859-8"},
    {NAME("iso-8859-8-i"), "ISO-8859-8"}, {NAME("iso-8859-9"), "CP1254"}, {NAME("iso-8859-10"), "ISO-8859-10"},
    {NAME("iso-8859-11"), "CP874"}, {NAME("iso-8859-13"), "ISO-8859-13"}, {NAME("iso-8859-14"), "ISO-8859-14"},
    {NAME("iso-8859-15"), "ISO-8859-15"}, {NAME("iso8859-15"), "ISO-8859-15"},
    {NAME("iso-8859-16"), "ISO-8859-16"}, {NAME("windows-1250"), "CP1250"}, {NAME("cp1250"), "CP1250"},
    {NAME("windows-1251"), "CP1251"}, {NAME("cp1251"), "CP1251"}, {NAME("windows-1253"), "CP1253"},
    {NAME("windows-1254"), "CP1254"}, {NAME("windows-1255"), "CP1255"}, {NAME("windows-1256"), "CP1256"},
    {NAME("windows-1257"), "CP1257"}, {NAME("windows-1258"), "CP1258"}, {NAME("windows-874"), "CP874"},
    {NAME("tis-620"), "CP874"}, {NAME("koi8-r"), "KOI8-R"}, {NAME("koi8r"), "KOI8-R"},
    {NAME("koi8-u"), "KOI8-U"}, {NAME("ibm437"), "IBM437"}, {NAME("cp437"), "IBM437"},
    {NAME("ibm850"), "IBM850"}, {NAME("cp850"), "IBM850"}, {NAME("ibm852"), "IBM852"},
    {NAME("cp852"), "IBM852"}, {NAME("ibm866"), "IBM866"}, {NAME("cp866"), "IBM866"},
    {NAME("cp-866"), "IBM866"}, {NAME("macintosh"), "MACINTOSH"}, {NAME("x-mac-roman"), "MACINTOSH"},
    {NAME("x-mac-cyrillic"), "MAC-CYRILLIC"}, {NAME("iso-2022-jp"), ISO_2022_JP},
    {NAME("iso-2022-jp-1"), ISO_2022_JP}, {NAME("iso-2022-jp-2"), ISO_2022_JP},
    {NAME("iso-2022-jp-ms"), ISO_2022_JP}, {NAME("cp50220"), ISO_2022_JP}, {NAME("cp50221"), ISO_2022_JP},
    {NAME("csiso2022jp"), ISO_2022_JP}, {NAME("shift_jis"), "CP932"}, {NAME("shift-jis"), "CP932"},
    {NAME("x-sjis"), "CP932"}, {NAME("sjis"), "CP932"}, {NAME("ms_kanji"), "CP932"}, {NAME("cp932"), "CP932"},
    {NAME("windows-31j"), "CP932"}, {NAME("euc-jp"), "EUC-JP-MS"}, {NAME("x-euc-jp"), "EUC-JP-MS"},
    {NAME("iso-2022-kr"), "ISO-2022-KR"}, {NAME("euc-kr"), "UHC"}, {NAME("ks_c_5601-1987"), "UHC"},
    {NAME("ksc5601"), "UHC"}, {NAME("cp949"), "UHC"}, {NAME("windows-949"), "UHC"}, {NAME("gb2312"), "GB18030"},
    {NAME("gbk"), "GB18030"}, {NAME("gb18030"), "GB18030"}, {NAME("x-gbk"), "GB18030"},
    {NAME("cp936"), "GB18030"}, {NAME("euc-cn"), "GB18030"}, {NAME("iso-2022-cn"), "ISO-2022-CN"},
    {NAME("big5"), "BIG5-HKSCS"}, {NAME("big5-hkscs"), "BIG5-HKSCS"}, {NAME("x-big5"), "BIG5-HKSCS"},
    {NAME("cp950"), "BIG5-HKSCS"}, {NAME("utf-7"), "UTF-7"}, {NAME("unicode-1-1-utf-7"), "UTF-7"},
    {NAME("utf-16"), "UTF-16"}, {NAME("utf-16le"), "UTF-16LE"}, {NAME("utf-16be"), "UTF-16BE"},
};

static const char *find_converter(struct bs_bytes charset)
{
    for (size_t i = 0; charset.len > 0 && i < sizeof charsets / sizeof *charsets; i++) {
        if (charset.len == charsets[i].len &&
            bs_bytes_equal_nocase(charset, bs_bytes(charsets[i].name, charsets[i].len)))
            return charsets[i].converter;
    }
    return NULL;
}

/* Whether two bytes past ASCII are one character. */
static bool has_pairs(const char *converter)
{
    static const char *const names[] = {"CP932", "EUC-JP-MS", "UHC", "GB18030", "BIG5-HKSCS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(converter, names[i]) == 0)
            return true;
    }
    return false;
}

/* The size of what is no character: of a pair without meaning both bytes, but never one of ASCII. */
static size_t wrong_size(struct bs_bytes text, bool pairs)
{
    bool lead = pairs && text.len > 1 && (unsigned char)text.ptr[0] > 0x80 && (unsigned char)text.ptr[0] < 0xff;
    return lead && (unsigned char)text.ptr[1] >= 0x80 ? 2 : 1;
}

/* Converts as much as there is room for; false where nothing more fits, or there is nothing more. A converter that runs
 * out of room does its work once more, so there is room for what most texts become. */
static bool convert_piece(iconv_t converter, bool pairs, struct bs_bytes *io_text, struct bs_strbuf *out)
{
    bs_strbuf_reserve(out, 2 * io_text->len + LEAST_ROOM);
    if (out->failed)
        return false;
    size_t end = out->capacity - 1 < out->limit ? out->capacity - 1 : out->limit;
    size_t left = io_text->len, unused = end - out->len, room = unused;
    char *from = (char *)(uintptr_t)io_text->ptr, *at = out->ptr + out->len;
    size_t result = iconv(converter, &from, &left, &at, &room);
    int error = result == (size_t)-1 ? errno : 0;
    out->len += unused - room;
    out->ptr[out->len] = '\0';
    *io_text = bs_bytes_skip(*io_text, io_text->len - left);
    if (error == EILSEQ || error == EINVAL) {
        if (!append_character(out, REPLACEMENT))
            return false;
        *io_text = bs_bytes_skip(*io_text, wrong_size(*io_text, pairs));
    }
    return io_text->len > 0 && (error != E2BIG || room < unused) && !out->failed;
}

/* False where there is no such converter. */
static bool append_by_iconv(struct bs_strbuf *out, const char *name, struct bs_bytes text, bool *ret_whole)
{
    iconv_t converter = iconv_open("UTF-8", name);
    if (converter == (iconv_t)-1)
        return false;
    while (convert_piece(converter, has_pairs(name), &text, out))
        ;
    iconv_close(converter);
    *ret_whole = text.len == 0;
    return true;
}

/* The same for Japanese mail, as CP932 if it can be. */
static bool append_japanese(struct bs_strbuf *out, struct bs_bytes text, bool *ret_whole)
{
    char *bytes = malloc(text.len);
    size_t len;
    bool usual = bytes && bs_iso_2022_jp_to_cp932(text, bytes, &len);
    bool done = usual ? append_by_iconv(out, "CP932", bs_bytes(bytes, len), ret_whole)
                      : append_by_iconv(out, ISO_2022_JP, text, ret_whole);
    free(bytes);
    return done;
}

/* Whether bytes of ASCII may mean something else: in UTF-7 and UTF-16, and behind the escapes of ISO-2022. */
static bool is_shifted(const char *converter, struct bs_bytes text)
{
    static const char utf[] = "UTF-", iso[] = "ISO-2022";
    if (!converter || converter == UTF8 || converter == WINDOWS_1252 || converter == ASCII)
        return false;
    return strncmp(converter, utf, sizeof utf - 1) == 0 ||
           (strncmp(converter, iso, sizeof iso - 1) == 0 && bs_bytes_find(text, '\x1b') < text.len);
}

bool bs_charset_keeps_ascii(struct bs_bytes charset, struct bs_bytes text)
{
    return !is_shifted(find_converter(charset), text);
}

bool bs_charset_is_utf8(struct bs_bytes charset, struct bs_bytes text)
{
    const char *converter = find_converter(charset);
    if (bs_ascii_run(text) == text.len)
        return !is_shifted(converter, text);
    return (!converter || converter == UTF8 || converter == ASCII) && bs_utf8_is_valid(text);
}

bool bs_charset_append(struct bs_strbuf *out, struct bs_bytes charset, struct bs_bytes text)
{
    const char *converter = find_converter(charset);
    bool whole;
    if (bs_ascii_run(text) == text.len && !is_shifted(converter, text))
        return append_ascii(out, text);
    if (converter == WINDOWS_1252)
        return append_windows_1252(out, text);
    if (converter == ISO_2022_JP && append_japanese(out, text, &whole))
        return whole;
    if (converter && converter != UTF8 && converter != ASCII && append_by_iconv(out, converter, text, &whole))
        return whole;
    return converter == UTF8 || bs_utf8_is_valid(text) ? append_utf8(out, text) : append_windows_1252(out, text);
}

struct bs_charset_keep {
    iconv_t converters[sizeof charsets / sizeof *charsets];
    size_t count;
};

struct bs_charset_keep *bs_charset_keep_new(void)
{
    struct bs_charset_keep *keep = calloc(1, sizeof *keep);
    for (size_t i = 0; keep && i < sizeof charsets / sizeof *charsets; i++) {
        const char *name = charsets[i].converter;
        bool ours = name == UTF8 || name == ASCII || name == WINDOWS_1252;
        iconv_t converter = ours || (i > 0 && name == charsets[i - 1].converter) ? (iconv_t)-1 : iconv_open("UTF-8", name);
        if (converter != (iconv_t)-1)
            keep->converters[keep->count++] = converter;
    }
    return keep;
}

void bs_charset_keep_free(struct bs_charset_keep *keep)
{
    for (size_t i = 0; keep && i < keep->count; i++)
        iconv_close(keep->converters[i]);
    free(keep);
}
