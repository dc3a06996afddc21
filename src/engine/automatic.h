/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One message from outside that may be automatic: read while it streams by (message/parts, bounce/reading), and judged for
 * being about mail of ours (proof/evidence). It decides nothing. Its memory is taken with the first field and given
 * back by bs_automatic_free.
 */
#ifndef BS_ENGINE_AUTOMATIC_H
#define BS_ENGINE_AUTOMATIC_H

#include "engine/session.h"
#include "message/parts.h"
#include "proof/evidence.h"

enum {
    BS_MARKING_SINCE = 1,        /* who observes or enforces says that all mail has been marked for long enough, where tokens are made */
    BS_READING_MEMORY = 4 << 20, /* bytes of what is read of a message, beside its parts, and of its proofs */
};

struct bs_automatic {
    struct bs_arena parts_arena, arena;
    struct bs_bytes sender;     /* of the envelope, borrowed from the message */
    struct bs_parts parts;      /* with the sender as Return-Path before all fields, as at final delivery (RFC 5321 section 4.4) */
    unsigned marks_seen;        /* fields that claim to be our Backstop-Result */
    bool header_ended;
    bool reads;                 /* the body is read, and the whole judged */
    bool body_ended;
    bool given_up;              /* for want of memory: no more is read, nor judged */
    bool is_read, is_judged;    /* the results are there */
    struct bs_reading reading;
    struct bs_evidence evidence;
};

/* `sender` is the path of MAIL and stays valid. */
void bs_automatic_init(struct bs_automatic *automatic, struct bs_bytes sender);
void bs_automatic_free(struct bs_automatic *automatic);

/* A header field; `body` is all that followed the colon. `kept` says that somebody else keeps the header, and that the end
 * of it comes with it. */
void bs_automatic_header(struct bs_automatic *automatic, struct bs_bytes name, struct bs_bytes body, bool kept);

/* The header is over. What it keeps is given back where the body is not to be read: `wanted` is false, or nothing suggests
 * an automatic message. `header` is NULL, or what is kept elsewhere; it is not needed afterwards. */
void bs_automatic_end_of_header(struct bs_automatic *automatic, bool wanted, bool null_sender,
                                const struct bs_header *header);
void bs_automatic_body(struct bs_automatic *automatic, struct bs_bytes chunk);

/* The message is over: reads it, and judges it for the recipients. BS_ASK: answer the questions, and call it again.
 * BS_ERROR: there is no memory, and nothing can be said. */
enum bs_step bs_automatic_judge(struct bs_automatic *automatic, const struct bs_session *session,
                                const struct bs_evidence_recipient *recipients, size_t count,
                                struct bs_questions *ret_missing);

/* Forgets what was read, and reads no more; whether the body was to be read stays known. False where there was nothing more to
 * read or judge. */
bool bs_automatic_give_up(struct bs_automatic *automatic);

/* Bytes that it holds beside itself. */
size_t bs_automatic_weight(const struct bs_automatic *automatic);

/* What the policy treats a message as: with the null sender, whatever returns another message is a bounce, in whatever
 * words. */
enum bs_kind bs_automatic_treated_as(const struct bs_parts *parts, const struct bs_reading *reading, bool null_sender);

#endif
