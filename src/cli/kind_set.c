/* SPDX-License-Identifier: BSD-2-Clause */
/* Kinds by their names; see kind_set.h. */
#include "cli/kind_set.h"

static bool is_bounce(enum bs_kind kind)
{
    return kind == BS_KIND_DSN_FAILED || kind == BS_KIND_DSN_DELAYED || kind == BS_KIND_DSN_SUCCESS;
}

static bool is_named(enum bs_kind kind, struct bs_bytes name)
{
    if (bs_bytes_equal(name, BS_LITERAL("bounce")))
        return is_bounce(kind);
    if (bs_bytes_equal(name, BS_LITERAL("automatic")))
        return kind != BS_KIND_NONE && kind != BS_KIND_LIST;
    return bs_bytes_equal(name, bs_bytes_from_cstr(bs_kind_name(kind)));
}

bool bs_kind_set_parse(struct bs_bytes names, struct bs_kind_set *ret_set, struct bs_error *error)
{
    *ret_set = (struct bs_kind_set){.has = {false}};
    for (bool more = true; more;) {
        struct bs_bytes name = bs_bytes_first(names, bs_bytes_find(names, ','));
        bool known = false;
        for (int kind = 0; kind < BS_KIND_COUNT; kind++) {
            bool named = is_named((enum bs_kind)kind, name);
            ret_set->has[kind] = ret_set->has[kind] || named;
            known = known || named;
        }
        if (!known)
            return bs_error_set(error, "\"%.*s\" is no kind of message", BS_BYTES_ARG(name));
        more = name.len < names.len;
        names = bs_bytes_skip(names, name.len + more);
    }
    return true;
}
