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
 * Every proof but the first two is bound: the automatic message's recipient must be the returned From or Return-Path (without
 * its tag), and be younger than the longest life of a queue; else any mail that we ever sent could be replayed.
 */
#ifndef BS_PROOF_EVIDENCE_H
#define BS_PROOF_EVIDENCE_H

#include "ask/ask.h"
#include "bounce/reading.h"
#include "message/address.h"
#include "proof/batv.h"

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

/* "tag", "returned-tag" …; "good", "absent" …; "proven", "not-ours", "cannot-tell"; stable. */
const char *bs_proof_name(enum bs_proof proof);
const char *bs_proof_result_name(enum bs_proof_result result);
const char *bs_verdict_name(enum bs_verdict verdict);

#endif
