/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading Authentication-Results; see results_read.h. Names of functions are those of the grammar. */
#include "auth/results_read.h"

#include "base/utf8.h"

struct reader {
    struct bs_bytes text;
    size_t at;
    struct bs_arena *arena;
    struct bs_error *error;
};

static bool fail(struct reader *reader, const char *what)
{
    return bs_error_set(reader->error, "byte %zu: %s", reader->at, what);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool at_end(const struct reader *reader)
{
    return reader->at == reader->text.len;
}

/* The byte at hand; NUL at the end, which is no part of any text that is read. */
static char peek(const struct reader *reader)
{
    return at_end(reader) ? '\0' : reader->text.ptr[reader->at];
}

static bool skip_comment(struct reader *reader)
{
    size_t depth = 0;
    for (; !at_end(reader); reader->at++) {
        char c = peek(reader);
        if (c == '\\')
            reader->at += reader->at + 1 < reader->text.len;
        else if (c == '(' && ++depth > BS_RESULTS_NESTING_MAX)
            return fail(reader, "too many comments within each other");
        else if (c == ')' && --depth == 0) {
            reader->at++;
            return true;
        }
    }
    return fail(reader, "a comment is not closed");
}

static bool skip_cfws(struct reader *reader)
{
    for (;;) {
        if (is_blank(peek(reader)))
            reader->at++;
        else if (peek(reader) != '(')
            return true;
        else if (!skip_comment(reader))
            return false;
    }
}

/* Takes `c` with white space and comments around it. */
static bool take(struct reader *reader, char c, const char *missing)
{
    if (!skip_cfws(reader))
        return false;
    if (peek(reader) != c)
        return fail(reader, missing);
    reader->at++;
    return skip_cfws(reader);
}

static bool is_keyword_char(char c)
{
    char low = bs_ascii_lower(c);
    return (low >= 'a' && low <= 'z') || bs_ascii_is_digit(c) || c == '-' || c == '_';
}

/* Keyword of RFC 5321 section 4.1.2; _ is for what is found in mail. */
static bool take_keyword(struct reader *reader, struct bs_bytes *ret_word)
{
    size_t begin = reader->at;
    while (is_keyword_char(peek(reader)))
        reader->at++;
    *ret_word = bs_bytes(reader->text.ptr + begin, reader->at - begin);
    return ret_word->len > 0 || fail(reader, "a word is missing");
}

static bool take_number(struct reader *reader, unsigned *ret_number)
{
    size_t begin = reader->at;
    *ret_number = 0;
    while (bs_ascii_is_digit(peek(reader)) && reader->at - begin < 6)
        *ret_number = *ret_number * 10 + (unsigned)(reader->text.ptr[reader->at++] - '0');
    return (reader->at > begin && !is_keyword_char(peek(reader))) || fail(reader, "a small number is missing");
}

/* The offset of the quote that closes the string that begins here; the text's length where none does. */
static size_t closing_quote(const struct reader *reader)
{
    size_t at = reader->at + 1;
    while (at < reader->text.len && reader->text.ptr[at] != '"')
        at += reader->text.ptr[at] == '\\' ? 2 : 1;
    return at < reader->text.len ? at : reader->text.len;
}

/* Takes a quoted string and unfolds it. */
static bool take_quoted(struct reader *reader, struct bs_bytes *ret_value)
{
    size_t end = closing_quote(reader), length = 0;
    if (end == reader->text.len)
        return fail(reader, "a quoted string is not closed");
    char *value = bs_arena_take(reader->arena, end - reader->at);
    if (!value)
        return fail(reader, "no memory is left");
    for (reader->at++; reader->at < end; reader->at++) {
        reader->at += peek(reader) == '\\';
        if (peek(reader) != '\r' && peek(reader) != '\n')
            value[length++] = peek(reader);
    }
    reader->at = end + 1;
    *ret_value = bs_bytes(value, length);
    return true;
}

static bool is_value_char(char c)
{
    return (unsigned char)c > ' ' && c != 0x7f && !strchr(";()\"", c);
}

static void take_plain(struct reader *reader, struct bs_bytes *ret_value)
{
    size_t begin = reader->at;
    while (is_value_char(peek(reader)))
        reader->at++;
    *ret_value = bs_bytes(reader->text.ptr + begin, reader->at - begin);
}

/* "local part"@domain: joined, with the quotes of the local part taken off. */
static bool join(struct reader *reader, struct bs_bytes *io_value, struct bs_bytes rest)
{
    char *both = bs_arena_take(reader->arena, io_value->len + rest.len);
    if (!both)
        return fail(reader, "no memory is left");
    memcpy(both, io_value->ptr, io_value->len);
    memcpy(both + io_value->len, rest.ptr, rest.len);
    *io_value = bs_bytes(both, io_value->len + rest.len);
    return true;
}

/* value, or pvalue, with the comments around it. */
static bool take_value(struct reader *reader, struct bs_bytes *ret_value)
{
    struct bs_bytes rest;
    if (!skip_cfws(reader))
        return false;
    if (peek(reader) != '"') {
        take_plain(reader, ret_value);
        if (ret_value->len == 0)
            return fail(reader, "a value is missing");
    } else {
        if (!take_quoted(reader, ret_value))
            return false;
        take_plain(reader, &rest);
        if (rest.len > 0 && (rest.ptr[0] != '@' || !join(reader, ret_value, rest)))
            return fail(reader, "something follows a quoted string");
    }
    return skip_cfws(reader);
}

/* methodspec: method [/ version] = result */
static bool take_methodspec(struct reader *reader, struct bs_read_result *result)
{
    result->version = 1;
    if (!take_keyword(reader, &result->method) || !skip_cfws(reader))
        return false;
    if (peek(reader) == '/' && (!take(reader, '/', "") || !take_number(reader, &result->version)))
        return false;
    return take(reader, '=', "a method without =") && take_keyword(reader, &result->result) && skip_cfws(reader);
}

/* [ptype .] property = pvalue */
static bool take_propspec(struct reader *reader, struct bs_read_property *property)
{
    *property = (struct bs_read_property){.type = {NULL, 0}};
    if (!take_keyword(reader, &property->name) || !skip_cfws(reader))
        return false;
    if (peek(reader) == '.') {
        property->type = property->name;
        if (!take(reader, '.', "") || !take_keyword(reader, &property->name))
            return false;
    }
    return take(reader, '=', "a property without =") && take_value(reader, &property->value);
}

/* Everything that follows the method's result. */
static bool take_properties(struct reader *reader, struct bs_read_result *result)
{
    struct bs_read_property found[BS_RESULTS_PROPERTIES_MAX];
    size_t count = 0;
    while (!at_end(reader) && peek(reader) != ';') {
        struct bs_read_property next;
        if (!take_propspec(reader, &next))
            return false;
        bool is_reason = next.type.len == 0 && bs_bytes_equal_nocase(next.name, BS_LITERAL("reason"));
        if (is_reason)
            result->reason = next.value;
        else if (count == BS_RESULTS_PROPERTIES_MAX)
            return fail(reader, "too many properties");
        else
            found[count++] = next;
    }
    if (count == 0)
        return true;
    struct bs_read_property *kept = bs_arena_take(reader->arena, count * sizeof *kept);
    if (!kept)
        return fail(reader, "no memory is left");
    memcpy(kept, found, count * sizeof *kept);
    result->properties = kept;
    result->property_count = count;
    return true;
}

/* Whether what is left is `none`, which stands for no results at all. */
static bool is_none(const struct reader *reader)
{
    struct reader rest = *reader;
    struct bs_bytes word;
    struct bs_error ignored;
    rest.error = &ignored;
    return take_keyword(&rest, &word) && bs_bytes_equal_nocase(word, BS_LITERAL("none")) && skip_cfws(&rest) &&
           at_end(&rest);
}

/* resinfo, as often as it comes */
static bool take_results(struct reader *reader, struct bs_read_results *results)
{
    struct bs_read_result *items = bs_arena_take(reader->arena, BS_RESULTS_METHODS_MAX * sizeof *items);
    if (!items)
        return fail(reader, "no memory is left");
    results->items = items;
    for (;;) {
        if (!take(reader, ';', "a semicolon is missing"))
            return false;
        if (at_end(reader) || (results->count == 0 && is_none(reader)))
            return results->count > 0 || !at_end(reader) || fail(reader, "there are no results");
        if (results->count == BS_RESULTS_METHODS_MAX)
            return fail(reader, "too many results");
        struct bs_read_result *result = &items[results->count];
        if (!take_methodspec(reader, result) || !take_properties(reader, result))
            return false;
        results->count++;
        if (at_end(reader))
            return true;
    }
}

/* authserv-id [version] */
static bool take_id(struct reader *reader, struct bs_read_results *results)
{
    if (!take_value(reader, &results->authserv_id))
        return false;
    if (bs_bytes_find(results->authserv_id, '=') < results->authserv_id.len)
        return fail(reader, "the authserv-id is missing");
    if (!bs_ascii_is_digit(peek(reader)))
        return true;
    unsigned version;
    if (!take_number(reader, &version))
        return false;
    return version == 1 ? skip_cfws(reader) : fail(reader, "a version that is not known");
}

static bool has_stray_control(struct bs_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < 0x20 && !is_blank((char)c)) || c == 0x7f)
            return true;
    }
    return false;
}

bool bs_results_read(struct bs_bytes text, struct bs_arena *arena, struct bs_read_results *ret_results,
                     struct bs_error *ret_error)
{
    struct reader reader = {.text = text, .arena = arena, .error = ret_error};
    *ret_results = (struct bs_read_results){.count = 0};
    if (text.len > BS_RESULTS_READ_MAX)
        return fail(&reader, "the field is too long");
    if (has_stray_control(text) || !bs_utf8_is_valid(text))
        return fail(&reader, "the field holds control characters or no UTF-8");
    return take_id(&reader, ret_results) && take_results(&reader, ret_results);
}

struct bs_bytes bs_read_property_find(const struct bs_read_result *result, const char *type, const char *name)
{
    for (size_t i = 0; i < result->property_count; i++) {
        const struct bs_read_property *property = &result->properties[i];
        if (bs_bytes_equal_nocase(property->type, bs_bytes_from_cstr(type)) &&
            bs_bytes_equal_nocase(property->name, bs_bytes_from_cstr(name)))
            return property->value;
    }
    return bs_bytes(NULL, 0);
}
