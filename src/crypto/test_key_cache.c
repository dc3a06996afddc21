/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys out of the cache verify as keys that were read anew, however many there are. */
#include "crypto/key_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { KEYS = BS_KEY_CACHE_SLOTS + 16 }; /* some have to share a place */

static const unsigned char sum[BS_DIGEST_MAX] = {1, 2, 3};

struct pair {
    struct bs_private_key *key;
    unsigned char half[BS_PUBLIC_KEY_DER_MAX], signature[BS_SIGNATURE_MAX];
    size_t half_size, signature_size;
};

static struct pair make(enum bs_key_type type)
{
    struct pair pair = {.key = bs_private_key_make(type, BS_RSA_SIGN_BITS_MIN)};
    assert_non_null(pair.key);
    assert_true(bs_private_key_public(pair.key, pair.half, &pair.half_size));
    assert_true(bs_private_key_sign(pair.key, sum, pair.signature, &pair.signature_size));
    return pair;
}

static enum bs_signature_verdict verify(struct bs_key_cache *cache, enum bs_key_type type, const struct pair *key,
                                        const struct pair *signer)
{
    struct bs_error error;
    const struct bs_public_key *public_key = bs_key_cache_read(cache, type, bs_bytes(key->half, key->half_size), &error);
    assert_non_null(public_key);
    return bs_public_key_verify(public_key, BS_DIGEST_SHA256, sum, bs_bytes(signer->signature, signer->signature_size));
}

static void every_key_verifies_its_own_signatures_and_no_others(void **state)
{
    static struct pair pairs[KEYS];
    struct bs_key_cache *cache = bs_key_cache_new();
    (void)state;
    for (size_t i = 0; i < KEYS; i++)
        pairs[i] = make(BS_KEY_ED25519);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < KEYS; i++) {
            assert_int_equal(verify(cache, BS_KEY_ED25519, &pairs[i], &pairs[i]), BS_SIGNATURE_GOOD);
        }
    }
    for (size_t i = 0; i < KEYS; i += 16)
        assert_int_equal(verify(cache, BS_KEY_ED25519, &pairs[i], &pairs[i + 1]), BS_SIGNATURE_BAD);
    for (size_t i = 0; i < KEYS; i++)
        bs_private_key_free(pairs[i].key);
    bs_key_cache_free(cache);
}

static void a_key_is_read_once(void **state)
{
    struct bs_error error;
    struct pair pair = make(BS_KEY_ED25519);
    struct bs_key_cache *cache = bs_key_cache_new();
    struct bs_bytes bytes = bs_bytes(pair.half, pair.half_size);
    (void)state;
    const struct bs_public_key *first = bs_key_cache_read(cache, BS_KEY_ED25519, bytes, &error);
    assert_non_null(first);
    assert_ptr_equal(bs_key_cache_read(cache, BS_KEY_ED25519, bytes, &error), first);
    assert_int_equal(verify(cache, BS_KEY_ED25519, &pair, &pair), BS_SIGNATURE_GOOD);
    bs_private_key_free(pair.key);
    bs_key_cache_free(cache);
}

static void what_is_no_key_is_none_every_time(void **state)
{
    struct bs_error error;
    struct bs_key_cache *cache = bs_key_cache_new();
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_null(bs_key_cache_read(cache, BS_KEY_RSA, BS_LITERAL("no key"), &error));
        assert_true(strlen(error.text) > 0);
        assert_null(bs_key_cache_read(cache, BS_KEY_RSA, bs_bytes("", 0), &error));
    }
    bs_key_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_verifies_its_own_signatures_and_no_others),
        cmocka_unit_test(a_key_is_read_once),
        cmocka_unit_test(what_is_no_key_is_none_every_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
