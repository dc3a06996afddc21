/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys in the forms that mail has them, what is none, and that only the signer's signature verifies. */
#include "base/base64.h"
#include "crypto/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* RFC 8463 appendix A.2 */
static const char rsa_1024[] =
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3"
    "FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB";

static const unsigned char sum[BS_DIGEST_MAX] = "a sum of thirty-two bytes, 32 so";

static size_t decode(const char *text, unsigned char *ret_bytes)
{
    size_t size;
    assert_true(bs_base64_decode(bs_bytes_from_cstr(text), ret_bytes, &size));
    return size;
}

static bool reads(const void *der, size_t size)
{
    struct bs_error error;
    char *exact = malloc(size > 0 ? size : 1);
    assert_non_null(exact);
    memcpy(exact, der, size);
    struct bs_public_key *key = bs_public_key_read(BS_KEY_RSA, bs_bytes(exact, size), &error);
    bs_public_key_free(key);
    free(exact);
    return key != NULL;
}

static void an_rsa_key_is_read_as_key_info_and_bare(void **state)
{
    (void)state;
    unsigned char der[256];
    struct bs_error error;
    size_t size = decode(rsa_1024, der);
    struct bs_public_key *key = bs_public_key_read(BS_KEY_RSA, bs_bytes(der, size), &error);
    assert_non_null(key);
    assert_int_equal(bs_public_key_bits(key), 1024);
    bs_public_key_free(key);
    const size_t before_bare_key = 22;
    key = bs_public_key_read(BS_KEY_RSA, bs_bytes(der + before_bare_key, size - before_bare_key), &error);
    assert_non_null(key);
    assert_int_equal(bs_public_key_bits(key), 1024);
    bs_public_key_free(key);
}

static void a_key_that_is_cut_or_followed_by_something_is_none(void **state)
{
    (void)state;
    unsigned char der[256];
    size_t size = decode(rsa_1024, der);
    for (size_t length = 0; length < size; length++)
        assert_false(reads(der, length));
    der[size] = 0;
    assert_false(reads(der, size + 1));
}

static void der_in_another_form_than_the_shortest_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *der;
        size_t size;
    } bad[] = {
        {"\x30\x80\x00\x00", 4},                         /* length without end */
        {"\x30\x83\x00\x00\x06", 5},                     /* length of three bytes */
        {"\x30\x81\x06\x02\x01\x23\x02\x01\x03", 9},     /* one byte of length too many */
        {"\x30\x06\x02\x01\x83\x02\x01\x03", 8},         /* negative */
        {"\x30\x07\x02\x02\x00\x23\x02\x01\x03", 9},     /* a zero that is not needed */
        {"\x30\x06\x02\x01\x00\x02\x01\x03", 8},         /* zero */
        {"\x30\x05\x02\x00\x02\x01\x03", 7},             /* no number */
        {"\x31\x06\x02\x01\x23\x02\x01\x03", 8},         /* a SET */
        {"\x30\x00", 2},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(reads(bad[i].der, bad[i].size));
}

/* Writes tag and length; the content follows. */
static size_t put_element(unsigned char *at, unsigned char tag, size_t length)
{
    at[0] = tag;
    at[1] = 0x82;
    at[2] = (unsigned char)(length >> 8);
    at[3] = (unsigned char)length;
    return 4;
}

/* Whether an RSAPublicKey is read whose modulus and exponent have so many bits, all of them 1. */
static bool reads_sizes(size_t modulus_bits, size_t exponent_bits, bool even)
{
    static unsigned char der[4096];
    size_t at = 4, sizes[2] = {modulus_bits, exponent_bits};
    for (int i = 0; i < 2; i++) {
        size_t bytes = (sizes[i] + 7) / 8, zero = sizes[i] % 8 == 0;
        if (bytes + zero < 0x80) {
            der[at] = 0x02;
            der[at + 1] = (unsigned char)(bytes + zero);
            at += 2;
        } else if (bytes + zero < 0x100) {
            der[at] = 0x02;
            der[at + 1] = 0x81;
            der[at + 2] = (unsigned char)(bytes + zero);
            at += 3;
        } else {
            at += put_element(der + at, 0x02, bytes + zero);
        }
        if (zero)
            der[at++] = 0;
        memset(der + at, 0xff, bytes);
        if (sizes[i] % 8 != 0)
            der[at] = (unsigned char)((1 << sizes[i] % 8) - 1);
        at += bytes;
    }
    der[at - 1] = even ? 0xfe : 0xff;
    put_element(der, 0x30, at - 4);
    return reads(der, at);
}

static void keys_are_read_up_to_the_limits(void **state)
{
    (void)state;
    assert_true(reads_sizes(2048, 17, false));
    assert_true(reads_sizes(BS_RSA_BITS_MAX, 17, false));
    assert_false(reads_sizes(BS_RSA_BITS_MAX + 1, 17, false));
    assert_true(reads_sizes(2048, BS_RSA_EXPONENT_BITS_MAX, false));
    assert_false(reads_sizes(2048, BS_RSA_EXPONENT_BITS_MAX + 1, false));
    assert_false(reads_sizes(2048, 17, true));
    assert_false(reads_sizes(2048, 1, false));
}

static void an_ed25519_key_has_32_bytes_and_no_wrapping(void **state)
{
    (void)state;
    struct bs_error error;
    static const char bytes[64] = "pP+YUyRjAvKha4Oc49KAY703oLUS1NLMEuGD3IHMKww";
    for (size_t size = 0; size < sizeof bytes; size++) {
        struct bs_public_key *key = bs_public_key_read(BS_KEY_ED25519, bs_bytes(bytes, size), &error);
        assert_true((key != NULL) == (size == BS_ED25519_SIZE));
        bs_public_key_free(key);
    }
}

/* What one half signs, the other verifies, after both went through the forms in which they are kept. */
static void check_round_trip(enum bs_key_type type)
{
    struct bs_error error = {{0}};
    struct bs_strbuf pem;
    unsigned char public_half[BS_PUBLIC_KEY_DER_MAX], signature[BS_SIGNATURE_MAX];
    size_t public_size, size;
    bs_strbuf_init(&pem, BS_PRIVATE_KEY_PEM_MAX);
    struct bs_private_key *made = bs_private_key_make(type, BS_RSA_SIGN_BITS_MIN);
    assert_non_null(made);
    assert_true(bs_private_key_pem(made, &pem));
    struct bs_private_key *read = bs_private_key_read(bs_strbuf_bytes(&pem), &error);
    assert_non_null(read);
    assert_int_equal(bs_private_key_type(read), type);
    assert_true(bs_private_key_public(made, public_half, &public_size));
    struct bs_public_key *key = bs_public_key_read(type, bs_bytes(public_half, public_size), &error);
    assert_non_null(key);
    assert_true(bs_private_key_sign(read, sum, signature, &size));
    assert_int_equal(bs_public_key_verify(key, BS_DIGEST_SHA256, sum, bs_bytes(signature, size)), BS_SIGNATURE_GOOD);
    assert_int_equal(bs_public_key_verify(key, BS_DIGEST_SHA256, sum, bs_bytes(signature, size - 1)),
                     BS_SIGNATURE_BAD);
    unsigned char other[BS_DIGEST_MAX];
    memcpy(other, sum, sizeof other);
    other[31] ^= 1;
    assert_int_equal(bs_public_key_verify(key, BS_DIGEST_SHA256, other, bs_bytes(signature, size)), BS_SIGNATURE_BAD);
    signature[7] ^= 1;
    assert_int_equal(bs_public_key_verify(key, BS_DIGEST_SHA256, sum, bs_bytes(signature, size)), BS_SIGNATURE_BAD);
    bs_public_key_free(key);
    bs_private_key_free(read);
    bs_private_key_free(made);
    bs_strbuf_free(&pem);
}

static void what_one_half_signs_the_other_verifies(void **state)
{
    (void)state;
    check_round_trip(BS_KEY_RSA);
    check_round_trip(BS_KEY_ED25519);
}

static void a_private_key_that_is_short_or_none_is_refused_with_a_reason(void **state)
{
    (void)state;
    struct bs_error error;
    struct bs_strbuf pem;
    struct bs_private_key *made = bs_private_key_make(BS_KEY_RSA, 1024);
    assert_non_null(made);
    bs_strbuf_init(&pem, BS_PRIVATE_KEY_PEM_MAX);
    assert_true(bs_private_key_pem(made, &pem));
    assert_null(bs_private_key_read(bs_strbuf_bytes(&pem), &error));
    assert_string_equal(error.text, "the RSA key has 1024 bits; 2048 to 8192 are good");
    assert_null(bs_private_key_read(BS_LITERAL("-----BEGIN PRIVATE KEY-----\nAAAA\n"), &error));
    assert_null(bs_private_key_read(BS_LITERAL(""), &error));
    assert_string_equal(error.text, "no private key in PEM, or one that is encrypted");
    bs_private_key_free(made);
    bs_strbuf_free(&pem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_rsa_key_is_read_as_key_info_and_bare),
        cmocka_unit_test(a_key_that_is_cut_or_followed_by_something_is_none),
        cmocka_unit_test(der_in_another_form_than_the_shortest_is_refused),
        cmocka_unit_test(keys_are_read_up_to_the_limits),
        cmocka_unit_test(an_ed25519_key_has_32_bytes_and_no_wrapping),
        cmocka_unit_test(what_one_half_signs_the_other_verifies),
        cmocka_unit_test(a_private_key_that_is_short_or_none_is_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
