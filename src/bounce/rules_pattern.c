/* SPDX-License-Identifier: BSD-2-Clause */
/* See rules_pattern.h. What is no particularity of ours goes to libhs as it is, which says what is wrong with it. */
#include "bounce/rules_pattern.h"

#include "base/strbuf.h"
#include "base/utf8.h"
#include "bounce/rules_fold.h"

#define SPACE "[ \\n\\x0b]" /* what there is of white space in a collapsed text */

enum { LONGEST = BS_RULES_PATTERN_MAX * 32 }; /* no character of a pattern becomes more than that */

struct translation {
    struct bs_bytes rest;
    struct bs_strbuf out;
    bool flat;
    const char *wrong;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char next(const struct translation *translation)
{
    return translation->rest.len > 0 ? translation->rest.ptr[0] : '\0';
}

static void skip(struct translation *translation, size_t count)
{
    translation->rest = bs_bytes_skip(translation->rest, count);
}

/* A character past ASCII, folded, as bytes. */
static void put_wide(struct translation *translation, struct bs_strbuf *out)
{
    char folded[4];
    size_t length = bs_utf8_sequence(translation->rest);
    bs_rules_fold(bs_bytes_first(translation->rest, length), folded);
    for (size_t i = 0; i < length; i++)
        bs_strbuf_printf(out, "\\x%02x", (unsigned char)folded[i]);
    skip(translation, length);
}

/* A run of blanks: white space, which may be absent where a quantifier says so. */
static void put_blanks(struct translation *translation)
{
    bool may_be_absent;
    while (is_blank(next(translation)))
        skip(translation, 1);
    may_be_absent = next(translation) == '?' || next(translation) == '*';
    if (may_be_absent || next(translation) == '+')
        skip(translation, 1);
    bs_strbuf_append_cstr(&translation->out, translation->flat ? " " : SPACE);
    bs_strbuf_append_cstr(&translation->out, may_be_absent ? "?" : "");
}

/* Takes white space that may be absent, if such a thing is next: ` *`, ` ?`, `\s*`. */
static bool take_optional_space(struct translation *translation)
{
    struct bs_bytes rest = translation->rest;
    size_t count = 0;
    while (count < rest.len && is_blank(rest.ptr[count]))
        count++;
    if (count == 0 && rest.len > 1 && rest.ptr[0] == '\\' && rest.ptr[1] == 's')
        count = 2;
    if (count == 0 || count == rest.len || (rest.ptr[count] != '*' && rest.ptr[count] != '?'))
        return false;
    skip(translation, count + 1);
    return true;
}

/* ^: an indented line begins behind the BS_RULES_INDENT that ends the one before. */
static void put_line_begin(struct translation *translation)
{
    skip(translation, 1);
    if (translation->flat) {
        bs_strbuf_append_char(&translation->out, '^');
    } else if (take_optional_space(translation)) {
        bs_strbuf_append_cstr(&translation->out, "(?:^" SPACE "?|\\x0b)");
    } else if (is_blank(next(translation))) {
        while (is_blank(next(translation)) || next(translation) == '+')
            skip(translation, 1);
        bs_strbuf_append_cstr(&translation->out, "(?:^ |\\x0b)");
    } else {
        bs_strbuf_append_char(&translation->out, '^');
    }
}

/* $, at the end of a pattern or an alternative: the next line may be indented. */
static void put_line_end(struct translation *translation)
{
    skip(translation, 1);
    bool last = next(translation) == '\0' || next(translation) == ')' || next(translation) == '|';
    bs_strbuf_append_cstr(&translation->out, last && !translation->flat ? "(?:$|\\x0b)" : "$");
}

static void put_apostrophe(struct translation *translation, size_t length)
{
    skip(translation, length);
    bs_strbuf_append_cstr(&translation->out, "'");
}

static void put_escape(struct translation *translation)
{
    if (translation->rest.len < 2 || (unsigned char)translation->rest.ptr[1] >= 0x80) {
        translation->wrong = "a backslash has no ASCII character behind it";
        return;
    }
    if (translation->rest.ptr[1] == 'Q' || translation->rest.ptr[1] == 'E') {
        translation->wrong = "there is no \\Q...\\E; write a backslash before each sign that is meant as it stands";
        return;
    }
    if (translation->rest.ptr[1] == 'n' && !translation->flat)
        bs_strbuf_append_cstr(&translation->out, "[\\n\\x0b]");
    else
        bs_strbuf_append(&translation->out, bs_bytes_first(translation->rest, 2));
    skip(translation, 2);
}

/* What [...] holds: `narrow` what is ASCII, `wide` the characters past it, each with a | behind it. */
struct class
{
    struct bs_strbuf narrow, wide;
};

/* Whether the character that was just read begins a range, or one that was read before it ends in it. */
static bool is_end_of_range(const struct translation *translation, const struct class *class)
{
    bool begins = next(translation) == '-' && translation->rest.len > 1 && translation->rest.ptr[1] != ']';
    return begins || (class->narrow.len > 1 && class->narrow.ptr[class->narrow.len - 1] == '-');
}

static void take_class_item(struct translation *translation, struct class *class)
{
    struct bs_bytes rest = translation->rest;
    size_t count = rest.ptr[0] == '\\' ? 2 : 1;
    if (rest.len > 1 && rest.ptr[0] == '[' && rest.ptr[1] == ':')
        count = bs_bytes_find(rest, ']') + 1;
    if (count > rest.len) {
        translation->wrong = "a [...] does not end";
    } else if ((unsigned char)rest.ptr[0] >= 0x80) {
        put_wide(translation, &class->wide);
        bs_strbuf_append_char(&class->wide, '|');
        if (is_end_of_range(translation, class))
            translation->wrong = "a character past ASCII is an end of a range in [...]; name each that is meant";
    } else {
        bs_strbuf_append(&class->narrow, bs_bytes_first(rest, count));
        skip(translation, count);
    }
}

static void put_class_items(struct translation *translation, const struct class *class, bool negated)
{
    struct bs_bytes wide = bs_strbuf_bytes(&class->wide);
    const char *narrow = bs_strbuf_cstr(&class->narrow);
    if (wide.len == 0) /* what may not be a line end may be no indented one's */
        bs_strbuf_printf(&translation->out, "[%s%s%s]", negated ? "^" : "", narrow,
                         strstr(narrow, "\\n") ? "\\x0b" : "");
    else if (class->narrow.len == 0)
        bs_strbuf_printf(&translation->out, "(?:%.*s)", (int)wide.len - 1, wide.ptr);
    else
        bs_strbuf_printf(&translation->out, "(?:%s[%s])", wide.ptr, narrow);
}

/* [...]: the characters past ASCII in it become alternatives beside it. */
static void put_class(struct translation *translation)
{
    struct class class;
    bool negated = translation->rest.len > 1 && translation->rest.ptr[1] == '^';
    bs_strbuf_init(&class.narrow, BS_RULES_PATTERN_MAX);
    bs_strbuf_init(&class.wide, LONGEST);
    skip(translation, negated ? 2 : 1);
    for (bool first = true; !translation->wrong && (first || next(translation) != ']'); first = false) {
        if (translation->rest.len == 0)
            translation->wrong = "a [...] does not end";
        else
            take_class_item(translation, &class);
    }
    if (!translation->wrong && negated && class.wide.len > 0)
        translation->wrong = "there is a character past ASCII in [^...], which knows bytes only";
    if (!translation->wrong) {
        skip(translation, 1);
        put_class_items(translation, &class, negated);
    }
    bs_strbuf_free(&class.narrow);
    bs_strbuf_free(&class.wide);
}

static void put_group(struct translation *translation)
{
    struct bs_bytes rest = translation->rest;
    if (rest.len > 1 && rest.ptr[1] == '?' && (rest.len < 3 || rest.ptr[2] != ':')) {
        translation->wrong = "there are no groups but (...) and (?:...)";
        return;
    }
    bs_strbuf_append_cstr(&translation->out, "(?:");
    skip(translation, rest.len > 1 && rest.ptr[1] == '?' ? 3 : 1);
}

/* A character past ASCII that stands alone: a group, so that a quantifier behind it takes the whole of it. */
static void put_wide_alone(struct translation *translation)
{
    size_t length = bs_utf8_sequence(translation->rest);
    char after = translation->rest.len > length ? translation->rest.ptr[length] : '\0';
    bool quantified = after == '?' || after == '*' || after == '+' || after == '{';
    bs_strbuf_append_cstr(&translation->out, quantified ? "(?:" : "");
    put_wide(translation, &translation->out);
    bs_strbuf_append_cstr(&translation->out, quantified ? ")" : "");
}

static void put_next(struct translation *translation)
{
    char c = next(translation);
    if (is_blank(c)) {
        put_blanks(translation);
    } else if (c == '\'') {
        put_apostrophe(translation, 1);
    } else if (bs_bytes_starts_nocase(translation->rest, BS_LITERAL("\xe2\x80\x98")) ||
               bs_bytes_starts_nocase(translation->rest, BS_LITERAL("\xe2\x80\x99"))) {
        put_apostrophe(translation, 3);
    } else if (c == '\\') {
        put_escape(translation);
    } else if (c == '[') {
        put_class(translation);
    } else if (c == '(') {
        put_group(translation);
    } else if ((unsigned char)c >= 0x80) {
        put_wide_alone(translation);
    } else if (c == '^') {
        put_line_begin(translation);
    } else if (c == '$') {
        put_line_end(translation);
    } else if (c == '.' && !translation->flat) {
        bs_strbuf_append_cstr(&translation->out, "[^\\n\\x0b]");
        skip(translation, 1);
    } else {
        bs_strbuf_append_char(&translation->out, c);
        skip(translation, 1);
    }
}

const char *bs_rules_pattern(struct bs_bytes pattern, bool flat, struct bs_arena *arena, const char **ret_wrong)
{
    struct translation translation = {.rest = pattern, .flat = flat};
    struct bs_bytes copy = {NULL, 0};
    *ret_wrong = NULL;
    if (pattern.len == 0)
        translation.wrong = "the pattern is empty";
    else if (pattern.len > BS_RULES_PATTERN_MAX)
        translation.wrong = "the pattern is longer than BS_RULES_PATTERN_MAX (1000 bytes); make two of it";
    else if (!bs_utf8_is_valid(pattern))
        translation.wrong = "the pattern is not UTF-8";
    bs_strbuf_init(&translation.out, LONGEST);
    while (!translation.wrong && translation.rest.len > 0)
        put_next(&translation);
    if (!translation.wrong && !translation.out.failed)
        copy = bs_arena_copy(arena, bs_strbuf_bytes(&translation.out));
    bs_strbuf_free(&translation.out);
    *ret_wrong = translation.wrong;
    return copy.ptr;
}
