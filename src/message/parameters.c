/* SPDX-License-Identifier: BSD-2-Clause */
/* Parameters; see parameters.h. */
#include "message/parameters.h"

#include "base/stride.h"
#include "message/charset.h"
#include "message/comment.h"
#include "message/header_text.h"

#include <stdio.h>

struct parameter {
    struct bs_bytes name;
    struct bs_bytes value; /* without its quotes, backslashes still in it */
    bool quoted;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct bs_bytes skip_comment(struct bs_bytes rest)
{
    size_t size = bs_comment_size(rest);
    return bs_bytes_skip(rest, size > 0 ? size : rest.len);
}

static inline struct bs_bytes skip_blanks(struct bs_bytes rest)
{
    while (rest.len > 0 && (is_blank(rest.ptr[0]) || rest.ptr[0] == '('))
        rest = rest.ptr[0] == '(' ? skip_comment(rest) : bs_bytes_skip(rest, 1);
    return rest;
}

static bool ends_token(char c)
{
    static const bool ends[256] = {[' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true, [';'] = true, ['('] = true,
                                   ['/'] = true, ['='] = true,  ['"'] = true,  [','] = true};
    return ends[(unsigned char)c];
}

/* The length of the token at the front. */
static size_t token_length(struct bs_bytes text)
{
    size_t i = 0;
    for (; i + BS_STRIDE <= text.len; i += BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(text.ptr + i);
        size_t end = bs_stride_first((here == ' ') | (here == '\t') | (here == '\r') | (here == '\n') | (here == ';') |
                                     (here == '(') | (here == '/') | (here == '=') | (here == '"') | (here == ','));
        if (end < BS_STRIDE)
            return i + end;
    }
    while (i < text.len && !ends_token(text.ptr[i]))
        i++;
    return i;
}

static struct bs_bytes take_token(struct bs_bytes *io_rest)
{
    *io_rest = skip_blanks(*io_rest);
    size_t len = token_length(*io_rest);
    struct bs_bytes token = bs_bytes_first(*io_rest, len);
    *io_rest = bs_bytes_skip(*io_rest, len);
    return token;
}

/* Takes the value off; `ret_second` is what stands behind its slash. */
static struct bs_bytes take_value(struct bs_bytes *io_rest, struct bs_bytes *ret_second)
{
    *io_rest = skip_blanks(bs_bytes_first(*io_rest, BS_PARAMETERS_SIZE_MAX));
    if (io_rest->len > 0 && io_rest->ptr[0] == '"')
        *io_rest = bs_bytes_skip(*io_rest, 1);
    struct bs_bytes first = take_token(io_rest);
    *ret_second = bs_bytes(NULL, 0);
    struct bs_bytes behind = skip_blanks(*io_rest);
    if (behind.len > 0 && behind.ptr[0] == '/') {
        *io_rest = bs_bytes_skip(behind, 1);
        *ret_second = take_token(io_rest);
    }
    return first;
}

struct bs_bytes bs_parameters_plain_value(struct bs_bytes field_body, struct bs_bytes *ret_parameters)
{
    struct bs_bytes rest = bs_bytes_first(field_body, BS_PARAMETERS_SIZE_MAX);
    size_t i = 0;
    while (rest.len > 0 && is_blank(rest.ptr[0]))
        rest = bs_bytes_skip(rest, 1);
    for (; i + BS_STRIDE <= rest.len; i += BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(rest.ptr + i);
        size_t end = bs_stride_first((here == ' ') | (here == '\t') | (here == '\r') | (here == '\n') | (here == ';'));
        if (end < BS_STRIDE) {
            *ret_parameters = bs_bytes_skip(rest, i + end);
            return bs_bytes_first(rest, i + end);
        }
    }
    while (i < rest.len && !is_blank(rest.ptr[i]) && rest.ptr[i] != ';')
        i++;
    *ret_parameters = bs_bytes_skip(rest, i);
    return bs_bytes_first(rest, i);
}

static void copy_lower(struct bs_bytes from, char *to)
{
    for (size_t i = 0; i < from.len; i++)
        to[i] = bs_ascii_lower(from.ptr[i]);
}

struct bs_bytes bs_parameters_value(struct bs_bytes field_body, struct bs_arena *arena, struct bs_bytes *ret_parameters)
{
    struct bs_bytes second, first = take_value(&field_body, &second);
    if (ret_parameters)
        *ret_parameters = field_body;
    size_t len = first.len + (second.len > 0 ? 1 + second.len : 0);
    char *text = len > 0 && len <= BS_PARAMETERS_VALUE_MAX ? bs_arena_take_unset(arena, len) : NULL;
    if (!text)
        return bs_bytes(NULL, 0);
    copy_lower(first, text);
    if (second.len > 0) {
        text[first.len] = '/';
        copy_lower(second, text + first.len + 1);
    }
    return bs_bytes(text, len);
}

struct bs_bytes bs_parameters_skip_value(struct bs_bytes field_body)
{
    struct bs_bytes second;
    take_value(&field_body, &second);
    return field_body;
}

/* The length of a quoted string's content, up to its quote or the end. */
static size_t quoted_length(struct bs_bytes rest)
{
    size_t end = bs_bytes_find(rest, '"'), i = bs_bytes_find(bs_bytes_first(rest, end), '\\');
    if (i == end) /* as it is most times */
        return end;
    while (i < rest.len && rest.ptr[i] != '"')
        i += rest.ptr[i] == '\\' && i + 1 < rest.len ? 2 : 1;
    return i;
}

/* Takes off the next parameter; false behind the last. */
static bool take_parameter(struct bs_bytes *io_rest, struct parameter *ret_parameter)
{
    struct bs_bytes rest = skip_blanks(*io_rest);
    while (rest.len > 0 && ends_token(rest.ptr[0]))
        rest = skip_blanks(bs_bytes_skip(rest, 1));
    if (rest.len == 0)
        return false;
    *ret_parameter = (struct parameter){.name = bs_bytes_first(rest, token_length(rest))};
    rest = bs_bytes_skip(rest, ret_parameter->name.len);
    struct bs_bytes behind = skip_blanks(rest);
    if (behind.len > 0 && behind.ptr[0] == '=') {
        rest = bs_bytes_skip(behind, 1);
        while (rest.len > 0 && is_blank(rest.ptr[0]))
            rest = bs_bytes_skip(rest, 1);
        ret_parameter->quoted = rest.len > 0 && rest.ptr[0] == '"';
        if (ret_parameter->quoted)
            rest = bs_bytes_skip(rest, 1);
        size_t len = ret_parameter->quoted ? quoted_length(rest) : bs_bytes_find(rest, ';');
        ret_parameter->value = bs_bytes_first(rest, len);
        rest = bs_bytes_skip(rest, len);
        if (!ret_parameter->quoted)
            ret_parameter->value = bs_bytes_trim(ret_parameter->value);
        else if (rest.len > 0)
            rest = bs_bytes_skip(rest, 1);
    }
    *io_rest = rest;
    return true;
}

static bool find(struct bs_bytes parameters, struct bs_bytes name, struct parameter *ret_parameter)
{
    while (take_parameter(&parameters, ret_parameter)) {
        if (bs_bytes_equal_nocase(ret_parameter->name, name))
            return true;
    }
    return false;
}

/* The value with its quoting and its line breaks taken off. */
static struct bs_bytes unquote(const struct parameter *parameter, struct bs_arena *arena)
{
    struct bs_bytes value = parameter->value;
    bool folded = bs_bytes_find(value, '\n') < value.len;
    if (!folded && (!parameter->quoted || bs_bytes_find(value, '\\') == value.len))
        return value;
    char *text = bs_arena_take(arena, value.len + 1);
    size_t len = 0;
    for (size_t i = 0; text && i < value.len; i++) {
        if (parameter->quoted && value.ptr[i] == '\\' && i + 1 < value.len)
            i++;
        else if (value.ptr[i] == '\r' || value.ptr[i] == '\n')
            continue;
        text[len++] = value.ptr[i];
    }
    return bs_bytes(text, len);
}

struct bs_bytes bs_parameter_find(struct bs_bytes parameters, const char *name, struct bs_arena *arena)
{
    struct parameter parameter;
    if (!find(parameters, bs_bytes_from_cstr(name), &parameter))
        return bs_bytes(NULL, 0);
    if (!parameter.quoted) {
        size_t end = 0;
        while (end < parameter.value.len && !is_blank(parameter.value.ptr[end]))
            end++;
        struct bs_bytes behind = bs_bytes_trim(bs_bytes_skip(parameter.value, end));
        if (behind.len > 0 && behind.ptr[0] == '(')
            parameter.value = bs_bytes_first(parameter.value, end);
    }
    struct bs_bytes value = unquote(&parameter, arena);
    return value.ptr ? value : bs_bytes(value.len == 0 ? "" : NULL, 0);
}

static int hex_digit(char c)
{
    char low = bs_ascii_lower(c);
    return bs_ascii_is_digit(c) ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

static void append_percent(struct bs_strbuf *out, struct bs_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        int high = text.ptr[i] == '%' && i + 2 < text.len ? hex_digit(text.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.ptr[i + 2]) : -1;
        char byte = text.ptr[i];
        if (low >= 0) {
            byte = (char)(high << 4 | low);
            i += 2;
        }
        bs_strbuf_append_char(out, byte);
    }
}

/* Takes `charset'language'` off the front. */
static struct bs_bytes take_charset(struct bs_bytes *io_text)
{
    size_t charset = bs_bytes_find(*io_text, '\'');
    struct bs_bytes behind = charset < io_text->len ? bs_bytes_skip(*io_text, charset + 1) : bs_bytes(NULL, 0);
    size_t language = bs_bytes_find(behind, '\'');
    if (language == behind.len)
        return bs_bytes(NULL, 0);
    struct bs_bytes result = bs_bytes_first(*io_text, charset);
    *io_text = bs_bytes_skip(behind, language + 1);
    return result;
}

/* Finds section `number` of a parameter, `name*N` or `name*N*`, or below 0 the whole of it, `name*`. */
static bool find_section(struct bs_bytes parameters, const char *name, int number, struct parameter *ret_section,
                         bool *ret_encoded)
{
    char wanted[64];
    int len = number < 0 ? snprintf(wanted, sizeof wanted, "%s*", name)
                         : snprintf(wanted, sizeof wanted, "%s*%d", name, number);
    struct bs_bytes rest = parameters, prefix = bs_bytes(wanted, (size_t)len);
    while (take_parameter(&rest, ret_section)) {
        if (!bs_bytes_starts_nocase(ret_section->name, prefix))
            continue;
        struct bs_bytes behind = bs_bytes_skip(ret_section->name, prefix.len);
        *ret_encoded = number < 0 || bs_bytes_equal(behind, BS_LITERAL("*"));
        if (behind.len == 0 || (number >= 0 && *ret_encoded))
            return true;
    }
    return false;
}

/* The sections of a parameter, decoded but in their charset; false where there are none. */
static bool gather_sections(struct bs_bytes parameters, const char *name, struct bs_arena *arena, struct bs_strbuf *out,
                            struct bs_bytes *ret_charset)
{
    struct parameter section;
    bool encoded;
    *ret_charset = bs_bytes(NULL, 0);
    if (find_section(parameters, name, -1, &section, &encoded)) {
        struct bs_bytes value = unquote(&section, arena);
        *ret_charset = take_charset(&value);
        append_percent(out, value);
        return true;
    }
    int number = 0;
    for (; number < BS_PARAMETER_SECTIONS_MAX && find_section(parameters, name, number, &section, &encoded); number++) {
        struct bs_bytes value = unquote(&section, arena);
        if (encoded && number == 0)
            *ret_charset = take_charset(&value);
        if (encoded)
            append_percent(out, value);
        else
            bs_strbuf_append(out, value);
    }
    return number > 0;
}

struct bs_bytes bs_parameter_text(struct bs_bytes parameters, const char *name, struct bs_arena *arena)
{
    struct bs_strbuf raw, text;
    struct bs_bytes charset, result = {NULL, 0};
    if (!bs_bytes_contains_nocase(parameters, bs_bytes_from_cstr(name)))
        return result;
    bs_strbuf_init(&raw, BS_PARAMETERS_SIZE_MAX);
    bs_strbuf_init(&text, BS_PARAMETER_TEXT_MAX);
    bool found = bs_bytes_find(parameters, '*') < parameters.len &&
                 gather_sections(parameters, name, arena, &raw, &charset);
    struct parameter parameter;
    if (found) {
        bs_charset_append(&text, charset, bs_strbuf_bytes(&raw));
        result = bs_arena_copy(arena, bs_strbuf_bytes(&text));
    } else if (find(parameters, bs_bytes_from_cstr(name), &parameter)) {
        result = bs_text_decode(unquote(&parameter, arena), bs_bytes(NULL, 0), BS_PARAMETER_TEXT_MAX, arena);
    }
    bs_strbuf_free(&raw);
    bs_strbuf_free(&text);
    return result;
}
