/* SPDX-License-Identifier: BSD-2-Clause */
/* HMAC on OpenSSL's EVP_MAC; see hmac.h. */
#include "crypto/hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>

struct bs_hmac_key {
    EVP_MAC_CTX *keyed; /* initialised again, with the key it has, for every message */
};

static bool load_key(EVP_MAC_CTX *context, const char *digest, struct bs_bytes secret)
{
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_init(context, (const unsigned char *)secret.ptr, secret.len, params) == 1;
}

static struct bs_hmac_key *new_key(const char *digest, struct bs_bytes secret)
{
    struct bs_hmac_key *key = secret.len > 0 ? calloc(1, sizeof *key) : NULL;
    EVP_MAC *mac = key ? EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL) : NULL;
    if (mac)
        key->keyed = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    if (key && key->keyed && load_key(key->keyed, digest, secret))
        return key;
    bs_hmac_key_free(key);
    return NULL;
}

struct bs_hmac_key *bs_hmac_sha1_key_new(struct bs_bytes secret)
{
    return new_key("SHA1", secret);
}

struct bs_hmac_key *bs_hmac_sha256_key_new(struct bs_bytes secret)
{
    return new_key("SHA256", secret);
}

void bs_hmac_key_free(struct bs_hmac_key *key)
{
    if (key)
        EVP_MAC_CTX_free(key->keyed);
    free(key);
}

static bool make_mac(struct bs_hmac_key *key, const struct bs_bytes *parts, size_t part_count, unsigned char *ret_mac,
                     size_t expected)
{
    size_t size = 0;
    if (EVP_MAC_init(key->keyed, NULL, 0, NULL) != 1 || EVP_MAC_CTX_get_mac_size(key->keyed) != expected)
        return false;
    for (size_t i = 0; i < part_count; i++) {
        if (EVP_MAC_update(key->keyed, (const unsigned char *)parts[i].ptr, parts[i].len) != 1)
            return false;
    }
    return EVP_MAC_final(key->keyed, ret_mac, &size, expected) == 1 && size == expected;
}

bool bs_hmac_sha1(struct bs_hmac_key *key, const struct bs_bytes *parts, size_t part_count,
                  unsigned char ret_mac[BS_HMAC_SHA1_SIZE])
{
    return make_mac(key, parts, part_count, ret_mac, BS_HMAC_SHA1_SIZE);
}

bool bs_hmac_sha256(struct bs_hmac_key *key, const struct bs_bytes *parts, size_t part_count,
                    unsigned char ret_mac[BS_HMAC_SHA256_SIZE])
{
    return make_mac(key, parts, part_count, ret_mac, BS_HMAC_SHA256_SIZE);
}
