/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verifying the Authenticated Received Chain of a message (RFC 8617 section 5.2): what the servers that it came
 * through say they found, each vouching for those before it. The body is hashed in DKIM's pass, so the message goes
 * by once:
 *
 *     bs_dkim_begin(&dkim, &header, allow_legacy, &arena);
 *     bs_arc_begin(&chain, &header, &dkim.body, allow_legacy, &arena);   reads the sets, asks for their body hashes
 *     bs_arc_ask(&facts, &known, &missing);                  optional: asks for the keys while the body comes
 *     bs_dkim_body(&dkim, chunk); …  bs_dkim_end(&dkim);     as for DKIM
 *     bs_arc_check(&facts, &known, &arena, &result, &missing);           BS_ASK: answer, and call it again
 *
 * Every failure is `fail`, DNS's, too (section 5.2.1); the result says where another try may tell. As in DKIM here,
 * an ARC-Message-Signature that leaves a part of the body or a From field uncovered does not pass. Limits are in
 * arc_limits.h. It does not decide whom to believe: a chain that passes says no more than who wrote what, and
 * anybody may write one. It does not read the results that the sealers wrote down. Sealing is in arc_seal.h.
 */
#ifndef BS_AUTH_ARC_H
#define BS_AUTH_ARC_H

#include "auth/arc_set.h"
#include "auth/dkim_trial.h"

enum bs_arc_code {
    BS_ARC_NONE, /* there is no chain */
    BS_ARC_PASS,
    BS_ARC_FAIL,
};

/* The chain of a message that is being judged. */
struct bs_arc_chain {
    const struct bs_header *header; /* borrowed */
    struct bs_dkim_bodies *bodies;  /* borrowed */
    bool allow_legacy;
    struct bs_arc_sets sets;
    struct bs_key_cache *keys;      /* to be set by the caller, who owns it; NULL: keys are read anew */
    size_t places[BS_ARC_SETS_TRIED_MAX]; /* for each set that of its body hash, or BS_DKIM_BODIES_MAX */
};

struct bs_arc_facts {
    const struct bs_arc_chain *chain;
    int64_t now;
    bool explain; /* note each step */
};

/* One server that sealed the message. */
struct bs_arc_hop {
    unsigned instance;
    struct bs_bytes domain;   /* d= of its ARC-Seal: who vouches; empty where it could not be read */
    struct bs_bytes selector; /* s= of it */
    struct bs_bytes results;  /* its ARC-Authentication-Results behind `i=N;`: authserv-id, and what it found */
    unsigned key_bits;        /* of its seal's key; 0 where it was not read */
    bool seal_passes;         /* as far as it was tried: from the last on, up to the first that does not */
    bool message_passes;      /* the same of its ARC-Message-Signature: the message is as it left this server */
    bool secure;              /* DNSSEC vouches for its seal's key */
};

struct bs_arc_result {
    enum bs_arc_code code;
    const char *reason; /* a sentence without capital and full stop, with the clause that decided */
    bool temporary; /* fail, because a key could not be had, or the crypto library failed: another try may tell */
    const struct bs_arc_hop *hops; /* i=1 first; to be relied on where the chain passes only */
    size_t count;
    unsigned oldest_pass; /* section 5.2 step 5, where the chain passes: the message is as it left this instance;
                             0: as it left all. One that was not tried for a limit counts as one that fails. */
    const struct bs_dkim_note *notes; /* where facts.explain: the first of a list */
};

/* Reads the chain of a header that has ended, before the first byte of the body. `bodies` stays where it is as long
 * as the chain; what DKIM wants of it was asked for before. False where the arena's limit was reached or the crypto
 * library failed. Nothing is to be freed. */
bool bs_arc_begin(struct bs_arc_chain *chain, const struct bs_header *header, struct bs_dkim_bodies *bodies,
                  bool allow_legacy, struct bs_arena *arena);

/* Asks for the keys, before the body is there. */
void bs_arc_ask(const struct bs_arc_facts *facts, const struct bs_answers *known, struct bs_questions *io_missing);

/* Judges, after bs_dkim_end. The result is in the arena and borrows from the chain. What `ret_missing` held is gone. */
enum bs_step bs_arc_check(const struct bs_arc_facts *facts, const struct bs_answers *known, struct bs_arena *arena,
                          struct bs_arc_result *ret_result, struct bs_questions *ret_missing);

const char *bs_arc_code_name(enum bs_arc_code code);

#endif
