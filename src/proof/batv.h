/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BATV: envelope senders that carry a signature, so that a bounce shows whether we sent what it returns
 * (draft-levine-smtp-batv-01). There is no RFC. The form is
 *
 *     prvs=KDDDSSSSSS=local@domain
 *
 * K is the digit of the key; DDD the day on which the tag expires, in UTC days since 1970, modulo 1000; SSSSSS the
 * first three bytes, in hexadecimal, of HMAC-SHA1(key, K DDD local@domain). This is Exim's ${prvs} to the byte.
 *
 * A local part that must be quoted keeps its quotes around the whole: "prvs=…=john doe"@domain; what is signed is
 * the address as SMTP would write it without the tag, quotes included.
 *
 * Reading is more tolerant than Exim's. The letters of `prvs=` and of the signature may be of either case. A relay
 * may have folded the address to lower case or have changed the case of the domain: the address is tried as it
 * stands, then with its domain, then wholly in lower case. An address signed with capitals in its local part and
 * folded on the way cannot be told from a forgery, so a signer folds it first.
 *
 * Days wrap after 1000. A day up to 499 ahead of today is not yet over, any other is: the signature vouches that the
 * signer chose it. So a key must not be kept longer than 500 days after it last signed.
 */
#ifndef BS_PROOF_BATV_H
#define BS_PROOF_BATV_H

#include "crypto/hmac.h"
#include "message/address.h"

#include <stdint.h>

enum {
    BS_BATV_KEYS = 10,          /* one per digit */
    BS_BATV_TAG_SIZE = 16,      /* bytes that a tag puts before the local part: prvs=KDDDSSSSSS= */
    BS_BATV_LIFETIME_MAX = 499, /* days */
};

struct bs_batv_keys {
    struct bs_hmac_key *by_digit[BS_BATV_KEYS]; /* NULL where there is none */
    unsigned signing_digit;                     /* the key that signs; must not be NULL to sign */
};

/* Frees the keys themselves; those that are not there are no matter. */
void bs_batv_keys_free(struct bs_batv_keys *keys);

enum bs_batv_result {
    BS_BATV_NONE,        /* no tag */
    BS_BATV_FOREIGN,     /* a tag of another program's form: nothing can be said of it */
    BS_BATV_UNKNOWN_KEY, /* our form, but there is no key of that digit */
    BS_BATV_FORGED,      /* our form and key, and the signature is wrong */
    BS_BATV_EXPIRED,     /* we signed it, and its day is over */
    BS_BATV_VALID,
};

struct bs_batv_verdict {
    enum bs_batv_result result;
    struct bs_address original; /* for EXPIRED and VALID: the address without the tag, as it was signed */
    int days_left;              /* for EXPIRED and VALID: until the day of expiry; negative once it is over */
};

/* A word for a result, such as "forged". */
const char *bs_batv_result_name(enum bs_batv_result result);

/* True where the local part carries a tag of any known form, ours or foreign. */
bool bs_batv_is_tagged(const struct bs_address *address);

/*
 * The tagged address, without brackets, in the arena; it is the same for one sender all day (UTC). `now` is in
 * seconds since 1970, `lifetime` in days, 1 to BS_BATV_LIFETIME_MAX. The address is signed as it stands. The
 * caller has checked that it is not tagged and has a domain. ptr is NULL where the arena's limit or the crypto
 * library fails.
 */
struct bs_bytes bs_batv_sign(const struct bs_batv_keys *keys, const struct bs_address *address, int64_t now,
                             unsigned lifetime, struct bs_arena *arena);

/* What the tag of an address is worth at `now`. The views of the verdict borrow from the address and the arena. */
struct bs_batv_verdict bs_batv_verify(const struct bs_batv_keys *keys, const struct bs_address *address,
                                      int64_t now, struct bs_arena *arena);

#endif
