/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signing one message of ours with DKIM: with every key of the domain in its From, so that RSA and Ed25519 signatures
 * stand side by side (RFC 8463 section 3). A key whose public half DNS does not show, or shows as revoked or another, signs
 * nothing: its signatures would fail everywhere. Where DNS does not answer, it signs.
 */
#ifndef BS_ENGINE_DKIM_SIGNING_H
#define BS_ENGINE_DKIM_SIGNING_H

#include "ask/ask.h"
#include "engine/signing_keys.h"

enum {
    BS_SIGNING_MEMORY = 2 << 20,  /* bytes of the header and the signatures */
    BS_SIGNATURES_MADE_MAX = 4,   /* of one message; further keys of the domain do not sign */
};

struct bs_dkim_signing;

/* Why there is no signature with a key. */
struct bs_unsigned {
    const struct bs_signing_key *key;
    const char *why; /* a text without capital and full stop */
};

/* What came of it. Views are valid as long as the signing. */
struct bs_dkim_signed {
    struct bs_bytes values[BS_SIGNATURES_MADE_MAX]; /* of DKIM-Signature fields, folded with LF, without the first blank */
    const struct bs_signing_key *keys_used[BS_SIGNATURES_MADE_MAX];
    size_t count;
    struct bs_unsigned missing[BS_SIGNATURES_MADE_MAX];
    size_t missing_count;
};

/* NULL without memory. The keys are borrowed. */
struct bs_dkim_signing *bs_dkim_signing_new(const struct bs_signing_keys *keys, int64_t now);
void bs_dkim_signing_free(struct bs_dkim_signing *signing); /* NULL is allowed */

/* Bytes that it holds. */
size_t bs_dkim_signing_weight(const struct bs_dkim_signing *signing);

/* As those of an authentication. */
void bs_dkim_signing_header(struct bs_dkim_signing *signing, struct bs_bytes name, struct bs_bytes body);
/* The header, whole once it ended; valid as long as the signing. */
const struct bs_header *bs_dkim_signing_read_header(const struct bs_dkim_signing *signing);
void bs_dkim_signing_end_of_header(struct bs_dkim_signing *signing);
bool bs_dkim_signing_wants_body(const struct bs_dkim_signing *signing);
void bs_dkim_signing_body(struct bs_dkim_signing *signing, struct bs_bytes chunk);
void bs_dkim_signing_end_of_body(struct bs_dkim_signing *signing);

/* Asks whether the keys are visible, from the end of the header on; after the end of the body signs, and is BS_DONE. */
enum bs_step bs_dkim_signing_run(struct bs_dkim_signing *signing, const struct bs_answers *known,
                                 struct bs_dkim_signed *ret_signed, struct bs_questions *ret_missing);

#endif
