/* SPDX-License-Identifier: BSD-2-Clause */
/* Envelope identifiers: made within the RFC's limits, good for their sender only. */
#include "proof/envelope_id.h"

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

static struct bs_proof_keys keys;

static int make_keys(void **state)
{
    (void)state;
    struct bs_batv_keys batv = {.signing_digit = 3};
    batv.by_digit[3] = bs_hmac_sha1_key_new(BS_LITERAL("secret"));
    bool made = bs_proof_keys_derive(&batv, &keys);
    bs_batv_keys_free(&batv);
    return made ? 0 : 1;
}

static int free_keys(void **state)
{
    (void)state;
    bs_proof_keys_free(&keys);
    return 0;
}

static void make(const char *nonce, char id[BS_ENVELOPE_ID_MAX + 1])
{
    struct bs_arena arena;
    bs_arena_init(&arena, 1 << 16);
    assert_true(bs_envelope_id_make(&keys, &ann, bs_bytes_from_cstr(nonce), NOW, &arena, id));
    bs_arena_reset(&arena);
}

static enum bs_envelope_id_result verify(const char *id, const struct bs_address *sender, int64_t *ret_day)
{
    struct bs_arena arena;
    bs_arena_init(&arena, 1 << 16);
    enum bs_envelope_id_result result = bs_envelope_id_verify(&keys, bs_bytes_from_cstr(id), sender, &arena, ret_day);
    bs_arena_reset(&arena);
    return result;
}

/* The value was made with another implementation of what envelope_id.h says. */
static void an_identifier_is_always_the_same(void **state)
{
    (void)state;
    char id[BS_ENVELOPE_ID_MAX + 1];
    make("4Yxq1234", id);
    assert_string_equal(id, "BS1-3-20686-a8eb92b1ae4c4f75ca960735-4yxq1234");
}

static void an_identifier_holds_for_its_sender_in_any_case(void **state)
{
    (void)state;
    static const char *const nonces[] = {"", "4Yxq1234", "0A1B2C", "with-hyphens_and.dots"};
    static const struct bs_address shouted = {{"ANN", 3}, {"Example.COM", 11}};
    for (size_t i = 0; i < sizeof nonces / sizeof nonces[0]; i++) {
        char id[BS_ENVELOPE_ID_MAX + 1];
        int64_t day = 0;
        make(nonces[i], id);
        assert_int_equal(verify(id, &shouted, &day), BS_ENVELOPE_ID_HOLDS);
        assert_int_equal(day, TODAY);
        for (char *c = id; *c; c++)
            *c = bs_ascii_lower(*c);
        assert_int_equal(verify(id, &ann, &day), BS_ENVELOPE_ID_HOLDS);
        assert_int_equal(verify(id, &bob, &day), BS_ENVELOPE_ID_FORGED);
    }
}

static void it_needs_no_xtext_and_keeps_to_a_hundred_bytes(void **state)
{
    (void)state;
    char nonce[BS_ENVELOPE_ID_NONCE_MAX + 2], id[BS_ENVELOPE_ID_MAX + 1], longer[BS_ENVELOPE_ID_MAX + 1];
    memset(nonce, 'q', sizeof nonce);
    nonce[BS_ENVELOPE_ID_NONCE_MAX] = '\0';
    make(nonce, id);
    assert_true(strlen(id) <= BS_ENVELOPE_ID_MAX);
    for (const char *c = id; *c; c++)
        assert_true(*c > ' ' && *c < 0x7f && *c != '+' && *c != '=');
    nonce[BS_ENVELOPE_ID_NONCE_MAX] = 'z';
    nonce[BS_ENVELOPE_ID_NONCE_MAX + 1] = '\0';
    make(nonce, longer);
    assert_string_equal(id, longer);
}

static void another_nonce_makes_another_identifier(void **state)
{
    (void)state;
    char one[BS_ENVELOPE_ID_MAX + 1], other[BS_ENVELOPE_ID_MAX + 1];
    make("A1", one);
    make("A2", other);
    assert_string_not_equal(one, other);
    make("A1", other);
    assert_string_equal(one, other);
}

static void any_changed_byte_breaks_it(void **state)
{
    (void)state;
    char id[BS_ENVELOPE_ID_MAX + 1];
    int64_t day;
    make("A1", id);
    for (size_t i = 0; i < strlen(id); i++) {
        char kept = id[i];
        id[i] = kept == '7' ? '8' : '7';
        assert_int_not_equal(verify(id, &ann, &day), BS_ENVELOPE_ID_HOLDS);
        id[i] = kept;
    }
}

static void what_is_not_of_our_form_is_foreign(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        enum bs_envelope_id_result result;
    } cases[] = {
        {"", BS_ENVELOPE_ID_FOREIGN},
        {"QQ314159", BS_ENVELOPE_ID_FOREIGN},
        {"BS1-", BS_ENVELOPE_ID_FOREIGN},
        {"BS2-3-20686-000000000000000000000000", BS_ENVELOPE_ID_FOREIGN},
        {"BS1-3-20686-00000000000000000000000", BS_ENVELOPE_ID_FOREIGN},
        {"BS1-3-20686-0000000000000000000000000", BS_ENVELOPE_ID_FOREIGN},
        {"BS1-3-20686-000000000000000000000000-a.b", BS_ENVELOPE_ID_FOREIGN},
        {"BS1-3-2068600000-000000000000000000000000", BS_ENVELOPE_ID_FOREIGN},
        {"BS1-33-20686-000000000000000000000000", BS_ENVELOPE_ID_FOREIGN},
        {"BS1-4-20686-000000000000000000000000", BS_ENVELOPE_ID_UNKNOWN_KEY},
        {"BS1-3-20686-000000000000000000000000", BS_ENVELOPE_ID_FORGED},
        {" BS1-3-20686-000000000000000000000000\t", BS_ENVELOPE_ID_FORGED},
    };
    int64_t day;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(verify(cases[i].id, &ann, &day), cases[i].result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_identifier_is_always_the_same),
        cmocka_unit_test(an_identifier_holds_for_its_sender_in_any_case),
        cmocka_unit_test(it_needs_no_xtext_and_keeps_to_a_hundred_bytes),
        cmocka_unit_test(another_nonce_makes_another_identifier),
        cmocka_unit_test(any_changed_byte_breaks_it),
        cmocka_unit_test(what_is_not_of_our_form_is_foreign),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
