/* SPDX-License-Identifier: BSD-2-Clause */
/* Macros: RFC 7208 section 7.4's examples and every letter, transformer, delimiter and escape; what is malformed. */
#include "auth/spf_macro.h"

#include "auth/spf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct expand_case {
    const char *text;
    const char *expanded;
};

static const struct expand_case cases[] = {
    {"%{s}", "strong-bad@email.example.com"},
    {"%{o}", "email.example.com"},
    {"%{d}", "email.example.com"},
    {"%{d4}", "email.example.com"},
    {"%{d3}", "email.example.com"},
    {"%{d2}", "example.com"},
    {"%{d1}", "com"},
    {"%{dr}", "com.example.email"},
    {"%{d2r}", "example.email"},
    {"%{d1r}", "email"},
    {"%{d200}", "email.example.com"},
    {"%{d99999999999999999999r}", "com.example.email"},
    {"%{l}", "strong-bad"},
    {"%{l-}", "strong.bad"},
    {"%{lr}", "strong-bad"},
    {"%{lr-}", "bad.strong"},
    {"%{l1r-}", "strong"},
    {"%{l1-}", "bad"},
    {"%{LR-}", "bad.strong"},
    {"%{i}", "192.0.2.3"},
    {"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
    {"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
    {"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
    {"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"},
    {"%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"},
    {"%{h}", "a+b,c/d_e=f-g.h"},
    {"%{h+,/_=-}", "a.b.c.d.e.f.g.h"}, /* the dot is no delimiter unless it is given, but what joins is one */
    {"%{h2.}", "a+b,c/d_e=f-g.h"},
    {"%{h2+}", "a.b,c/d_e=f-g.h"},
    {"%{p}", "mx.example.org"},
    {"%{r}", "receiver.example"},
    {"%{c}", "192.0.2.3"},
    {"%{t}", "1787270400"},
    {"%{S}", "strong-bad%40email.example.com"},
    {"%{H}", "a%2Bb%2Cc%2Fd_e%3Df-g.h"},
    {"%%%_%-", "% %20"},
    {"plain!\"#$&'()*:;<>?@[]^`|~", "plain!\"#$&'()*:;<>?@[]^`|~"},
    {"", ""},
};

static const struct expand_case ipv6_cases[] = {
    {"%{i}", "2.0.0.1.0.D.B.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.C.B.0.1"},
    {"%{ir}.%{v}", "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6"},
    {"%{i2}", "0.1"},
    {"%{c}", "2001:db8::cb01"},
};

static bool expand(const char *text, const char *ip_text, char *ret_text, size_t capacity, size_t *ret_length)
{
    struct bs_ip ip;
    assert_true(bs_ip_parse(bs_bytes_from_cstr(ip_text), &ip));
    struct bs_spf_values values = {
        .local = BS_LITERAL("strong-bad"),
        .sender_domain = BS_LITERAL("email.example.com"),
        .domain = BS_LITERAL("email.example.com"),
        .helo = BS_LITERAL("a+b,c/d_e=f-g.h"),
        .receiver = BS_LITERAL("receiver.example"),
        .name = BS_LITERAL("mx.example.org"),
        .ip = &ip,
        .now = 1787270400,
    };
    return bs_spf_macro_expand(bs_bytes_from_cstr(text), &values, ret_text, capacity, ret_length);
}

static void check_cases(const struct expand_case *list, size_t count, const char *ip)
{
    for (size_t i = 0; i < count; i++) {
        char text[256];
        size_t length = 0;
        bool fits = expand(list[i].text, ip, text, sizeof text, &length);
        if (!fits || !bs_bytes_equal(bs_bytes(text, length), bs_bytes_from_cstr(list[i].expanded)))
            fail_msg("%s: %d %.*s, not %s", list[i].text, fits, (int)length, text, list[i].expanded);
    }
}

static void every_macro_expands_to_its_value(void **state)
{
    (void)state;
    check_cases(cases, sizeof cases / sizeof *cases, "192.0.2.3");
    check_cases(ipv6_cases, sizeof ipv6_cases / sizeof *ipv6_cases, "2001:db8::cb01");
}

static void an_expansion_fits_to_the_byte_or_not_at_all(void **state)
{
    char text[32];
    size_t length;
    (void)state;
    assert_true(expand("%{d2}.x", "192.0.2.3", text, 13, &length));
    assert_int_equal(length, 13);
    assert_false(expand("%{d2}.x", "192.0.2.3", text, 12, &length));
    assert_true(expand("%{S}", "192.0.2.3", text, 30, &length));
    assert_false(expand("%{S}", "192.0.2.3", text, 29, &length));
}

static void malformed_macros_are_found_in_every_kind_of_text(void **state)
{
    static const char *const bad[] = {"%",     "a%",     "%a",     "%(d)",   "%{",      "%{}",      "%{d",    "%{x}",
                                      "%{a}",  "%{d0}",  "%{d00}", "%{dr2}", "%{drr}",  "%{d:}",    "%{d2 }", "%{d-r}",
                                      "%{d }", "\x01",   "\x7f",   "\x80",   "a\tb",    "\r",       "%{1}",   "%{2d}"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        for (enum bs_spf_text kind = BS_SPF_TEXT_DOMAIN; kind <= BS_SPF_TEXT_EXPLANATION; kind++) {
            if (bs_spf_macro_check(bs_bytes_from_cstr(bad[i]), kind, NULL))
                fail_msg("%s", bad[i]);
        }
    }
    assert_false(bs_spf_macro_check(bs_bytes("a\0b", 3), BS_SPF_TEXT_EXPLANATION, NULL));
    assert_false(bs_spf_macro_check(bs_bytes("%{\0}", 4), BS_SPF_TEXT_EXPLANATION, NULL));
    assert_false(bs_spf_macro_check(bs_bytes("%\0", 2), BS_SPF_TEXT_EXPLANATION, NULL));
}

static void blanks_and_three_letters_belong_to_explanations(void **state)
{
    static const char *const only_there[] = {"%{c}", "%{R}", "%{t}"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_false(bs_spf_macro_check(bs_bytes_from_cstr(only_there[i]), BS_SPF_TEXT_DOMAIN, NULL));
        assert_true(bs_spf_macro_check(bs_bytes_from_cstr(only_there[i]), BS_SPF_TEXT_EXPLANATION, NULL));
    }
    assert_true(bs_spf_macro_check(BS_LITERAL("a b"), BS_SPF_TEXT_EXPLANATION, NULL));
    assert_false(bs_spf_macro_check(BS_LITERAL("a b"), BS_SPF_TEXT_DOMAIN, NULL));
    assert_false(bs_spf_macro_check(BS_LITERAL("a b"), BS_SPF_TEXT_MODIFIER, NULL));
}

static void a_domain_spec_ends_in_a_macro_or_a_top_label(void **state)
{
    static const char *const good[] = {"example.com", "example.com.", "%{d}", "%{i}._spf.%{d2}", "a.xn--p1ai", ".com",
                                       "a.b-1", "a.1b", "foo:bar/baz.example", "a...example", "x%%", "a.com%-",
                                       "%{d}.com", "%{d}.com."};
    static const char *const bad[] = {"", "com", "com.", "example.123", "192.0.2.1", "a.-com", "a.com-", "a.com..",
                                      "a.",
                                      "%{d}.", "%{d}com", "a.c_m", "%{d}.com/24", "a.com:25", "%{d", "a.%(d)"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!bs_spf_domain_spec_check(bs_bytes_from_cstr(good[i])))
            fail_msg("%s", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (bs_spf_domain_spec_check(bs_bytes_from_cstr(bad[i])))
            fail_msg("%s", bad[i]);
    }
}

static void a_text_says_which_macros_it_uses(void **state)
{
    (void)state;
    assert_true(bs_spf_macro_uses(BS_LITERAL("a.%{d2}.%{P}"), "p"));
    assert_true(bs_spf_macro_uses(BS_LITERAL("%{lr-}.x"), "ls"));
    assert_false(bs_spf_macro_uses(BS_LITERAL("p.%{d}.%%{p}"), "p"));
    assert_false(bs_spf_macro_uses(BS_LITERAL(""), "p"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_macro_expands_to_its_value),
        cmocka_unit_test(an_expansion_fits_to_the_byte_or_not_at_all),
        cmocka_unit_test(malformed_macros_are_found_in_every_kind_of_text),
        cmocka_unit_test(blanks_and_three_letters_belong_to_explanations),
        cmocka_unit_test(a_domain_spec_ends_in_a_macro_or_a_top_label),
        cmocka_unit_test(a_text_says_which_macros_it_uses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
