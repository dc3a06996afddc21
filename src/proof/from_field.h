/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether an address is an author's: among the addresses of a From field (RFC 5322 section 3.4), quoted strings and
 * comments passed over. For fields whose text a signature or a token of ours vouches for, so it need not be strict;
 * where readers differ is message/author.h's matter.
 */
#ifndef BS_PROOF_FROM_FIELD_H
#define BS_PROOF_FROM_FIELD_H

#include "message/address.h"
#include "message/header.h"

enum { BS_FROM_ADDRESSES_MAX = 16 }; /* mailboxes of one field that are looked at */

/* Reads the addresses of a field's body. Returns how many were put in `ret_addresses`. The views borrow from `body`,
 * or from the arena. */
size_t bs_from_addresses(struct bs_bytes body, struct bs_arena *arena,
                         struct bs_address ret_addresses[BS_FROM_ADDRESSES_MAX]);

/* Whether one of them is this one, but for case. */
bool bs_from_has(struct bs_bytes body, const struct bs_address *address, struct bs_arena *arena);

/* Equal but for ASCII case. */
bool bs_address_same(const struct bs_address *a, const struct bs_address *b);

#endif
