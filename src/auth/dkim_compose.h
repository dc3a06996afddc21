/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing a field that is a signature, while what it covers is hashed: the part that DKIM-Signature (dkim_sign.c),
 * ARC-Message-Signature and ARC-Seal (arc_seal.c) have in common. Fields are written folded with CRLF.
 *
 *     bs_dkim_compose_begin(&composer, signer, header);
 *     … append the tags to composer.field, bs_dkim_compose_fold between them, bs_dkim_compose_names after "h=" …
 *     bs_dkim_compose_end(&composer, &error);        composer.field ended in "b=", and is whole now
 *     bs_dkim_compose_free(&composer);
 */
#ifndef BS_AUTH_DKIM_COMPOSE_H
#define BS_AUTH_DKIM_COMPOSE_H

#include "auth/dkim_canonical.h"
#include "auth/dkim_sign.h"

struct bs_dkim_composer {
    const struct bs_dkim_signer *signer;
    const struct bs_header *header; /* borrowed */
    struct bs_digest *digest;
    struct bs_dkim_sink sink;       /* into the digest */
    struct bs_strbuf field;
    size_t line;                    /* where the line that is written began */
};

/* False where the crypto library failed; bs_dkim_compose_free is safe then, too. */
bool bs_dkim_compose_begin(struct bs_dkim_composer *composer, const struct bs_dkim_signer *signer,
                           const struct bs_header *header);
void bs_dkim_compose_free(struct bs_dkim_composer *composer);

/* Whether header and names are such that they can be signed. */
bool bs_dkim_compose_check(const struct bs_dkim_signer *signer, const struct bs_header *header,
                           struct bs_error *ret_error);

void bs_dkim_compose_fold(struct bs_dkim_composer *composer);

/* The value of a=. */
const char *bs_dkim_compose_algorithm(const struct bs_dkim_signer *signer);

/* Writes the names of h=, and puts the fields into the digest in the same order. With `arc` those of RFC 8617 section
 * 4.1.2: DKIM signatures, too, and neither Authentication-Results nor fields of ARC. */
bool bs_dkim_compose_names(struct bs_dkim_composer *composer, bool arc, struct bs_error *ret_error);

/* Writes `bh=…;`. */
void bs_dkim_compose_body(struct bs_dkim_composer *composer, const struct bs_dkim_body_sum *body);

/* Puts the field itself into the digest and appends the signature. */
bool bs_dkim_compose_end(struct bs_dkim_composer *composer, struct bs_error *ret_error);

/* Appends a field, with LF for CRLF where `bare_lf`. */
void bs_dkim_compose_append(struct bs_strbuf *to, struct bs_bytes field, bool bare_lf);

#endif
