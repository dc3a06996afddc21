/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An envelope identifier of ours (ENVID, RFC 3461 section 4.4): MTAs that know DSN return it as Original-Envelope-Id
 * (RFC 3464 section 2.2.1), whatever else they return. Its form is
 *
 *     BS1-K-DAY-MAC or BS1-K-DAY-MAC-NONCE
 *
 * K is the digit of the key, DAY the UTC day since 1970, MAC 96 bits of HMAC-SHA256, in hexadecimal, over these, the
 * nonce and the envelope sender, without its tag and in lower case. NONCE makes it differ from message to message, as
 * the RFC wants it: the queue's id. Nothing in it needs to be encoded as xtext; case does not matter. A client's own
 * ENVID is the caller's to keep.
 */
#ifndef BS_PROOF_ENVELOPE_ID_H
#define BS_PROOF_ENVELOPE_ID_H

#include "proof/proof_keys.h"

enum {
    BS_ENVELOPE_ID_MAX = 100,      /* bytes of an ENVID (RFC 3461 section 4.4) */
    BS_ENVELOPE_ID_NONCE_MAX = 40, /* bytes of a nonce; what is longer is left out */
};

/* Makes the identifier for a message of `sender`, as it is without a tag. Of the nonce only letters and digits count;
 * it may be empty. False where memory or the crypto library fails. */
bool bs_envelope_id_make(const struct bs_proof_keys *keys, const struct bs_address *sender, struct bs_bytes nonce,
                         int64_t now, struct bs_arena *arena, char ret_id[BS_ENVELOPE_ID_MAX + 1]);

enum bs_envelope_id_result {
    BS_ENVELOPE_ID_FOREIGN,     /* not of our form */
    BS_ENVELOPE_ID_FORGED,      /* of our form, and not made for mail of this sender */
    BS_ENVELOPE_ID_UNKNOWN_KEY, /* there is no key of that digit; or the crypto library failed */
    BS_ENVELOPE_ID_HOLDS,
};

/* Whether the identifier, xtext decoded, is one that we gave to mail of `sender`: the bounce's recipient. `ret_day`
 * is when: UTC days since 1970, of HOLDS. */
enum bs_envelope_id_result bs_envelope_id_verify(const struct bs_proof_keys *keys, struct bs_bytes id,
                                                 const struct bs_address *sender, struct bs_arena *arena,
                                                 int64_t *ret_day);

#endif
