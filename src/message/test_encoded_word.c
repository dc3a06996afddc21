/* SPDX-License-Identifier: BSD-2-Clause */
/* Encoded words as lenient readers decode them. */
#include "message/encoded_word.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct word_case {
    const char *text;
    const char *decoded;
    size_t words;
};

static const struct word_case cases[] = {
    {"plain = text ?=", "plain = text ?=", 0},
    {"=?utf-8?q?a_b=3D=c3=BC?=", "a b=\xc3\xbc", 1},
    {"=?utf-8*de?Q?a?=", "a", 1},
    {"=?utf-8?b?YWI=?=", "ab", 1},
    {"=?utf-8?B?YW?=", "a", 1},
    {"=?utf-8?b?Y W\r\n I = YQ==?=", "aba", 1},
    {"=?utf-8?q?a b=\r\n c=4?=", "a b= c=4", 1},
    {"=?a?q?x?= =?b?q?y?=", "xy", 2},
    {"=?a?q?x?=\r\n\t=?b?q?y?= z", "xy z", 2},
    {"=?a?q?x?= . =?b?q?y?=", "x . y", 2},
    {"(=?a?q?x?=)", "(x)", 1},
    {"=?a?q?\?=", "", 1},
    {"=?a?x?y?=", "=?a?x?y?=", 0},
    {"=?a?q?y", "=?a?q?y", 0},
    {"=?a?q", "=?a?q", 0},
    {"=?", "=?", 0},
    {"=?a?q?x?= =?b?q?y", "x =?b?q?y", 1},
};

/* Decodes a copy that is exactly as large as the text, into room that is as large. */
static size_t decode(const char *text, bool apart, char **ret_decoded, struct bs_decoded_words *ret_words)
{
    size_t size = strlen(text);
    char *exact = malloc(size + (size == 0));
    *ret_decoded = malloc(size + (size == 0));
    assert_true(exact && *ret_decoded);
    memcpy(exact, text, size);
    size_t length = bs_encoded_words_decode(bs_bytes(exact, size), apart, *ret_decoded, ret_words);
    free(exact);
    return length;
}

static void words_are_decoded_wherever_they_stand(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_decoded_words words;
        char *decoded;
        size_t length = decode(cases[i].text, false, &decoded, &words);
        if (!bs_bytes_equal(bs_bytes(decoded, length), bs_bytes_from_cstr(cases[i].decoded)))
            fail_msg("%s is %.*s", cases[i].text, (int)length, decoded);
        assert_int_equal(words.count, cases[i].words);
        free(decoded);
    }
}

static void words_apart_have_blanks_around_them(void **state)
{
    struct bs_decoded_words words;
    char *decoded;
    (void)state;
    size_t length = decode("a=?a?q?x?==?a?b?\?=b", true, &decoded, &words);
    assert_true(bs_bytes_equal(bs_bytes(decoded, length), BS_LITERAL("a x   b")));
    free(decoded);
}

static void charsets_unlike_ascii_and_encoded_line_ends_are_told(void **state)
{
    static const struct {
        const char *text;
        bool odd_charset;
        bool line_end;
    } told[] = {
        {"=?utf-8?q?a?=", false, false},  {"=?UTF-7?q?a?=", true, false},        {"=?utf-16le?q?a=00?=", true, true},
        {"=?IBM037?q?a?=", true, false},  {"=?ibm850?q?a?=", false, false},      {"=?a?q?=0a?=", false, true},
        {"=?a?b?DQ==?=", false, true},    {"=?a?q?x?=\r\n y", false, false},     {"=?a?q?x?= =?a?q?=00?=", false, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        struct bs_decoded_words words;
        char *decoded;
        decode(told[i].text, false, &decoded, &words);
        if (words.odd_charset != told[i].odd_charset || words.line_end != told[i].line_end)
            fail_msg("%s: odd_charset is %d, line_end is %d", told[i].text, words.odd_charset, words.line_end);
        free(decoded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_decoded_wherever_they_stand),
        cmocka_unit_test(words_apart_have_blanks_around_them),
        cmocka_unit_test(charsets_unlike_ascii_and_encoded_line_ends_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
