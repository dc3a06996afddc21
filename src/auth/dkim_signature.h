/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One DKIM-Signature field (RFC 6376 section 3.5, RFC 8301, RFC 8463, RFC 8616 section 5), or one of the two fields
 * of ARC that are like it (RFC 8617 sections 4.1.2 and 4.1.3): its tags read and checked as far as the field alone
 * tells.
 */
#ifndef BS_AUTH_DKIM_SIGNATURE_H
#define BS_AUTH_DKIM_SIGNATURE_H

#include "auth/dkim_limits.h"
#include "base/arena.h"
#include "crypto/signature.h"
#include "message/header.h"

#include <stdint.h>

/* RFC 8601 section 2.7.1 */
enum bs_dkim_code {
    BS_DKIM_NONE,      /* there is no signature */
    BS_DKIM_PASS,
    BS_DKIM_FAIL,      /* the message is not what was signed, or the signature has expired */
    BS_DKIM_POLICY,    /* something about it is not good enough here: algorithm, key size, what it covers */
    BS_DKIM_NEUTRAL,   /* made by rules that are not known here */
    BS_DKIM_TEMPERROR, /* another try may tell */
    BS_DKIM_PERMERROR, /* the signature or its key record breaks the rules, or there is no key */
};

enum { BS_DKIM_NO_TIME = -1 };

enum bs_dkim_kind {
    BS_DKIM_SIGNATURE_FIELD,
    BS_ARC_MESSAGE_FIELD, /* ARC-Message-Signature: no v=, i= is the instance, never SHA-1, h= without ARC-Seal */
    BS_ARC_SEAL_FIELD,    /* ARC-Seal: the same with neither h= nor body, and with cv= */
};

enum { BS_ARC_INSTANCE_MAX = 50 }; /* RFC 8617 section 4.2.1 */

/* Views borrow from the field, or from the arena. What was not understood is empty. */
struct bs_dkim_signature {
    enum bs_dkim_code code; /* BS_DKIM_PASS: nothing speaks against it yet; else `reason` says what does */
    const char *reason;
    const struct bs_header_field *field;
    struct bs_bytes domain;         /* d= as written */
    struct bs_bytes selector;       /* s= as written */
    struct bs_bytes identity;       /* i=, decoded; @ and the domain where it is missing */
    struct bs_bytes algorithm_name; /* a= as written */
    enum bs_key_type key_type;
    enum bs_digest_algorithm digest;
    bool relaxed_header;
    bool relaxed_body;
    bool identity_is_below; /* the domain of i= is a subdomain of d= */
    const struct bs_bytes *names; /* h= */
    size_t name_count;
    uint64_t length;        /* l=; UINT64_MAX where it is missing */
    int64_t signed_at;      /* t=, or BS_DKIM_NO_TIME */
    int64_t expires_at;     /* x=, or BS_DKIM_NO_TIME */
    struct bs_bytes body_hash;      /* bh=, decoded */
    struct bs_bytes signature;      /* b=, decoded */
    struct bs_bytes signature_text; /* b= as written */
    struct bs_bytes signature_span; /* what is left out of the field when it is hashed */
    struct bs_bytes key_name;       /* where the key is in DNS */
    unsigned instance;              /* ARC's i=, 1 to 50; 0 where it could not be read, and in DKIM */
    struct bs_bytes chain;          /* ARC-Seal's cv=: none, pass or fail, in any case; else empty */
};

/* Reads the field. Signatures of the drafts before RFC 4871 (no v=, or another; q=dns) and SHA-1 are read only where
 * `allow_legacy`. False where the arena's limit was reached. */
bool bs_dkim_signature_read(const struct bs_header_field *field, bool allow_legacy, struct bs_arena *arena,
                            struct bs_dkim_signature *ret_signature);

/* The same for a field of any kind; legacy is DKIM's only. */
bool bs_dkim_signature_read_as(enum bs_dkim_kind kind, const struct bs_header_field *field, bool allow_legacy,
                               struct bs_arena *arena, struct bs_dkim_signature *ret_signature);

/* Reads the value of an i= that is an instance: one or two digits, 1 to 50. 0 for anything else. */
unsigned bs_arc_instance_read(struct bs_bytes value);

const char *bs_dkim_code_name(enum bs_dkim_code code);

#endif
