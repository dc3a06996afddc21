/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trying one signature (RFC 6376 section 6.1): the field, the body's hash, the records of the key, the header's
 * hash, and what a good signature leaves uncovered. DKIM-Signature (dkim_verify.c), ARC-Message-Signature and
 * ARC-Seal (arc_check.c) go through the same steps, each calling those that it has. A step returns whether to go
 * on; a step that says no has settled the result.
 */
#ifndef BS_AUTH_DKIM_TRIAL_H
#define BS_AUTH_DKIM_TRIAL_H

#include "ask/ask.h"
#include "auth/dkim_body.h"
#include "auth/dkim_signature.h"
#include "crypto/key_cache.h"

/* One step of a judgement, in words. */
struct bs_dkim_note {
    const struct bs_dkim_note *next;
    const char *text;
};

struct bs_dkim_result {
    enum bs_dkim_code code;
    const char *reason; /* a sentence without capital and full stop; may quote what the sender wrote in a tag's name */
    const struct bs_dkim_signature *signature; /* whose result it is: domain, selector, identity, algorithm */
    unsigned key_bits;  /* 0 where no key was read */
    bool testing;       /* the key record has t=y */
    bool secure;        /* DNSSEC vouches for the key record */
    const struct bs_dkim_note *notes; /* where the steps are asked for: the first of a list */
};

struct bs_dkim_trial {
    const struct bs_dkim_signature *signature;
    const struct bs_dkim_body_sum *body; /* NULL: it signs no body */
    int64_t now;
    bool allow_legacy;
    bool explain;
    struct bs_arena *arena;
    struct bs_dkim_result *result;
    const struct bs_dkim_note **next_note; /* where the next note goes */
    size_t *verifications;                 /* of the message so far */
    size_t verifications_max;
    struct bs_key_cache *keys;             /* NULL: keys are read anew */
    bool from_left;                        /* a From field is not covered */
    bool out_of_memory;
};

/* Sets the result; false, so that a step can end in it. A NULL reason is the arena's limit. */
bool bs_dkim_settle(struct bs_dkim_trial *trial, enum bs_dkim_code code, const char *reason);

/* Notes a step, where the steps are asked for. */
#define BS_DKIM_NOTE(trial, ...)                                                                                       \
    do {                                                                                                               \
        if ((trial)->explain)                                                                                          \
            bs_dkim_add_note((trial), bs_arena_printf((trial)->arena, __VA_ARGS__));                                   \
    } while (0)

void bs_dkim_add_note(struct bs_dkim_trial *trial, const char *text);

/* Whether x= is over; a key of such a signature need not be asked for. */
bool bs_dkim_has_expired(const struct bs_dkim_signature *signature, int64_t now);

/* What the field says without the body and the key. */
bool bs_dkim_try_field(struct bs_dkim_trial *trial);
bool bs_dkim_try_body(struct bs_dkim_trial *trial);

/* Whether the answer has records to try. */
bool bs_dkim_try_answer(struct bs_dkim_trial *trial, const struct bs_dns_answer *answer);

/* Hashes the fields that h= names, and the signature without its b= (section 3.7). */
bool bs_dkim_try_header(struct bs_dkim_trial *trial, const struct bs_header *header,
                        unsigned char ret_sum[BS_DIGEST_MAX]);

/* Tries the records in turn until one verifies the sum (section 6.1.2). */
bool bs_dkim_try_keys(struct bs_dkim_trial *trial, const struct bs_dns_answer *answer, const unsigned char *sum);

/* Good signatures may still say too little, or something odd. */
bool bs_dkim_try_cover(struct bs_dkim_trial *trial);

#endif
