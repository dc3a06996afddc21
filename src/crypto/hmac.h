/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HMAC-SHA1 (RFC 2104, FIPS 180-4) with a key that is used many times: the key schedule is kept. SHA-1 is what
 * BATV tags are made with; HMAC does not rest on its collision resistance. A key serves one thread.
 */
#ifndef BS_CRYPTO_HMAC_H
#define BS_CRYPTO_HMAC_H

#include "base/bytes.h"

enum { BS_HMAC_SHA1_SIZE = 20 };

struct bs_hmac_key;

/* A key of any length but 0; NULL where the crypto library has no memory or no HMAC-SHA1. Free with
 * bs_hmac_key_free. The secret may be wiped afterwards. */
struct bs_hmac_key *bs_hmac_sha1_key_new(struct bs_bytes secret);

/* Wipes and frees; NULL is allowed. */
void bs_hmac_key_free(struct bs_hmac_key *key);

/* The MAC of the parts as if they stood in one piece; false where the crypto library fails. */
bool bs_hmac_sha1(struct bs_hmac_key *key, const struct bs_bytes *parts, size_t part_count,
                  unsigned char ret_mac[BS_HMAC_SHA1_SIZE]);

#endif
