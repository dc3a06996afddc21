/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two halves of a key share inside of this layer. */
#ifndef BS_CRYPTO_SIGNATURE_KEY_H
#define BS_CRYPTO_SIGNATURE_KEY_H

#include "crypto/signature.h"

#include <openssl/evp.h>

struct bs_public_key {
    EVP_PKEY *key;
    EVP_PKEY_CTX *sha256; /* ready to verify signatures over SHA-256; NULL where there is none, or it could not be made */
    enum bs_key_type type;
    unsigned bits;
};

struct bs_private_key {
    EVP_PKEY *key;
    enum bs_key_type type;
};

/* Modulus and exponent of an RSA public key in DER, without leading zeros; views into `der`. */
bool bs_rsa_public_key_split(struct bs_bytes der, struct bs_bytes *ret_modulus, struct bs_bytes *ret_exponent);

#endif
