/* SPDX-License-Identifier: BSD-2-Clause */
/* Which bytes are well-formed UTF-8, and what any bytes look like as a JSON string. */
#include "base/json.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void only_wellformed_sequences_are_characters(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } cases[] = {
        {"a", 1}, {"\x7f", 1}, {"\x80", 0}, {"\xbf", 0}, {"\xc1\xbf", 0}, {"\xc2\x80", 2}, {"\xdf\xbf", 2},
        {"\xdf\xc0", 0}, {"\xdf", 0}, {"\xe0\x9f\xbf", 0}, {"\xe0\xa0\x80", 3}, {"\xe0\xa0", 0}, {"\xec\xbf\xbf", 3},
        {"\xed\x9f\xbf", 3}, {"\xed\xa0\x80", 0}, {"\xee\x80\x80", 3}, {"\xef\xbf\xbf", 3}, {"\xef\xbf\x7f", 0},
        {"\xf0\x8f\xbf\xbf", 0}, {"\xf0\x90\x80\x80", 4}, {"\xf3\xbf\xbf\xbf", 4}, {"\xf4\x8f\xbf\xbf", 4},
        {"\xf4\x90\x80\x80", 0}, {"\xf5\x80\x80\x80", 0}, {"\xf4\x8f\xbf", 0}, {"\xff", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size = strlen(cases[i].bytes);
        char *copy = malloc(size);
        assert_non_null(copy);
        memcpy(copy, cases[i].bytes, size);
        assert_int_equal(bs_utf8_sequence(bs_bytes(copy, size)), cases[i].length);
        assert_int_equal(bs_utf8_is_valid(bs_bytes(copy, size)), cases[i].length == size);
        free(copy);
    }
    assert_int_equal(bs_utf8_sequence(bs_bytes(NULL, 0)), 0);
    assert_true(bs_utf8_is_valid(BS_LITERAL("Grüße")));
    assert_false(bs_utf8_is_valid(BS_LITERAL("Gr\xfc\xdf\x65")));
}

static void any_bytes_become_one_json_string(void **state)
{
    static const struct {
        struct bs_bytes text;
        const char *json;
    } cases[] = {
        {{"", 0}, "\"\""},
        {{"plain", 5}, "\"plain\""},
        {{"a\"b\\c/", 6}, "\"a\\\"b\\\\c/\""},
        {{"\0\n\x1f\x20\x7f", 5}, "\"\\u0000\\u000a\\u001f \\u007f\""},
        {{"\xc3\xbc\xf0\x9f\x93\xa7", 6}, "\"\xc3\xbc\xf0\x9f\x93\xa7\""},
        {{"a\xff\xc3z", 4}, "\"a\xef\xbf\xbd\xef\xbf\xbdz\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_strbuf buf;
        bs_strbuf_init(&buf, 100);
        bs_json_append_string(&buf, cases[i].text);
        assert_string_equal(bs_strbuf_cstr(&buf), cases[i].json);
        bs_strbuf_free(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_wellformed_sequences_are_characters),
        cmocka_unit_test(any_bytes_become_one_json_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
