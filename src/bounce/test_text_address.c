/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and codes in running text. */
#include "bounce/text_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* All addresses of a text, with blanks between them. */
static void list(struct bs_bytes text, char *ret_list, size_t size)
{
    struct bs_bytes address;
    size_t len = 0;
    ret_list[0] = '\0';
    while (bs_text_address_next(&text, &address))
        len += (size_t)snprintf(ret_list + len, size - len, "%s%.*s", len > 0 ? " " : "", BS_BYTES_ARG(address));
}

static void addresses_are_found_in_any_surroundings(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {"no address", ""},
        {"@", ""},
        {"a@ and @b", ""},
        {"a@b", "a@b"},
        {"<jane@example.com>: host mx said", "jane@example.com"},
        {"jane@example.com.", "jane@example.com"},
        {"'jane@example.com'", "jane@example.com"},
        {"to jane@example.com, joe@example.org; ann@example.net", "jane@example.com joe@example.org ann@example.net"},
        {"mailto:jane@example.com", "jane@example.com"},
        {"dda:SMTP=jane@example.com; on Friday", "jane@example.com"},
        {"<\"jane doe\"@example.com>", "\"jane doe\"@example.com"},
        {"jane+tag=x@example.com(jane)", "jane+tag=x@example.com"},
        {"user@[192.0.2.1] failed", "user@[192.0.2.1]"},
        {"user@[IPv6:2001:db8::1]", "user@[IPv6:2001:db8::1]"},
        {"<j\xc3\xb6rg@ex\xc3\xa4mple.com>", "j\xc3\xb6rg@ex\xc3\xa4mple.com"},
        {"\xe5\xae\x9b\xe5\x85\x88jane@example.com\xe3\x81\xaf", "jane@example.com"},
        {"prvs=1234abcdef=jane@example.com", "prvs=1234abcdef=jane@example.com"},
        {"...jane@example.com...", "jane@example.com"},
        {"a@b@c.example", "a@b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char found[200];
        list(bs_bytes_from_cstr(cases[i][0]), found, sizeof found);
        assert_string_equal(found, cases[i][1]);
    }
}

static void an_address_has_a_greatest_length(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        char text[BS_TEXT_ADDRESS_MAX + 8], *end = text;
        end = (char *)memset(end, 'a', 64) + 64;
        *end++ = '@';
        memset(end, 'b', BS_TEXT_ADDRESS_MAX - 65 + more);
        struct bs_bytes rest = bs_bytes(text, BS_TEXT_ADDRESS_MAX + more), address;
        assert_int_equal(bs_text_address_next(&rest, &address), more == 0);
        assert_int_equal(rest.len, 0);
    }
}

static void a_status_is_told_from_an_address_of_a_host(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"550 5.1.1 User unknown", "5.1.1"},
        {"(#5.7.1)", "5.7.1"},
        {"status=4.2.2, full", "4.2.2"},
        {"5.0.350", "5.0.350"},
        {"from 192.5.1.1 and 5.1.1.7", ""},
        {"version 15.1.2", ""},
        {"5.1.1234", ""},
        {"3.1.1", ""},
        {"5.1", ""},
        {"5.1.", ""},
        {"5.1.1. 5.2.2", "5.1.1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bs_bytes status = bs_text_status(bs_bytes_from_cstr(cases[i][0]));
        if (!bs_bytes_equal(status, bs_bytes_from_cstr(cases[i][1])))
            fail_msg("%s: %.*s", cases[i][0], BS_BYTES_ARG(status));
    }
}

static void a_reply_code_is_a_word(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned code;
    } cases[] = {
        {"550 5.1.1 no", 550}, {"said: 452-later", 452}, {"smtp;550", 550}, {"<<< 421 busy", 421}, {"(552)", 552},
        {"1550 x", 0},         {"5501", 0},              {"550th", 0},      {"in 480 minutes", 0}, {"250 ok", 0},
        {"", 0},               {"55", 0},                {"599 odd", 0},    {"host[10.0.0.550] x", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned code = bs_text_reply_code(bs_bytes_from_cstr(cases[i].text));
        if (code != cases[i].code)
            fail_msg("%s: %u", cases[i].text, code);
    }
}

static void a_status_of_two_noughts_says_nothing(void **state)
{
    (void)state;
    assert_true(bs_text_status_is_vague(BS_LITERAL("5.0.0")));
    assert_true(bs_text_status_is_vague(BS_LITERAL("")));
    assert_false(bs_text_status_is_vague(BS_LITERAL("5.1.0")));
    assert_false(bs_text_status_is_vague(BS_LITERAL("5.0.350")));
}

static void codes_are_found_wherever_in_a_stride_they_stand(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++) {
        char text[100];
        snprintf(text, sizeof text, "%.*s 550 5.1.1 and more behind it", i, "An exemplary text that is longer than two strides.");
        assert_int_equal(bs_text_reply_code(bs_bytes_from_cstr(text)), 550);
        assert_true(bs_bytes_equal(bs_text_status(bs_bytes_from_cstr(text)), BS_LITERAL("5.1.1")));
        assert_int_equal(bs_text_reply_code(bs_bytes_first(bs_bytes_from_cstr(text), (size_t)i + 4)), 550);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_found_in_any_surroundings),
        cmocka_unit_test(an_address_has_a_greatest_length),
        cmocka_unit_test(a_status_is_told_from_an_address_of_a_host),
        cmocka_unit_test(a_reply_code_is_a_word),
        cmocka_unit_test(a_status_of_two_noughts_says_nothing),
        cmocka_unit_test(codes_are_found_wherever_in_a_stride_they_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
