/* SPDX-License-Identifier: BSD-2-Clause */
/* Well-formed UTF-8; see utf8.h. */
#include "base/utf8.h"

#include <stdint.h>

/* The sequences of RFC 3629 section 4 that are longer than a byte: where the first lies, where the second may. */
static const struct {
    unsigned char first_low, first_high, second_low, second_high, length;
} forms[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool lies_between(char byte, unsigned char low, unsigned char high)
{
    return (unsigned char)byte >= low && (unsigned char)byte <= high;
}

size_t bs_utf8_sequence(struct bs_bytes bytes)
{
    if (bytes.len == 0)
        return 0;
    if (lies_between(bytes.ptr[0], 0, 0x7f))
        return 1;
    unsigned char first = (unsigned char)bytes.ptr[0];
    for (size_t i = first < 0xe0 ? 0 : first < 0xf0 ? 1 : 5; i < sizeof forms / sizeof *forms; i++) {
        if (!lies_between(bytes.ptr[0], forms[i].first_low, forms[i].first_high))
            continue;
        if (bytes.len < forms[i].length || !lies_between(bytes.ptr[1], forms[i].second_low, forms[i].second_high))
            return 0;
        for (size_t j = 2; j < forms[i].length; j++) {
            if (!lies_between(bytes.ptr[j], 0x80, 0xbf))
                return 0;
        }
        return forms[i].length;
    }
    return 0;
}

/* The number of bytes at the front, in whole words, that are ASCII. */
static size_t ascii_words(struct bs_bytes bytes)
{
    size_t i = 0;
    for (uint64_t word; i + sizeof word <= bytes.len; i += sizeof word) {
        memcpy(&word, bytes.ptr + i, sizeof word);
        if (word & 0x8080808080808080u)
            break;
    }
    return i;
}

size_t bs_utf8_run(struct bs_bytes bytes)
{
    struct bs_bytes rest = bytes;
    while (rest.len > 0) {
        rest = bs_bytes_skip(rest, ascii_words(rest));
        size_t length = bs_utf8_sequence(rest);
        if (length == 0)
            break;
        rest = bs_bytes_skip(rest, length);
    }
    return bytes.len - rest.len;
}

bool bs_utf8_is_valid(struct bs_bytes bytes)
{
    return bs_utf8_run(bytes) == bytes.len;
}
