/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields that claim to be results of ours, in every disguise, and those that must stay. */
#include "auth/results_ours.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct setting {
    struct bs_arena arena;
    struct bs_authserv_ids ids;
    struct bs_header header;
};

static void begin(struct setting *setting)
{
    *setting = (struct setting){.ids = {.count = 0}};
    bs_arena_init(&setting->arena, 4 << 20);
    assert_true(bs_authserv_ids_add(&setting->ids, BS_LITERAL("mx.example.org."), &setting->arena));
    assert_true(bs_authserv_ids_add(&setting->ids, BS_LITERAL("m\xc3\xbcller.example"), &setting->arena));
    assert_true(bs_authserv_ids_add(&setting->ids, BS_LITERAL("My_Server"), &setting->arena));
    bs_header_init(&setting->header, &setting->arena);
}

static void end(struct setting *setting)
{
    bs_header_finish(&setting->header);
    bs_arena_reset(&setting->arena);
}

static bool is_ours(struct bs_bytes name, struct bs_bytes body)
{
    struct setting setting;
    begin(&setting);
    bs_header_add(&setting.header, name, body);
    bool ours = bs_results_are_ours(&setting.header.fields[0], &setting.ids);
    end(&setting);
    return ours;
}

static const char *const ours[] = {
    " mx.example.org; spf=pass",
    "mx.example.org;spf=pass",
    " MX.Example.ORG; spf=pass",
    " mx.example.org",
    " mx.example.org; none",
    " mx.example.org 1; spf=pass",
    " mx.example.org spf=pass",
    " mx.example.org.; spf=pass",
    " mx.example.org/1; spf=pass",
    "\n\tmx.example.org;\n\tspf=pass",
    "\r\n \r\n mx.example.org; spf=pass",
    " (a comment) mx.example.org; spf=pass",
    " (a; (nested \\) one)) mx.example.org; spf=pass",
    " mx.example.org(x); spf=pass",
    " (mx.example.org) spf=pass",
    " \"mx.example.org\"; spf=pass",
    " \"mx\\.example.org\"; spf=pass",
    " \"mx.example.org ; spf=pass",
    " (mx.example.org; spf=pass",
    " mx.exam\x01ple.org; spf=pass",
    " mx. example .org; spf=pass",
    " mx(x).example.org; spf=pass",
    " mx.exam\xe2\x80\x8bple.org; spf=pass",
    " mx\343\200\202example\357\274\216org; spf=pass",
    " =?utf-8?q?mx.example.org?=; spf=pass",
    " =?utf-8?q?mx=2Eexample.org?=; spf=pass",
    " =?utf-8?q?mx.example.org;?=",
    " ; mx.example.org; spf=pass",
    " \xef\xbb\xbfmx.example.org; spf=pass",
    " m\xc3\xbcller.example; spf=pass",
    " xn--mller-kva.example; spf=pass",
    " XN--MLLER-KVA.example.; spf=pass",
    " my_server; spf=pass",
};

static void a_field_with_our_id_is_ours_in_any_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (!is_ours(BS_LITERAL("Authentication-Results"), bs_bytes_from_cstr(ours[i])))
            fail_msg("not ours: %s", ours[i]);
    }
}

static const char *const foreign[] = {
    " mx.example.net; spf=pass",
    " a.mx.example.org; spf=pass",
    " example.org; spf=pass",
    " mx.example.org.evil.example; spf=pass",
    " notmx.example.org; spf=pass",
    " mx.example.net; spf=pass smtp.mailfrom=mx.example.org",
    " mx.example.net; spf=pass (mx.example.org; x)",
    " spf=pass smtp.mailfrom=user@mx.example.org",
    " spf=pass smtp.helo=mx.example.org; dkim=none",
    " m\xc3\xb6ller.example; spf=pass",
    "",
    " ;",
};

static void a_field_of_somebody_else_is_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        if (is_ours(BS_LITERAL("Authentication-Results"), bs_bytes_from_cstr(foreign[i])))
            fail_msg("ours: %s", foreign[i]);
    }
}

static void the_name_counts_in_any_case_and_with_what_is_not_seen(void **state)
{
    static const struct {
        const char *name;
        bool counts;
    } names[] = {
        {"authentication-results", true},      {"AUTHENTICATION-RESULTS", true},
        {"Authentication-Results ", true},     {"Authentication-Results\t", true},
        {"Authentication-Results\x0b", true},  {"\xef\xbb\xbf" "Authentication-Results", true},
        {"X-Authentication-Results", false},   {"ARC-Authentication-Results", false},
        {"Authentication-Results-Old", false}, {"Authentication-Result", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (is_ours(bs_bytes_from_cstr(names[i].name), BS_LITERAL(" mx.example.org; none")) != names[i].counts)
            fail_msg("%s: counts is %d", names[i].name, !names[i].counts);
    }
}

static void a_field_hidden_in_another_counts(void **state)
{
    (void)state;
    assert_true(is_ours(BS_LITERAL("Subject"), BS_LITERAL(" x\nAuthentication-Results: mx.example.org; spf=pass")));
    assert_true(is_ours(BS_LITERAL("Subject"), BS_LITERAL(" x\rauthentication-results : mx.example.org; spf=pass")));
    assert_true(is_ours(BS_LITERAL("Subject"), BS_LITERAL(" x\0Authentication-Results: mx.example.org; spf=pass")));
    assert_false(is_ours(BS_LITERAL("Subject"), BS_LITERAL(" x\n Authentication-Results: mx.example.org; spf=pass")));
    assert_false(is_ours(BS_LITERAL("Subject"), BS_LITERAL(" x\nAuthentication-Results: mx.example.net; spf=pass")));
    assert_false(is_ours(BS_LITERAL("Subject"), BS_LITERAL(" x\nARC-Authentication-Results: mx.example.org; none")));
}

/* A field of `before`, then `count` times `filler`, then our id. */
static bool long_field_is_ours(struct bs_bytes name, const char *before, const char *filler, size_t count)
{
    struct bs_strbuf body;
    bs_strbuf_init(&body, 1 << 20);
    bs_strbuf_append_cstr(&body, before);
    for (size_t i = 0; i < count; i++)
        bs_strbuf_append_cstr(&body, filler);
    bs_strbuf_append_cstr(&body, "mx.example.org; spf=pass");
    bool result = is_ours(name, bs_strbuf_bytes(&body));
    bs_strbuf_free(&body);
    return result;
}

static void size_hides_nothing(void **state)
{
    struct bs_bytes name = BS_LITERAL("Authentication-Results");
    (void)state;
    assert_true(long_field_is_ours(name, "", " (4096 and more)\n", 512));
    assert_true(long_field_is_ours(name, "", " \n", 50000));
    assert_true(long_field_is_ours(name, "(", "x", BS_HEADER_FIELD_MAX));
    assert_false(long_field_is_ours(name, "a.example; x=\"", "x", BS_HEADER_FIELD_MAX));
}

static void lines_within_other_fields_count_up_to_their_limits_and_beyond_are_ours(void **state)
{
    struct bs_bytes name = BS_LITERAL("X");
    const char *other = "\rAuthentication-Results: a.example; none";
    (void)state;
    for (size_t count = BS_AUTHSERV_HIDDEN_MAX; count <= BS_AUTHSERV_HIDDEN_MAX + 1; count++) {
        struct bs_strbuf body;
        bs_strbuf_init(&body, 65536);
        for (size_t i = 0; i < count; i++)
            bs_strbuf_append_cstr(&body, other);
        assert_int_equal(is_ours(name, bs_strbuf_bytes(&body)), count > BS_AUTHSERV_HIDDEN_MAX);
        bs_strbuf_free(&body);
    }
    for (size_t extra = 0; extra < 2; extra++) {
        struct bs_strbuf body;
        bs_strbuf_init(&body, 65536);
        bs_strbuf_append_cstr(&body, "\rAuthentication-Results:");
        while (body.len < 1 + BS_AUTHSERV_HIDDEN_SIZE + extra)
            bs_strbuf_append_char(&body, 'x');
        assert_int_equal(is_ours(name, bs_strbuf_bytes(&body)), extra);
        bs_strbuf_free(&body);
    }
}

static void words_with_u_labels_are_compared_up_to_a_limit_and_beyond_are_ours(void **state)
{
    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        /* Read as they stand, without controls, without comments, and at last as one word. */
        size_t count = (BS_AUTHSERV_WORDS_MAX - 1) / 3 + extra;
        struct bs_strbuf body;
        bs_strbuf_init(&body, 65536);
        for (size_t i = 0; i < count; i++)
            bs_strbuf_append_cstr(&body, "\xc3\xa4 ");
        assert_int_equal(is_ours(BS_LITERAL("Authentication-Results"), bs_strbuf_bytes(&body)), extra);
        bs_strbuf_free(&body);
    }
}

static void places_are_listed_from_the_last_to_the_first_as_milters_count(void **state)
{
    struct setting setting;
    struct bs_field_places places;
    (void)state;
    begin(&setting);
    bs_header_add(&setting.header, BS_LITERAL("Authentication-Results"), BS_LITERAL(" mx.example.org; none"));
    bs_header_add(&setting.header, BS_LITERAL("Subject"), BS_LITERAL(" x"));
    bs_header_add(&setting.header, BS_LITERAL("authentication-results"), BS_LITERAL(" a.example; none"));
    bs_header_add(&setting.header, BS_LITERAL("Subject"), BS_LITERAL(" y\rAuthentication-Results: mx.example.org"));
    bs_header_add(&setting.header, BS_LITERAL("Authentication-Results "), BS_LITERAL(" (x) mx.example.org; none"));
    bs_header_add(&setting.header, BS_LITERAL("AUTHENTICATION-RESULTS"), BS_LITERAL(" \"mx.example.org\"; none"));
    assert_true(bs_results_find_ours(&setting.header, &setting.ids, &setting.arena, &places));
    assert_int_equal(places.count, 4);
    static const struct {
        size_t field;
        unsigned index;
    } expected[] = {{5, 4}, {4, 3}, {3, 2}, {0, 1}};
    for (size_t i = 0; i < places.count; i++) {
        assert_ptr_equal(places.items[i].field, &setting.header.fields[expected[i].field]);
        assert_int_equal(places.items[i].index, expected[i].index);
    }
    assert_false(places.incomplete);
    end(&setting);
}

static void a_header_of_which_fields_were_dropped_says_so(void **state)
{
    struct setting setting;
    struct bs_field_places places;
    (void)state;
    begin(&setting);
    for (size_t i = 0; i <= BS_HEADER_FIELDS_MAX; i++)
        bs_header_add(&setting.header, BS_LITERAL("Authentication-Results"), BS_LITERAL(" mx.example.org; none"));
    assert_true(bs_results_find_ours(&setting.header, &setting.ids, &setting.arena, &places));
    assert_int_equal(places.count, BS_HEADER_FIELDS_MAX);
    assert_int_equal(places.items[0].index, BS_HEADER_FIELDS_MAX);
    assert_true(places.incomplete);
    end(&setting);
}

static void ids_are_taken_up_to_the_limit(void **state)
{
    struct bs_arena arena;
    struct bs_authserv_ids ids = {.count = 0};
    (void)state;
    bs_arena_init(&arena, 65536);
    assert_false(bs_authserv_ids_add(&ids, BS_LITERAL(" . "), &arena));
    for (size_t i = 0; i < BS_AUTHSERV_IDS_MAX; i++)
        assert_true(bs_authserv_ids_add(&ids, BS_LITERAL("a.example"), &arena));
    assert_false(bs_authserv_ids_add(&ids, BS_LITERAL("a.example"), &arena));
    bs_arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_with_our_id_is_ours_in_any_form),
        cmocka_unit_test(a_field_of_somebody_else_is_not),
        cmocka_unit_test(the_name_counts_in_any_case_and_with_what_is_not_seen),
        cmocka_unit_test(a_field_hidden_in_another_counts),
        cmocka_unit_test(size_hides_nothing),
        cmocka_unit_test(lines_within_other_fields_count_up_to_their_limits_and_beyond_are_ours),
        cmocka_unit_test(words_with_u_labels_are_compared_up_to_a_limit_and_beyond_are_ours),
        cmocka_unit_test(places_are_listed_from_the_last_to_the_first_as_milters_count),
        cmocka_unit_test(a_header_of_which_fields_were_dropped_says_so),
        cmocka_unit_test(ids_are_taken_up_to_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
