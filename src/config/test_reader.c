/* SPDX-License-Identifier: BSD-2-Clause */
/* The words, strings and signs of the configuration file, and what is neither. */
#include "config/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RESULT_MAX = 1000 };

/* Reads all tokens from memory of exactly the text's size. Writes them, each with its line, or the error. */
static void read_all(struct bs_bytes text, char ret_result[RESULT_MAX])
{
    static const char signs[] = {
        [BS_TOKEN_OPEN] = '{', [BS_TOKEN_CLOSE] = '}', [BS_TOKEN_COMMA] = ',', [BS_TOKEN_EQUALS] = '='};
    struct bs_reader reader;
    struct bs_token token;
    struct bs_error error;
    size_t used = 0;
    char *copy = malloc(text.len > 0 ? text.len : 1);
    assert_non_null(copy);
    memcpy(copy, text.ptr, text.len);
    bs_reader_init(&reader, bs_bytes(copy, text.len), "f");
    ret_result[0] = '\0';
    while (used < RESULT_MAX - 100) {
        if (!bs_reader_next(&reader, &token, &error)) {
            snprintf(ret_result + used, RESULT_MAX - used, "%s", error.text);
            break;
        }
        if (token.kind == BS_TOKEN_END)
            break;
        if (token.kind == BS_TOKEN_TEXT)
            used += (size_t)sprintf(ret_result + used, "%d<%.*s>", token.line, BS_BYTES_ARG(token.text));
        else
            used += (size_t)sprintf(ret_result + used, "%d%c", token.line, signs[token.kind]);
    }
    free(copy);
}

static void text_is_split_into_words_strings_and_signs(void **state)
{
    static const struct {
        const char *text, *tokens;
    } cases[] = {
        {"", ""},
        {" \t\r\n\n", ""},
        {"# only a comment", ""},
        {"# a\n#\n##b\nx", "4<x>"},
        {"user = backstop", "1<user>1=1<backstop>"},
        {"user=backstop", "1<user>1=1<backstop>"},
        {"a\r\n=\r\nb\r\n", "1<a>2=3<b>"},
        {"x # comment } \" \n y", "1<x>2<y>"},
        {"x#comment", "1<x>"},
        {"{a,b,}", "1{1<a>1,1<b>1,1}"},
        {"127.0.0.0/8 ::1 user+x@example.com [::1]:25 /etc/x~ 50% *", "1<127.0.0.0/8>1<::1>1<user+x@example.com>"
                                                                      "1<[::1]:25>1</etc/x~>1<50%>1<*>"},
        {"\"a b\" \"\" \"#\" \"{=,}\"", "1<a b>1<>1<#>1<{=,}>"},
        {"\"say \\\"so\\\" \\\\ twice\"", "1<say \"so\" \\ twice>"},
        {"\"${HOME}\" \"$x\"", "1<${HOME}>1<$x>"},
        {"\"Grüße 📧\"", "1<Grüße 📧>"},
        {"# Gr\xfc\xdf\x65 in Latin-1\nx", "2<x>"},
    };
    char result[RESULT_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        read_all(bs_bytes_from_cstr(cases[i].text), result);
        assert_string_equal(result, cases[i].tokens);
    }
}

static void what_is_no_token_is_named_with_its_line(void **state)
{
    static const char bad_escape[] =
        "f:1: in a string a backslash is written \\\\ and a quote \\\"; nothing else is escaped";
    static const struct {
        struct bs_bytes text;
        const char *error;
    } cases[] = {
        {BS_LITERAL("x\0y"), "1<x>f:1: the file holds a null byte; it must be text"},
        {BS_LITERAL("\n# comment\0 goes on"), "f:2: the file holds a null byte; it must be text"},
        {BS_LITERAL("\"a\0b\""), "f:1: a string holds the control character 0x00"},
        {BS_LITERAL("\"a\tb\""), "f:1: a string holds the control character 0x09"},
        {BS_LITERAL("\"a\x7f\""), "f:1: a string holds the control character 0x7f"},
        {BS_LITERAL("\n\"abc\n\""), "f:2: a string that begins on this line has no closing quote"},
        {BS_LITERAL("\"abc"), "f:1: a string that begins on this line has no closing quote"},
        {BS_LITERAL("\""), "f:1: a string that begins on this line has no closing quote"},
        {BS_LITERAL("\"a\\n\""), bad_escape},
        {BS_LITERAL("\"a\\"), bad_escape},
        {BS_LITERAL("\"\xff\""), "f:1: a string is not UTF-8"},
        {BS_LITERAL("'a'"), "f:1: unexpected \"'\"; strings stand in double quotes"},
        {BS_LITERAL("a;"), "1<a>f:1: unexpected \";\"; a text with it must stand in double quotes"},
        {BS_LITERAL("${HOME}"), "f:1: unexpected \"$\"; a text with it must stand in double quotes"},
        {BS_LITERAL("include(\"x\")"), "1<include>f:1: unexpected \"(\"; a text with it must stand in double quotes"},
        {BS_LITERAL("\x01"), "f:1: unexpected byte 0x01; outside of strings and comments only ASCII is allowed"},
        {BS_LITERAL("\xef\xbb\xbfuser"),
         "f:1: unexpected byte 0xef; outside of strings and comments only ASCII is allowed"},
    };
    char result[RESULT_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        read_all(cases[i].text, result);
        assert_string_equal(result, cases[i].error);
    }
}

static void a_text_has_a_largest_length(void **state)
{
    static char text[BS_READER_TEXT_MAX + 2];
    struct bs_reader reader;
    struct bs_token token;
    struct bs_error error;
    (void)state;
    memset(text, 'a', sizeof text);
    for (int quoted = 0; quoted < 2; quoted++) {
        text[0] = quoted ? '"' : 'a';
        bs_reader_init(&reader, bs_bytes(text, BS_READER_TEXT_MAX), "f");
        assert_int_equal(bs_reader_next(&reader, &token, &error), !quoted);
        bs_reader_init(&reader, bs_bytes(text, BS_READER_TEXT_MAX + 2), "f");
        assert_false(bs_reader_next(&reader, &token, &error));
        assert_string_equal(error.text, "f:1: a text is longer than 4096 bytes");
    }
    text[BS_READER_TEXT_MAX + 1] = '"';
    bs_reader_init(&reader, bs_bytes(text, BS_READER_TEXT_MAX + 2), "f");
    assert_true(bs_reader_next(&reader, &token, &error));
    assert_int_equal(token.text.len, BS_READER_TEXT_MAX);
}

static void the_end_is_the_end_however_often_it_is_read(void **state)
{
    struct bs_reader reader;
    struct bs_token token;
    struct bs_error error;
    (void)state;
    bs_reader_init(&reader, BS_LITERAL("x"), "f");
    assert_true(bs_reader_next(&reader, &token, &error));
    for (int i = 0; i < 3; i++) {
        assert_true(bs_reader_next(&reader, &token, &error));
        assert_int_equal(token.kind, BS_TOKEN_END);
    }
}

static void errors_quote_a_text_so_that_a_terminal_can_show_it(void **state)
{
    static const struct {
        struct bs_bytes text;
        const char *quoted;
    } cases[] = {
        {BS_LITERAL(""), "\"\""},
        {BS_LITERAL("mode"), "\"mode\""},
        {BS_LITERAL("a\033[31mb\0c"), "\"a?[31mb?c\""},
        {BS_LITERAL("\xc2\x9b" "31m"), "\"?31m\""},
        {BS_LITERAL("ü\xff"), "\"ü?\""},
        {BS_LITERAL("123456789 123456789 123456789 123456789 123456789 123456789 "),
         "\"123456789 123456789 123456789 123456789 123456789 123456789 \""},
        {BS_LITERAL("123456789 123456789 123456789 123456789 123456789 123456789 1"),
         "\"123456789 123456789 123456789 123456789 123456789 123456789 ...\""},
        {BS_LITERAL("123456789 123456789 123456789 123456789 123456789 123456789ü"),
         "\"123456789 123456789 123456789 123456789 123456789 123456789...\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(bs_quote(cases[i].text).text, cases[i].quoted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_split_into_words_strings_and_signs),
        cmocka_unit_test(what_is_no_token_is_named_with_its_line),
        cmocka_unit_test(a_text_has_a_largest_length),
        cmocka_unit_test(the_end_is_the_end_however_often_it_is_read),
        cmocka_unit_test(errors_quote_a_text_so_that_a_terminal_can_show_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
