/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether an answer of DNS publishes a key of ours, so that others can verify what it signs (RFC 6376 section 3.6, RFC
 * 8301 section 3, RFC 8463 section 4). Stricter than verifying: what only some verifiers accept is said to be wrong.
 */
#ifndef BS_AUTH_DKIM_PUBLICATION_H
#define BS_AUTH_DKIM_PUBLICATION_H

#include "ask/ask.h"
#include "crypto/signature.h"

/* In the order in which one of several records counts before another. */
enum bs_dkim_publication_code {
    BS_DKIM_PUBLISHED,   /* the key is there, to be used with SHA-256 and for mail */
    BS_DKIM_UNUSABLE,    /* a record that nobody, or not everybody, can use */
    BS_DKIM_DIFFERENT,   /* another key */
    BS_DKIM_WITHDRAWN,   /* p= is empty */
    BS_DKIM_UNPUBLISHED, /* there is no record */
    BS_DKIM_UNANSWERED,  /* DNS failed */
};

/* The key as it should be published: what bs_private_key_public gives. */
struct bs_dkim_public_half {
    enum bs_key_type type;
    struct bs_bytes key;
};

struct bs_dkim_publication {
    enum bs_dkim_publication_code code;
    const char *reason; /* in words, with the tag that is wrong */
    size_t records;     /* more than one leaves it to chance which of them verifiers take (section 3.6.2.2) */
    bool testing;       /* t=y: verifiers are asked not to rely on it */
    bool sha1;          /* h= names sha1, which must not be used any more */
};

/* Judges the answer to the question for the key's record. Texts are static or in the arena; false past its limit. */
bool bs_dkim_publication_read(const struct bs_dns_answer *answer, const struct bs_dkim_public_half *ours,
                              struct bs_arena *arena, struct bs_dkim_publication *ret_publication);

/* One word: published, unusable, different, withdrawn, unpublished, unanswered. */
const char *bs_dkim_publication_name(enum bs_dkim_publication_code code);

#endif
