/* SPDX-License-Identifier: BSD-2-Clause */
/* Encoded words; see encoded_word.h. */
#include "message/encoded_word.h"

struct word {
    struct bs_bytes charset;
    struct bs_bytes text;
    bool base64;
    size_t size; /* with =? and ?= */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Reads the encoded word that `text` begins with; the last ?= of the text is at `last_end`. */
static bool read_word(struct bs_bytes text, const char *last_end, struct word *ret_word)
{
    if (text.len < 2 || memcmp(text.ptr, "=?", 2) != 0)
        return false;
    struct bs_bytes rest = bs_bytes_skip(text, 2);
    size_t charset = bs_bytes_find(rest, '?');
    if (rest.len - charset < 3 || rest.ptr[charset + 2] != '?')
        return false;
    char encoding = bs_ascii_lower(rest.ptr[charset + 1]);
    if (encoding != 'q' && encoding != 'b')
        return false;
    ret_word->charset = bs_bytes_first(rest, charset);
    ret_word->base64 = encoding == 'b';
    rest = bs_bytes_skip(rest, charset + 3);
    for (size_t end = 0; rest.ptr + end <= last_end; end++) {
        if (rest.ptr[end] == '?' && rest.ptr[end + 1] == '=') {
            ret_word->text = bs_bytes_first(rest, end);
            ret_word->size = (size_t)(rest.ptr + end + 2 - text.ptr);
            return true;
        }
    }
    return false;
}

static int hex_digit(char c)
{
    char low = bs_ascii_lower(c);
    return bs_ascii_is_digit(c) ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

static size_t decode_q(struct bs_bytes text, char *ret_text)
{
    size_t length = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        int high = c == '=' && i + 2 < text.len ? hex_digit(text.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.ptr[i + 2]) : -1;
        if (low >= 0) {
            ret_text[length++] = (char)(high << 4 | low);
            i += 2;
        } else if (c != '\r' && c != '\n') {
            ret_text[length++] = c == '_' ? ' ' : c;
        }
    }
    return length;
}

static int base64_digit(char c)
{
    char low = bs_ascii_lower(c);
    if (low >= 'a' && low <= 'z')
        return c == low ? c - 'a' + 26 : c - 'A';
    return bs_ascii_is_digit(c) ? c - '0' + 52 : c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* What is no base64 is skipped; a pad begins a new group. */
static size_t decode_b(struct bs_bytes text, char *ret_text)
{
    size_t length = 0;
    unsigned bits = 0, value = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = base64_digit(text.ptr[i]);
        if (text.ptr[i] == '=')
            bits = 0;
        if (digit < 0)
            continue;
        value = (value << 6 | (unsigned)digit) & 0xffffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            ret_text[length++] = (char)(value >> bits & 0xff);
        }
    }
    return length;
}

/* Charsets in which an ASCII character may be other bytes than in ASCII: those of 16 and 32 bits, UTF-7, EBCDIC. */
static bool is_odd_charset(struct bs_bytes charset)
{
    static const char *const prefixes[] = {"utf-7", "utf7", "utf-16", "utf16", "utf-32", "utf32", "unicode",
                                           "csunicode", "ucs", "iso-10646", "ebcdic", "ibm0", "ibm1", "ibm-0",
                                           "ibm-1", "cp037", "cp500", "cp1026", "cp1047"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (bs_bytes_starts_nocase(charset, bs_bytes_from_cstr(prefixes[i])))
            return true;
    }
    return false;
}

/* The length of `text` without the white space at its end, as far down as `from`. */
static size_t without_blanks(const char *text, size_t length, size_t from)
{
    while (length > from && is_blank(text[length - 1]))
        length--;
    return length;
}

/* Where the last ?= begins; NULL where there is none. */
static const char *find_last_end(struct bs_bytes text)
{
    for (size_t i = text.len; i > 1; i--) {
        if (text.ptr[i - 2] == '?' && text.ptr[i - 1] == '=')
            return text.ptr + i - 2;
    }
    return NULL;
}

static bool has_line_end(struct bs_bytes text)
{
    return bs_bytes_find(text, '\0') < text.len || bs_bytes_find(text, '\r') < text.len ||
           bs_bytes_find(text, '\n') < text.len;
}

/* Appends what a word encodes; a word is always longer than that and two blanks. */
static size_t append_word(const struct word *word, bool apart, char *ret_text)
{
    size_t length = 0;
    if (apart)
        ret_text[length++] = ' ';
    length += word->base64 ? decode_b(word->text, ret_text + length) : decode_q(word->text, ret_text + length);
    if (apart)
        ret_text[length++] = ' ';
    return length;
}

size_t bs_encoded_words_decode(struct bs_bytes text, bool apart, char *ret_text, struct bs_decoded_words *ret_words)
{
    size_t length = 0, after_word = 0;
    struct word word;
    const char *last_end = find_last_end(text);
    *ret_words = (struct bs_decoded_words){.count = 0};
    while (text.len > 0) {
        if (!last_end || !read_word(text, last_end, &word)) {
            ret_text[length++] = text.ptr[0];
            text = bs_bytes_skip(text, 1);
            continue;
        }
        if (ret_words->count > 0 && without_blanks(ret_text, length, after_word) == after_word)
            length = after_word;
        after_word = length + append_word(&word, apart, ret_text + length);
        ret_words->line_end = ret_words->line_end || has_line_end(bs_bytes(ret_text + length, after_word - length));
        length = after_word;
        ret_words->count++;
        ret_words->odd_charset = ret_words->odd_charset || is_odd_charset(word.charset);
        text = bs_bytes_skip(text, word.size);
    }
    return length;
}
