/* SPDX-License-Identifier: BSD-2-Clause */
/* HMAC-SHA1 against RFC 2202 section 3, HMAC-SHA256 against RFC 4231. */
#include "base/hex.h"
#include "crypto/hmac.h"
#include "crypto/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(struct bs_bytes secret, const struct bs_bytes *parts, size_t count, const char *expected)
{
    unsigned char mac[BS_HMAC_SHA1_SIZE];
    char text[2 * BS_HMAC_SHA1_SIZE + 1];
    struct bs_hmac_key *key = bs_hmac_sha1_key_new(secret);
    assert_non_null(key);
    for (int round = 0; round < 2; round++) {
        assert_true(bs_hmac_sha1(key, parts, count, mac));
        bs_hex_encode(bs_bytes(mac, sizeof mac), text);
        assert_string_equal(text, expected);
    }
    bs_hmac_key_free(key);
}

static void a_key_gives_the_mac_of_rfc_2202_each_time(void **state)
{
    (void)state;
    char long_key[80];
    memset(long_key, 0xaa, sizeof long_key);
    struct bs_bytes jefe = BS_LITERAL("what do ya want for nothing?");
    check(BS_LITERAL("Jefe"), &jefe, 1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    struct bs_bytes larger = BS_LITERAL("Test Using Larger Than Block-Size Key - Hash Key First");
    check(bs_bytes(long_key, sizeof long_key), &larger, 1, "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

static void parts_give_the_mac_of_the_whole(void **state)
{
    (void)state;
    struct bs_bytes parts[] = {BS_LITERAL("what do "), {NULL, 0}, BS_LITERAL("ya want for nothing?")};
    check(BS_LITERAL("Jefe"), parts, 3, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

static void sha256_gives_the_macs_of_rfc_4231(void **state)
{
    (void)state;
    static const struct {
        const char *secret, *text, *mac;
    } cases[] = {
        {"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", "Hi There",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned char mac[BS_HMAC_SHA256_SIZE];
        char hex[2 * BS_HMAC_SHA256_SIZE + 1];
        struct bs_bytes text = bs_bytes_from_cstr(cases[i].text);
        struct bs_hmac_key *key = bs_hmac_sha256_key_new(bs_bytes_from_cstr(cases[i].secret));
        assert_non_null(key);
        assert_true(bs_hmac_sha256(key, &text, 1, mac));
        bs_hex_encode(bs_bytes(mac, sizeof mac), hex);
        assert_string_equal(hex, cases[i].mac);
        bs_hmac_key_free(key);
    }
}

static void a_key_of_the_other_kind_is_refused(void **state)
{
    (void)state;
    unsigned char mac[BS_HMAC_SHA256_SIZE];
    struct bs_hmac_key *sha1 = bs_hmac_sha1_key_new(BS_LITERAL("secret"));
    struct bs_hmac_key *sha256 = bs_hmac_sha256_key_new(BS_LITERAL("secret"));
    assert_false(bs_hmac_sha256(sha1, NULL, 0, mac));
    assert_false(bs_hmac_sha1(sha256, NULL, 0, mac));
    bs_hmac_key_free(sha1);
    bs_hmac_key_free(sha256);
}

static void an_empty_secret_is_no_key(void **state)
{
    (void)state;
    assert_null(bs_hmac_sha1_key_new(BS_LITERAL("")));
    assert_null(bs_hmac_sha256_key_new(BS_LITERAL("")));
}

static void secrets_compare_by_all_their_bytes(void **state)
{
    (void)state;
    assert_true(bs_secret_equal("abc", "abc", 3));
    assert_false(bs_secret_equal("abc", "abd", 3));
    assert_false(bs_secret_equal("xbc", "abc", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_gives_the_mac_of_rfc_2202_each_time),
        cmocka_unit_test(parts_give_the_mac_of_the_whole),
        cmocka_unit_test(sha256_gives_the_macs_of_rfc_4231),
        cmocka_unit_test(a_key_of_the_other_kind_is_refused),
        cmocka_unit_test(an_empty_secret_is_no_key),
        cmocka_unit_test(secrets_compare_by_all_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
