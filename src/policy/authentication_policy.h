/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of mail from outside after it was authenticated (RFC 9989 section 5.4), and of a sender that no bounce could
 * reach. A pure function of verdicts and the administrator's settings. Mail that cannot be judged because DNS failed is
 * let through. Nothing here ever asks for a bounce: a refusal is a reply in the SMTP session.
 */
#ifndef BS_POLICY_AUTHENTICATION_POLICY_H
#define BS_POLICY_AUTHENTICATION_POLICY_H

#include "ask/ask.h"
#include "auth/dmarc.h"
#include "message/author.h"
#include "policy/decision.h"

struct bs_authentication_policy {
    bool enforce;                        /* else decisions only say what they would do */
    enum bs_action for_reject;           /* TAG, QUARANTINE or REFUSE, where the domain's policy is reject */
    enum bs_action for_quarantine;
    bool defer_temperror;                /* what DNS keeps from being judged is to come again later */
};

/* Why a message is delivered although it fails. */
enum bs_trust { BS_TRUST_NONE, BS_TRUST_PROVEN_BOUNCE, BS_TRUST_FORWARDER, BS_TRUST_SEALER };

/* PASS, TAG, QUARANTINE, REFUSE or DEFER. Where a limit kept the author's domains from being seen, the strictest policy is assumed. */
struct bs_decision bs_policy_authenticated(const struct bs_authentication_policy *policy,
                                           const struct bs_dmarc_verdict *dmarc, const struct bs_author *author,
                                           enum bs_trust trust);

/* Whether a bounce could reach the domain of MAIL FROM (RFC 5321 section 5.1, RFC 7505): REFUSE with the reason or, where
 * not `enforce`, PASS with `observed`; NONE for one that it could, or where DNS does not tell. BS_ASK: answer, and call it
 * again. A domain that DNS cannot hold does not exist; an address literal is for the MTA to judge. */
enum bs_step bs_policy_sender(struct bs_bytes domain, bool enforce, const struct bs_answers *known,
                              struct bs_decision *ret_decision, struct bs_questions *ret_missing);

#endif
