/* SPDX-License-Identifier: BSD-2-Clause */
/* Base64; see base64.h. */
#include "base/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void bs_base64_encode(struct bs_bytes bytes, char *ret_text)
{
    const unsigned char *from = (const unsigned char *)bytes.ptr;
    size_t i = 0;
    for (; i + 3 <= bytes.len; i += 3) {
        uint32_t group = (uint32_t)from[i] << 16 | (uint32_t)from[i + 1] << 8 | from[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            *ret_text++ = alphabet[group >> shift & 63];
    }
    size_t rest = bytes.len - i;
    if (rest > 0) {
        uint32_t group = (uint32_t)from[i] << 16 | (rest == 2 ? (uint32_t)from[i + 1] << 8 : 0);
        *ret_text++ = alphabet[group >> 18 & 63];
        *ret_text++ = alphabet[group >> 12 & 63];
        *ret_text++ = rest == 2 ? alphabet[group >> 6 & 63] : '=';
        *ret_text++ = '=';
    }
    *ret_text = '\0';
}

enum { N = -1 /* no digit */, W = -2 /* white space */, P = -3 /* padding */ };

/* What an ASCII character stands for; a table, since text without a pattern makes every branch a guess. */
static const int8_t values[128] = {
    N, N, N, N, N, N, N, N, N, W, W, N, N, W, N, N,
    N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
    W, N, N, N, N, N, N, N, N, N, N, 62, N, N, N, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, N, N, N, P, N, N,
    N, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, N, N, N, N, N,
    N, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, N, N, N, N, N,
};

static int digit_value(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte < sizeof values ? values[byte] : N;
}

/* Decodes whole groups of four digits that nothing comes between; returns how many groups. */
static size_t decode_groups(struct bs_bytes text, unsigned char *ret_bytes)
{
    size_t count = 0;
    for (; text.len - 4 * count >= 4; count++) {
        const char *from = text.ptr + 4 * count;
        int a = digit_value(from[0]), b = digit_value(from[1]), c = digit_value(from[2]), d = digit_value(from[3]);
        if ((a | b | c | d) < 0)
            break;
        uint32_t group = (uint32_t)a << 18 | (uint32_t)b << 12 | (uint32_t)c << 6 | (uint32_t)d;
        ret_bytes[3 * count] = (unsigned char)(group >> 16);
        ret_bytes[3 * count + 1] = (unsigned char)(group >> 8);
        ret_bytes[3 * count + 2] = (unsigned char)group;
    }
    return count;
}

static bool decode(struct bs_bytes text, bool folded, unsigned char *ret_bytes, size_t *ret_size)
{
    uint32_t group = 0;
    size_t digits = 0, pads = 0, size = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (digits % 4 == 0 && pads == 0) {
            size_t groups = decode_groups(bs_bytes_skip(text, i), ret_bytes + size);
            i += 4 * groups;
            digits += 4 * groups;
            size += 3 * groups;
            if (i == text.len)
                break;
        }
        int value = digit_value(text.ptr[i]);
        if (value == W && folded)
            continue;
        if (value == P && ++pads <= 2)
            continue;
        if (value < 0 || pads > 0)
            return false;
        group = group << 6 | (uint32_t)value;
        if (++digits % 4 == 0) {
            ret_bytes[size++] = (unsigned char)(group >> 16);
            ret_bytes[size++] = (unsigned char)(group >> 8);
            ret_bytes[size++] = (unsigned char)group;
            group = 0;
        }
    }
    size_t rest = digits % 4;
    *ret_size = size + (rest > 0 ? rest - 1 : 0);
    if (rest == 3) {
        ret_bytes[size++] = (unsigned char)(group >> 10);
        ret_bytes[size++] = (unsigned char)(group >> 2);
    } else if (rest == 2) {
        ret_bytes[size++] = (unsigned char)(group >> 4);
    }
    bool zero_tail = rest == 0 || (group & (rest == 3 ? 3u : 15u)) == 0;
    return rest != 1 && zero_tail && (pads == 0 || (digits + pads) % 4 == 0);
}

bool bs_base64_decode(struct bs_bytes text, unsigned char *ret_bytes, size_t *ret_size)
{
    return decode(text, false, ret_bytes, ret_size);
}

bool bs_base64_decode_folded(struct bs_bytes text, unsigned char *ret_bytes, size_t *ret_size)
{
    return decode(text, true, ret_bytes, ret_size);
}
