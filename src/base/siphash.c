/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-2-4; see siphash.h. */
#include "base/siphash.h"

static uint64_t rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static void mix(uint64_t v[4], int rounds)
{
    for (int i = 0; i < rounds; i++) {
        v[0] += v[1];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[0] = rotate(v[0], 32);
        v[2] += v[3];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
    }
}

static void take_word(struct bs_siphash *hash, uint64_t word)
{
    hash->v[3] ^= word;
    mix(hash->v, 2);
    hash->v[0] ^= word;
}

void bs_siphash_init(struct bs_siphash *hash, const uint64_t key[2])
{
    *hash = (struct bs_siphash){
        .v = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
              key[1] ^ 0x7465646279746573},
    };
}

void bs_siphash_push(struct bs_siphash *hash, struct bs_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        hash->pending |= (uint64_t)(unsigned char)bytes.ptr[i] << (hash->length % 8 * 8);
        if (++hash->length % 8 != 0)
            continue;
        take_word(hash, hash->pending);
        hash->pending = 0;
    }
}

uint64_t bs_siphash_done(struct bs_siphash *hash)
{
    take_word(hash, hash->pending | hash->length << 56);
    hash->v[2] ^= 0xff;
    mix(hash->v, 4);
    return hash->v[0] ^ hash->v[1] ^ hash->v[2] ^ hash->v[3];
}

uint64_t bs_siphash(const uint64_t key[2], struct bs_bytes bytes)
{
    struct bs_siphash hash;
    bs_siphash_init(&hash, key);
    bs_siphash_push(&hash, bytes);
    return bs_siphash_done(&hash);
}
