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

enum { NO_DIGIT = -1, WHITE = -2, PAD = -3 };

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    switch (c) {
    case '+':
        return 62;
    case '/':
        return 63;
    case '=':
        return PAD;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return WHITE;
    default:
        return NO_DIGIT;
    }
}

static bool decode(struct bs_bytes text, bool folded, unsigned char *ret_bytes, size_t *ret_size)
{
    uint32_t group = 0;
    size_t digits = 0, pads = 0, size = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = digit_value(text.ptr[i]);
        if (value == WHITE && folded)
            continue;
        if (value == PAD && ++pads <= 2)
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
