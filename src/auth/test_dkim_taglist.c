/* SPDX-License-Identifier: BSD-2-Clause */
/* Tag lists, their syntax taken literally, up to their limit. */
#include "auth/dkim_taglist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
    const char *text;
    const char *expected; /* name=value| …, or ! and the error */
} cases[] = {
    {"v=1; a=rsa-sha256", "v=1|a=rsa-sha256|"},
    {"v=1;", "v=1|"},
    {" v = 1 ;\r\n\tb= AB\r\n CD ; ", "v=1|b=AB\r\n CD|"},
    {"i=a=40b; x_2=", "i=a=40b|x_2=|"},
    {"V=1; v=2", "V=1|v=2|"},
    {"n=\xc3\xa4", "n=\xc3\xa4|"},
    {"", "!tag 1 has no \"=\""},
    {";v=1", "!tag 1 has no \"=\""},
    {"v=1;;a=b", "!tag 2 has no \"=\""},
    {"v=1; t; p=", "!tag 2 has no \"=\""},
    {"v=1; =x", "!tag 2 has no name, or an impossible one"},
    {"1v=1", "!tag 1 has no name, or an impossible one"},
    {"v w=1", "!tag 1 has no name, or an impossible one"},
    {"v=1; v=1", "!v= is there twice"},
    {"v=\x01", "!v= holds a control character"},
    {"v=\xff", "!the tag list is not UTF-8"},
};

static void each_text_is_its_tags_or_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_dkim_taglist list;
        struct bs_error error;
        char found[BS_ERROR_TEXT + 8] = "";
        size_t length = 0;
        if (!bs_dkim_taglist_parse(bs_bytes_from_cstr(cases[i].text), &list, &error))
            snprintf(found, sizeof found, "!%s", error.text);
        else
            for (size_t t = 0; t < list.count; t++)
                length += (size_t)snprintf(found + length, sizeof found - length, "%.*s=%.*s|",
                                           BS_BYTES_ARG(list.tags[t].name), BS_BYTES_ARG(list.tags[t].value));
        assert_string_equal(found, cases[i].expected);
    }
}

/* Whether a list of so many tags is read. */
static bool is_read(int count)
{
    char text[1024];
    struct bs_dkim_taglist list;
    struct bs_error error;
    size_t length = 0;
    for (int i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "t%d=;", i);
    return bs_dkim_taglist_parse(bs_bytes(text, length), &list, &error);
}

static void a_list_is_read_up_to_its_limit(void **state)
{
    (void)state;
    assert_true(is_read(BS_DKIM_TAGS_MAX));
    assert_false(is_read(BS_DKIM_TAGS_MAX + 1));
}

static void items_are_told_apart_by_colons_and_case_does_not_matter(void **state)
{
    (void)state;
    assert_true(bs_dkim_list_has(BS_LITERAL(" sha1 :\r\n SHA256"), "sha256"));
    assert_true(bs_dkim_list_has(BS_LITERAL("y"), "y"));
    assert_false(bs_dkim_list_has(BS_LITERAL("yes:no"), "y"));
    assert_false(bs_dkim_list_has(BS_LITERAL(""), "y"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_is_its_tags_or_an_error),
        cmocka_unit_test(a_list_is_read_up_to_its_limit),
        cmocka_unit_test(items_are_told_apart_by_colons_and_case_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
