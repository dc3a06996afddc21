/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a hash of 64 bits under a secret key, for tables whose keys a stranger
 * chooses. It authenticates nothing here.
 */
#ifndef BS_BASE_SIPHASH_H
#define BS_BASE_SIPHASH_H

#include "base/bytes.h"

#include <stdint.h>

struct bs_siphash {
    uint64_t v[4];    /* private */
    uint64_t pending; /* bytes that do not fill a word yet */
    uint64_t length;
};

/* Hashing in pieces: any pieces of the same text give the same number. */
void bs_siphash_init(struct bs_siphash *hash, const uint64_t key[2]);
void bs_siphash_push(struct bs_siphash *hash, struct bs_bytes bytes);
uint64_t bs_siphash_done(struct bs_siphash *hash);

uint64_t bs_siphash(const uint64_t key[2], struct bs_bytes bytes);

#endif
