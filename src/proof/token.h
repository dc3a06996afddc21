/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The header token: a field that outgoing mail gets, so that a returned header shows whether it is of a message that
 * we sent, even where it was sent on to somebody whose bounce goes to From.
 *
 *     Backstop-Token: 1-K-DAY-NAMES-MAC-MAC
 *
 * 1 is the version, K the digit of the key, DAY the UTC day since 1970 on which it was made, NAMES the fields that it
 * covers: f for From, d for Date, m for Message-ID. From is always covered; the others where they are there when it
 * is made, since a submitted message may get them later (RFC 6409 section 8). Each MAC is 96 bits of HMAC-SHA256 in
 * hexadecimal:
 *
 *   - the first over the covered fields, in DKIM's relaxed form (RFC 6376 section 3.4.2), so that neither folding nor
 *     the case of field names matters; their text is not decoded;
 *   - the second over the first and the envelope sender, without its tag and in lower case. It tells for whose mail
 *     the token was made, also where From is another address of his.
 *
 * One word of letters, digits and hyphens survives folding, quoted-printable and changes of case. A field that is
 * there more than once covers nothing: with two From fields no token is made, and none holds.
 */
#ifndef BS_PROOF_TOKEN_H
#define BS_PROOF_TOKEN_H

#include "message/header.h"
#include "proof/proof_keys.h"

#define BS_TOKEN_FIELD "Backstop-Token"

enum {
    BS_TOKEN_SIZE = 96,      /* bytes that hold any token, with its NUL */
    BS_TOKENS_TRIED_MAX = 8, /* token fields of one header that are looked at */
};

/* Makes the field's value for a message of `sender`, the envelope's, as it is without a tag; its local part is empty
 * for the null sender. False without exactly one From, or where memory or the crypto library fails. `header` is as it
 * leaves us. */
bool bs_token_make(const struct bs_proof_keys *keys, const struct bs_header *header, const struct bs_address *sender,
                   int64_t now, struct bs_arena *arena, char ret_value[BS_TOKEN_SIZE]);

enum bs_token_result {
    BS_TOKEN_NONE,    /* there is none */
    BS_TOKEN_FORGED,  /* of our form, and we did not make it for these fields */
    BS_TOKEN_UNTRIED, /* of another version, of a digit that there is no key for, or past BS_TOKENS_TRIED_MAX */
    BS_TOKEN_CHANGED, /* we made it for mail of one of these senders, and the fields are not those */
    BS_TOKEN_HOLDS,
};

struct bs_token_verdict {
    enum bs_token_result result; /* the best of all token fields of the header */
    int64_t day;                 /* of CHANGED and HOLDS: when it was made */
    bool sender_holds;           /* of HOLDS: it was made for mail of one of these senders, whatever From is */
    bool null_sender;            /* of HOLDS: it was made for mail with the null sender, about which there is no bounce */
};

/* Looks at the tokens of a returned header. `senders` are those whose it may be: the bounce's recipients. */
struct bs_token_verdict bs_token_verify(const struct bs_proof_keys *keys, const struct bs_header *header,
                                        const struct bs_address *senders, size_t sender_count,
                                        struct bs_arena *arena);

#endif
