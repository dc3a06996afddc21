/* SPDX-License-Identifier: BSD-2-Clause */
/* The names in a signature: domains and selectors, and where in DNS the key is (RFC 6376 section 3.6.2). */
#ifndef BS_AUTH_DKIM_NAME_H
#define BS_AUTH_DKIM_NAME_H

#include "base/arena.h"

/* Whether these are at least so many labels of letters, digits, - and _, or of UTF-8 (RFC 8616). */
bool bs_dkim_is_domain(struct bs_bytes name, size_t labels_min);

/* Whether two domains are the same, and whether the first is the second or lies below it. A U-label and its A-label are
 * different labels here: a signer writes d= and i= in one form. */
bool bs_dkim_same_domain(struct bs_bytes name, struct bs_bytes domain);
bool bs_dkim_is_within(struct bs_bytes name, struct bs_bytes domain);

/* SELECTOR._domainkey.DOMAIN with A-labels, in lower case; empty where the name has no such form. False where the
 * arena's limit was reached. */
bool bs_dkim_key_name(struct bs_bytes selector, struct bs_bytes domain, struct bs_arena *arena,
                      struct bs_bytes *ret_name);

#endif
