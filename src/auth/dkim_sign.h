/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signing (RFC 6376 section 5, RFC 8301, RFC 8463): makes a DKIM-Signature field with c=relaxed/relaxed and SHA-256,
 * RSA or Ed25519. The fields that readers go by are oversigned: named in h= once more than they are there, so that none can
 * be added. To sign twice, call it twice; neither signature covers the other. Nothing asks DNS whether the key is
 * published: that is the caller's to know.
 */
#ifndef BS_AUTH_DKIM_SIGN_H
#define BS_AUTH_DKIM_SIGN_H

#include "auth/dkim_body.h"
#include "base/strbuf.h"
#include "crypto/signature.h"
#include "message/header.h"

#include <stdint.h>

struct bs_dkim_signer {
    const struct bs_private_key *key;
    struct bs_bytes domain;          /* d= */
    struct bs_bytes selector;        /* s= */
    const struct bs_bytes *oversign; /* names beside those that are always oversigned */
    size_t oversign_count;
    int64_t now;                     /* t= */
    int64_t lifetime;                /* seconds until x=; 0: no x= */
    bool bare_lf;                    /* fold with LF, as milters do, and not with CRLF */
    bool may_be_completed;           /* Date and Message-ID may be added later where there are none (RFC 6409 section 8) */
};

/* Asks for the body hash that a signature needs; its place, as bs_dkim_bodies_want gives it. */
size_t bs_dkim_sign_body(struct bs_dkim_bodies *bodies);

/* Appends the field, `DKIM-Signature: v=1; …`, without a line end behind it. False with an error for a header that
 * cannot be signed: no From, one that readers may read differently, too many fields; or a domain or selector that is
 * none. */
bool bs_dkim_sign(const struct bs_dkim_signer *signer, const struct bs_header *header,
                  const struct bs_dkim_body_sum *body, struct bs_strbuf *ret_field, struct bs_error *ret_error);

/* Appends the text of the TXT record that publishes the key. */
bool bs_dkim_key_record_make(const struct bs_private_key *key, struct bs_strbuf *ret_text);

#endif
