/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Public keys that were read before. Reading a key, and what OpenSSL works out when it is first used, costs nearly as much as
 * the verification itself, and most mail is signed with few keys. A cache is of one thread; it changes no result.
 */
#ifndef BS_CRYPTO_KEY_CACHE_H
#define BS_CRYPTO_KEY_CACHE_H

#include "crypto/signature.h"

enum { BS_KEY_CACHE_SLOTS = 512 }; /* keys at most; each takes some 4 kB, and displaces one that has the same slot */

struct bs_key_cache;

/* NULL without memory. */
struct bs_key_cache *bs_key_cache_new(void);
void bs_key_cache_free(struct bs_key_cache *cache); /* NULL is allowed */

/* As bs_public_key_read, but the key stays the cache's, and is valid until the next call. */
const struct bs_public_key *bs_key_cache_read(struct bs_key_cache *cache, enum bs_key_type type, struct bs_bytes key,
                                              struct bs_error *ret_error);

#endif
