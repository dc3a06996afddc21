/* SPDX-License-Identifier: BSD-2-Clause */
/* Digests against FIPS 180-4's examples (RFC 6234 section 8.5, RFC 3174 section 7.3). */
#include "base/hex.h"
#include "crypto/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check_sum(struct bs_digest *digest, enum bs_digest_algorithm algorithm, const char *expected)
{
    unsigned char sum[BS_DIGEST_MAX];
    char text[2 * BS_DIGEST_MAX + 1];
    assert_true(bs_digest_sum(digest, sum));
    bs_hex_encode(bs_bytes(sum, bs_digest_size(algorithm)), text);
    assert_string_equal(text, expected);
}

static void the_sum_may_be_had_at_any_point(void **state)
{
    (void)state;
    struct bs_digest *digest = bs_digest_new(BS_DIGEST_SHA256);
    assert_non_null(digest);
    check_sum(digest, BS_DIGEST_SHA256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_true(bs_digest_update(digest, BS_LITERAL("a")));
    assert_true(bs_digest_update(digest, BS_LITERAL("bc")));
    check_sum(digest, BS_DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(bs_digest_update(digest, BS_LITERAL("dbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")));
    check_sum(digest, BS_DIGEST_SHA256, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    assert_true(bs_digest_reset(digest));
    assert_true(bs_digest_update(digest, BS_LITERAL("abc")));
    check_sum(digest, BS_DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    bs_digest_free(digest);
}

static void sha_1_is_there_for_old_mail(void **state)
{
    (void)state;
    struct bs_digest *digest = bs_digest_new(BS_DIGEST_SHA1);
    assert_non_null(digest);
    assert_true(bs_digest_update(digest, BS_LITERAL("abc")));
    check_sum(digest, BS_DIGEST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d");
    bs_digest_free(digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_may_be_had_at_any_point),
        cmocka_unit_test(sha_1_is_there_for_old_mail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
