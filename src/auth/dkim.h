/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verifying DKIM signatures (RFC 6376 section 6; RFC 8301 for key sizes and SHA-1; RFC 8463 for Ed25519; RFC 8616 for
 * internationalised mail). The message goes by once:
 *
 *     bs_dkim_begin(&message, &header, allow_legacy, &arena);      reads the signatures
 *     bs_dkim_ask(&facts, &known, &missing);                       optional: asks for the keys while the body comes
 *     bs_dkim_body(&message, chunk); …  bs_dkim_end(&message);     hashes the body, keeps nothing of it
 *     bs_dkim_check(&facts, &known, &arena, &results, &missing);   BS_ASK: answer, and call it again
 *     bs_dkim_free(&message);
 *
 * It is stricter than section 6 where a pass would say more than was signed: a signature that leaves part of the body
 * (l=) or one of several From fields uncovered is `policy`. Limits are in dkim_limits.h. It does not decide what
 * becomes of the message, and reads no signatures of DomainKeys (RFC 4870).
 */
#ifndef BS_AUTH_DKIM_H
#define BS_AUTH_DKIM_H

#include "auth/dkim_trial.h"

enum { BS_DKIM_NO_BODY = BS_DKIM_BODIES_MAX };

/* A message that is being judged. */
struct bs_dkim_message {
    const struct bs_header *header;       /* borrowed */
    bool allow_legacy;
    struct bs_dkim_signature *signatures; /* in the order of the header */
    size_t *bodies;                       /* for each signature the place of its hash, or BS_DKIM_NO_BODY */
    size_t count;
    struct bs_dkim_bodies body;
    struct bs_key_cache *keys;            /* to be set by the caller, who owns it; NULL: keys are read anew */
};

struct bs_dkim_facts {
    const struct bs_dkim_message *message;
    int64_t now;
    bool explain; /* note each step */
};

/* One result for each signature, in the order of the header; none where the message has no signature. */
struct bs_dkim_results {
    const struct bs_dkim_result *items;
    size_t count;
};

/* Reads the signatures of a header that has ended. The message borrows from header and arena. False where the arena's
 * limit was reached or the crypto library failed; bs_dkim_free is safe then, too. */
bool bs_dkim_begin(struct bs_dkim_message *message, const struct bs_header *header, bool allow_legacy,
                   struct bs_arena *arena);
void bs_dkim_body(struct bs_dkim_message *message, struct bs_bytes chunk);
void bs_dkim_end(struct bs_dkim_message *message);
void bs_dkim_free(struct bs_dkim_message *message);

/* Asks for the keys of all signatures that need one, before the body is there. */
void bs_dkim_ask(const struct bs_dkim_facts *facts, const struct bs_answers *known, struct bs_questions *io_missing);

/* Judges, after bs_dkim_end. The results are in the arena and borrow from the message. */
enum bs_step bs_dkim_check(const struct bs_dkim_facts *facts, const struct bs_answers *known, struct bs_arena *arena,
                           struct bs_dkim_results *ret_results, struct bs_questions *ret_missing);

#endif
