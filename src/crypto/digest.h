/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-1 and SHA-256 (FIPS 180-4) over bytes that come in pieces, with the sum so far to be had at any point. */
#ifndef BS_CRYPTO_DIGEST_H
#define BS_CRYPTO_DIGEST_H

#include "base/bytes.h"

enum bs_digest_algorithm { BS_DIGEST_SHA1, BS_DIGEST_SHA256 };

enum { BS_DIGEST_MAX = 32 }; /* bytes of the longest */

struct bs_digest;

/* NULL where the crypto library has no memory or no such digest. Free with bs_digest_free. */
struct bs_digest *bs_digest_new(enum bs_digest_algorithm algorithm);

/* NULL is allowed. */
void bs_digest_free(struct bs_digest *digest);

/* Begins anew; a new digest has begun. This and the next two return false where the crypto library fails. */
bool bs_digest_reset(struct bs_digest *digest);
bool bs_digest_update(struct bs_digest *digest, struct bs_bytes bytes);

/* The sum of all bytes so far; more may follow. */
bool bs_digest_sum(struct bs_digest *digest, unsigned char ret_sum[BS_DIGEST_MAX]);

/* Bytes of a sum: 20 or 32. */
size_t bs_digest_size(enum bs_digest_algorithm algorithm);

#endif
