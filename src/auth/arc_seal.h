/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sealing (RFC 8617 section 5.1): makes the three fields of our ARC set, to be put on top of a message that leaves
 * us as it is hashed here. A chain that fails is sealed as such, over our own set alone (section 5.1.2), unless its
 * last sealer said so before (section 5.1). The ARC-Message-Signature covers what our DKIM signatures cover, and
 * the DKIM signatures that are there (section 4.1.2). Nothing asks DNS whether the key is published: that is the
 * caller's to know.
 *
 *     size_t place = bs_dkim_sign_body(&bodies);             before the body comes
 *     bs_arc_seal(&signer, &chain, result.code, &header, &bodies.sums[place], results, &fields, &error);
 *     … add fields.results, then fields.message on top of it, then fields.seal …
 *     bs_arc_fields_free(&fields);
 */
#ifndef BS_AUTH_ARC_SEAL_H
#define BS_AUTH_ARC_SEAL_H

#include "auth/arc.h"
#include "auth/dkim_sign.h"

/* The fields, `Name: value`, without line ends behind them. */
struct bs_arc_fields {
    unsigned instance;
    struct bs_strbuf results;
    struct bs_strbuf message;
    struct bs_strbuf seal;
};

/* Why this chain is not to be sealed (again); NULL where it is. */
const char *bs_arc_seal_refusal(const struct bs_arc_chain *chain, enum bs_arc_code code);

/* `chain` is that of the message as it came and `code` what it was found to be, `header` the message as it leaves,
 * and `results` what Authentication-Results says behind its colon: `mx.example; arc=none; spf=pass …`, perhaps
 * folded. The signer is DKIM's; its lifetime does not count. False with an error, and with nothing to be freed, for
 * a chain that is not to be sealed, results that are no text of a field, and what bs_dkim_sign refuses. */
bool bs_arc_seal(const struct bs_dkim_signer *signer, const struct bs_arc_chain *chain, enum bs_arc_code code,
                 const struct bs_header *header, const struct bs_dkim_body_sum *body, struct bs_bytes results,
                 struct bs_arc_fields *ret_fields, struct bs_error *ret_error);

void bs_arc_fields_free(struct bs_arc_fields *fields);

#endif
