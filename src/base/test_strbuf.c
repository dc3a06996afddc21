/* SPDX-License-Identifier: BSD-2-Clause */
/* The buffer's contract: a NUL behind, a limit never passed, failure that stays. */
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check_contract(const struct bs_strbuf *buf)
{
    assert_true(buf->len <= buf->limit);
    if (buf->ptr) {
        assert_true(buf->len < buf->capacity);
        assert_int_equal(buf->ptr[buf->len], '\0');
    }
}

static void what_is_appended_stands_there_in_order(void **state)
{
    struct bs_strbuf buf;
    (void)state;
    bs_strbuf_init(&buf, 1000);
    assert_string_equal(bs_strbuf_cstr(&buf), "");
    bs_strbuf_append(&buf, bs_bytes(NULL, 0));
    bs_strbuf_append_cstr(&buf, "one ");
    bs_strbuf_append_char(&buf, '2');
    bs_strbuf_printf(&buf, " %s %d", "three", 4);
    check_contract(&buf);
    assert_string_equal(bs_strbuf_cstr(&buf), "one 2 three 4");
    bs_strbuf_consume(&buf, 4);
    check_contract(&buf);
    assert_string_equal(bs_strbuf_cstr(&buf), "2 three 4");
    bs_strbuf_consume(&buf, buf.len);
    assert_string_equal(bs_strbuf_cstr(&buf), "");
    bs_strbuf_free(&buf);
    assert_null(buf.ptr);
}

static void room_that_was_reserved_holds_what_is_appended_up_to_the_limit(void **state)
{
    struct bs_strbuf buf;
    (void)state;
    bs_strbuf_init(&buf, 100);
    bs_strbuf_reserve(&buf, 99);
    check_contract(&buf);
    assert_string_equal(bs_strbuf_cstr(&buf), "");
    const char *room = buf.ptr;
    for (size_t i = 0; i < 99; i++)
        bs_strbuf_append_char(&buf, 'x');
    assert_ptr_equal(buf.ptr, room);
    bs_strbuf_reserve(&buf, 1000);
    check_contract(&buf);
    assert_false(buf.failed);
    bs_strbuf_append_cstr(&buf, "yz");
    assert_true(buf.failed);
    bs_strbuf_free(&buf);
}

static void an_append_past_the_limit_changes_nothing_and_fails_for_good(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < 200; limit++) {
        struct bs_strbuf buf;
        bs_strbuf_init(&buf, limit);
        for (size_t i = 0; i < limit; i++) {
            bs_strbuf_append_char(&buf, 'x');
            check_contract(&buf);
        }
        assert_false(buf.failed);
        bs_strbuf_append_char(&buf, 'y');
        check_contract(&buf);
        assert_true(buf.failed);
        assert_int_equal(buf.len, limit);
        bs_strbuf_append(&buf, bs_bytes("", 0));
        bs_strbuf_printf(&buf, "%s", "");
        assert_true(buf.failed);
        bs_strbuf_free(&buf);
        assert_false(buf.failed);
    }
}

static void a_long_append_grows_in_one_step(void **state)
{
    static char text[10000];
    struct bs_strbuf buf;
    (void)state;
    memset(text, 'z', sizeof text);
    bs_strbuf_init(&buf, sizeof text);
    bs_strbuf_append(&buf, bs_bytes(text, sizeof text));
    check_contract(&buf);
    assert_int_equal(buf.len, sizeof text);
    assert_memory_equal(buf.ptr, text, sizeof text);
    bs_strbuf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_appended_stands_there_in_order),
        cmocka_unit_test(room_that_was_reserved_holds_what_is_appended_up_to_the_limit),
        cmocka_unit_test(an_append_past_the_limit_changes_nothing_and_fails_for_good),
        cmocka_unit_test(a_long_append_grows_in_one_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
