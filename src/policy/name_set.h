/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table from names (domains, local parts, addresses) to a value that the caller owns. Names compare without
 * the case of ASCII letters. A lookup costs the same however many names there are.
 */
#ifndef BS_POLICY_NAME_SET_H
#define BS_POLICY_NAME_SET_H

#include "base/bytes.h"

enum { BS_NAME_MAX = 512 }; /* bytes in a name: a local part, an @ and a domain; longer ones are never found */

struct bs_name_set {
    struct bs_name_entry *entries; /* private; NULL is the empty set */
};

/* False without memory, for a name over the limit, or for one that is there already. */
bool bs_name_set_add(struct bs_name_set *set, struct bs_bytes name, void *value);

/* Whether the name is there; `ret_value` may be NULL. */
bool bs_name_set_find(const struct bs_name_set *set, struct bs_bytes name, void **ret_value);

/* Empties the set, giving each value to `free_value` unless that is NULL. */
void bs_name_set_clear(struct bs_name_set *set, void (*free_value)(void *value));

#endif
