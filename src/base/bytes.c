/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing and searching views of bytes; see bytes.h. */
#include "base/bytes.h"

bool bs_bytes_starts_nocase(struct bs_bytes bytes, struct bs_bytes prefix)
{
    if (bytes.len < prefix.len)
        return false;
    if (prefix.len == 0)
        return true;
    if (bs_ascii_lower(bytes.ptr[0]) != bs_ascii_lower(prefix.ptr[0]))
        return false;
    if (memcmp(bytes.ptr, prefix.ptr, prefix.len) == 0) /* as it is most times */
        return true;
    for (size_t i = 1; i < prefix.len; i++) {
        if (bs_ascii_lower(bytes.ptr[i]) != bs_ascii_lower(prefix.ptr[i]))
            return false;
    }
    return true;
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
