/* SPDX-License-Identifier: BSD-2-Clause */
/* Base64 against RFC 4648 section 10, and what is none. */
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
    const char *bytes, *text;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xff\xfe\xfb", "//77"},
    {"\xfb\xef\xbe", "++++"},
};

static void the_vectors_of_rfc_4648_go_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char text[16];
        unsigned char bytes[16];
        size_t size;
        bs_base64_encode(bs_bytes_from_cstr(vectors[i].bytes), text);
        assert_string_equal(text, vectors[i].text);
        assert_true(bs_base64_decode(bs_bytes_from_cstr(vectors[i].text), bytes, &size));
        assert_int_equal(size, strlen(vectors[i].bytes));
        assert_memory_equal(bytes, vectors[i].bytes, size);
    }
}

static void what_is_no_base64_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"Z",   "Zg=",   "Zg===", "Z===", "=",    "====", "Zm9v=", "Zm=9", "Zm9vYg==Zg==",
                                      "Zh==", "Zm9=",  "Zm 9v", "Zm-v", "Zm9v\n", "Zm9\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        unsigned char bytes[32];
        size_t size;
        if (bs_base64_decode(bs_bytes_from_cstr(bad[i]), bytes, &size))
            fail_msg("\"%s\" was read", bad[i]);
    }
}

static void padding_may_be_missing_and_folding_is_read_where_it_is_asked_for(void **state)
{
    (void)state;
    unsigned char bytes[32];
    size_t size;
    assert_true(bs_base64_decode(BS_LITERAL("Zm8"), bytes, &size));
    assert_int_equal(size, 2);
    assert_true(bs_base64_decode_folded(BS_LITERAL(" Z m9v\r\n\tYg = = "), bytes, &size));
    assert_int_equal(size, 4);
    assert_memory_equal(bytes, "foob", 4);
    assert_false(bs_base64_decode_folded(BS_LITERAL("Zm9v\vYg=="), bytes, &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_rfc_4648_go_both_ways),
        cmocka_unit_test(what_is_no_base64_is_refused),
        cmocka_unit_test(padding_may_be_missing_and_folding_is_read_where_it_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
