/* SPDX-License-Identifier: BSD-2-Clause */
/* A key record (RFC 6376 section 3.6.1, RFC 8463 section 4): the text of a TXT record, read and checked. */
#ifndef BS_AUTH_DKIM_KEY_H
#define BS_AUTH_DKIM_KEY_H

#include "auth/dkim_limits.h"
#include "base/arena.h"
#include "crypto/signature.h"

struct bs_dkim_key_record {
    const char *reason;        /* why it cannot be used; NULL where it can */
    bool revoked;              /* p= is empty: the reason, too */
    enum bs_key_type type;     /* k= */
    bool sha1, sha256;         /* h=: the digests that it may be used with */
    bool for_mail;             /* s= */
    bool testing;              /* t=y */
    bool same_domain;          /* t=s: i= may not be below d= */
    struct bs_bytes key;       /* p=, decoded */
};

/* Reads the record; texts and the key are in the arena. g= of the first DKIM is ignored. False where the arena's
 * limit was reached. */
bool bs_dkim_key_record_read(struct bs_bytes text, struct bs_arena *arena, struct bs_dkim_key_record *ret_record);

#endif
