/* SPDX-License-Identifier: BSD-2-Clause */
/* The names in a signature; see dkim_name.h. */
#include "auth/dkim_name.h"

#include "base/idn.h"

enum { NAME_MAX = 253, LABEL_MAX = 63 };

static bool is_label_byte(char c)
{
    char low = bs_ascii_lower(c);
    return (low >= 'a' && low <= 'z') || bs_ascii_is_digit(c) || c == '-' || c == '_' || (c & 0x80);
}

static bool is_label(struct bs_bytes label)
{
    for (size_t i = 0; i < label.len; i++) {
        if (!is_label_byte(label.ptr[i]))
            return false;
    }
    return label.len > 0 && label.len <= LABEL_MAX && label.ptr[0] != '-' && label.ptr[label.len - 1] != '-';
}

bool bs_dkim_is_domain(struct bs_bytes name, size_t labels_min)
{
    size_t labels = 0;
    if (name.len > NAME_MAX)
        return false;
    for (bool more = true; more; labels++) {
        size_t end = bs_bytes_find(name, '.');
        more = end < name.len;
        if (!is_label(bs_bytes_first(name, end)))
            return false;
        name = bs_bytes_skip(name, more ? end + 1 : end);
    }
    return labels >= labels_min;
}

bool bs_dkim_same_domain(struct bs_bytes name, struct bs_bytes domain)
{
    return bs_bytes_equal_nocase(name, domain);
}

bool bs_dkim_is_within(struct bs_bytes name, struct bs_bytes domain)
{
    if (name.len < domain.len)
        return false;
    size_t above = name.len - domain.len;
    return bs_dkim_same_domain(bs_bytes_skip(name, above), domain) && (above == 0 || name.ptr[above - 1] == '.');
}

bool bs_dkim_key_name(struct bs_bytes selector, struct bs_bytes domain, struct bs_arena *arena,
                      struct bs_bytes *ret_name)
{
    const char *text = bs_arena_printf(arena, "%.*s._domainkey.%.*s", BS_BYTES_ARG(selector), BS_BYTES_ARG(domain));
    struct bs_bytes ascii = text ? bs_idn_to_ascii(bs_bytes_from_cstr(text), arena) : bs_bytes(NULL, 0);
    *ret_name = ascii;
    return text != NULL;
}
