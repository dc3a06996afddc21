/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was decided, why, and how it is said: to the administrator as a word in the log, to the peer as an SMTP
 * reply (RFC 5321 section 4.2) with an enhanced status code (RFC 3463).
 */
#ifndef BS_POLICY_DECISION_H
#define BS_POLICY_DECISION_H

#include <stdbool.h>

/* Why something was decided. Every reason has a word for the log and, where it refuses, a text for the peer. */
enum bs_reason {
    BS_REASON_NONE,             /* nothing to decide */
    BS_REASON_SIGNED,
    BS_REASON_NO_SIGN_LIST,     /* a recipient is on the list */
    BS_REASON_ALREADY_TAGGED,   /* the sender carries a tag, ours or foreign */
    BS_REASON_LOCAL_PART_LONG,  /* with a tag it would pass 64 bytes: not signed, so that a bounce needs no tag */
    BS_REASON_SIGNING_FAILED,   /* no memory, or the crypto library failed */
    BS_REASON_TAG_VALID,
    BS_REASON_TAG_FOREIGN,      /* a recipient with another program's tag: left alone */
    BS_REASON_TAG_FORGED,
    BS_REASON_TAG_UNKNOWN_KEY,
    BS_REASON_TAG_EXPIRED,
    BS_REASON_NEVER_SENDS,
    BS_REASON_BOUNCE_PROVEN,    /* at the end of data, by kind and verdict; see bounce_policy.h */
    BS_REASON_BOUNCE_NOT_OURS,
    BS_REASON_BOUNCE_UNCLEAR,
    BS_REASON_AUTO_REPLY_PROVEN,
    BS_REASON_AUTO_REPLY_NOT_OURS,
    BS_REASON_AUTO_REPLY_UNCLEAR,
    BS_REASON_CHALLENGE_PROVEN,
    BS_REASON_CHALLENGE_NOT_OURS,
    BS_REASON_CHALLENGE_UNCLEAR,
    BS_REASON_NOTICE_PROVEN,
    BS_REASON_NOTICE_NOT_OURS,
    BS_REASON_NOTICE_UNCLEAR,
    BS_REASON_MDN,
    BS_REASON_ARF,
    BS_REASON_LIST,
    BS_REASON_OTHER_AUTOMATIC,
    BS_REASON_NOT_AUTOMATIC,    /* ordinary mail with the null sender */
    BS_REASON_UNREAD,           /* there is no memory to read it */
    BS_REASON_MESSAGE_MEMORY,   /* messages under way hold too much: this one is neither read nor authenticated */
    BS_REASON_CAMPAIGN_BEGINS,  /* unproven automatic messages come at many times their usual rate */
    BS_REASON_CAMPAIGN_ENDS,
    BS_REASON_MIXED_RECIPIENTS, /* recipients of one null-sender message that must be judged apart */
    BS_REASON_RECIPIENT_LIMIT,
    BS_REASON_DMARC_PASS,
    BS_REASON_DMARC_NONE,         /* the author's domain publishes no policy */
    BS_REASON_DMARC_TEMPERROR,    /* DNS failed, so nothing can be said */
    BS_REASON_DMARC_FAIL,         /* and its policy asks for nothing */
    BS_REASON_DMARC_QUARANTINE,   /* it fails, and the domain asks for quarantine */
    BS_REASON_DMARC_REJECT,
    BS_REASON_FROM_AMBIGUOUS,     /* readers may differ over who the author is; no candidate enforces */
    BS_REASON_FROM_AMBIGUOUS_QUARANTINE,
    BS_REASON_FROM_AMBIGUOUS_REJECT,
    BS_REASON_FROM_INCOMPLETE,    /* it, or the header, passes a limit: who the author is cannot be seen */
    BS_REASON_TRUSTED_FORWARDER,  /* it fails, but was brought by one */
    BS_REASON_TRUSTED_SEALER,     /* it fails, but passed where a trusted ARC sealer saw it */
    BS_REASON_PROVEN_BOUNCE,      /* it fails, but is a genuine bounce of ours */
    BS_REASON_SENDER_NXDOMAIN,    /* MAIL FROM: the domain does not exist */
    BS_REASON_SENDER_NO_HOST,     /* it has neither MX nor address */
    BS_REASON_SENDER_NULL_MX,     /* it takes no mail (RFC 7505) */
    BS_REASON_DKIM_SIGNED,
    BS_REASON_DKIM_UNSIGNED,      /* a key could not be used: it is not in DNS, or the header cannot be signed */
    BS_REASON_ARC_UNSEALED,       /* the same of an ARC seal */
    BS_REASON_COUNT
};

enum bs_action {
    BS_ACTION_NONE,    /* not a matter for the gate */
    BS_ACTION_SIGN,
    BS_ACTION_PASS,    /* judged, and let through */
    BS_ACTION_WAIT,    /* to be judged at the end of data */
    BS_ACTION_REFUSE,
    BS_ACTION_DEFER,   /* the peer shall try again */
    BS_ACTION_TAG,     /* delivered with a field that says why it is suspicious */
    BS_ACTION_QUARANTINE, /* held by the MTA */
    BS_ACTION_DISCARD, /* taken and thrown away, without a word to the peer */
};

struct bs_decision {
    enum bs_action action;
    enum bs_reason reason;
    bool observed; /* PASS or WAIT in a domain that observes: `reason` would have refused */
    int days_left; /* of a valid or expired tag */
};

/* "tag-forged" and so on, for the log; stable. */
const char *bs_reason_name(enum bs_reason reason);
const char *bs_action_name(enum bs_action action);

/* The SMTP reply for a decision that refuses or defers, such as 550 and "5.7.1 Bounce refused: …". */
unsigned bs_decision_reply(const struct bs_decision *decision, const char **ret_text);

#endif
