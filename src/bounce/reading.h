/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an automatic message is, and what it says (RFC 3464, 6522, 6533, 3834, 8098, 5965; home-made formats by
 * rules/). A pure function of the message's parts and the rules: the standard's structure is read first, then the
 * wording. It says what the message claims; whether the claim is ours is for proof/.
 */
#ifndef BS_BOUNCE_READING_H
#define BS_BOUNCE_READING_H

#include "bounce/failure.h"
#include "bounce/kind.h"
#include "bounce/rules.h"
#include "message/parts.h"

enum { BS_REPORTED_RECIPIENTS_MAX = 1000, BS_REFERENCES_MAX = 32 };

/* What became of one recipient, as far as the message tells. */
struct bs_reported_recipient {
    struct bs_bytes address;    /* local@domain: Final-Recipient, or what the text names */
    struct bs_bytes original;   /* Original-Recipient, ORCPT or an "original address" in the text; empty: not told */
    enum bs_kind kind;          /* DSN_FAILED, DSN_DELAYED or DSN_SUCCESS */
    struct bs_bytes status;     /* "5.1.1" (RFC 3463); empty: not told */
    struct bs_bytes comment;    /* what the field Status has behind it: "(mailbox disabled)"; empty: nothing */
    unsigned reply_code;        /* of SMTP, 400 to 599; 0: not told */
    struct bs_bytes diagnostic; /* the text that says why, one line; empty: not told */
    enum bs_failure failure;    /* the reason, from all of these */
};

/* What the message returns of another, wherever it hides: a part, or the text behind the notice. */
struct bs_returned {
    const struct bs_header *header; /* byte for byte where `exact`; NULL: nothing is returned */
    bool exact;                     /* not quoted, indented or converted: signatures over it can be verified */
    bool attached;                  /* a part of its own (RFC 6522), so that it is not what a person pasted */
};

struct bs_reading {
    enum bs_kind kind;
    const char *sign;       /* what decided the kind: a rule's id, or a word such as "delivery-status" */
    const char *limit;      /* a limit that kept something unread, by name, so that absence means nothing; or NULL */
    struct bs_reported_recipient *recipients; /* of a DSN */
    size_t recipient_count;
    struct bs_returned returned;
    struct bs_bytes reporting_mta; /* its name, without the type */
    struct bs_bytes envelope_id;   /* Original-Envelope-Id as it came, xtext decoded (RFC 3461 section 4) */
    struct bs_bytes references[BS_REFERENCES_MAX]; /* Message-IDs that it answers, with brackets: In-Reply-To,
                                                      References, Original-Message-ID; not that of `returned` */
    size_t reference_count;
    struct bs_bytes feedback_type; /* of an ARF report: "abuse"; else empty */
};

/* Reads. `parts` are finished; views in the result borrow from them, from the rules and from the arena. False without
 * memory. */
bool bs_reading_make(const struct bs_parts *parts, struct bs_rules_scan *scan, struct bs_arena *arena,
                     struct bs_reading *ret_reading);

/* Whether the fields of a header alone suggest an automatic message, so that its body is worth reading: quick, and true
 * rather than false. `null_sender`: the envelope's sender is <>. */
bool bs_reading_is_worthwhile(const struct bs_header *header, bool null_sender);

#endif
