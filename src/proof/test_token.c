/* SPDX-License-Identifier: BSD-2-Clause */
/* The header token: what MTAs do to a header on the way leaves it good, and any change to what it covers does not. */
#include "proof/token.h"

#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { NOW = 1787313600, TODAY = NOW / BS_SECONDS_PER_DAY };

static const struct bs_address ann = {{"ann", 3}, {"example.com", 11}};
static const struct bs_address bob = {{"bob", 3}, {"example.com", 11}};
static const struct bs_address null_sender = {{NULL, 0}, {NULL, 0}};

#define MESSAGE                                                                                                        \
    "From: =?utf-8?q?Ann=C3=A9?= <ann@example.com>\r\nTo: x@example.net\r\nSubject: Hello\r\n"                         \
    "Date: Fri, 21 Aug 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n"

static struct bs_proof_keys keys, other_keys;

static void derive(const char *secret, struct bs_proof_keys *ret_keys)
{
    struct bs_batv_keys batv = {.signing_digit = 3};
    batv.by_digit[3] = bs_hmac_sha1_key_new(bs_bytes_from_cstr(secret));
    assert_true(bs_proof_keys_derive(&batv, ret_keys));
    bs_batv_keys_free(&batv);
}

static int make_keys(void **state)
{
    (void)state;
    derive("secret", &keys);
    derive("another secret", &other_keys);
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    bs_proof_keys_free(&keys);
    bs_proof_keys_free(&other_keys);
    return 0;
}

static void read_header(const char *text, struct bs_arena *arena, struct bs_header *header)
{
    bs_arena_init(arena, 4 << 20);
    bs_header_init(header, arena);
    bs_header_push(header, bs_bytes_from_cstr(text));
    bs_header_finish(header);
}

static bool make(const char *text, const struct bs_address *sender, char token[BS_TOKEN_SIZE])
{
    struct bs_arena arena;
    struct bs_header header;
    read_header(text, &arena, &header);
    bool made = bs_token_make(&keys, &header, sender, NOW, &arena, token);
    bs_arena_reset(&arena);
    return made;
}

static struct bs_token_verdict verify(const struct bs_proof_keys *with, const char *text,
                                      const struct bs_address *sender)
{
    struct bs_arena arena;
    struct bs_header header;
    read_header(text, &arena, &header);
    struct bs_token_verdict verdict = bs_token_verify(with, &header, sender, 1, &arena);
    bs_arena_reset(&arena);
    return verdict;
}

/* The verdict on `text`, in which %s is the token that MESSAGE got. */
static struct bs_token_verdict verdict_on(const char *text, const struct bs_address *sender)
{
    char token[BS_TOKEN_SIZE], returned[4096];
    assert_true(make(MESSAGE, &ann, token));
    snprintf(returned, sizeof returned, text, token);
    return verify(&keys, returned, sender);
}

/* The value was made with another implementation of what token.h says: tokens under way must stay good. */
static void a_token_is_one_word_and_always_the_same(void **state)
{
    (void)state;
    char token[BS_TOKEN_SIZE];
    assert_true(make(MESSAGE, &ann, token));
    assert_string_equal(token, "1-3-20686-fdm-0e4d6efaf25dd678e803595c-0a0504c5393446be82b9ae75");
}

static void what_happens_to_a_header_on_its_way_leaves_the_token_good(void **state)
{
    (void)state;
    static const char *const cases[] = {
        MESSAGE "Backstop-Token: %s\r\n",
        "Backstop-Token: %s\r\n" MESSAGE,
        /* other fields on top and below */
        "Received: from a by b; Fri, 21 Aug 2026 12:00:01 +0000\r\nReturn-Path: <x@example.org>\r\n" MESSAGE
        "Backstop-Token: %s\r\nX-Spam: no\r\nAuthentication-Results: b; dkim=pass\r\n",
        /* in LF */
        "From: =?utf-8?q?Ann=C3=A9?= <ann@example.com>\nDate: Fri, 21 Aug 2026 12:00:00 +0000\n"
        "Message-ID: <1@example.com>\nBackstop-Token: %s\n",
        /* folded, with names in another case and another order, without To and Subject */
        "MESSAGE-ID:\r\n <1@example.com>\r\ndate:   Fri, 21 Aug 2026\r\n\t12:00:00 +0000  \r\n"
        "from: =?utf-8?q?Ann=C3=A9?=\r\n  <ann@example.com>\r\nbackstop-token:\r\n %s\r\n",
        /* other fields changed */
        "From: =?utf-8?q?Ann=C3=A9?= <ann@example.com>\r\nTo: somebody else\r\nSubject: [list] Hello\r\n"
        "Date: Fri, 21 Aug 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\nBackstop-Token: %s\r\n",
        /* beside tokens that do not hold */
        "Backstop-Token: 1-3-20700-fdm-000000000000000000000000-000000000000000000000000\r\n" MESSAGE
        "Backstop-Token: rubbish\r\nBackstop-Token: %s\r\n",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bs_token_verdict verdict = verdict_on(cases[i], &ann);
        assert_int_equal(verdict.result, BS_TOKEN_HOLDS);
        assert_true(verdict.sender_holds);
        assert_int_equal(verdict.day, TODAY);
    }
}

static void a_token_survives_capitals_and_blanks_within(void **state)
{
    (void)state;
    char token[BS_TOKEN_SIZE], text[1024];
    assert_true(make(MESSAGE, &ann, token));
    for (char *c = token; *c; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    snprintf(text, sizeof text, MESSAGE "Backstop-Token: %.30s\r\n\t%s\r\n", token, token + 30);
    assert_int_equal(verify(&keys, text, &ann).result, BS_TOKEN_HOLDS);
}

static void any_change_to_what_is_covered_breaks_it(void **state)
{
    (void)state;
    static const char *const cases[] = {
        /* From */
        "From: =?utf-8?q?Ann=C3=A8?= <ann@example.com>\r\nDate: Fri, 21 Aug 2026 12:00:00 +0000\r\n"
        "Message-ID: <1@example.com>\r\nBackstop-Token: %s\r\n",
        /* Date */
        "From: =?utf-8?q?Ann=C3=A9?= <ann@example.com>\r\nDate: Fri, 21 Aug 2026 12:00:01 +0000\r\n"
        "Message-ID: <1@example.com>\r\nBackstop-Token: %s\r\n",
        /* Message-ID, which has case */
        "From: =?utf-8?q?Ann=C3=A9?= <ann@example.com>\r\nDate: Fri, 21 Aug 2026 12:00:00 +0000\r\n"
        "Message-ID: <1@Example.com>\r\nBackstop-Token: %s\r\n",
        /* a field less */
        "From: =?utf-8?q?Ann=C3=A9?= <ann@example.com>\r\nDate: Fri, 21 Aug 2026 12:00:00 +0000\r\nBackstop-Token: %s\r\n",
        /* a second From, Date or Message-ID, above and below */
        "From: bob@example.com\r\n" MESSAGE "Backstop-Token: %s\r\n",
        MESSAGE "Backstop-Token: %s\r\nFrom: bob@example.com\r\n",
        MESSAGE "Backstop-Token: %s\r\nDate: Fri, 21 Aug 2026 12:00:00 +0000\r\n",
        MESSAGE "Backstop-Token: %s\r\nMessage-ID: <2@example.com>\r\n",
        /* values of two fields moved across their border */
        "From: =?utf-8?q?Ann=C3=A9?= <ann@example.com> Date:\r\nDate: Fri, 21 Aug 2026 12:00:00 +0000\r\n"
        "Message-ID: <1@example.com>\r\nBackstop-Token: %s\r\n",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bs_token_verdict verdict = verdict_on(cases[i], &ann);
        assert_int_equal(verdict.result, BS_TOKEN_CHANGED);
        assert_int_equal(verdict_on(cases[i], &bob).result, BS_TOKEN_FORGED);
    }
}

static void any_changed_byte_of_the_token_breaks_it(void **state)
{
    (void)state;
    char token[BS_TOKEN_SIZE], text[1024];
    assert_true(make(MESSAGE, &ann, token));
    for (size_t i = 0; i < strlen(token); i++) {
        char kept = token[i];
        token[i] = kept == '1' ? '2' : '1';
        snprintf(text, sizeof text, MESSAGE "Backstop-Token: %s\r\n", token);
        struct bs_token_verdict verdict = verify(&keys, text, &ann);
        assert_true(verdict.result != BS_TOKEN_HOLDS || !verdict.sender_holds);
        token[i] = kept;
    }
}

static void a_token_is_bound_to_the_envelope_sender_beside_from(void **state)
{
    (void)state;
    char token[BS_TOKEN_SIZE], text[1024];
    static const struct bs_address shouted = {{"BOB", 3}, {"EXAMPLE.com", 11}};
    assert_true(make(MESSAGE, &bob, token));
    snprintf(text, sizeof text, MESSAGE "Backstop-Token: %s\r\n", token);
    struct bs_token_verdict verdict = verify(&keys, text, &shouted);
    assert_int_equal(verdict.result, BS_TOKEN_HOLDS);
    assert_true(verdict.sender_holds);
    verdict = verify(&keys, text, &ann);
    assert_int_equal(verdict.result, BS_TOKEN_HOLDS);
    assert_false(verdict.sender_holds);
    assert_false(verdict.null_sender);
    assert_true(make(MESSAGE, &null_sender, token));
    snprintf(text, sizeof text, MESSAGE "Backstop-Token: %s\r\n", token);
    verdict = verify(&keys, text, &ann);
    assert_int_equal(verdict.result, BS_TOKEN_HOLDS);
    assert_false(verdict.sender_holds);
    assert_true(verdict.null_sender);
}

static void fields_that_the_mta_adds_later_are_not_covered(void **state)
{
    (void)state;
    static const struct {
        const char *sent, *names;
    } cases[] = {
        {"From: ann@example.com\r\n", "-f-"},
        {"From: ann@example.com\r\nDate: Fri, 21 Aug 2026 12:00:00 +0000\r\n", "-fd-"},
        {"From: ann@example.com\r\nMessage-ID: <1@example.com>\r\n", "-fm-"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char token[BS_TOKEN_SIZE], text[1024];
        assert_true(make(cases[i].sent, &ann, token));
        assert_non_null(strstr(token, cases[i].names));
        bool has_date = strstr(cases[i].sent, "Date"), has_id = strstr(cases[i].sent, "Message-ID");
        snprintf(text, sizeof text, "%sBackstop-Token: %s\r\n%s%s", cases[i].sent, token,
                 has_date ? "" : "Date: Sat, 22 Aug 2026 12:00:00 +0000\r\n", has_id ? "" : "Message-ID: <2@mta>\r\n");
        assert_int_equal(verify(&keys, text, &ann).result, BS_TOKEN_HOLDS);
    }
}

static void no_token_is_made_without_exactly_one_from(void **state)
{
    (void)state;
    char token[BS_TOKEN_SIZE];
    assert_false(make("Date: Fri, 21 Aug 2026 12:00:00 +0000\r\n", &ann, token));
    assert_false(make("From: ann@example.com\r\nFrom: ann@example.com\r\n", &ann, token));
}

static void tokens_of_other_keys_and_forms_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum bs_token_result result;
    } cases[] = {
        {"", BS_TOKEN_FORGED},
        {"1", BS_TOKEN_FORGED},
        {"2-anything", BS_TOKEN_UNTRIED},
        {"1-4-20686-fdm-000000000000000000000000-000000000000000000000000", BS_TOKEN_UNTRIED},
        {"1-3-20686-fdm-000000000000000000000000-000000000000000000000000", BS_TOKEN_FORGED},
        {"1-3-20686-dm-000000000000000000000000-000000000000000000000000", BS_TOKEN_FORGED},
        {"1-3-20686-fmd-000000000000000000000000-000000000000000000000000", BS_TOKEN_FORGED},
        {"1-33-20686-fdm-000000000000000000000000-000000000000000000000000", BS_TOKEN_FORGED},
        {"1-3-9999999999-fdm-000000000000000000000000-000000000000000000000000", BS_TOKEN_FORGED},
        {"1-3-20686-fdm-00000000000000000000000-000000000000000000000000", BS_TOKEN_FORGED},
        {"1-3-20686-fdm-000000000000000000000000-000000000000000000000000-", BS_TOKEN_FORGED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        snprintf(text, sizeof text, MESSAGE "Backstop-Token: %s\r\n", cases[i].value);
        assert_int_equal(verify(&keys, text, &ann).result, cases[i].result);
    }
    assert_int_equal(verify(&keys, MESSAGE, &ann).result, BS_TOKEN_NONE);
    char token[BS_TOKEN_SIZE], text[1024];
    assert_true(make(MESSAGE, &ann, token));
    snprintf(text, sizeof text, MESSAGE "Backstop-Token: %s\r\n", token);
    assert_int_equal(verify(&other_keys, text, &ann).result, BS_TOKEN_FORGED);
}

static void so_many_token_fields_are_looked_at_and_no_more(void **state)
{
    (void)state;
    char token[BS_TOKEN_SIZE], text[4096];
    assert_true(make(MESSAGE, &ann, token));
    for (size_t before = BS_TOKENS_TRIED_MAX - 1; before <= BS_TOKENS_TRIED_MAX; before++) {
        size_t length = 0;
        for (size_t i = 0; i < before; i++)
            length += (size_t)snprintf(text + length, sizeof text - length, "Backstop-Token: x\r\n");
        snprintf(text + length, sizeof text - length, MESSAGE "Backstop-Token: %s\r\n", token);
        assert_int_equal(verify(&keys, text, &ann).result,
                         before < BS_TOKENS_TRIED_MAX ? BS_TOKEN_HOLDS : BS_TOKEN_UNTRIED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_one_word_and_always_the_same),
        cmocka_unit_test(what_happens_to_a_header_on_its_way_leaves_the_token_good),
        cmocka_unit_test(a_token_survives_capitals_and_blanks_within),
        cmocka_unit_test(any_change_to_what_is_covered_breaks_it),
        cmocka_unit_test(any_changed_byte_of_the_token_breaks_it),
        cmocka_unit_test(a_token_is_bound_to_the_envelope_sender_beside_from),
        cmocka_unit_test(fields_that_the_mta_adds_later_are_not_covered),
        cmocka_unit_test(no_token_is_made_without_exactly_one_from),
        cmocka_unit_test(tokens_of_other_keys_and_forms_are_told_apart),
        cmocka_unit_test(so_many_token_fields_are_looked_at_and_no_more),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
