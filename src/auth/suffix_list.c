/* SPDX-License-Identifier: BSD-2-Clause */
/* libpsl asked about one name; see suffix_list.h. */
#include "auth/suffix_list.h"

#include "ask/ask.h"

#include <libpsl.h>

struct bs_bytes bs_suffix_list_organization(struct bs_bytes name, struct bs_arena *arena)
{
    static const struct bs_bytes none = {"", 0};
    if (!bs_dns_name_is_valid(name) || !psl_builtin())
        return none;
    char *lower = bs_arena_take(arena, name.len + 1);
    if (!lower)
        return none;
    for (size_t i = 0; i < name.len; i++)
        lower[i] = bs_ascii_lower(name.ptr[i]);
    const char *organization = psl_registrable_domain(psl_builtin(), lower);
    return organization ? bs_bytes_from_cstr(organization) : none;
}
