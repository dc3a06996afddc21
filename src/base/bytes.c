/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing and searching views of bytes; see bytes.h. */
#include "base/bytes.h"

bool bs_bytes_match_nocase(const char *a, const char *b, size_t len)
{
    if (memcmp(a, b, len) == 0) /* as it is most times */
        return true;
    size_t i = 0;
    while (i < len && bs_ascii_lower(a[i]) == bs_ascii_lower(b[i]))
        i++;
    return i == len;
}

bool bs_bytes_contains_nocase(struct bs_bytes bytes, struct bs_bytes needle)
{
    for (; bytes.len >= needle.len; bytes = bs_bytes_skip(bytes, 1)) {
        if (bs_bytes_starts_nocase(bytes, needle))
            return true;
        if (bytes.len == 0)
            break;
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
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct bs_bytes bs_bytes_trim(struct bs_bytes bytes)
{
    while (bytes.len > 0 && is_blank(bytes.ptr[0]))
        bytes = bs_bytes_skip(bytes, 1);
    while (bytes.len > 0 && is_blank(bytes.ptr[bytes.len - 1]))
        bytes.len--;
    return bytes;
}
