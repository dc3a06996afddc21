/* SPDX-License-Identifier: BSD-2-Clause */
/* The message under way: what the parts of the engine that look at it share. Only messages that need attention have one. */
#ifndef BS_ENGINE_MESSAGE_H
#define BS_ENGINE_MESSAGE_H

#include "engine/authentication.h"
#include "engine/bounce.h"
#include "engine/dkim_signing.h"
#include "engine/session.h"

struct bs_outgoing; /* see outgoing.h */

/* What a message waits for answers for. */
enum bs_wait { BS_WAIT_NOTHING, BS_WAIT_MAIL, BS_WAIT_END };

struct bs_message {
    struct bs_arena arena;
    int64_t now;
    struct bs_bytes sender; /* as the peer gave it */
    size_t recipients;

    /* mail of ours */
    struct bs_bytes tagged;          /* the sender to set; empty: none */
    bool no_sign;                    /* a recipient is on the no-sign list */
    bool has_envelope_id;            /* the client gave one */
    const char *return_wanted;       /* RET= as the client gave it (RFC 3461 section 4.3); NULL: it did not */
    struct bs_dkim_signing *signing; /* NULL: not signed with DKIM */
    struct bs_outgoing *outgoing;    /* NULL: it takes nothing along */

    /* mail from outside */
    struct bs_bounce *bounce;                 /* NULL unless automatic mail is looked for */
    struct bs_authentication *authentication; /* NULL unless it is wanted */
    size_t seal_body;                         /* place of the body hash for an ARC seal */

    /* what is asked for it; nothing unless there is a signing or an authentication */
    struct bs_arena answer_arena;
    struct bs_answers answers;
    void *inquiry;
    unsigned rounds;
    bool out_of_time; /* what is not answered counts as unanswered */
    bool sender_judged; /* or there is nothing to judge about it */
    bool header_ended;
    enum bs_wait wait;

    size_t weight;    /* what is counted for it; see message_memory.h */
    size_t unweighed; /* bytes of its header that came since */
    bool given_up;    /* for want of memory */
};

/* How a message begins. */
enum bs_begun { BS_BEGUN, BS_NOT_NEEDED, BS_NO_MEMORY };

/* When there are answers. */
enum bs_asked {
    BS_ASKED_NOW,      /* they are there */
    BS_ASKED_LATER,    /* the session will be resumed */
    BS_ASKED_TOO_MUCH, /* never: a limit was reached */
};

/* Asks the questions of a round. */
enum bs_asked bs_message_ask(struct bs_session *session, const struct bs_questions *questions);

/* Reports a decision on the session's message; see struct bs_report. */
struct bs_report bs_message_report(const struct bs_session *session, const struct bs_decision *decision,
                                   struct bs_bytes recipient);
void bs_message_tell(struct bs_session *session, const struct bs_report *report);
void bs_message_decided(struct bs_session *session, const struct bs_decision *decision, struct bs_bytes recipient);

/* The reply for a decision that refuses or defers. */
struct bs_reply bs_reply_refusal(const struct bs_decision *decision);

#endif
