/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes that are looked at sixteen at a time, for the searches that every byte of a message goes through and that
 * memchr cannot do: for a class of bytes, or for one byte behind another. A comparison of a stride with a byte gives
 * a stride that is not 0 where it holds.
 */
#ifndef BS_BASE_STRIDE_H
#define BS_BASE_STRIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { BS_STRIDE = 16 };

/* The type of a stride, of signed bytes: those past ASCII are negative. */
#define BS_STRIDE_OF_BYTES signed char __attribute__((vector_size(BS_STRIDE)))

/* The BS_STRIDE bytes at `bytes`, on any boundary. */
static inline BS_STRIDE_OF_BYTES bs_stride_at(const char *bytes)
{
    BS_STRIDE_OF_BYTES stride;
    memcpy(&stride, bytes, sizeof stride);
    return stride;
}

/* A comparison: bytes that are among those of ASCII from the one behind `before` to the tilde. */
static inline BS_STRIDE_OF_BYTES bs_stride_behind(BS_STRIDE_OF_BYTES bytes, char before)
{
    return (BS_STRIDE_OF_BYTES)((unsigned char __attribute__((vector_size(BS_STRIDE))))bytes + 1) > (signed char)(before + 1);
}

/* A comparison: bytes from `first` to `last`. */
static inline BS_STRIDE_OF_BYTES bs_stride_between(BS_STRIDE_OF_BYTES bytes, char first, char last)
{
    unsigned char top = (unsigned char)(first + 127);
    return (BS_STRIDE_OF_BYTES)(top - (unsigned char __attribute__((vector_size(BS_STRIDE))))bytes) > (signed char)(126 - (last - first));
}

#ifdef __SSE2__
/* A bit for each byte: whether a comparison holds for it. */
static inline unsigned bs_stride_bits(BS_STRIDE_OF_BYTES holds)
{
    return (unsigned)__builtin_ia32_pmovmskb128((char __attribute__((vector_size(BS_STRIDE))))holds);
}
#endif

/* Whether a comparison holds for any byte. */
static inline bool bs_stride_any(BS_STRIDE_OF_BYTES holds)
{
#ifdef __SSE2__
    return bs_stride_bits(holds) != 0;
#else
    uint64_t halves[2];
    memcpy(halves, &holds, sizeof halves);
    return (halves[0] | halves[1]) != 0;
#endif
}

/* The place of the first byte for which a comparison holds; BS_STRIDE where it holds for none. */
static inline size_t bs_stride_first(BS_STRIDE_OF_BYTES holds)
{
#ifdef __SSE2__
    unsigned bits = bs_stride_bits(holds);
    return bits != 0 ? (size_t)__builtin_ctz(bits) : BS_STRIDE;
#else
    uint64_t halves[2];
    memcpy(halves, &holds, sizeof halves);
    if ((halves[0] | halves[1]) == 0)
        return BS_STRIDE;
    uint64_t half = halves[0] != 0 ? halves[0] : halves[1];
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    int bit = __builtin_ctzll(half);
#else
    int bit = __builtin_clzll(half);
#endif
    return (size_t)bit / 8 + (halves[0] != 0 ? 0 : sizeof half);
#endif
}

/* The same among the bytes behind the first `count`, which is at most BS_STRIDE. */
static inline size_t bs_stride_first_behind(BS_STRIDE_OF_BYTES holds, size_t count)
{
#ifdef __SSE2__
    unsigned bits = bs_stride_bits(holds) & ~0u << count;
    return bits != 0 ? (size_t)__builtin_ctz(bits) : BS_STRIDE;
#else
    memset(&holds, 0, count);
    return bs_stride_first(holds);
#endif
}

/* The same of two strides, one behind the other; 2 * BS_STRIDE where it holds for none. */
static inline size_t bs_stride_first_of_two(BS_STRIDE_OF_BYTES holds, BS_STRIDE_OF_BYTES next_holds)
{
#ifdef __SSE2__
    unsigned bits = bs_stride_bits(holds) | bs_stride_bits(next_holds) << BS_STRIDE;
    return bits != 0 ? (size_t)__builtin_ctz(bits) : 2 * BS_STRIDE;
#else
    size_t first = bs_stride_first(holds);
    return first < BS_STRIDE ? first : BS_STRIDE + bs_stride_first(next_holds);
#endif
}

/* The place of the first byte for which a comparison does not hold; BS_STRIDE where it holds for all. */
static inline size_t bs_stride_first_not(BS_STRIDE_OF_BYTES holds)
{
#ifdef __SSE2__
    return (size_t)__builtin_ctz(bs_stride_bits(holds) ^ ~0u);
#else
    return bs_stride_first(~holds);
#endif
}

static inline size_t bs_stride_first_not_of_two(BS_STRIDE_OF_BYTES holds, BS_STRIDE_OF_BYTES next_holds)
{
#ifdef __SSE2__
    unsigned bits = ~(bs_stride_bits(holds) | bs_stride_bits(next_holds) << BS_STRIDE);
    return bits != 0 ? (size_t)__builtin_ctz(bits) : 2 * BS_STRIDE;
#else
    return bs_stride_first_of_two(~holds, ~next_holds);
#endif
}

#endif
