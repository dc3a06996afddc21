/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys of header token and envelope identifier. They are made from BATV's keys, so that there is one set of
 * secrets to keep: key N is HMAC-SHA1 of BATV's key N over two labels, 32 bytes of it, which BATV never signs, since
 * what it signs begins with four digits. Every key verifies; the one that signs tags signs these.
 */
#ifndef BS_PROOF_PROOF_KEYS_H
#define BS_PROOF_PROOF_KEYS_H

#include "proof/batv.h"

enum { BS_PROOF_MAC_SIZE = 12 }; /* bytes that are kept of an HMAC-SHA256: 96 bits */

struct bs_proof_keys {
    struct bs_hmac_key *by_digit[BS_BATV_KEYS]; /* NULL where there is none */
    unsigned signing_digit;
};

/* False where the crypto library fails; then there is nothing to free. */
bool bs_proof_keys_derive(const struct bs_batv_keys *batv, struct bs_proof_keys *ret_keys);
void bs_proof_keys_free(struct bs_proof_keys *keys);

/* The MAC of the parts, each with its length, under the key of the digit. `label` says what is signed. False where
 * there is no such key, or the crypto library fails. */
bool bs_proof_mac(const struct bs_proof_keys *keys, unsigned digit, const char *label, const struct bs_bytes *parts,
                  size_t part_count, unsigned char ret_mac[BS_PROOF_MAC_SIZE]);

#endif
