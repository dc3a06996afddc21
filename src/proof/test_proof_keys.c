/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys of the proofs: each of its own digit, none like BATV's, and MACs that keep parts and purposes apart. */
#include "proof/proof_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct keys {
    struct bs_batv_keys batv;
    struct bs_proof_keys proof;
};

static void make_keys(struct keys *keys)
{
    *keys = (struct keys){.batv = {.signing_digit = 3}};
    keys->batv.by_digit[0] = bs_hmac_sha1_key_new(BS_LITERAL("old secret"));
    keys->batv.by_digit[3] = bs_hmac_sha1_key_new(BS_LITERAL("secret"));
    assert_true(bs_proof_keys_derive(&keys->batv, &keys->proof));
}

static void free_keys(struct keys *keys)
{
    bs_batv_keys_free(&keys->batv);
    bs_proof_keys_free(&keys->proof);
}

static void each_digit_has_a_key_of_its_own_and_the_others_none(void **state)
{
    (void)state;
    struct keys keys;
    struct bs_bytes part = BS_LITERAL("text");
    unsigned char old[BS_PROOF_MAC_SIZE], now[BS_PROOF_MAC_SIZE], none[BS_PROOF_MAC_SIZE];
    make_keys(&keys);
    assert_int_equal(keys.proof.signing_digit, 3);
    assert_true(bs_proof_mac(&keys.proof, 0, "label", &part, 1, old));
    assert_true(bs_proof_mac(&keys.proof, 3, "label", &part, 1, now));
    assert_memory_not_equal(old, now, sizeof now);
    assert_false(bs_proof_mac(&keys.proof, 1, "label", &part, 1, none));
    assert_false(bs_proof_mac(&keys.proof, BS_BATV_KEYS, "label", &part, 1, none));
    free_keys(&keys);
}

static void the_same_secret_gives_the_same_key(void **state)
{
    (void)state;
    struct keys one, other;
    struct bs_bytes part = BS_LITERAL("text");
    unsigned char first[BS_PROOF_MAC_SIZE], second[BS_PROOF_MAC_SIZE];
    make_keys(&one);
    make_keys(&other);
    assert_true(bs_proof_mac(&one.proof, 3, "label", &part, 1, first));
    assert_true(bs_proof_mac(&other.proof, 3, "label", &part, 1, second));
    assert_memory_equal(first, second, sizeof first);
    free_keys(&one);
    free_keys(&other);
}

static void labels_and_the_ends_of_parts_are_signed(void **state)
{
    (void)state;
    struct keys keys;
    static const struct {
        const char *label, *parts[2];
    } cases[] = {
        {"label", {"ab", "c"}}, {"label", {"a", "bc"}}, {"label", {"abc", ""}}, {"labe", {"lab", "c"}}, {"other", {"ab", "c"}},
    };
    enum { COUNT = sizeof cases / sizeof cases[0] };
    unsigned char macs[COUNT][BS_PROOF_MAC_SIZE];
    make_keys(&keys);
    for (size_t i = 0; i < COUNT; i++) {
        struct bs_bytes parts[] = {bs_bytes_from_cstr(cases[i].parts[0]), bs_bytes_from_cstr(cases[i].parts[1])};
        assert_true(bs_proof_mac(&keys.proof, 3, cases[i].label, parts, 2, macs[i]));
        for (size_t before = 0; before < i; before++)
            assert_memory_not_equal(macs[before], macs[i], sizeof macs[i]);
    }
    free_keys(&keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_digit_has_a_key_of_its_own_and_the_others_none),
        cmocka_unit_test(the_same_secret_gives_the_same_key),
        cmocka_unit_test(labels_and_the_ends_of_parts_are_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
