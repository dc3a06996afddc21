/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing and searching views of bytes; see bytes.h. */
#include "base/bytes.h"

#include "base/stride.h"

bool bs_bytes_match_nocase(const char *a, const char *b, size_t len)
{
    if (memcmp(a, b, len) == 0) /* as it is most times */
        return true;
    size_t i = 0;
    while (i < len && bs_ascii_lower(a[i]) == bs_ascii_lower(b[i]))
        i++;
    return i == len;
}

/* The place of the first byte from `begin` on that is `letter` in lower case; bytes.len where there is none. Bytes that
 * are no letters may be told for others. */
static size_t find_nocase(struct bs_bytes bytes, size_t begin, char letter)
{
    signed char lower = (signed char)letter;
    size_t i = begin;
    for (; i + BS_STRIDE <= bytes.len; i += BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(bytes.ptr + i);
        size_t found = bs_stride_first((here == lower) | ((here | 0x20) == lower));
        if (found < BS_STRIDE)
            return i + found;
    }
    while (i < bytes.len && bs_ascii_lower(bytes.ptr[i]) != letter)
        i++;
    return i;
}

bool bs_bytes_contains_nocase(struct bs_bytes bytes, struct bs_bytes needle)
{
    if (needle.len == 0)
        return true;
    char first = bs_ascii_lower(needle.ptr[0]);
    for (size_t i = find_nocase(bytes, 0, first); i + needle.len <= bytes.len; i = find_nocase(bytes, i + 1, first)) {
        if (bs_bytes_match_nocase(bytes.ptr + i, needle.ptr, needle.len))
            return true;
    }
    return false;
}

size_t bs_bytes_find_last(struct bs_bytes bytes, char c)
{
    for (size_t i = bytes.len; i > 0; i--) {
        if (bytes.ptr[i - 1] == c)
            return i - 1;
    }
    return bytes.len;
}

static bool is_blank(char c)
{
    return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

struct bs_bytes bs_bytes_trim(struct bs_bytes bytes)
{
    size_t begin = 0;
    while (begin < bytes.len && is_blank(bytes.ptr[begin]))
        begin++;
    bytes = bs_bytes_skip(bytes, begin);
    while (bytes.len > 0 && is_blank(bytes.ptr[bytes.len - 1]))
        bytes.len--;
    return bytes;
}
