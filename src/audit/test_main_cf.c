/* SPDX-License-Identifier: BSD-2-Clause */
/* Items put into main.cf and taken out again: what the file looks like in between, and that it is as it was after. */
#include "audit/main_cf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define OURS "{ inet:127.0.0.1:8896, default_action=tempfail }"

static const struct bs_main_cf_item milter = {"smtpd_milters", OURS, ""};

static bool is_ours(const void *context, struct bs_bytes name, struct bs_bytes item)
{
    (void)context;
    if (item.len == 0)
        return bs_bytes_equal(name, BS_LITERAL("smtpd_milters")) || bs_bytes_equal(name,
                                                                                   BS_LITERAL("virtual_alias_maps"));
    return bs_bytes_contains_nocase(item, BS_LITERAL(":8896")) || bs_bytes_contains_nocase(item, BS_LITERAL(":8897"));
}

static const struct bs_main_cf_filter filter = {.matches = is_ours};

/* The text with the items in it, to be freed by the caller. */
static struct bs_strbuf add(const char *text, const struct bs_main_cf_item *items, size_t count)
{
    struct bs_strbuf out;
    bs_strbuf_init(&out, BS_MAIN_CF_MAX);
    bs_main_cf_add(bs_bytes_from_cstr(text), items, count, &out);
    assert_false(out.failed);
    return out;
}

static void expect_removed(struct bs_bytes text, const char *expected)
{
    struct bs_strbuf out;
    bs_strbuf_init(&out, BS_MAIN_CF_MAX);
    bs_main_cf_remove(text, &filter, &out);
    assert_string_equal(bs_strbuf_cstr(&out), expected);
    bs_strbuf_free(&out);
}

static void an_item_goes_before_all_others_and_comes_out_without_a_trace(void **state)
{
    static const struct {
        const char *before;
        const char *after;
    } cases[] = {
        {"smtpd_milters = inet:a:1, inet:b:2\nx = y\n", "smtpd_milters = " OURS ", inet:a:1, inet:b:2\nx = y\n"},
        {"smtpd_milters=inet:a:1\n", "smtpd_milters=" OURS ", inet:a:1\n"},
        {"smtpd_milters = inet:a:1", "smtpd_milters = " OURS ", inet:a:1"},
        {"smtpd_milters = $others\n", "smtpd_milters = " OURS ", $others\n"},
        {"smtpd_milters =\n", "smtpd_milters = " OURS "\n"},
        {"smtpd_milters = \nx = y\n", "smtpd_milters = " OURS " \nx = y\n"},
        {"smtpd_milters=", "smtpd_milters= " OURS},
        {"smtpd_milters =\n    inet:a:1,\n    inet:b:2,\nx = y\n",
         "smtpd_milters = " OURS ",\n    inet:a:1,\n    inet:b:2,\nx = y\n"},
        {"smtpd_milters =\n# the first\n    inet:a:1\n\n\t# and more\n    inet:b:2\n",
         "smtpd_milters = " OURS ",\n# the first\n    inet:a:1\n\n\t# and more\n    inet:b:2\n"},
        {"smtpd_milters = {inet:a:1,\n  default_action=accept}\n",
         "smtpd_milters = " OURS ", {inet:a:1,\n  default_action=accept}\n"},
        {"smtpd_milters = inet:a:1,\r\n inet:b:2\r\n", "smtpd_milters = " OURS ", inet:a:1,\r\n inet:b:2\r\n"},
        /* The last line of a name is the one that holds. */
        {"smtpd_milters = inet:a:1\nsmtpd_milters = inet:b:2\n",
         "smtpd_milters = inet:a:1\nsmtpd_milters = " OURS ", inet:b:2\n"},
        /* Names that only look like it. */
        {"#smtpd_milters = inet:a:1\n smtpd_milters = x\nnon_smtpd_milters = y\n",
         "#smtpd_milters = inet:a:1\n smtpd_milters = x\nnon_smtpd_milters = y\n\n" BS_MAIN_CF_MARK
         "\nsmtpd_milters = " OURS "\n"},
        {"x = y\n", "x = y\n\n" BS_MAIN_CF_MARK "\nsmtpd_milters = " OURS "\n"},
        {"x = y\n\n", "x = y\n\n\n" BS_MAIN_CF_MARK "\nsmtpd_milters = " OURS "\n"},
        {"x = y", "x = y\n\n" BS_MAIN_CF_MARK "\nsmtpd_milters = " OURS},
        {"", "\n" BS_MAIN_CF_MARK "\nsmtpd_milters = " OURS "\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_strbuf out = add(cases[i].before, &milter, 1);
        assert_string_equal(bs_strbuf_cstr(&out), cases[i].after);
        expect_removed(bs_strbuf_bytes(&out), cases[i].before);
        bs_strbuf_free(&out);
    }
}

static void several_items_stand_together_where_the_file_has_no_line_for_them(void **state)
{
    static const struct bs_main_cf_item items[] = {
        {"smtpd_milters", OURS, ""},
        {"virtual_alias_maps", "socketmap:inet:127.0.0.1:8897:backstop", "$virtual_maps"},
    };
    (void)state;
    struct bs_strbuf out = add("x = y\n", items, 2);
    assert_string_equal(bs_strbuf_cstr(&out), "x = y\n\n" BS_MAIN_CF_MARK "\nsmtpd_milters = " OURS
                                              "\nvirtual_alias_maps = socketmap:inet:127.0.0.1:8897:backstop, "
                                              "$virtual_maps\n");
    expect_removed(bs_strbuf_bytes(&out), "x = y\nvirtual_alias_maps = $virtual_maps\n");
    bs_strbuf_free(&out);

    out = add("virtual_alias_maps = hash:/etc/postfix/virtual\n", items, 2);
    assert_string_equal(bs_strbuf_cstr(&out),
                        "virtual_alias_maps = socketmap:inet:127.0.0.1:8897:backstop, hash:/etc/postfix/virtual\n\n"
                        BS_MAIN_CF_MARK "\nsmtpd_milters = " OURS "\n");
    expect_removed(bs_strbuf_bytes(&out), "virtual_alias_maps = hash:/etc/postfix/virtual\n");
    bs_strbuf_free(&out);
}

static void what_others_wrote_since_stays(void **state)
{
    static const struct {
        const char *before;
        const char *after;
    } cases[] = {
        {"smtpd_milters = inet:a:1, " OURS ", inet:b:2\n", "smtpd_milters = inet:a:1, inet:b:2\n"},
        {"smtpd_milters = inet:a:1 " OURS "\n", "smtpd_milters = inet:a:1\n"},
        {"smtpd_milters = inet:a:1, " OURS ",\n  inet:b:2\n", "smtpd_milters = inet:a:1,\n  inet:b:2\n"},
        {"smtpd_milters =\n  inet:a:1,\n  " OURS ",\n  inet:b:2\n", "smtpd_milters =\n  inet:a:1,\n  inet:b:2\n"},
        {"smtpd_milters =\n  " OURS "\n", "smtpd_milters =\n"},
        {"smtpd_milters =\n  " OURS ", inet:a:1\n", "smtpd_milters =\n  inet:a:1\n"},
        {"smtpd_milters = inet:localhost:8896,inet:a:1\n", "smtpd_milters = inet:a:1\n"},
        {"smtpd_milters = { inet:127.0.0.1:8896,\n    default_action=accept },\n  inet:a:1\n",
         "smtpd_milters =\n  inet:a:1\n"},
        {"smtpd_milters = inet:127.0.0.1:8896\nsmtpd_milters = inet:a:1, inet:127.0.0.1:8896\n",
         "smtpd_milters =\nsmtpd_milters = inet:a:1\n"},
        {"x = y\n\n" BS_MAIN_CF_MARK "\nsmtpd_milters = " OURS ", inet:a:1\nvirtual_alias_maps = "
         "socketmap:inet:127.0.0.1:8897:backstop\nz = 1\n",
         "x = y\nsmtpd_milters = inet:a:1\nz = 1\n"},
        {"x = y\n\n" BS_MAIN_CF_MARK "\nsmtpd_milters = " OURS "\n\n# mine\nz = 1\n", "x = y\n\n# mine\nz = 1\n"},
        {"x = y\n" BS_MAIN_CF_MARK "\nsmtpd_milters = " OURS "\n", "x = y\n"},
        /* Without the mark the line may be somebody's own. */
        {"x = y\nsmtpd_milters = " OURS "\n", "x = y\nsmtpd_milters =\n"},
        {"x = y\nsmtpd_milters = inet:a:1\n", "x = y\nsmtpd_milters = inet:a:1\n"},
        {BS_MAIN_CF_MARK "\nx = y\n", BS_MAIN_CF_MARK "\nx = y\n"},
        {"smtpd_milters = {inet:127.0.0.1:8896\n", "smtpd_milters =\n"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_removed(bs_bytes_from_cstr(cases[i].before), cases[i].after);
}

static void lines_whose_item_is_replaced_stay_marked_as_added(void **state)
{
    static const char before[] = "x = y\n\n" BS_MAIN_CF_MARK "\nsmtpd_milters = inet:127.0.0.1:8896\n";
    const struct bs_main_cf_filter replace = {.matches = is_ours, .keep_mark = true};
    struct bs_strbuf out;
    (void)state;
    bs_strbuf_init(&out, BS_MAIN_CF_MAX);
    assert_int_equal(bs_main_cf_remove(bs_bytes_from_cstr(before), &replace, &out), 1);
    assert_string_equal(bs_strbuf_cstr(&out), "x = y\n\n" BS_MAIN_CF_MARK "\nsmtpd_milters =\n");
    struct bs_strbuf again = add(bs_strbuf_cstr(&out), &milter, 1);
    expect_removed(bs_strbuf_bytes(&again), "x = y\n");
    bs_strbuf_free(&again);
    bs_strbuf_free(&out);
}

/* Every text of a few pieces goes through add and remove, in memory of its exact size. */
static void any_file_is_the_same_again_after_add_and_remove(void **state)
{
    static const char *const pieces[] = {"smtpd_milters =", " inet:a:1", ",", "\n", " ", "# x", "{ b", "}",
                                         "x = y\n"};
    enum { PIECES = sizeof pieces / sizeof *pieces, LENGTH = 5 };
    (void)state;
    for (size_t number = 0; number < PIECES * PIECES * PIECES * PIECES * PIECES; number++) {
        char text[128] = "";
        for (size_t i = 0, rest = number; i < LENGTH; i++, rest /= PIECES)
            strcat(text, pieces[rest % PIECES]);
        struct bs_strbuf out = add(text, &milter, 1);
        char *copy = malloc(out.len);
        assert_non_null(copy);
        memcpy(copy, out.ptr, out.len);
        expect_removed(bs_bytes(copy, out.len), text);
        free(copy);
        bs_strbuf_free(&out);
    }
}

static void a_file_over_the_limit_is_refused(void **state)
{
    char *text = malloc(BS_MAIN_CF_MAX + 1);
    struct bs_strbuf out;
    (void)state;
    assert_non_null(text);
    memset(text, 'x', BS_MAIN_CF_MAX);
    text[BS_MAIN_CF_MAX] = '\0';
    bs_strbuf_init(&out, BS_MAIN_CF_MAX);
    bs_main_cf_add(bs_bytes(text, BS_MAIN_CF_MAX), &milter, 1, &out);
    assert_true(out.failed);
    bs_strbuf_free(&out);
    bs_main_cf_remove(bs_bytes(text, BS_MAIN_CF_MAX), &filter, &out);
    assert_false(out.failed);
    bs_strbuf_free(&out);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_item_goes_before_all_others_and_comes_out_without_a_trace),
        cmocka_unit_test(several_items_stand_together_where_the_file_has_no_line_for_them),
        cmocka_unit_test(what_others_wrote_since_stays),
        cmocka_unit_test(lines_whose_item_is_replaced_stay_marked_as_added),
        cmocka_unit_test(any_file_is_the_same_again_after_add_and_remove),
        cmocka_unit_test(a_file_over_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
