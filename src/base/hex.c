/* SPDX-License-Identifier: BSD-2-Clause */
/* Hexadecimal text; see hex.h. */
#include "base/hex.h"

void bs_hex_encode(struct bs_bytes bytes, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char byte = (unsigned char)bytes.ptr[i];
        *ret_text++ = digits[byte >> 4];
        *ret_text++ = digits[byte & 15];
    }
    *ret_text = '\0';
}

/* The value of one digit, or -1. */
static int digit_value(char c)
{
    char low = bs_ascii_lower(c);
    if (bs_ascii_is_digit(low))
        return low - '0';
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

bool bs_hex_decode(struct bs_bytes text, unsigned char *ret_bytes, size_t size)
{
    if (text.len != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = digit_value(text.ptr[2 * i]);
        int low = digit_value(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        ret_bytes[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}
