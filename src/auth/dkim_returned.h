/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the header of a returned message carries a DKIM signature of ours (RFC 6376): verified with our own public
 * keys, those that sign no longer included, so that nothing is asked of DNS. The body is not there, and need not be:
 * what is verified is the header's signature, which covers bh=. Nothing is said of the body then, nor of x=: how old
 * it may be is the caller's to say.
 */
#ifndef BS_AUTH_DKIM_RETURNED_H
#define BS_AUTH_DKIM_RETURNED_H

#include "auth/dkim_publication.h"
#include "auth/dkim_signature.h"
#include "crypto/key_cache.h"

enum { BS_DKIM_RETURNED_MAX = 8 }; /* signatures in our name that are tried */

struct bs_dkim_own_key {
    struct bs_bytes name;            /* SELECTOR._domainkey.DOMAIN, in any case */
    struct bs_dkim_public_half half;
};

struct bs_dkim_own_keys {
    const struct bs_dkim_own_key *items;
    size_t count;
    struct bs_key_cache *cache; /* NULL: keys are read anew */
};

enum bs_dkim_returned_code {
    BS_DKIM_RETURNED_HOLDS,
    BS_DKIM_RETURNED_BROKEN,     /* the header is not what was signed, or somebody else signed it */
    BS_DKIM_RETURNED_UNREADABLE, /* it cannot be tried: a field that breaks the rules, a header that is not whole */
};

/* One signature that names a key of ours. Views borrow from the header and the arena. */
struct bs_dkim_returned {
    enum bs_dkim_returned_code code;
    const struct bs_dkim_signature *signature;
    const struct bs_header_field *from; /* of HOLDS: the From field that it covers; NULL where it covers several */
    int64_t signed_at;                  /* of HOLDS: t=, or else the Date that it covers; BS_DKIM_NO_TIME without */
    bool auto_reply;                    /* of HOLDS: it covers `Auto-Submitted: auto-replied` (RFC 3834 section 5) */
};

struct bs_dkim_returned_results {
    struct bs_dkim_returned items[BS_DKIM_RETURNED_MAX];
    size_t count;
    bool more; /* there are others that were not tried */
};

/* False where the arena's limit was reached or the crypto library failed. */
bool bs_dkim_returned_check(const struct bs_header *header, const struct bs_dkim_own_keys *keys,
                            struct bs_arena *arena, struct bs_dkim_returned_results *ret_results);

#endif
