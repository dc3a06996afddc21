/* SPDX-License-Identifier: BSD-2-Clause */
/* The tokens of the configuration file; see reader.h. */
#include "config/reader.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    char sign;
    enum bs_token_kind kind;
} signs[] = {
    {'{', BS_TOKEN_OPEN}, {'}', BS_TOKEN_CLOSE}, {',', BS_TOKEN_COMMA}, {'=', BS_TOKEN_EQUALS},
};

void bs_reader_init(struct bs_reader *reader, struct bs_bytes text, const char *name)
{
    reader->name = name;
    reader->rest = text;
    reader->line = 1;
    reader->text_size = 0;
}

bool bs_reader_fail(const struct bs_reader *reader, int line, struct bs_error *ret_error, const char *format, ...)
{
    char message[BS_ERROR_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return bs_error_set(ret_error, "%s:%d: %s", reader->name, line, message);
}

/* Whether a terminal shows the character that is the bytes: no control character, C1 ones included. */
static bool is_visible(struct bs_bytes sequence)
{
    unsigned char first = (unsigned char)sequence.ptr[0];
    if (sequence.len == 1)
        return first >= 0x20 && first != 0x7f;
    return sequence.len > 1 && !(first == 0xc2 && (unsigned char)sequence.ptr[1] < 0xa0);
}

struct bs_quote bs_quote(struct bs_bytes text)
{
    struct bs_quote quote;
    size_t used = 0;
    quote.text[used++] = '"';
    while (text.len > 0) {
        size_t length = bs_utf8_sequence(text);
        struct bs_bytes sequence = bs_bytes_first(text, length);
        bool visible = is_visible(sequence);
        size_t written = visible ? length : 1;
        if (used + written > BS_READER_QUOTE_MAX + 1)
            break;
        memcpy(quote.text + used, visible ? sequence.ptr : "?", written);
        used += written;
        text = bs_bytes_skip(text, length > 0 ? length : 1);
    }
    snprintf(quote.text + used, sizeof quote.text - used, "%s\"", text.len > 0 ? "..." : "");
    return quote;
}

struct bs_quote bs_token_describe(const struct bs_token *token)
{
    struct bs_quote end = {"the end of the file"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (signs[i].kind == token->kind)
            return bs_quote(bs_bytes(&signs[i].sign, 1));
    }
    return token->kind == BS_TOKEN_END ? end : bs_quote(token->text);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Passes over blanks and comments. */
static void skip_blanks(struct bs_reader *reader)
{
    bool in_comment = false;
    while (reader->rest.len > 0) {
        char c = reader->rest.ptr[0];
        if (c == '\n') {
            reader->line++;
            in_comment = false;
        } else if (c == '#') {
            in_comment = true;
        }
        if (c == '\0' || (!in_comment && !is_blank(c)))
            return;
        reader->rest = bs_bytes_skip(reader->rest, 1);
    }
}

/* The signs that a word may hold besides letters and digits; others need quotes. */
static bool is_word_char(char c)
{
    bool letter = bs_ascii_lower(c) >= 'a' && bs_ascii_lower(c) <= 'z';
    return letter || bs_ascii_is_digit(c) || (c != '\0' && strchr("-_.:/@*+%[]~", c) != NULL);
}

static bool add_to_text(struct bs_reader *reader, char c, struct bs_error *ret_error)
{
    if (reader->text_size == sizeof reader->text)
        return bs_reader_fail(reader, reader->line, ret_error, "a text is longer than %zu bytes",
                              sizeof reader->text);
    reader->text[reader->text_size++] = c;
    reader->rest = bs_bytes_skip(reader->rest, 1);
    return true;
}

static bool read_word(struct bs_reader *reader, struct bs_error *ret_error)
{
    while (reader->rest.len > 0 && is_word_char(reader->rest.ptr[0])) {
        if (!add_to_text(reader, reader->rest.ptr[0], ret_error))
            return false;
    }
    return true;
}

/* Reads one character of a string, escaped or not. */
static bool read_string_char(struct bs_reader *reader, struct bs_error *ret_error)
{
    char c = reader->rest.ptr[0];
    if (c == '\\') {
        char escaped = reader->rest.len > 1 ? reader->rest.ptr[1] : '\0';
        if (escaped != '"' && escaped != '\\')
            return bs_reader_fail(reader, reader->line, ret_error,
                                  "in a string a backslash is written \\\\ and a quote \\\"; nothing else is "
                                  "escaped");
        reader->rest = bs_bytes_skip(reader->rest, 1);
        c = escaped;
    } else if ((unsigned char)c < 0x20 || c == 0x7f) {
        return bs_reader_fail(reader, reader->line, ret_error, "a string holds the control character 0x%02x",
                              (unsigned)(unsigned char)c);
    }
    return add_to_text(reader, c, ret_error);
}

static bool read_string(struct bs_reader *reader, struct bs_error *ret_error)
{
    reader->rest = bs_bytes_skip(reader->rest, 1);
    while (reader->rest.len > 0 && reader->rest.ptr[0] != '"' && reader->rest.ptr[0] != '\n') {
        if (!read_string_char(reader, ret_error))
            return false;
    }
    if (reader->rest.len == 0 || reader->rest.ptr[0] != '"')
        return bs_reader_fail(reader, reader->line, ret_error,
                              "a string that begins on this line has no closing quote");
    reader->rest = bs_bytes_skip(reader->rest, 1);
    if (!bs_utf8_is_valid(bs_bytes(reader->text, reader->text_size)))
        return bs_reader_fail(reader, reader->line, ret_error, "a string is not UTF-8");
    return true;
}

static bool report_stray(const struct bs_reader *reader, char c, struct bs_error *ret_error)
{
    if (c == '\0')
        return bs_reader_fail(reader, reader->line, ret_error, "the file holds a null byte; it must be text");
    if ((unsigned char)c < 0x20 || (unsigned char)c >= 0x7f)
        return bs_reader_fail(reader, reader->line, ret_error,
                              "unexpected byte 0x%02x; outside of strings and comments only ASCII is allowed",
                              (unsigned)(unsigned char)c);
    if (c == '\'')
        return bs_reader_fail(reader, reader->line, ret_error, "unexpected \"'\"; strings stand in double quotes");
    return bs_reader_fail(reader, reader->line, ret_error,
                          "unexpected \"%c\"; a text with it must stand in double quotes", c);
}

static bool read_text(struct bs_reader *reader, struct bs_token *ret_token, struct bs_error *ret_error)
{
    char c = reader->rest.ptr[0];
    reader->text_size = 0;
    if (c != '"' && !is_word_char(c))
        return report_stray(reader, c, ret_error);
    if (!(c == '"' ? read_string(reader, ret_error) : read_word(reader, ret_error)))
        return false;
    ret_token->kind = BS_TOKEN_TEXT;
    ret_token->text = bs_bytes(reader->text, reader->text_size);
    return true;
}

bool bs_reader_next(struct bs_reader *reader, struct bs_token *ret_token, struct bs_error *ret_error)
{
    skip_blanks(reader);
    *ret_token = (struct bs_token){.kind = BS_TOKEN_END, .line = reader->line};
    if (reader->rest.len == 0)
        return true;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (reader->rest.ptr[0] == signs[i].sign) {
            ret_token->kind = signs[i].kind;
            reader->rest = bs_bytes_skip(reader->rest, 1);
            return true;
        }
    }
    return read_text(reader, ret_token, ret_error);
}
