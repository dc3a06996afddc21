/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The public halves of our DKIM keys, those that sign no longer included, by which a returned header is known for ours
 * without asking DNS. They do not change; a reload makes new ones.
 */
#ifndef BS_ENGINE_OWN_KEYS_H
#define BS_ENGINE_OWN_KEYS_H

#include "auth/dkim_returned.h"
#include "base/error.h"

struct bs_own_keys {
    struct bs_dkim_own_key *items;
    size_t count;
    struct bs_arena arena;
};

/* Reads the directory; an empty path means that there are no keys. False with an error that names the file; then there is
 * nothing to free. */
bool bs_own_keys_load(const char *directory, struct bs_own_keys *ret_keys, struct bs_error *ret_error);
void bs_own_keys_free(struct bs_own_keys *keys);

#endif
