/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HMAC-SHA1 and HMAC-SHA256 (RFC 2104, FIPS 180-4) with a key that is used many times: the key schedule is kept. SHA-1
 * is what BATV tags are made with; HMAC does not rest on its collision resistance. A key serves one thread.
 */
#ifndef BS_CRYPTO_HMAC_H
#define BS_CRYPTO_HMAC_H

#include "base/bytes.h"

enum { BS_HMAC_SHA1_SIZE = 20, BS_HMAC_SHA256_SIZE = 32 };

struct bs_hmac_key; /* of one of the two: what is made as one is not to be used as the other */

/* A key of any length but 0; NULL where the crypto library has no memory or no such HMAC. Free with bs_hmac_key_free.
 * The secret may be wiped afterwards. */
struct bs_hmac_key *bs_hmac_sha1_key_new(struct bs_bytes secret);
struct bs_hmac_key *bs_hmac_sha256_key_new(struct bs_bytes secret);

/* Wipes and frees; NULL is allowed. */
void bs_hmac_key_free(struct bs_hmac_key *key);

/* The MAC of the parts as if they stood in one piece; false where the crypto library fails, or the key is of the other
 * kind. */
bool bs_hmac_sha1(struct bs_hmac_key *key, const struct bs_bytes *parts, size_t part_count,
                  unsigned char ret_mac[BS_HMAC_SHA1_SIZE]);
bool bs_hmac_sha256(struct bs_hmac_key *key, const struct bs_bytes *parts, size_t part_count,
                    unsigned char ret_mac[BS_HMAC_SHA256_SIZE]);

#endif
