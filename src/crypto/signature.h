/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signatures over a digest: RSASSA-PKCS1-v1_5 with SHA-1 or SHA-256 (RFC 8017 section 8.2), and Ed25519 (RFC 8032) of
 * the digest's bytes, as RFC 8463 section 3 has it. Public keys are read by the DER reader here and not by OpenSSL's
 * decoders, which take 160 to 250 µs for what takes 6: an RSA key is a SubjectPublicKeyInfo (RFC 5280 section 4.1) or a
 * bare RSAPublicKey (RFC 8017 appendix A.1.1), an Ed25519 key is its 32 bytes (RFC 8463 section 4). Private keys are
 * PEM without a passphrase, PKCS#8 or PKCS#1.
 */
#ifndef BS_CRYPTO_SIGNATURE_H
#define BS_CRYPTO_SIGNATURE_H

#include "base/error.h"
#include "base/strbuf.h"
#include "crypto/digest.h"

enum {
    BS_RSA_BITS_MAX = 8192,      /* of a key that is read; verifying with it takes up to 0.8 ms */
    BS_RSA_EXPONENT_BITS_MAX = 33, /* of its public exponent, which is 65537 nearly always; the cost grows with it */
    BS_RSA_SIGN_BITS_MIN = 2048, /* of a private key that is read; RFC 8301 section 3.2 recommends it */
    BS_SIGNATURE_MAX = BS_RSA_BITS_MAX / 8,
    BS_ED25519_SIZE = 32,        /* bytes of a public key */
    BS_ED25519_SIGNATURE = 64,
    BS_PUBLIC_KEY_DER_MAX = BS_RSA_BITS_MAX / 8 + 64, /* bytes of a public key as it is published */
    BS_PRIVATE_KEY_PEM_MAX = 16 * 1024,
};

enum bs_key_type { BS_KEY_RSA, BS_KEY_ED25519 };

struct bs_public_key;
struct bs_private_key;

/* NULL with an error where the bytes are no such key, or it is out of range. Free with bs_public_key_free. */
struct bs_public_key *bs_public_key_read(enum bs_key_type type, struct bs_bytes key, struct bs_error *ret_error);
void bs_public_key_free(struct bs_public_key *key); /* NULL is allowed */
unsigned bs_public_key_bits(const struct bs_public_key *key);

enum bs_signature_verdict {
    BS_SIGNATURE_GOOD,
    BS_SIGNATURE_BAD,
    BS_SIGNATURE_ERROR, /* the crypto library failed: it has no memory, or was told not to use the algorithm */
};

/* Whether the signature is the key's over what has this sum. */
enum bs_signature_verdict bs_public_key_verify(const struct bs_public_key *key, enum bs_digest_algorithm algorithm,
                                               const unsigned char *sum, struct bs_bytes signature);

/* NULL with an error for what is no private key in PEM, is encrypted, is of another type, or is too short. */
struct bs_private_key *bs_private_key_read(struct bs_bytes pem, struct bs_error *ret_error);

/* A new key; RSA has `bits`. NULL where the crypto library fails. */
struct bs_private_key *bs_private_key_make(enum bs_key_type type, unsigned bits);
void bs_private_key_free(struct bs_private_key *key); /* wipes; NULL is allowed */
enum bs_key_type bs_private_key_type(const struct bs_private_key *key);
unsigned bs_private_key_bits(const struct bs_private_key *key);

/* Signs a SHA-256 sum. False where the crypto library fails. */
bool bs_private_key_sign(const struct bs_private_key *key, const unsigned char *sum,
                         unsigned char ret_signature[BS_SIGNATURE_MAX], size_t *ret_size);

/* The public half as bs_public_key_read reads it. */
bool bs_private_key_public(const struct bs_private_key *key, unsigned char ret_key[BS_PUBLIC_KEY_DER_MAX],
                           size_t *ret_size);

/* Appends the key as PEM (PKCS#8). The caller wipes the buffer. */
bool bs_private_key_pem(const struct bs_private_key *key, struct bs_strbuf *buf);

#endif
