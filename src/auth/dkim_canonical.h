/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Canonical forms of header fields (RFC 6376 sections 3.4.1 and 3.4.2), fed into a digest. A digest is an error from
 * the first time that the crypto library fails, so that a caller checks once.
 */
#ifndef BS_AUTH_DKIM_CANONICAL_H
#define BS_AUTH_DKIM_CANONICAL_H

#include "crypto/digest.h"
#include "message/header.h"

enum { BS_DKIM_SINK_SIZE = 2048 };

/* Bytes on their way into a digest, many at a time. */
struct bs_dkim_sink {
    struct bs_digest *digest; /* borrowed */
    size_t held;
    bool failed;
    char bytes[BS_DKIM_SINK_SIZE];
};

void bs_dkim_sink_init(struct bs_dkim_sink *sink, struct bs_digest *digest);
void bs_dkim_sink_put(struct bs_dkim_sink *sink, struct bs_bytes bytes);

/* The sum of all that was put in; false where the crypto library failed. */
bool bs_dkim_sink_sum(struct bs_dkim_sink *sink, unsigned char ret_sum[BS_DIGEST_MAX]);

/* Puts the field in canonical form, with CRLF behind it. */
void bs_dkim_put_field(struct bs_dkim_sink *sink, const struct bs_header_field *field, bool relaxed);

/* Puts a DKIM-Signature field as it is signed: without the bytes of `removed`, which lie in it, and without CRLF. */
void bs_dkim_put_signature(struct bs_dkim_sink *sink, const struct bs_header_field *field, struct bs_bytes removed,
                           bool relaxed);

#endif
