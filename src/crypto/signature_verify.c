/* SPDX-License-Identifier: BSD-2-Clause */
/* Public keys and what they verify, by OpenSSL; see signature.h. */
#include "crypto/signature_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdlib.h>

static unsigned bit_length(struct bs_bytes number)
{
    unsigned bits = (unsigned)number.len * 8;
    for (unsigned char top = (unsigned char)number.ptr[0]; !(top & 0x80); top = (unsigned char)(top << 1))
        bits--;
    return bits;
}

static bool is_odd(struct bs_bytes number)
{
    return number.ptr[number.len - 1] & 1;
}

static bool rsa_is_in_range(struct bs_bytes modulus, struct bs_bytes exponent, struct bs_error *ret_error)
{
    unsigned bits = bit_length(modulus);
    if (bits > BS_RSA_BITS_MAX)
        return bs_error_set(ret_error, "the RSA key has %u bits; more than %d are not read", bits, BS_RSA_BITS_MAX);
    if (!is_odd(modulus) || !is_odd(exponent) || bit_length(exponent) < 2 || bits < 128)
        return bs_error_set(ret_error, "no RSA key has this modulus and exponent");
    if (bit_length(exponent) > BS_RSA_EXPONENT_BITS_MAX)
        return bs_error_set(ret_error, "the RSA key's exponent has %u bits; more than %d are not read",
                            bit_length(exponent), BS_RSA_EXPONENT_BITS_MAX);
    return true;
}

/* Bytes most significant first, written in the order of this machine, as OSSL_PARAM has integers. */
static void to_native(struct bs_bytes number, unsigned char *ret_native)
{
    const int probe = 1;
    bool little = *(const unsigned char *)&probe == 1;
    for (size_t i = 0; i < number.len; i++)
        ret_native[little ? number.len - 1 - i : i] = (unsigned char)number.ptr[i];
}

static EVP_PKEY *make_rsa(struct bs_bytes modulus, struct bs_bytes exponent)
{
    unsigned char native_modulus[BS_RSA_BITS_MAX / 8], native_exponent[(BS_RSA_EXPONENT_BITS_MAX + 7) / 8];
    to_native(modulus, native_modulus);
    to_native(exponent, native_exponent);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, native_modulus, modulus.len),
        OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, native_exponent, exponent.len),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    bool made = context && EVP_PKEY_fromdata_init(context) == 1 &&
                EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) == 1;
    EVP_PKEY_CTX_free(context);
    return made ? key : NULL;
}

static EVP_PKEY *read_rsa(struct bs_bytes der, unsigned *ret_bits, struct bs_error *ret_error)
{
    struct bs_bytes modulus, exponent;
    if (!bs_rsa_public_key_split(der, &modulus, &exponent)) {
        bs_error_set(ret_error, "the key is no RSA public key in DER");
        return NULL;
    }
    if (!rsa_is_in_range(modulus, exponent, ret_error))
        return NULL;
    EVP_PKEY *key = make_rsa(modulus, exponent);
    if (!key)
        bs_error_set(ret_error, "the crypto library does not take the RSA key");
    *ret_bits = bit_length(modulus);
    return key;
}

static EVP_PKEY *read_ed25519(struct bs_bytes bytes, unsigned *ret_bits, struct bs_error *ret_error)
{
    if (bytes.len != BS_ED25519_SIZE) {
        bs_error_set(ret_error, "an Ed25519 key has %d bytes, this one %zu", BS_ED25519_SIZE, bytes.len);
        return NULL;
    }
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, (const unsigned char *)bytes.ptr, bytes.len);
    if (!key)
        bs_error_set(ret_error, "the crypto library does not take the Ed25519 key");
    *ret_bits = 256;
    return key;
}

/* What verifies PKCS#1 v1.5 signatures, as often as one likes; making it costs a tenth of a verification. */
static EVP_PKEY_CTX *new_rsa_context(EVP_PKEY *key, const EVP_MD *method)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (context && EVP_PKEY_verify_init(context) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
        EVP_PKEY_CTX_set_signature_md(context, method) == 1)
        return context;
    EVP_PKEY_CTX_free(context);
    return NULL;
}

struct bs_public_key *bs_public_key_read(enum bs_key_type type, struct bs_bytes key, struct bs_error *ret_error)
{
    struct bs_public_key *read = calloc(1, sizeof *read);
    if (!read) {
        bs_error_set(ret_error, "out of memory");
        return NULL;
    }
    read->type = type;
    read->key = type == BS_KEY_RSA ? read_rsa(key, &read->bits, ret_error) : read_ed25519(key, &read->bits, ret_error);
    if (read->key && type == BS_KEY_RSA)
        read->sha256 = new_rsa_context(read->key, EVP_sha256());
    if (read->key)
        return read;
    ERR_clear_error();
    free(read);
    return NULL;
}

void bs_public_key_free(struct bs_public_key *key)
{
    if (key) {
        EVP_PKEY_CTX_free(key->sha256);
        EVP_PKEY_free(key->key);
    }
    free(key);
}

unsigned bs_public_key_bits(const struct bs_public_key *key)
{
    return key->bits;
}

static enum bs_signature_verdict verify_rsa(const struct bs_public_key *key, enum bs_digest_algorithm algorithm,
                                            const unsigned char *sum, struct bs_bytes signature)
{
    bool sha1 = algorithm == BS_DIGEST_SHA1;
    EVP_PKEY_CTX *context = sha1 ? new_rsa_context(key->key, EVP_sha1()) : key->sha256;
    if (!context)
        return BS_SIGNATURE_ERROR;
    int verdict = EVP_PKEY_verify(context, (const unsigned char *)signature.ptr, signature.len, sum,
                                  bs_digest_size(algorithm));
    if (sha1)
        EVP_PKEY_CTX_free(context);
    return verdict == 1 ? BS_SIGNATURE_GOOD : BS_SIGNATURE_BAD;
}

static enum bs_signature_verdict verify_ed25519(EVP_PKEY *key, enum bs_digest_algorithm algorithm,
                                                const unsigned char *sum, struct bs_bytes signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) != 1) {
        EVP_MD_CTX_free(context);
        return BS_SIGNATURE_ERROR;
    }
    int verdict = EVP_DigestVerify(context, (const unsigned char *)signature.ptr, signature.len, sum,
                                   bs_digest_size(algorithm));
    EVP_MD_CTX_free(context);
    return verdict == 1 ? BS_SIGNATURE_GOOD : BS_SIGNATURE_BAD;
}

enum bs_signature_verdict bs_public_key_verify(const struct bs_public_key *key, enum bs_digest_algorithm algorithm,
                                               const unsigned char *sum, struct bs_bytes signature)
{
    enum bs_signature_verdict verdict = key->type == BS_KEY_ED25519 ? verify_ed25519(key->key, algorithm, sum, signature)
                                                                    : verify_rsa(key, algorithm, sum, signature);
    if (verdict != BS_SIGNATURE_GOOD)
        ERR_clear_error();
    return verdict;
}
