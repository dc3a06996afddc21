/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys out of BATV's keys, and MACs with them; see proof_keys.h. */
#include "proof/proof_keys.h"

#include "crypto/secret.h"

enum { PARTS_MAX = 8, SECRET_SIZE = 32 };

/* What a key is made of: two HMAC-SHA1 give 40 bytes, of which 32 are taken. */
static struct bs_hmac_key *derive(struct bs_hmac_key *batv)
{
    static const struct bs_bytes labels[] = {{"backstop proof key 1", 20}, {"backstop proof key 2", 20}};
    unsigned char secret[2 * BS_HMAC_SHA1_SIZE];
    struct bs_hmac_key *key = NULL;
    if (bs_hmac_sha1(batv, &labels[0], 1, secret) && bs_hmac_sha1(batv, &labels[1], 1, secret + BS_HMAC_SHA1_SIZE))
        key = bs_hmac_sha256_key_new(bs_bytes(secret, SECRET_SIZE));
    bs_secret_wipe(secret, sizeof secret);
    return key;
}

bool bs_proof_keys_derive(const struct bs_batv_keys *batv, struct bs_proof_keys *ret_keys)
{
    *ret_keys = (struct bs_proof_keys){.signing_digit = batv->signing_digit};
    for (size_t i = 0; i < BS_BATV_KEYS; i++) {
        if (!batv->by_digit[i])
            continue;
        ret_keys->by_digit[i] = derive(batv->by_digit[i]);
        if (!ret_keys->by_digit[i]) {
            bs_proof_keys_free(ret_keys);
            return false;
        }
    }
    return true;
}

void bs_proof_keys_free(struct bs_proof_keys *keys)
{
    for (size_t i = 0; i < BS_BATV_KEYS; i++) {
        bs_hmac_key_free(keys->by_digit[i]);
        keys->by_digit[i] = NULL;
    }
}

bool bs_proof_mac(const struct bs_proof_keys *keys, unsigned digit, const char *label, const struct bs_bytes *parts,
                  size_t part_count, unsigned char ret_mac[BS_PROOF_MAC_SIZE])
{
    unsigned char lengths[PARTS_MAX][4], mac[BS_HMAC_SHA256_SIZE];
    struct bs_bytes pieces[2 * PARTS_MAX + 1] = {bs_bytes(label, strlen(label) + 1)};
    if (digit >= BS_BATV_KEYS || !keys->by_digit[digit] || part_count > PARTS_MAX)
        return false;
    for (size_t i = 0; i < part_count; i++) {
        for (size_t at = 0; at < sizeof lengths[i]; at++)
            lengths[i][at] = (unsigned char)(parts[i].len >> (8 * at));
        pieces[1 + 2 * i] = bs_bytes(lengths[i], sizeof lengths[i]);
        pieces[2 + 2 * i] = parts[i];
    }
    if (!bs_hmac_sha256(keys->by_digit[digit], pieces, 1 + 2 * part_count, mac))
        return false;
    memcpy(ret_mac, mac, BS_PROOF_MAC_SIZE);
    return true;
}
