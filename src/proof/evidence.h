/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether we sent what an automatic message is about: every proof with its own result, and the verdict from all of
 * them. No single proof suffices: bounces go to From without the tag, return no header, or one without Message-ID.
 *
 *   tag            the recipient carries a valid tag (BATV)
 *   returned-tag   the returned header does, in Return-Path, X-Postfix-Sender or another sender's field
 *   signature      the returned header has a DKIM signature of ours that holds (RFC 6376); the body is not needed
 *   token          the returned header has our token: an HMAC over its From, Date and Message-ID
 *   envelope-id    Original-Envelope-Id is one that we gave (RFC 3461 section 4.4)
 *   registry       the Message-ID that is returned or answered is one that passed through us
 *
 * A proof is bound: it is good only where it was made for mail of the automatic message's recipient, as envelope
 * sender or as From, and is younger than the longest life of a queue; else any mail that we ever sent could be
 * replayed. What binding does not keep out: whoever has a message of a user's, such as every reader of a list, can
 * send that user bounces with its header, until the header is too old. Automatic replies, which any stranger can ask
 * for, are no such message: what left with the null sender is returned by nobody (RFC 5321 section 6.1), and proves
 * nothing.
 *
 * "Not ours" needs all of this: the header of another message is returned whole (with trace, author and Date or
 * Message-ID, and no limit was reached), or messages are named that the sent registry would know; it claims to be
 * ours; all our mail has carried proofs for longer than a queue lives; and it carries none. Or it carries a tag that
 * only pretends to be ours. A proof that is unsure, expired or another's leaves it open.
 */
#ifndef BS_PROOF_EVIDENCE_H
#define BS_PROOF_EVIDENCE_H

#include "ask/ask.h"
#include "auth/dkim_returned.h"
#include "base/strbuf.h"
#include "bounce/reading.h"
#include "message/address.h"
#include "proof/batv.h"
#include "proof/proof_keys.h"

enum {
    BS_EVIDENCE_RECIPIENTS_MAX = 16, /* recipients that proofs are tried for; more are not bound to anything */
    BS_EVIDENCE_TAGS_MAX = 32,       /* different tagged addresses that are tried */
    BS_EVIDENCE_MEMORY = 512 * 1024, /* bytes that must be left in the arena, so that no proof fails for want of them */
};

enum bs_proof {
    BS_PROOF_TAG,
    BS_PROOF_RETURNED_TAG,
    BS_PROOF_SIGNATURE,
    BS_PROOF_TOKEN,
    BS_PROOF_ENVELOPE_ID,
    BS_PROOF_REGISTRY,
    BS_PROOF_COUNT
};

enum bs_proof_result {
    BS_PROOF_ABSENT,  /* it is not there */
    BS_PROOF_GOOD,
    BS_PROOF_EXPIRED, /* it was good once */
    BS_PROOF_UNBOUND, /* it holds, but for another's mail */
    BS_PROOF_FORGED,  /* it looks like ours and does not hold */
    BS_PROOF_UNSURE,  /* it could not be looked at: the store is down, the header was changed or cut on the way */
};

enum bs_verdict {
    BS_VERDICT_PROVEN,      /* at least one proof is good */
    BS_VERDICT_NOT_OURS,    /* what is returned would carry proofs if we had sent it, and carries none that holds */
    BS_VERDICT_CANNOT_TELL, /* nothing, or not enough, is returned */
};

struct bs_evidence {
    enum bs_proof_result results[BS_PROOF_COUNT];
    unsigned good; /* how many are */
    enum bs_verdict verdict;
    const char *why; /* of the verdict, a sentence without capital and full stop */
};

/* A recipient of ours of the automatic message. */
struct bs_evidence_recipient {
    struct bs_address address; /* without its tag: what bs_batv_verdict calls the original; else as it stands */
    enum bs_batv_result tag;   /* of the recipient in the envelope */
};

/* All of it is borrowed. Keys and cache serve one thread. */
struct bs_evidence_facts {
    const struct bs_parts *parts;     /* the automatic message; NULL: only the reading is looked at */
    const struct bs_reading *reading;
    const struct bs_evidence_recipient *recipients; /* a proof that is good for one is good */
    size_t recipient_count;

    /* Whether a domain is ours, in any case. */
    bool (*is_ours)(const void *domains, struct bs_bytes domain);
    const void *domains;

    const struct bs_batv_keys *batv_keys;     /* NULL: there are none */
    const struct bs_proof_keys *proof_keys;   /* NULL: the same */
    const struct bs_dkim_own_keys *dkim_keys; /* NULL: the same */
    bool registry;          /* there is one to ask */
    bool registry_complete; /* and all our mail is put into it: what it does not know was never sent */
    int64_t now;
    unsigned queue_life;    /* days that a message may be under way, ours and the other's queue together */
    int64_t marking_since;  /* when all our mail began to carry tags and tokens; 0: not known, or it does not.
                               Who enforces says that it does, and for long enough */
};

/* Judges. `ret_missing` gets the questions to the sent registry; what it held is gone. Run again with BS_ASK. */
enum bs_step bs_evidence_judge(const struct bs_evidence_facts *facts, const struct bs_answers *known,
                               struct bs_arena *arena, struct bs_evidence *ret_evidence,
                               struct bs_questions *ret_missing);

/* Appends the names of the proofs with that result, with commas between them; "none" where there is none. */
void bs_evidence_append(const struct bs_evidence *evidence, enum bs_proof_result result, struct bs_strbuf *buf);

/* "tag", "returned-tag" …; "good", "absent" …; "proven", "not-ours", "cannot-tell"; stable. */
const char *bs_proof_name(enum bs_proof proof);
const char *bs_proof_result_name(enum bs_proof_result result);
const char *bs_verdict_name(enum bs_verdict verdict);

#endif
