/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing and searching views of bytes; see bytes.h. */
#include "base/bytes.h"

#include "base/stride.h"

static bool match_bytes(const char *a, const char *b, size_t len)
{
    size_t i = 0;
    while (i < len && bs_ascii_lower(a[i]) == bs_ascii_lower(b[i]))
        i++;
    return i == len;
}

static uint64_t differ_8(const char *a, const char *b)
{
    uint64_t words[2];
    memcpy(&words[0], a, sizeof words[0]);
    memcpy(&words[1], b, sizeof words[1]);
    return words[0] ^ words[1];
}

static uint64_t differ_4(const char *a, const char *b)
{
    uint32_t words[2];
    memcpy(&words[0], a, sizeof words[0]);
    memcpy(&words[1], b, sizeof words[1]);
    return words[0] ^ words[1];
}

/* Where two texts of four bytes or more differ: the first and the last, then eight at a time. */
static inline uint64_t find_difference(const char *a, const char *b, size_t len, uint64_t enough)
{
    if (len < 8)
        return differ_4(a, b) | differ_4(a + len - 4, b + len - 4);
    uint64_t differ = differ_8(a, b) | differ_8(a + len - 8, b + len - 8);
    for (size_t i = 8; i + 8 < len && !(differ & enough); i += 8)
        differ |= differ_8(a + i, b + i);
    return differ;
}

/* Either they are the same, or they differ in more than what makes letters small, or a look at each will tell. */
bool bs_bytes_match_nocase(const char *a, const char *b, size_t len)
{
    static const uint64_t more_than_case = ~0x2020202020202020u;
    if (len < 4)
        return match_bytes(a, b, len);
    uint64_t differ = find_difference(a, b, len, more_than_case);
    return differ == 0 || (!(differ & more_than_case) && match_bytes(a, b, len));
}

/* The first place from `i` on where the needle may stand: its first and its last byte do, with the bits of `fold` left
 * out. Past the last place that it could stand at where there is none. */
static inline size_t find_candidate(struct bs_bytes bytes, size_t i, struct bs_bytes needle, signed char fold)
{
    size_t span = needle.len - 1;
    signed char first = (signed char)(needle.ptr[0] | fold), last = (signed char)(needle.ptr[span] | fold);
    for (; i + span + BS_STRIDE <= bytes.len; i += BS_STRIDE) {
        BS_STRIDE_OF_BYTES begin = bs_stride_at(bytes.ptr + i) | fold, end = bs_stride_at(bytes.ptr + i + span) | fold;
        size_t found = bs_stride_first((begin == first) & (end == last));
        if (found < BS_STRIDE)
            return i + found;
    }
    if (i + span < bytes.len && bytes.len >= span + BS_STRIDE) { /* the rest, with some that was looked at before it */
        size_t back = bytes.len - span - BS_STRIDE;
        BS_STRIDE_OF_BYTES begin = bs_stride_at(bytes.ptr + back) | fold, end = bs_stride_at(bytes.ptr + back + span) | fold;
        return back + bs_stride_first_behind((begin == first) & (end == last), i - back);
    }
    while (i + span < bytes.len &&
           ((signed char)(bytes.ptr[i] | fold) != first || (signed char)(bytes.ptr[i + span] | fold) != last))
        i++;
    return i;
}

size_t bs_bytes_find_text(struct bs_bytes bytes, struct bs_bytes needle)
{
    if (needle.len == 0)
        return 0;
    for (size_t i = find_candidate(bytes, 0, needle, 0); i + needle.len <= bytes.len;
         i = find_candidate(bytes, i + 1, needle, 0)) {
        if (memcmp(bytes.ptr + i, needle.ptr, needle.len) == 0)
            return i;
    }
    return bytes.len;
}

bool bs_bytes_contains_nocase(struct bs_bytes bytes, struct bs_bytes needle)
{
    static const signed char fold = 'a' ^ 'A';
    if (needle.len == 0)
        return true;
    for (size_t i = find_candidate(bytes, 0, needle, fold); i + needle.len <= bytes.len;
         i = find_candidate(bytes, i + 1, needle, fold)) {
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
    static const uint64_t blanks = 1ull << ' ' | 1ull << '\t' | 1ull << '\r' | 1ull << '\n';
    return (unsigned char)c <= ' ' && (blanks >> c & 1);
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
