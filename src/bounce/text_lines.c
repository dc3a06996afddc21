/* SPDX-License-Identifier: BSD-2-Clause */
/* See text_lines.h. */
#include "bounce/text_lines.h"

struct bs_bytes bs_text_line_at(struct bs_bytes text, size_t offset)
{
    struct bs_bytes rest = bs_bytes_skip(text, offset);
    return bs_bytes_first(rest, bs_bytes_find(rest, '\n'));
}

size_t bs_text_next_line(struct bs_bytes text, size_t offset)
{
    size_t end = offset + bs_text_line_at(text, offset).len;
    return end < text.len ? end + 1 : end;
}

size_t bs_text_line_begin(struct bs_bytes text, size_t offset)
{
    const char *before = offset > 0 ? memrchr(text.ptr, '\n', offset) : NULL;
    return before ? (size_t)(before - text.ptr) + 1 : 0;
}

size_t bs_text_find_address(struct bs_bytes text, struct bs_bytes address)
{
    const char *at = text.len > 0 ? memmem(text.ptr, text.len, address.ptr, address.len) : NULL;
    return at ? (size_t)(at - text.ptr) : text.len;
}

static bool is_letter(char c)
{
    return (bs_ascii_lower(c) >= 'a' && bs_ascii_lower(c) <= 'z') || (unsigned char)c >= 0x80;
}

size_t bs_text_count_letters(struct bs_bytes text)
{
    size_t letters = 0;
    for (size_t i = 0; i < text.len; i++)
        letters += is_letter(text.ptr[i]);
    return letters;
}
